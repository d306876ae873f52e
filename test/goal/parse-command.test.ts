import { describe, expect, test } from '@jest/globals';
import { COMMANDS, NO_OPTIONS, type Command } from '../../src/goal/command.ts';
import { parseCommand, type Parsed } from '../../src/goal/parse-command.ts';
import { hostile, seeded } from './seeded.ts';

const run = (text?: string, options: Partial<typeof NO_OPTIONS> & Record<string, unknown> = {}) =>
  ({ kind: 'run', options: { ...NO_OPTIONS, ...options }, text }) as Command;

const COMMANDS_HEARD: [body: string, command: Command][] = [
  ['/omk', { kind: 'help' }],
  ['/omk help', { kind: 'help' }],
  ['/omk help me please', { kind: 'help' }],
  ['/omk run', run()],
  ['  /omk run', run()],
  ['/omk Run', run()],
  ['Hello,\n\n/omk run\n', run()],
  ['/omk\trun', run()],
  ['/omk run\r\nGoal over\r\ntwo lines\r\n', run('Goal over\ntwo lines')],
  [
    'Dear bot,\r\n\r\n/omk run --plan\r\n\r\nThanks!',
    { ...run(undefined, { plan: true }), besides: 'Thanks!' } as Command,
  ],
  ['/omk run\n \nWith tests,\n\nplease\n', { ...run(), besides: 'With tests,\n\nplease' } as Command],
  ['/omk run Add a dark mode\n\nThanks!', run('Add a dark mode\n\nThanks!')],
  ['/omk run Add a dark mode', run('Add a dark mode')],
  ['/OMK Run Add a dark mode', run('Add a dark mode')],
  ['/omk run "Add a dark mode"', run('Add a dark mode')],
  ["/omk run don't break the user's page", run("don't break the user's page")],
  ['/omk run --budget-usd 5', run(undefined, { budgetUsd: 5 })],
  ['/omk run --budget-usd=5.50', run(undefined, { budgetUsd: 5.5 })],
  ['/omk run --budget-usd $5', run(undefined, { budgetUsd: 5 })],
  ['/omk run --budget-tokens 2M', run(undefined, { budgetTokens: 2_000_000 })],
  ['/omk run --budget-tokens=200k', run(undefined, { budgetTokens: 200_000 })],
  ['/omk run --budget-time 90m', run(undefined, { budgetTimeMs: 5_400_000 })],
  ['/omk run --max-agents 3', run(undefined, { maxAgents: 3 })],
  ['/omk run --delivery draft-pr', run(undefined, { delivery: 'draft-pr' })],
  ['/omk run --merge=manual', run(undefined, { merge: 'manual' })],
  ['/omk run --base release/2.x', run(undefined, { base: 'release/2.x' })],
  ['/omk run --base "release/2.x" goal', run('goal', { base: 'release/2.x' })],
  ['/omk run --base="release" goal', run('goal', { base: 'release' })],
  ['/omk run --plan', run(undefined, { plan: true })],
  ['/omk run --dry-run --plan goal', run('goal', { dryRun: true, plan: true })],
  ['/omk run Add it --dry-run', run('Add it', { dryRun: true })],
  ['/omk run Add it --merge manual --budget-usd=2', run('Add it', { merge: 'manual', budgetUsd: 2 })],
  ['/omk run \u2014dry-run goal', run('goal', { dryRun: true })],
  ['/omk run Add a --json flag', run('Add a --json flag')],
  ['/omk run Document the --plan option well', run('Document the --plan option well')],
  ['/omk run -- --plan is to be documented', run('--plan is to be documented')],
  ['/omk run goal\n```\ncode stays\n```', run('goal\n```\ncode stays\n```')],
  ['/omk run one\n/omk status', run('one')],
  ['/omk plan', { kind: 'plan', text: undefined }],
  ['/omk plan smaller slices\nplease', { kind: 'plan', text: 'smaller slices\nplease' }],
  ['/omk approve', { kind: 'approve', hash: undefined }],
  ['/omk approve 0123456789ab', { kind: 'approve', hash: '0123456789ab' }],
  ['/omk approve `0123456789ab`', { kind: 'approve', hash: '0123456789ab' }],
  ['/omk reject too big', { kind: 'reject', text: 'too big' }],
  ['/omk answer yes,\nthe second one', { kind: 'answer', text: 'yes,\nthe second one' }],
  ['/omk answer\nbelow', { kind: 'answer', text: 'below' }],
  ['/omk status', { kind: 'status' }],
  ['/omk status\nThanks!', { kind: 'status' }],
  ['/omk pause', { kind: 'pause' }],
  ['/omk resume', { kind: 'resume' }],
  ['/omk cancel', { kind: 'cancel' }],
  ['/omk retry', { kind: 'retry', slice: undefined }],
  ['/omk retry api', { kind: 'retry', slice: 'api' }],
  ['/omk fix', { kind: 'fix', text: undefined }],
  ['/omk fix use `map`\nnot a loop', { kind: 'fix', text: 'use `map`\nnot a loop' }],
  ['/omk rebase', { kind: 'rebase' }],
  ['/omk merge', { kind: 'merge', slice: undefined }],
  ['/omk merge #12', { kind: 'merge', slice: '#12' }],
  ['/omk merge `api-2`', { kind: 'merge', slice: 'api-2' }],
  ['/omk revert api', { kind: 'revert', slice: 'api' }],
  ['/omk budget add --usd 5', { kind: 'budget', usd: 5, tokens: undefined, timeMs: undefined }],
  ['/omk budget add --tokens=1M --time 1h', { kind: 'budget', usd: undefined, tokens: 1_000_000, timeMs: 3_600_000 }],
  ['/omk accept deadbeef it is a test key', { kind: 'accept', finding: 'deadbeef', text: 'it is a test key' }],
  ['/omk freeze release week', { kind: 'freeze', text: 'release week' }],
  ['/omk freeze', { kind: 'freeze', text: undefined }],
  ['/omk unfreeze', { kind: 'unfreeze' }],
  ['/omk proof', { kind: 'proof' }],
  ['/omk replay', { kind: 'replay' }],
  ['/omk why', { kind: 'why' }],
  ['> quoted\n\n/omk why', { kind: 'why' }],
  ['> quoted\n>\n/omk why', { kind: 'why' }],
  ['```\n/omk run\n```\n/omk why', { kind: 'why' }],
  ['````\n```\n/omk run\n```\n````\n/omk why', { kind: 'why' }],
  ['<!-- x -->\n/omk why', { kind: 'why' }],
  ['<details><summary>a</summary>x</details>\n/omk why', { kind: 'why' }],
  ['`a`\n/omk why\n`b`', { kind: 'why' }],
  ['1 < 2\n/omk why', { kind: 'why' }],
  ['- item\n\n/omk why', { kind: 'why' }],
];

