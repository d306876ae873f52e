import { describe, expect, test } from '@jest/globals';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { oracleQuestion, parsePlan, parseProposal, planHash, type ParsedPlan } from '../../src/goal/slice-plan.ts';
import { globsOverlap } from '../../src/goal/scope.ts';
import type { PlannedSlice } from '../../src/goal/slice.ts';
import { someSlice } from './goals.ts';
import { pick, seeded } from './seeded.ts';

const LIMITS = { limits: { slices: 4 } };

const slice = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  title: id,
  write_scope: [`src/${id}.ts`],
  ...more,
});
const plan = (...slices: unknown[]) => JSON.stringify({ slices });
const parse = (answer: string) => parsePlan(answer, LIMITS);

function slicesOf(parsed: ParsedPlan): PlannedSlice[] {
  if (parsed.kind !== 'plan') throw new Error(JSON.stringify(parsed));
  return parsed.slices;
}

const AROUND: [what: string, answer: string][] = [
  ['bare', plan(slice('a'))],
  ['fenced', `\`\`\`json\n${plan(slice('a'))}\n\`\`\``],
  ['after prose with braces', `I looked at {src} and {"x": 1}. Here: ${plan(slice('a'))}`],
  ['before prose', `${plan(slice('a'))}\n\nThat is {all}.`],
  ['behind an unclosed brace', `if (x) { then\n${plan(slice('a'))}`],
  ['after a quotation of the question', `The shape is ${plan(slice('shape'))}. My plan: ${plan(slice('a'))}`],
  ['with braces in strings', plan(slice('a', { title: 'a', description: 'say "{" and \\ "}" twice' }))],
  ['pretty printed', JSON.stringify({ slices: [slice('a')] }, null, 2)],
];

test.each(AROUND)('a plan is found %s', (_, answer) => {
  expect(slicesOf(parse(answer)).map((one) => one.id)).toEqual(['a']);
});

test('what a model leaves out has a default, and scopes are tidied', () => {
  const [one] = slicesOf(parse(plan(slice('a', { write_scope: ['./src//a/', 'src/a', '.'] }))));
  expect(one).toEqual({
    id: 'a',
    title: 'a',
    description: '',
    readScope: [],
    writeScope: ['src/a', '**'],
    dependsOn: [],
    risk: 'medium',
    acceptance: [],
  });
});

test('a question stands for a plan', () => {
  expect(parse('{"question":" How many? "}')).toEqual({ kind: 'question', text: 'How many?' });
});

