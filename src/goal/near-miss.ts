import { COMMANDS } from './command.ts';
import { nearest } from './options.ts';
import { clip, stripInvisible } from './text.ts';

/** What people put before a word to them that it does not change: marks of a list, a heading or emphasis, a greeting. */
const DRESS =
  /^ {0,3}(?:(?:[-*+]|\d{1,9}[.)]|#{1,6})\s{1,4}){0,3}[*_~]{0,3}(?:(?:please|hey|hi|hello|okay|ok)\b[,!]?\s+)?/i;
const ADDRESS = /^(?<mark>@|\/ ?|!|)(?<name>[a-z0-9][\w-]{2,})(?:\[bot\])?(?<rest>.*)$/is;
/** Nobody's first words are longer. */
const LONGEST = 200;

/**
 * The command that a line seems to mean which is none, such as `run` of `/omk: run`; `help` if it only speaks to omk. `slug`: by what
 * people mention omk. Undefined if the line is about something else, such as a path or another bot's command.
 */
export function findNearMiss(line: string, slug?: string): string | undefined {
  const words = stripInvisible(line.slice(0, LONGEST))
    .text.replace(DRESS, '')
    .replace(/[*_~]{1,3}\s*$/, '');
  const { mark = '', name = '', rest = '' } = ADDRESS.exec(words)?.groups ?? {};
  const said = name.toLowerCase();
  const glued = /^omk[-_]?(?=[a-z])/.test(said) ? orderIn(name.replace(/^omk[-_]?/i, '') + rest) : undefined;
  if (mark.startsWith('/') && glued) return glued;
  const order = orderIn(rest.replace(/^[\s:,;.!-]+/, ''));
  if (mark === '@' && said === slug?.toLowerCase()) return order ?? 'help';
  if (mark.startsWith('/')) {
    const isSpoken = said === 'omk' && /^[:,;.!]*(?:\s|$)/.test(rest);
    return order && nearest(said, ['omk']) ? order : isSpoken ? 'help' : undefined;
  }
  // The bare name also begins sentences about omk.
  const isOrder = mark !== '' || /^\S+(?:\s+--.*)?$/s.test(order ?? '');
  return said === 'omk' && isOrder ? order : undefined;
}

/** What stands there if it begins with the name of a command. */
function orderIn(words: string): string | undefined {
  const [, word = '', rest = ''] = /^([a-z]+)(?![\w/])(.*)$/is.exec(words) ?? [];
  const info = COMMANDS.find(({ name }) => name === word.toLowerCase());
  return info && clip(`${info.name}${rest.replace(/^[.,:;!]+/, '')}`.trim(), 60);
}