test.each(COMMANDS_HEARD)('%j is heard', (body, command) => {
  expect(parseCommand(body)).toMatchObject({ kind: 'command', command });
});

const NOT_HEARD: string[] = [
  '',
  'hello',
  '/omkfoo run',
  '`/omk run`',
  '> /omk run',
  ' > /omk run',
  '>> /omk run',
  '> > /omk run\n> more',
  '    /omk run',
  '\t/omk run',
  '```\n/omk run\n```',
  '```sh\n/omk run',
  '~~~\n/omk run\n~~~',
  '~~~\n```\n/omk run\n~~~',
  '````\n```\n/omk run\n````',
  '- ```\n  /omk run\n  ```',
  '> ```\n/omk run\n> ```',
  '<!-- /omk run -->',
  '<!--\n/omk run\n-->',
  '<!--\n/omk run',
  '<details>\n\n/omk run\n\n</details>',
  '<details><details></details>\n/omk run\n</details>',
  '<pre>\n/omk run\n</pre>',
  '<code>\n/omk run\n</code>',
  '<blockquote>\n\n/omk run\n</blockquote>',
  '<script>\n/omk run\n</script>',
  '<?\n/omk run\n?>',
  '<![CDATA[\n/omk run\n]]>',
  '`\n/omk run\n`',
  '``a\n/omk run\nb``',
  '<a title="\n/omk run\n">x</a>',
  '\\/omk run',
  '&#47;omk run',
  '/omk/config.yml is missing',
  '/omk/status answers 500',
  '/omks',
  '/ok approve',
  '/ok-to-test',
  '/retest',
  'omk run failed yesterday',
  'omk status is wrong',
  '@omk thanks',
  '@omk-bot-2 run',
  '@omk-app',
  'I would write /omk run here',
  '> /omk: run',
  '> quoted\n/omk: run',
  '```\n@omk run\n```',
  '    @omk run',
  '`@omk run`',
  '<!--\n/omk: run\n-->',
];

test.each(NOT_HEARD)('%j is not heard', (body) => {
  expect(parseCommand(body, 'omk-bot')).toEqual({ kind: 'none' });
});

