import { describe, expect, test } from '@jest/globals';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { readPolicy } from '../../src/goal/policy-file.ts';

function faultsOf(text: string): string[] {
  const read = readPolicy(text);
  return read.kind === 'faults' ? read.faults : [];
}

test.each([undefined, '', '# nothing yet\n', '{}'])('%j means every default', (text) => {
  expect(readPolicy(text)).toEqual({ kind: 'policy', policy: defaultPolicy() });
});

describe('every fault has its line, its column and what is allowed', () => {
  test.each([
    ['review:\n  rouds: 2\n', 'line 2, column 3: there is no key `review.rouds`. Did you mean `rounds`?'],
    ['merges: gated\n', 'line 1, column 1: there is no key `merges`. Did you mean `merge`?'],
    ['plan: { whenever: 1 }\n', 'line 1, column 9: there is no key `plan.whenever`. Allowed here: `approval`.'],
    [
      'gates:\n  - { name: a, run: b, tiemout: 3m }\n',
      'line 2, column 24: there is no key `gates.0.tiemout`. Did you mean `timeout`?',
    ],
    ['merge: gatde\n', /^line 1, column 8: `merge`: .*"disabled"\|"manual"\|"gated".* Did you mean `gated`\?$/],
    ['review: { passes: { perf: off } }\n', /^line 1, column 21: .*Allowed here: `architect`, .*`performance`/],
    [
      'review: { passes: { code: advisry } }\n',
      /`review.passes.code`: .*It is on, advisory or off, or .*mean `advisory`\?$/,
    ],
    [
      'review: { rules: { code/syntax: { offf: ["a/**"] } } }\n',
      'line 1, column 35: there is no key `review.rules.code/syntax.offf`. Did you mean `off`?',
    ],
    [
      'review: { rules: { code/sintax: off } }\n',
      /there is no key `review.rules.code\/sintax`. Did you mean `code\/syntax`\?$/,
    ],
    ['review: { rules: { todo: off } }\n', /there is no key `review.rules.todo`. Did you mean `anti-slop\/todo`\?$/],
    ['review: { rules: { test/gone: off } }\n', /Allowed here: `test\/assertion-removed`, .* and others\.$/],
    ['review: { rules: { code/syntax: { off: "a/**" } } }\n', /`review.rules.code\/syntax`: .*paths for each/],
    ['limits: { slices: 99 }\n', /^line 1, column 19: `limits.slices`: .*It is a whole number from 1 to 50$/],
    [
      'budget: { time: 3 weeks }\n',
      /^line 1, column 17: `budget.time`: "3 weeks" must be a duration from 1m to 7d, such as 2h$/,
    ],
    ['budget: { tokens: [] }\n', /^line 1, column 19: `budget.tokens`: .*It is a count above 0, such as 5M$/],
    ['limits: { patch: much }\n', /"much" must be a size, such as 1MB/],
    ['freeze: [{ from: Friday, to: "Mon 07:00" }]\n', /^line 1, column 18: `freeze.0.from`: must be a day and a time/],
    ['freeze: [{ from: "Fri 16:00", to: "Mon 07:00", zone: Berlin }]\n', /`freeze.0.zone`: must be a time zone/],
    ['gates: [{ name: a, run: x, dir: ../up }]\n', /`gates.0.dir`: must be a folder inside the repository/],
    ['gates: [{ name: a, run: x }, { name: a, run: y }]\n', /`gates`: every gate must have a name of its own/],
    ['gates: [{ name: a, run: "  " }]\n', /`gates.0.run`/],
    ['merge: gated\nmerge: manual\n', /^line 2, column 1: .*unique/],
    ['review: [\n', /^line \d+, column \d+: /],
    ['just text\n', /^line 1, column 1: `the file`/],
  ])('%j', (text, says) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
  });

  test('all at once', () => {
    expect(faultsOf('merge: always\nreview: { rouds: 1, reviewr: off }\n').map((fault) => fault.slice(0, 17))).toEqual([
      'line 1, column 8:',
      'line 2, column 11',
      'line 2, column 21',
    ]);
  });
});

test.each([
  ['an alias of nothing', 'a: &a 1\nb: *a\ngates: *nothing', /^line 3, column 8: Unresolved alias/],
  [
    'aliases upon aliases',
    `a: &a [x]\n${Array.from({ length: 30 }, (_, at) => `b${at}: [*a, *a, *a, *a]`).join('\n')}`,
    /^line 2, column 6: .*alias/,
  ],
  ['more than 50,000 characters', `# ${'x'.repeat(50_000)}`, /^line 1, column 1: .*50002 characters; at most 50000/],
])('%s is a fault, and no fault of omk', (_, text, says) => {
  expect(readPolicy(text)).toEqual({ kind: 'faults', faults: [expect.stringMatching(says)] });
});
