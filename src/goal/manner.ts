import picomatch from 'picomatch';
import { z } from 'zod';

/** How a pass or a rule is heeded: it blocks, it is only told, or it is not asked. The strictest stands first. */
const MANNERS = ['on', 'advisory', 'off'] as const;
export type Manner = (typeof MANNERS)[number];

const globs = z.array(z.string().min(1)).optional().describe('a list of globs from the root of the repository');

/** One word for everywhere, or globs for each word: where several match the strictest counts, and where none does it is on. */
export const toggleSchema = z
  .union([z.enum(MANNERS), z.strictObject({ on: globs, advisory: globs, off: globs })])
  .describe('on, advisory or off, or paths for each such as { off: ["legacy/**"] }; elsewhere it is on');
export type Toggle = z.output<typeof toggleSchema>;

/** How it is heeded at a path; the empty path is the change as a whole. */
export function mannerAt(toggle: Toggle | undefined, path: string): Manner {
  if (toggle === undefined || typeof toggle === 'string') return toggle ?? 'on';
  return MANNERS.find((manner) => picomatch.isMatch(path, toggle[manner] ?? [], { dot: true })) ?? 'on';
}

/** The word that holds for the whole repository; with paths it depends, and the pass or rule is on. */
export function mannerOf(toggle: Toggle | undefined): Manner {
  return typeof toggle === 'string' ? toggle : 'on';
}