/** Said to omk in a form that it does not hear, and the command that is meant. */
const NEARLY_HEARD: [body: string, meant: string][] = [
  ['/omk: run', 'run'],
  ['/omk, pause', 'pause'],
  ['/omk:run', 'run'],
  ['/omkrun', 'run'],
  ['/omk-run --plan', 'run --plan'],
  ['/OMK: Run', 'run'],
  ['/ omk run', 'run'],
  ['/omk.', 'help'],
  ['/omk: please begin', 'help'],
  ['/okm run', 'run'],
  ['/omks run', 'run'],
  ['@omk run', 'run'],
  ['@omk-bot run --plan', 'run --plan'],
  ['@omk-bot[bot] status', 'status'],
  ['@OMK-bot, could you begin?', 'help'],
  ['Hello,\n\nhey @omk-bot, retry api', 'retry api'],
  ['omk run', 'run'],
  ['omk: run --plan', 'run --plan'],
  ['Omk run!', 'run'],
  ['!omk run', 'run'],
  ['please /omk run', 'run'],
  ['- /omk run', 'run'],
  ['1. /omk run', 'run'],
  ['# /omk run', 'run'],
  ['**/omk run**', 'run'],
  ['/omk\u200b run', 'run'],
  ['\u200b/omk run', 'run'],
  ['/\u2060omk run', 'run'],
  ['\u{e002f}omk run', 'run'],
];

test.each(NEARLY_HEARD)('%j is no command, but is told the right form', (body, meant) => {
  expect(parseCommand(body, 'omk-bot')).toMatchObject({ kind: 'fault', nearest: meant, more: 0 });
});

test('beside a command nothing else that speaks to omk counts', () => {
  expect(parseCommand('@omk run\n\n/omk why')).toEqual({ kind: 'command', command: { kind: 'why' }, more: 0 });
});

