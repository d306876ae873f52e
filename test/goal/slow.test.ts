import { expect, test } from '@jest/globals';
import { readSaid } from '../../src/goal/batch.ts';
import { findDeception } from '../../src/goal/deceptive.ts';
import { oracleQuestion } from '../../src/goal/oracle.ts';
import { parseCommand } from '../../src/goal/parse-command.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { createRedactor } from '../../src/goal/redact.ts';
import { isProtected } from '../../src/goal/scope.ts';
import { parsePlan, parseProposal } from '../../src/goal/slice-plan.ts';
import {
  clip,
  encodeCell,
  encodeCode,
  encodeInline,
  encodePlain,
  fenceBlock,
  fenceForPrompt,
} from '../../src/goal/text.ts';
import { readVisible } from '../../src/goal/visible.ts';
import { parsePatch } from '../../src/review/read/diff.ts';
import { parseReviewerAnswer } from '../../src/review/reviewer.ts';

/** What a text is made of that shall keep its reader busy: openings without an end, and runs that look like the begin of something. */
const UNITS = [
  ['<', '<!--', '<?', '<![CDATA[', '<!a', '<a ', '<a b="', '<pre ', '<b hidden>', '<details>', '<script>', '<div>\n'],
  ['[', '![', '](', '[a](', '[a]: ', '[^a]:', '`', '```\n', '~~~\n', '```json\n', '$', '$$', '%%', '|', '*', '_', '# '],
  [
    '\\',
    '\\"',
    '"',
    '{',
    '}',
    '{"',
    '{ "',
    '{"slices"',
    '{"a":"',
    '{"a":[',
    '[[',
    '"',
    ',',
    '- ',
    '> ',
    '1. ',
    '? ',
    '&',
  ],
  ['\n', '\n\n', '\r', ' ', '\t', ' \n', 'a', 'a ', 'x.', '/', '..', '../', '@', '#1', '/omk ', 'T0: ', 'T0: fixed'],
  [
    '://',
    'u:p@',
    'https://u:',
    'eyJ',
    'eyJ_',
    'eyJaaaaaaaaaa.',
    'ghs_',
    'sk-',
    '-----BEGIN PRIVATE KEY-----',
    '\\n',
    '\\\\n',
  ],
  [
    'authorization: ',
    'authorization: basic ',
    'xoxb-',
    '&#',
    '&#x',
    '&amp;',
    '\x1b[',
    '\x1b]',
    '\u200d',
    '👩\u200d',
    'é',
    '\u202e',
  ],
].flat();

const known = createRedactor(['a secret of some length, 123456', 'x'.repeat(40)]);
const READERS: Record<string, (text: string) => unknown> = {
  readVisible,
  encodeInline,
  encodeCell,
  encodeCode,
  encodePlain,
  fenceBlock,
  fenceForPrompt: (text) => fenceForPrompt('it', text, 'nonce'),
  clip: (text) => clip(text, 60_000),
  parseCommand: (text) => parseCommand(`/omk run ${text}`),
  'parseCommand of any comment': parseCommand,
  oracleQuestion: (text) => oracleQuestion('title', text),
  readSaid,
  parsePlan: (text) => parsePlan(`{"${text}`, defaultPolicy()),
  parseProposal: (text) => parseProposal(text, defaultPolicy(), []),
  parseReviewerAnswer: (text) => parseReviewerAnswer(`{"${text}`, parsePatch(''), 'code'),
  redact: (text) => known.redact(text),
  findDeception: (text) => findDeception(text),
  isProtected: (text) => isProtected(text.slice(0, 4_096), []),
};

const LENGTH = 32_768;
const MOST_MS = 500;

test.each(Object.entries(READERS))('%s reads what is made to be slow in no time', (_, read) => {
  const slow = UNITS.flatMap((unit) =>
    ['', 'X', '>'].flatMap((end) => {
      const text = unit.repeat(Math.ceil(LENGTH / unit.length)) + end;
      const began = process.cpuUsage();
      read(text);
      const ms = process.cpuUsage(began).user / 1_000;
      return ms > MOST_MS ? [{ unit, end, ms }] : [];
    }),
  );
  expect(slow).toEqual([]);
});