const FAULTS: [what: string, answer: string, faults: RegExp[]][] = [
  ['nothing', '', [/no JSON object/]],
  ['prose', 'I cannot do that.', [/no JSON object/]],
  ['broken JSON', '{"slices":[', [/no JSON object/]],
  ['another object', '{"steps":[]}', [/no JSON object/]],
  ['no slices', '{"slices":[]}', [/^slices: must hold at least one slice/]],
  ['slices that are no list', '{"slices":{}}', [/^slices: /]],
  ['an empty question', '{"question":""}', [/"question" must be a text/]],
  ['wrong types', plan({ id: 1, title: 'x', write_scope: 'src' }), [/slices\[0\]\.id/, /slices\[0\]\.write_scope/]],
  ['an unknown risk', plan(slice('a', { risk: 'huge' })), [/slices\[0\]\.risk/]],
  ['a bad id', plan(slice('A b', { write_scope: ['x'] })), [/"A b" is not a slice id/]],
  ['an id that leads out', plan(slice('../x', { write_scope: ['x'] })), [/not a slice id/]],
  ['no title', plan(slice('a', { title: ' ' })), [/has no title/]],
  ['an empty write scope', plan(slice('a', { write_scope: [] })), [/empty write_scope/]],
  ['a blank scope', plan(slice('a', { write_scope: [' '] })), [/is empty/]],
  ['an absolute path', plan(slice('a', { write_scope: ['/etc/passwd'] })), [/is absolute/]],
  ['a home path', plan(slice('a', { write_scope: ['~/x'] })), [/is absolute/]],
  ['a drive', plan(slice('a', { write_scope: ['C:/x'] })), [/is absolute/]],
  ['a way out', plan(slice('a', { write_scope: ['src/../../x'] })), [/outside the repository/]],
  ['a way out in braces', plan(slice('a', { write_scope: ['{..,src}/x'] })), [/outside the repository/]],
  ['a way out to read', plan(slice('a', { read_scope: ['../secrets'] })), [/outside the repository/]],
  ['backslashes', plan(slice('a', { write_scope: ['src\\a'] })), [/backslash/]],
  ['an exclusion', plan(slice('a', { write_scope: ['!src'] })), [/can only include/]],
  ["git's folder", plan(slice('a', { write_scope: ['.git/hooks/x'] })), [/git's own folder/]],
  ['a line break in a scope', plan(slice('a', { write_scope: ['a\nb'] })), [/invisible/]],
  ['invisible characters in a scope', plan(slice('a', { write_scope: ['a\u200bb'] })), [/invisible/]],
  ['a doubled id', plan(slice('a'), slice('a')), [/"a" is used more than once/]],
  ['an unknown dependency', plan(slice('a', { depends_on: ['z'] })), [/depends on "z", which is not in the plan/]],
  ['a slice that needs itself', plan(slice('a', { depends_on: ['a'] })), [/in a circle: a -> a/]],
  [
    'a circle behind a chain',
    plan(slice('a', { depends_on: ['b'] }), slice('b', { depends_on: ['c'] }), slice('c', { depends_on: ['b'] })),
    [/in a circle: (b -> c -> b|c -> b -> c)/],
  ],
  ['too many slices', plan(...['a', 'b', 'c', 'd', 'e'].map((id) => slice(id))), [/has 5 slices; at most 4/]],
  [
    'everything at once',
    plan(slice('a', { write_scope: ['/x', '../y'], depends_on: ['q'] }), slice('B', { write_scope: [] })),
    [/is absolute/, /outside/, /"B" is not/, /empty write_scope/, /depends on "q"/],
  ],
];

test.each(FAULTS)('a plan with %s is refused with every fault', (_, answer, faults) => {
  const parsed = parse(answer);
  const told = parsed.kind === 'faults' ? parsed.faults : [];
  expect(told).toHaveLength(faults.length);
  for (const [index, fault] of faults.entries()) expect(told[index]).toMatch(fault);
});

const OVERLAPS: [
  what: string,
  first: Record<string, unknown>,
  second: Record<string, unknown>,
  note: RegExp | undefined,
][] = [
  [
    'both write a file',
    { write_scope: ['src/x.ts'] },
    { write_scope: ['src/**'] },
    /`b` waits for `a`: both write `src\/\*\*` and `src\/x\.ts`/,
  ],
  [
    'the second reads',
    { write_scope: ['src'] },
    { write_scope: ['docs'], read_scope: ['src/x.ts'] },
    /reads what the other writes/,
  ],
  [
    'the first reads',
    { write_scope: ['docs'], read_scope: ['src'] },
    { write_scope: ['src/x.ts'] },
    /writes what the other reads/,
  ],
  [
    'both read',
    { write_scope: ['docs'], read_scope: ['src'] },
    { write_scope: ['test'], read_scope: ['src'] },
    undefined,
  ],
  ['nothing is shared', { write_scope: ['docs'] }, { write_scope: ['src'] }, undefined],
  ['they are ordered', { write_scope: ['src'] }, { write_scope: ['src'], depends_on: ['a'] }, undefined],
];

test.each(OVERLAPS)('when %s, the slices are ordered or left alone', (_, first, second, note) => {
  const parsed = parse(plan(slice('a', first), slice('b', second)));
  expect(parsed).toMatchObject({ kind: 'plan' });
  const notes = parsed.kind === 'plan' ? parsed.notes : [];
  expect(notes).toHaveLength(note ? 1 : 0);
  if (note) {
    expect(notes[0]).toMatch(note);
    expect(slicesOf(parsed)[1]?.dependsOn).toEqual(['a']);
  }
});

test('slices come in an order in which they can be built', () => {
  const parsed = parse(plan(slice('c', { depends_on: ['b'] }), slice('b', { depends_on: ['a'] }), slice('a')));
  expect(slicesOf(parsed).map((one) => one.id)).toEqual(['a', 'b', 'c']);
});

test('1,000 random plans come out without circles and with every overlap ordered', () => {
  const random = seeded(23);
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const scopes = ['src', 'src/a.ts', 'src/**', 'docs', '**/*.md', 'test/x', 'lib/{a,b}'];
  for (let round = 0; round < 1_000; round += 1) {
    const raw = ids.map((id, at) => ({
      ...slice(id),
      write_scope: [pick(random, scopes)],
      read_scope: random() < 0.5 ? [pick(random, scopes)] : [],
      depends_on: at > 0 && random() < 0.4 ? [pick(random, ids.slice(0, at))] : [],
    }));
    const shuffled = raw.toSorted(() => random() - 0.5);
    const slices = slicesOf(parsePlan(plan(...shuffled), { limits: { slices: 9 } }));
    const before = new Map<string, Set<string>>();
    for (const one of slices) {
      expect(one.dependsOn.filter((id) => !before.has(id))).toEqual([]);
      const earlier = new Set(one.dependsOn.flatMap((id) => [id, ...(before.get(id) ?? [])]));
      const unordered = slices.filter((other) => before.has(other.id) && !earlier.has(other.id));
      expect(unordered.filter((other) => clash(one, other))).toEqual([]);
      before.set(one.id, earlier);
    }
  }
});

function clash(a: PlannedSlice, b: PlannedSlice): boolean {
  const meet = (left: string[], right: string[]) => left.some((one) => right.some((other) => globsOverlap(one, other)));
  return meet(a.writeScope, b.writeScope) || meet(a.readScope, b.writeScope) || meet(a.writeScope, b.readScope);
}

test('a hash stands for all a plan says and for nothing else', () => {
  const slices = slicesOf(parse(plan(slice('a'), slice('b'))));
  const hash = planHash(slices);
  expect(hash).toMatch(/^[0-9a-f]{12}$/);
  expect(planHash(structuredClone(slices))).toBe(hash);
  const changes: Partial<PlannedSlice>[] = [
    { id: 'x' },
    { title: 'x' },
    { description: 'x' },
    { readScope: ['x'] },
    { writeScope: ['x'] },
    { dependsOn: ['x'] },
    { risk: 'high' },
    { acceptance: ['x'] },
  ];
  const hashes = changes.map((change) => planHash(slices.with(0, { ...slices[0], ...change } as PlannedSlice)));
  expect(new Set([hash, ...hashes]).size).toBe(9);
});

test('half a megabyte of braces is read quickly', () => {
  for (const shard of ['{', '{"a":', '"', '{}', '{"slices":[{']) {
    const started = performance.now();
    expect(parse(shard.repeat(500_000 / shard.length)).kind).toBe('faults');
    expect(performance.now() - started).toBeLessThan(5_000);
  }
});

describe('the oracle guard', () => {
  const ASKED: [title: string, text: string][] = [
    ['', ''],
    ['Fix', ''],
    ['Dark mode', ''],
    ['Make it awesome', ''],
    ['Make this better please', ''],
    ['Please make the whole app look much better', ''],
    ['Improve the code', 'It should'.slice(0, 2)],
    ['Please improve this project', 'It is so cool'],
    ['Do magic please now', ''],
    ['I want state of the art', ''],
    ['Make everything shine', 'surprise me'],
    ['Clean up everything', ''],
    ['Make it faster', ''],
    ['It should be better', ''],
    ['The whole thing should look more modern, please', ''],
    ['Do magic please', '<!-- tests must pass -->'],
    ['🎉🎉🎉', '!!!'],
  ];

  test.each(ASKED)('asks what would make %j %j testable', (title, text) => {
    expect(oracleQuestion(title, text)).toMatch(/What must be true when this is done\?/);
  });

  const TAKEN: [title: string, text: string][] = [
    ['Add dark mode toggle', ''],
    ['Add better error messages', ''],
    ['GET /users/none returns 500', ''],
    ['Make it better', 'so that all tests pass'],
    ['Make it better', 'the `cli` must exit 2 on bad input'],
    ['Improve the app', 'p95 under 200 ms'],
    ['Make it faster', 'p95 under 200 ms'],
    ['The list should be better sorted: newest first', ''],
    ['Make our site faster on the list of orders', ''],
    ['Make sure tests are good', ''],
    ['Improve `parseDate`', 'leap years are wrong'],
    ['Refactor everything', 'in src/api.ts to use async functions'],
    ['Rewrite the parser in TypeScript', ''],
    ['ログイン画面の文字化けを修正する', ''],
    ['Die Anmeldung geht nicht', ''],
  ];

  test.each(TAKEN)('lets %j %j through', (title, text) => {
    expect(oracleQuestion(title, text)).toBeUndefined();
  });
});

describe('an agent proposes further slices', () => {
  const slice = { id: 'docs', title: 'Document it', write_scope: ['docs/**'], depends_on: ['api'] };
  const existing = [
    someSlice({ id: 'api', writeScope: ['src/**'], status: 'building' }),
    someSlice({ id: 'old', writeScope: ['old/**'], status: 'cancelled' }),
  ];
  const propose = (...slices: object[]) =>
    parseProposal(`Added it.\nAnd tests.\n\n${JSON.stringify({ slices })}`, defaultPolicy(), existing);

  test('its words are apart from it, and it may build on what is there', () => {
    expect(propose(slice)).toMatchObject({
      words: 'Added it.\nAnd tests.',
      proposed: { kind: 'plan', slices: [{ id: 'docs', dependsOn: ['api'] }] },
    });
  });

  test('in a fence it is one too, and closing words alone are none', () => {
    const fenced = parseProposal(
      `Done.\n\`\`\`json\n{"slices":[${JSON.stringify(slice)}]}\n\`\`\``,
      defaultPolicy(),
      existing,
    );
    expect([fenced.words, fenced.proposed?.kind]).toEqual(['Done.', 'plan']);
    expect(parseProposal('Done. The {"slices"} are few.', defaultPolicy(), existing).proposed).toBeUndefined();
  });

  test('what overlaps waits for what is there', () => {
    const { proposed } = propose({ ...slice, depends_on: [], write_scope: ['src/a.ts'] });
    expect(proposed).toMatchObject({ slices: [{ dependsOn: ['api'] }] });
  });

  test.each([
    [{ ...slice, id: 'api' }, /used more than once/],
    [{ ...slice, id: 'old' }, /belongs to a cancelled slice/],
    [{ ...slice, depends_on: ['old'] }, /not in the plan/],
    [{ ...slice, depends_on: ['docs'] }, /circle/],
    [{ ...slice, write_scope: [] }, /empty write_scope/],
    [{ ...slice, write_scope: ['../x'] }, /outside the repository/],
  ])('the rules of a plan hold: %j', (bad, says) => {
    const { proposed } = propose(bad);
    expect(proposed?.kind === 'faults' && proposed.faults.join()).toMatch(says);
  });

  test('and so does the limit', () => {
    const many = Array.from({ length: 8 }, (_, index) => ({
      ...slice,
      id: `d${index}`,
      write_scope: [`d${index}/**`],
    }));
    expect(propose(...many).proposed).toMatchObject({ kind: 'faults' });
  });
});