const FAULTS: [body: string, faults: RegExp[]][] = [
  ['/omk dance', [/no command `dance`/]],
  ['/omk runn', [/no command `runn`/]],
  ['/omk run --budget-usd', [/`--budget-usd` needs a value: an amount/]],
  ['/omk run --budget-usd=', [/`--budget-usd` needs a value/]],
  ['/omk run --budget-usd five', [/`--budget-usd` must be an amount in US dollars from 0.01 to 10000.*not `five`/]],
  ['/omk run --budget-usd 0', [/must be an amount/]],
  ['/omk run --budget-usd -5', [/must be an amount/]],
  ['/omk run --budget-usd 1e9', [/must be an amount/]],
  ['/omk run --budget-tokens lots', [/must be a number of tokens/]],
  ['/omk run --budget-time 5', [/must be a time from 1m to 7d/]],
  ['/omk run --budget-time 1s', [/must be a time/]],
  ['/omk run --max-agents 0', [/whole number from 1 to 16/]],
  ['/omk run --max-agents 1.5', [/whole number/]],
  ['/omk run --delivery pr', [/one of `local`, `draft-pr`, `auto-pr`, not `pr`/]],
  ['/omk run --merge yes', [/one of `disabled`, `manual`, `gated`/]],
  ['/omk run --base --plan', [/`--base` needs a value/]],
  ['/omk run --base -x', [/must be the name of a branch/]],
  ['/omk run --base a..b', [/name of a branch/]],
  ['/omk run --base refs/heads/main', [/name of a branch/]],
  ['/omk run --base "a b"', [/name of a branch/]],
  ['/omk run --plan=yes', [/`--plan` takes no value/]],
  ['/omk run --plan --plan', [/`--plan` stands there twice/]],
  ['/omk run --budgt-usd 5', [/no option `--budgt-usd` here\. Did you mean `--budget-usd`\?/]],
  ['/omk run --budget 5', [/Did you mean `--budget-usd`, `--budget-tokens`, `--budget-time`\?/]],
  ['/omk run --frobnicate', [/no option `--frobnicate` here\. The options are `--budget-usd`/]],
  ['/omk run --constructor x', [/no option/]],
  ['/omk run Add it --dryrun', [/Did you mean `--dry-run`\?/]],
  ['/omk run --merge x --delivery y --nope', [/`--merge`/, /`--delivery`/, /`--nope`/]],
  ['/omk plan --budget-usd 5 it', [/no option `--budget-usd` here\. It takes no options/]],
  ['/omk approve xyz', [/not the hash of a plan/]],
  ['/omk approve 0123456789ab now', [/`now` is too much/]],
  ['/omk reject', [/`\/omk reject <reason>`/]],
  ['/omk answer', [/`\/omk answer <text>`/]],
  ['/omk cancel please', [/`please` is too much.*`\/omk cancel`/]],
  ['/omk retry ../../x', [/not the id of a slice/]],
  ['/omk merge A', [/not the id of a slice/]],
  ['/omk merge #1234567890', [/not the id of a slice/]],
  ['/omk revert acme/words#12', [/not the id of a slice/]],
  ['/omk revert', [/`\/omk revert <slice>`/]],
  ['/omk budget', [/`\/omk budget add/]],
  ['/omk budget add', [/Say by how much/]],
  ['/omk budget remove --usd 5', [/only be extended/]],
  ['/omk budget add 5', [/`5` is too much/]],
  ['/omk budget add --usd x --time y', [/`--usd`/, /`--time`/]],
  ['/omk accept', [/8 hex digits/, /A reason is missing/]],
  ['/omk accept deadbeef', [/A reason is missing/]],
  ['> quoted\n/omk run', [/belongs to the quote above/]],
];

test.each(FAULTS)('%j runs nothing and names every fault', (body, faults) => {
  const parsed = parseCommand(body);
  expect(parsed.kind).toBe('fault');
  const told = parsed.kind === 'fault' ? parsed.faults : [];
  expect(told).toHaveLength(faults.length);
  for (const [index, fault] of faults.entries()) expect(told[index]).toMatch(fault);
});

const NEAREST: [word: string, nearest: string | undefined][] = [
  ['hold', 'pause'],
  ['runn', 'run'],
  ['rnu', 'run'],
  ['statsu', 'status'],
  ['cancle', 'cancel'],
  ['rebsae', 'rebase'],
  ['aprove', 'approve'],
  ['unfreze', 'unfreeze'],
  ['stop', 'pause'],
  ['Undo', 'revert'],
  ['xyzzy', undefined],
  ['dance', undefined],
  ['frobnicate', undefined],
];

test.each(NEAREST)('the command nearest to %j is %j', (word, nearest) => {
  const parsed = parseCommand(`/omk ${word}`);
  expect(parsed.kind === 'fault' ? parsed.nearest : 'heard').toBe(nearest);
});

test('only the first command of a comment counts, and the others are counted', () => {
  const parsed = parseCommand('/omk status\n/omk cancel\n> /omk run\n\n/omk run');
  expect(parsed).toEqual({ kind: 'command', command: { kind: 'status' }, more: 2 });
});

describe('whatever stands around it', () => {
  const random = seeded(3);
  const texts = Array.from({ length: 3_000 }, () => hostile(random));
  const heard = (wrap: (line: string, text: string) => string) =>
    texts.filter(
      (text) => parseCommand(wrap('/omk cancel', text.replaceAll(/\/omk|`|~|<!--|-->/g, ''))).kind === 'command',
    );

  const WRAPS: [place: string, wrap: (line: string, text: string) => string][] = [
    ['a code block', (line, text) => `\`\`\`\n${text}\n${line}\n${text}\n\`\`\``],
    ['an unclosed code block', (line, text) => `~~~\n${text}\n${line}\n${text}`],
    ['a comment', (line, text) => `<!--\n${text}\n${line}\n${text}\n-->`],
    [
      'a quote',
      (line, text) =>
        `${text}\n${line}`
          .split(/\r?\n/)
          .map((part) => `> ${part}`)
          .join('\n'),
    ],
    ['indented code', (line, text) => `${text}\n    ${line}`],
    ['a sentence', (line, text) => `x${text.replaceAll(/\s/g, ' ')} ${line}`],
  ];

  test.each(WRAPS)('a command in %s is never heard', (_, wrap) => {
    expect(heard(wrap)).toEqual([]);
  });

  test('the parser never throws, and its faults are never empty', () => {
    const verdicts: Parsed[] = texts.flatMap((text) => [
      parseCommand(text),
      parseCommand(`/omk ${text}`),
      parseCommand(`/omk run ${text}`),
    ]);
    expect(verdicts.filter((parsed) => parsed.kind === 'fault' && parsed.faults.length === 0)).toEqual([]);
  });
});

test('the table holds each command once, each with its usage', () => {
  const names = COMMANDS.map((info) => info.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toHaveLength(22);
  for (const { name, usage, effect } of COMMANDS) {
    expect(usage.startsWith(`/omk ${name}`)).toBe(true);
    expect(effect).toMatch(/\.$/);
  }
});

test('the longest comment is parsed quickly, whatever it repeats', () => {
  for (const shard of [
    '/omk\n',
    '`',
    '<!--\n',
    '<a',
    '> ',
    '- ',
    '``` ',
    '--a ',
    '"',
    '\\`',
    '`a``\n',
    '--plan ',
    '— ',
  ]) {
    const started = performance.now();
    parseCommand(`${shard.repeat(65_536 / shard.length)}\n/omk run`);
    parseCommand(`/omk run ${shard.repeat(65_536 / shard.length)}`);
    expect(performance.now() - started).toBeLessThan(3_000);
  }
});
