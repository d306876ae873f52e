import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Usage } from '../goal/budget.ts';
import { readLines } from './lines.ts';

/** How a turn ended in Kimi's own words: `reason` is `completed`, `failed` or `cancelled`. */
export type TurnEnd = { reason: string; code: string; message: string; statusCode: number | undefined };

/** What Kimi wrote down of one turn. `text` is the last thing the agent said; `end` is undefined if no end was recorded. */
export type TurnRecord = { usage: Usage; text: string; end: TurnEnd | undefined };

export const NO_RECORD: TurnRecord = {
  usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
  text: '',
  end: undefined,
};

const FOLDER_LIMIT = 1_000;
const FILE_LIMIT = 256 * 1024 * 1024;
const LINE_LIMIT = 4 * 1024 * 1024;
/** An answer is at its end: of one that is longer only so many characters count. */
const SAID_LIMIT = 1024 * 1024;

/**
 * Reads what Kimi 2.1 recorded of a session from `since` on (milliseconds since 1970): the usage of all its agents, the words and the end of the main one.
 * The folder belongs to the agent, so links, pipes, huge files and lines that make no sense are passed over; it never throws for them.
 * An agent can forge it: neither `completed` nor the usage is proof of anything.
 */
export async function readRecord(home: string, session: string, since: number): Promise<TurnRecord> {
  const turn = new Turn();
  const sessions = join(home, 'sessions');
  for (const workspace of await listFolders(sessions)) {
    const agents = join(sessions, workspace, session, 'agents');
    if (!(await areFolders(join(sessions, workspace, session), agents))) continue;
    for (const agent of await listFolders(agents)) {
      for await (const entry of readEntries(join(agents, agent, 'wire.jsonl'))) {
        if (entry.time >= since) turn.add(entry, agent === 'main');
      }
    }
  }
  return turn.record();
}

/** Whether a session's name is safe to be a part of a path. */
export function isSessionName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(name);
}

const count = z.number().int().min(0).max(1_000_000_000).default(0);
const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('usage.record'),
    time: z.number(),
    usage: z.object({ inputOther: count, inputCacheRead: count, inputCacheCreation: count, output: count }),
  }),
  z.object({
    type: z.literal('turn.ended'),
    time: z.number(),
    reason: z.string(),
    error: z
      .object({
        code: z.string().default(''),
        message: z.string().default(''),
        details: z
          .object({ statusCode: z.number().optional().catch(undefined) })
          .optional()
          .catch(undefined),
      })
      .optional()
      .catch(undefined),
  }),
  z.object({
    type: z.literal('context.append_loop_event'),
    time: z.number(),
    event: z.discriminatedUnion('type', [
      z.object({ type: z.literal('step.begin') }),
      z.object({ type: z.literal('content.part'), part: z.object({ type: z.literal('text'), text: z.string() }) }),
    ]),
  }),
]);
type Entry = z.infer<typeof entrySchema>;

function parseEntry(line: string): Entry | undefined {
  if (!/"(usage\.record|turn\.ended|step\.begin|content\.part)"/.test(line)) return undefined;
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

class Turn {
  #usage = { ...NO_RECORD.usage };
  #said = '';
  #step = '';
  #end: TurnEnd | undefined;

  add(entry: Entry, isMain: boolean): void {
    if (entry.type === 'usage.record') this.#spend(entry.usage);
    else if (!isMain) return;
    else if (entry.type === 'turn.ended') {
      const { code = '', message = '', details } = entry.error ?? {};
      this.#end = { reason: entry.reason, code, message, statusCode: details?.statusCode };
    } else if (entry.event.type === 'step.begin') this.#step = '';
    else this.#say(entry.event.part.text);
  }

  #say(text: string): void {
    const step = this.#step + text;
    // Not at each part: cutting copies the whole.
    this.#said = this.#step = step.length > 2 * SAID_LIMIT ? step.slice(-SAID_LIMIT) : step;
  }

  #spend(usage: (Entry & { type: 'usage.record' })['usage']): void {
    this.#usage.inputTokens += usage.inputOther + usage.inputCacheRead + usage.inputCacheCreation;
    this.#usage.cachedTokens += usage.inputCacheRead;
    this.#usage.outputTokens += usage.output;
  }

  record(): TurnRecord {
    return { usage: this.#usage, text: this.#said.slice(-SAID_LIMIT), end: this.#end };
  }
}

async function* readEntries(path: string): AsyncGenerator<Entry> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (!file) return;
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > FILE_LIMIT) return;
    for await (const line of readLines(file.createReadStream({ autoClose: false }), LINE_LIMIT)) {
      const entry = line && parseEntry(line);
      if (entry) yield entry;
    }
  } finally {
    await file.close();
  }
}

async function listFolders(path: string): Promise<string[]> {
  if (!(await areFolders(path))) return [];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .slice(0, FOLDER_LIMIT);
}

async function areFolders(...paths: string[]): Promise<boolean> {
  const stats = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  return stats.every((stat) => stat?.isDirectory());
}
