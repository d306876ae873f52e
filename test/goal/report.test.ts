import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { COMMANDS } from '../../src/goal/command.ts';
import { parseCommand } from '../../src/goal/parse-command.ts';
import type { GateResult } from '../../src/goal/gate.ts';
import type { Goal, GoalStatus } from '../../src/goal/goal.ts';
import { renderIsland, replaceIsland } from '../../src/goal/island.ts';
import * as accounts from '../../src/goal/report/accounts.ts';
import { renderHelp } from '../../src/goal/report/help.ts';
import { PULL_ISLAND, renderPullBody, renderPullContent } from '../../src/goal/report/pull-body.ts';
import * as refusals from '../../src/goal/report/refusals.ts';
import * as replies from '../../src/goal/report/replies.ts';
import * as reviews from '../../src/goal/report/review-answers.ts';
import { renderStatus } from '../../src/goal/report/status-comment.ts';
import { linkPulls, renderCount, renderDuration, renderMinutes, renderReason } from '../../src/goal/report/words.ts';
import type { Slice } from '../../src/goal/slice.ts';
import { describeEvent } from '../../src/goal/telling.ts';
import { AT, HEAD, someGate, someGoal, someSlice, someWall, TREE } from './goals.ts';
import { proseOf, readTables } from './markdown.ts';
import { everything, PAGE, view } from './said.ts';
import { hostile, seeded } from './seeded.ts';

const later = (minutes: number) => new Date(AT.getTime() + minutes * 60_000);

describe('who asks why, or how it stands, is told what is asked of people', () => {
  const plan = { hash: '0123456789ab', notes: [], needsApproval: true, approvedBy: undefined };
  const stuck = someSlice({ status: 'blocked', reason: { text: 'Tests fail.', next: '/omk retry api' } });
  const held = someSlice({ id: 'ui', reason: { text: 'It waits for a person.', next: '/omk merge ui' } });

  test.each<[string, Goal, string[]]>([
    ['a plan that waits', someGoal({ status: 'awaiting_approval', plan }), ['/omk approve 0123456789ab']],
    ['a pause', someGoal({ status: 'paused' }), ['/omk resume']],
    [
      'two slices that need something',
      someGoal({
        status: 'blocked_on_human',
        slices: [stuck, held],
        reason: { ...stuck.reason, text: 'Slice `api`: Tests fail.', next: '/omk retry api' },
      }),
      ['/omk retry api', '/omk merge ui'],
    ],
    [
      'a slice that needs something, and further slices that were proposed',
      someGoal({
        status: 'blocked_on_human',
        slices: [held],
        reason: { ...held.reason, text: 'Slice `ui`: It waits for a person.', next: '/omk merge ui' },
        proposal: { from: 'ui', hash: 'ba9876543210', slices: [stuck], notes: [] },
      }),
      ['/omk merge ui', '/omk approve ba9876543210'],
    ],
    ['an end without a reason', someGoal({ status: 'failed_infra' }), ['/omk retry']],
  ])('%s', (_, goal, commands) => {
    for (const text of [accounts.why(goal), accounts.status(goal, AT), renderStatus(goal, view)]) {
      expect([...text.matchAll(/Next: `([^`]+)`/g)].map(([, next]) => next)).toEqual(commands);
    }
    expect(accounts.why(goal)).not.toContain('Nothing is asked of you');
  });

  test('of a goal at work what each slice is at', () => {
    const planned = someSlice({ id: 'docs', status: 'planned', dependsOn: ['api'], pull: undefined });
    const goal = someGoal({ slices: [someSlice({ status: 'building' }), planned] });
    expect(accounts.why(goal)).toBe(
      'The goal is `running`.\n\n- `api` (#12): is at `building`, attempt 1\n- `docs`: comes after `api`\n\nNothing is asked of you. Hold it with `/omk pause`.',
    );
  });

  test('of a goal that is ready that nothing is left', () => {
    expect(accounts.why(someGoal({ status: 'ready', slices: [someSlice({ status: 'merged' })] }))).toContain(
      'nothing is left to do',
    );
  });

  test('the proof in a table; evidence of another tree counts for nothing', () => {
    const rows = readTables(
      accounts.proof(
        someGoal({
          slices: [
            someSlice(),
            someSlice({ id: 'ui', tree: 'd'.repeat(40), wall: someWall({ head: 'e'.repeat(40) }) }),
          ],
        }),
        undefined,
      ),
    )[0];
    expect(rows?.map((row) => [row[0], row[5], row[6]])).toEqual([
      ['Slice', 'Gates', 'Wall'],
      ['`api`', '1/1', '6/6'],
      ['`ui`', '0/1', '–'],
    ]);
  });
});

test('a reason that ends with a full stop gets no second one', () => {
  const texts = [
    replies.frozen('release day'),
    replies.frozen('Release day.'),
    replies.findingAccepted('deadbeef', 'Why not?'),
  ];
  expect(texts.join('\n')).not.toMatch(/[.?]\./);
  expect(texts.every((text) => /[.?] (?:See|Release)/.test(text))).toBe(true);
});

describe('the status comment', () => {
  test('has its parts in fixed order', () => {
    const goal = someGoal({
      status: 'blocked_on_human',
      reason: { text: '#12 waits for a person.', next: '/omk merge' },
      slices: [
        someSlice({ status: 'merged' }),
        someSlice({ id: 'docs', dependsOn: ['api'], status: 'planned', pull: undefined }),
      ],
    });
    const text = renderStatus(goal, { ...view, ahead: 2, pageUrl: PAGE });
    const lines = text.split('\n');
    expect(lines[0]).toBe('<!-- omk:status:deadbeef -->');
    expect(lines[1]).toBe(
      `\`blocked_on_human\` · slice 2 of 2 · 1 h 12 min · 0.42 of 10.00 USD, 123k of 5M tokens · place 3 in the queue · [page of the goal](${PAGE})`,
    );
    const order = [
      '| # | Slice |',
      '> **Needs you.** #12 waits for a person.\n> Next: `/omk merge`',
      '**Last events**',
      'Plan</summary>',
      'Gates</summary>',
      'Configuration used</summary>',
      'How to steer</summary>',
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain('- 2026-11-22 18:00 UTC: `api` delivered as #12');
  });

  test('has a table with a row for each slice', () => {
    const [table] = readTables(renderStatus(someGoal(), view));
    expect(table).toEqual([
      ['#', 'Slice', 'Scope', 'After', 'State', 'Gates', 'Wall', 'Pull'],
      ['1', '`api` Return 404 for unknown users', '`src/api/**, test/api/**`', '–', '`merging`', '1/1', '6/6', '#12'],
    ]);
  });

  test('changes with time alone only once a minute, and never after the end', () => {
    const at = (ms: number, more: Partial<Goal> = {}) =>
      renderStatus(someGoal(more), { ...view, now: new Date(AT.getTime() + ms) });
    expect(at(60_000)).toBe(at(119_999));
    expect(at(120_000)).not.toBe(at(119_999));
    expect(at(60_000, { endedAt: later(1), status: 'ready' })).toBe(
      at(9_999_999, { endedAt: later(1), status: 'ready' }),
    );
  });

  const NEEDS: [status: GoalStatus, next: string | undefined][] = [
    ['queued', undefined],
    ['planning', undefined],
    ['running', undefined],
    ['ready', undefined],
    ['cancelled', undefined],
    ['awaiting_approval', '`/omk approve 0123456789ab`'],
    ['paused', '`/omk resume`'],
    ['not_ready', '`/omk retry`'],
    ['blocked_on_human', '`/omk retry`'],
    ['blocked_on_external', '`/omk retry`'],
    ['needs_more_budget', '`/omk retry`'],
    ['failed_infra', '`/omk retry`'],
  ];

  test.each(NEEDS)('of a goal that is %s names the next command: %s', (status, next) => {
    const text = renderStatus(someGoal({ status }), view);
    expect(text).toContain(`\`${status}\``);
    expect(/> Next: (.*)/.exec(text)?.[1]).toBe(next);
  });

  test('shows no work and no wait of a goal that was cancelled', () => {
    const slices = [someSlice({ status: 'merged' }), someSlice({ id: 'ui', status: 'building' })];
    const text = renderStatus(someGoal({ status: 'cancelled', slices }), view);
    expect(text).toMatch(/\| `api` .*\| `merged` \|/);
    expect(text).toMatch(/\| `ui` .*\| `cancelled` \|/);
  });

  test('says that there are no gates, and that none passed', () => {
    const gates = { setup: [], gates: [], source: 'detected' as const, notes: [] };
    expect(renderStatus(someGoal({ gates }), view)).toContain('\n- No gates: nothing is proven by running it\n');
    const verified = (results: GateResult[]) => describeEvent({ kind: 'verified', slice: 'api', results });
    expect(verified([])).toBe('`api` had no gates to run');
    expect(verified([someGate()])).toBe('`api` gates passed');
    const red = someGate({ status: 'failed', exitCode: 2, redOnBase: true });
    expect(verified([red, someGate()])).toBe('`api` gates passed, beside 1 of 2 that fails on the base too');
    expect(verified([red])).toBe('`api` no gate passed: all fail on the base too');
    const one = {
      ...gates,
      gates: [{ name: 'test', run: 'make test', kind: 'test' as const, paths: [], timeoutMs: 1, dir: '.' }],
    };
    const known = renderStatus(someGoal({ gates: one, redOnBase: [red] }), view);
    expect(known).toContain('\n- None passes there: nothing is proven by running it\n');
    expect(renderStatus(someGoal({ gates: one }), view)).not.toContain('nothing is proven');
  });

  test('asks for a blocked slice while the goal runs', () => {
    const slice = someSlice({
      status: 'blocked',
      reason: { text: 'Gates fail:\n@all see https://x', next: '/omk retry api' },
    });
    const text = renderStatus(someGoal({ slices: [slice] }), view);
    expect(text).toContain(
      '> **Needs you.** Slice `api`: Gates fail:\n> `@`all see https`://`x\n> Next: `/omk retry api`',
    );
  });

  test('says the plan with its hash and notes, and what is red on the base', () => {
    const text = renderStatus(someGoal({ redOnBase: [someGate({ status: 'failed', run: 'npm run lint' })] }), view);
    expect(text).toContain('- Plan `0123456789ab`');
    expect(text).toContain('- Note: `b` waits for `a`: both write `x`');
    expect(text).toContain('- Fails on the base already: `npm run lint`');
    expect(text).not.toContain('every one passes');
    expect(renderStatus(someGoal(), view)).toContain('- On the base every one passes');
    expect(renderStatus(someGoal({ plan: undefined }), view)).not.toContain('every one passes');
  });

  test('keeps under the limit with 400 slices and stays whole', () => {
    const slices = Array.from({ length: 400 }, (_, at) =>
      someSlice({
        id: `s-${at}`,
        title: '@'.repeat(100),
        acceptance: Array.from({ length: 20 }, () => '<'.repeat(300)),
      }),
    );
    const text = renderStatus(someGoal({ slices }), view);
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    expect(readTables(text)[0]?.filter((row) => row.length !== 8)).toEqual([]);
  });
});

describe('the body of a pull request', () => {
  test("is upstream's lines, what changed, the place, wall, gates and how it was made", () => {
    const body = renderPullBody(
      someGoal({ slices: [someSlice({ id: 'db' }), someSlice({ dependsOn: ['db'] })] }),
      someSlice({ dependsOn: ['db'] }),
      { sandbox: 'bwrap', pageUrl: PAGE },
    );
    expect(body).toBe(
      [
        '<!-- omk:begin:slice -->',
        'Slice `api` for goal `goal-20261122-180000-000-deadbeef`.',
        '',
        '- Owner: `ada`',
        '- Write scope: `src/api/**, test/api/**`',
        `- Commit: \`${HEAD}\``,
        '- Slice dependencies: `db`',
        '',
        '**What changed**',
        '',
        '- Added a check for missing users.',
        '- Added a test.',
        '',
        'Part of #7, slice 2/2',
        '',
        'Scope touched: `src/api/users.ts`, `test/api/users.test.ts`',
        '',
        '## Review Wall',
        '',
        '| Pass | Status | Severity | Feedback |',
        '| --- | --- | --- | --- |',
        '| architect | passed | low | nothing found |',
        '| code | passed | low | nothing found |',
        '| test | passed | low | nothing found |',
        '| security | passed | low | nothing found |',
        '| performance | passed | low | nothing found |',
        '| anti-slop | passed | low | nothing found |',
        '',
        `Verdict on \`${HEAD}\`. Anti-slop confidence 0.10; above 0.5 blocks.`,
        '',
        '## Gates',
        '',
        '| Gate | Command | Exit | Duration | Tree |',
        '| --- | --- | --- | --- | --- |',
        `| unit | \`npm test\` | 0 | 12 s | \`${TREE}\` |`,
        '',
        '**How it was made, and how to change it**',
        '',
        '- Sandbox: `bwrap`',
        '- Spend of the goal so far: 0.42 USD, 123k tokens, 10 min of agent time',
        `- Proof: [proof](${PAGE}/proof.json), [page of the goal](${PAGE})`,
        '- To change it, submit a review, push to the branch, or write `/omk fix <text>`; `/omk help` shows the rest',
        '',
        '<!-- omk:end:slice -->',
      ].join('\n'),
    );
  });

  const content = (more: Partial<Slice>) => renderPullContent(someGoal(), someSlice(more), { sandbox: 'none' });

  test('names no dependencies as none', () => {
    expect(content({ dependsOn: [] })).toContain('- Slice dependencies: `none`');
  });

  test('says that a verdict is stale once the head has moved', () => {
    expect(content({ head: 'd'.repeat(40) })).toContain(
      `Stale: this verdict is on \`${HEAD}\`, and the branch has moved to \`${'d'.repeat(40)}\`.`,
    );
  });

  test('has no wall without a verdict, and says that no gate ran', () => {
    const text = content({ wall: undefined, gates: [] });
    expect(text).not.toContain('## Review Wall');
    expect(text).toContain('## Gates\n\nNo gate ran on this commit: nothing is proven by running it.');
  });

  test('shows a pass without verdict as missing: fail closed', () => {
    const wall = someWall();
    expect(content({ wall: { ...wall, passes: wall.passes.filter((verdict) => verdict.pass !== 'test') } })).toContain(
      '| test | missing | – |',
    );
  });

  test('shows a pass that does not apply', () => {
    const passes = someWall().passes.map((verdict) => ({
      ...verdict,
      status: 'not-applicable' as const,
      feedback: 'only docs | changed',
    }));
    expect(content({ wall: someWall({ passes }) })).toContain(
      '| code | not applicable | low | only docs &#124; changed |',
    );
  });

  const EXITS: [gate: Parameters<typeof someGate>[0], cell: string][] = [
    [{ status: 'failed', exitCode: 1 }, '| 1 |'],
    [{ status: 'failed', exitCode: 1, redOnBase: true }, '| 1 (fails on the base too) |'],
    [{ status: 'failed', exitCode: null, signal: 'SIGSEGV' }, '| SIGSEGV |'],
    [{ status: 'timed-out', exitCode: null }, '| timed out |'],
    [{ status: 'could-not-start', exitCode: 127 }, '| could not start |'],
  ];

  test.each(EXITS)('shows how a gate ended: %j', (gate, cell) => {
    expect(content({ gates: [someGate(gate)] })).toContain(cell);
  });

  test('is renewed without touching what people wrote around it', () => {
    const body = `Please look.\n\n${renderPullBody(someGoal(), someSlice(), { sandbox: 'bwrap' })}\n\nThanks.`;
    const renewed = replaceIsland(body, PULL_ISLAND, content({ summary: 'New' }));
    expect(renewed).toBe(`Please look.\n\n${renderIsland(PULL_ISLAND, content({ summary: 'New' }))}\n\nThanks.`);
  });

  test('keeps under the limit with a thousand gates', () => {
    const gates = Array.from({ length: 1_000 }, () => someGate({ run: '|'.repeat(200) }));
    expect(content({ gates }).length).toBeLessThanOrEqual(60_000);
  });
});

describe('help', () => {
  test('on an issue leaves out what works on pull requests alone, and the other way round', () => {
    const shown = (where: 'issue' | 'pull' | 'everywhere') =>
      readTables(renderHelp(where))[0]
        ?.slice(1)
        .map(([usage]) => usage?.split(/[ `]/)[2]);
    expect(shown('everywhere')).toEqual(COMMANDS.map((info) => info.name));
    expect(shown('issue')).not.toContain('rebase');
    expect(shown('pull')).not.toContain('run');
    expect(shown('pull')).toContain('fix');
  });
});

const WORDS: [rendered: string, text: string][] = [
  [renderDuration(900), '0.9 s'],
  [renderDuration(119_000), '119 s'],
  [renderDuration(120_000), '2 min'],
  [renderMinutes(59_999), '0 min'],
  [renderMinutes(3_600_000), '1 h 0 min'],
  [renderMinutes(-5), '0 min'],
  [renderCount(999), '999'],
  [renderCount(1_500), '2k'],
  [renderCount(999_600), '1M'],
  [renderCount(1_550_000), '1.6M'],
  [linkPulls('see `#`12 and `#`13', [12]), 'see #12 and `#`13'],
  [linkPulls('x/y`#`12', [12]), 'x/y`#`12'],
];

test.each(WORDS)('%j is %j', (rendered, text) => {
  expect(rendered).toBe(text);
});

test('a command with faults without number is answered in few words', () => {
  const parsed = parseCommand(`/omk run ${Array.from({ length: 9_000 }, (_, index) => `--x${index}`).join(' ')}`);
  const answer = parsed.kind === 'fault' ? refusals.faults(parsed) : '';
  expect(answer).toContain('- and 8970 more like these');
  expect(answer.length).toBeLessThan(20_000);
});

describe('everything omk says', () => {
  const random = seeded(41);
  const texts = [
    ...Array.from({ length: 300 }, () => hostile(random)),
    '/omk cancel',
    '\n/omk cancel\n',
    '`\n/omk cancel',
    '-->\n/omk cancel',
  ];
  const said = texts.flatMap((text) => Object.entries(everything(text)));
  const OWN_HTML = /^<\/?details>$|^<summary>[A-Za-z ]+<\/summary>$|^<!-- omk:status:deadbeef -->$/;
  const OWN_LINK =
    /\[(?:page of the goal|Page of the goal|proof|Proof of goal-[\d-]+[0-9a-f]+)\]\(https:\/\/omk\.example\/goals\/[^\s)]*\)/g;

  test.each(Object.entries({ accounts, refusals, replies, reviews }))(
    'covers every text of %s',
    async (name, texts) => {
      const source = await readFile(new URL('said.ts', import.meta.url), 'utf8');
      expect(Object.keys(texts).filter((text) => !source.includes(`${name}.${text}(`))).toEqual([]);
    },
  );

  test('is never heard as a command', () => {
    expect(said.filter(([, text]) => parseCommand(text).kind !== 'none').map(([name]) => name)).toEqual([]);
  });

  test('holds no live mention, foreign reference, link, image, HTML or marker', () => {
    const live = /@|(?<![ (|])#\d|:\/\/|www\.|\bGH-\d|<|(?<!\\)(?:\\\\)*[[\]]/i;
    const faulty = said.filter(([, text]) =>
      text.split('\n').some((line) => {
        if (OWN_HTML.test(line)) return false;
        const prose = proseOf(line.replaceAll(OWN_LINK, '')).replaceAll(/&(?:amp|lt|gt|#96|#124|#36);/g, '');
        return live.test(prose) || /<!--/.test(line);
      }),
    );
    expect(faulty.map(([name]) => name)).toEqual([]);
  });

  test('refers to its own issue and pull request alone', () => {
    const numbers = said.flatMap(([, text]) =>
      text.split('\n').flatMap((line) =>
        [
          ...proseOf(line)
            .replaceAll(/&#\d+;/g, '')
            .matchAll(/#(\d+)/g),
        ].map(([, number]) => number),
      ),
    );
    expect(new Set(numbers)).toEqual(new Set(['7', '12']));
  });

  test('has tables with as many cells in each row as in the head', () => {
    const tables = said.flatMap(([, text]) => readTables(text));
    expect(tables.length).toBeGreaterThan(texts.length);
    expect(tables.filter((table) => table.some((row) => row.length !== table[0]?.length))).toEqual([]);
  });

  test('names a next command, is short of 60,000 characters and has no emoji of its own', () => {
    const plain = Object.entries(everything('plain words')).filter(([name]) => name !== 'body');
    // One line in a thread: the comment beside it has the command. A check run's stand at its lines.
    const answers = plain.filter(([name]) => !name.startsWith('thread') && name !== 'checkRun');
    expect(
      answers
        .filter(
          ([, text]) =>
            !text.includes('/omk ') && !text.includes('Next: plain words') && !text.includes('A maintainer can'),
        )
        .map(([name]) => name),
    ).toEqual([]);
    expect(plain.filter(([, text]) => /\p{Emoji_Presentation}/u.test(text) || text.length > 60_000)).toEqual([]);
  });
});

test('what a program said stands in a code block of its last lines', () => {
  const said = ['first', ...Array.from({ length: 12 }, (_, line) => `line ${line}`), '```', '@ada /omk run'];
  const { lines } = renderReason({ text: 'The setup fails.', next: '/omk run', output: said.join('\n') });
  expect(lines[0]).toBe('The setup fails.');
  expect(lines[1]).toBe('````');
  expect(lines.at(-1)).toBe('````');
  expect(lines.slice(2, -1)).toEqual(said.slice(-12));
});

test('of what a program said the lines that name a fault are shown, and its last ones', () => {
  const noise = (word: string, count: number) => Array.from({ length: count }, (_, line) => `${word} ${line}`);
  const fault = ['ERROR: No matching distribution found for flit_core<4', '', '1 test failed'];
  const output = [...noise('getting', 20), ...fault, ...noise('notice', 14)].join('\r\n');
  const { lines } = renderReason({ text: 'The setup fails.', next: '/omk run', output });
  expect(lines.slice(2, -1)).toEqual([
    'ERROR: No matching distribution found for flit_core<4',
    '1 test failed',
    '…',
    ...noise('notice', 14).slice(4),
  ]);
});

test('a slice whose merge was undone says so in the table of slices', () => {
  const merged = someSlice({ status: 'merged', mergedSha: HEAD });
  const undo = someSlice({ id: 'revert-api', status: 'merged', reverts: { slice: 'api', sha: HEAD } });
  const rows = renderStatus(someGoal({ slices: [merged, undo] }), view).split('\n');
  expect(rows.filter((row) => row.startsWith('| ') && row.includes(', taken back'))).toEqual([
    expect.stringContaining('`merged`, taken back'),
  ]);
});
