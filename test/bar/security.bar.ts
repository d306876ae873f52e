import type { Figure, Measure } from './figure.ts';
import { runTests, type Ran } from './run-tests.ts';

/** A promise, and the tests that are its figure: a file, and what their names begin with. What a name counts in numbers, it captures. */
type Promised = { name: string; least: number; file: string; tests: RegExp; long?: true };

const PROMISES: readonly Promised[] = [
  {
    name: 'Who may start a goal: cells that agree with the oracle',
    least: 432,
    file: 'test/run/security-matrix.test.ts',
    tests: /^who is called/,
  },
  {
    name: 'Bots, organisations and ghosts that start nothing',
    least: 6,
    file: 'test/run/security-matrix.test.ts',
    tests: /of type/,
  },
  {
    name: 'Bots by the id of an app that the operator lists',
    least: 8,
    file: 'test/run/security-matrix.test.ts',
    tests: /^with the bot of one app/,
  },
  {
    name: 'Texts of omk and quotations that start nothing',
    least: 100,
    file: 'test/run/security-matrix.test.ts',
    tests: /starts nothing/,
  },
  {
    name: 'Reviews that move a goal only if their author may write',
    least: 9,
    file: 'test/run/security-matrix.test.ts',
    tests: /^a review of the pull request/,
  },
  {
    name: 'Protected paths × ways to change them, refused by name',
    least: 25 * 6,
    file: 'test/goal/audit.test.ts',
    tests: /^a protected path/,
  },
  {
    name: 'Odd names, modes, collisions and sizes refused',
    least: 30,
    file: 'test/goal/audit.test.ts',
    tests: /^the (name|mode) |beside|^sizes/,
  },
  {
    name: 'Deceptive lines refused',
    least: 12,
    file: 'test/goal/audit.test.ts',
    tests: /^the added line .* is refused/,
  },
  { name: 'Secrets × forms redacted', least: 12 * 5, file: 'test/goal/redact.test.ts', tests: /^the / },
  {
    name: 'Invisible code points × ways in and out, none survives',
    least: 437 * 8,
    file: 'test/goal/text.test.ts',
    tests: /^invisible code points (\d+) code points/,
  },
  { name: 'Text out, encoded', least: 40, file: 'test/goal/text.test.ts', tests: /./ },
  { name: 'Hidden Markdown dropped or flagged', least: 30, file: 'test/goal/visible.test.ts', tests: /./ },
  { name: 'Stakes without a sandbox', least: 18, file: 'test/sandbox/refusal.test.ts', tests: /./ },
  { name: 'Tool calls decided by policy', least: 40, file: 'test/goal/approval.test.ts', tests: /./ },
  {
    name: 'Tool calls whose exact arguments are found out, or not',
    least: 10,
    file: 'test/kimi/session.test.ts',
    tests: /permission/,
  },
  {
    name: 'Calls to the model that go through, and no other',
    least: 25,
    file: 'test/kimi/model-proxy.test.ts',
    tests: /^(what is let through|the key|a flood|the budget)/,
    long: true,
  },
  {
    name: 'Addresses and hosts that a setup step never reaches',
    least: 30,
    file: 'test/sandbox/egress.test.ts',
    tests: /./,
    long: true,
  },
  {
    name: 'Pages: odd requests, foreign names, hostile words',
    least: 24,
    file: 'test/web/routes.test.ts',
    tests: /./,
    long: true,
  },
  { name: 'Breaker of an issue', least: 8, file: 'test/goal/flood.test.ts', tests: /./ },
  {
    name: 'Secrets: forms × sinks without any',
    least: 12 * 10,
    file: 'test/run/secrets.test.ts',
    tests: /none in the sink/,
    long: true,
  },
  {
    name: 'Hostile git vectors, each fired on plain git',
    least: 50,
    file: 'test/git/hostile.test.ts',
    tests: /^what a hostile agent plants/,
    long: true,
  },
  {
    name: 'Odd names of branches and commits × what takes one',
    least: 60,
    file: 'test/git/push.test.ts',
    tests: /^names are never read/,
    long: true,
  },
  {
    name: 'Odd file names × every verb of git',
    least: 60 * 15,
    file: 'test/git/names.test.ts',
    tests: /odd file names (\d+) names × (\d+) verbs/,
    long: true,
  },
  {
    name: 'Odd file names, each read as that file alone',
    least: 60,
    file: 'test/git/names.test.ts',
    tests: /is read as that file alone/,
    long: true,
  },
  {
    name: 'Escapes from the sandbox, agent and gate',
    least: 80,
    file: 'test/sandbox/escape.test.ts',
    tests: /^a program in the room/,
    long: true,
  },
  {
    name: 'Assertions of the probe at each start, by doctor too',
    least: 8,
    file: 'test/sandbox/probe.test.ts',
    tests: /^(\d+) assertions hold/,
    long: true,
  },
  {
    name: 'Programs that take without end: ended, none left behind',
    least: 8,
    file: 'test/sandbox/resources.test.ts',
    tests: /^a program that takes/,
    long: true,
  },
  {
    name: 'Readers of what strangers wrote, quick on what is made to be slow',
    least: 15,
    file: 'test/goal/slow.test.ts',
    tests: /./,
    long: true,
  },
  {
    name: 'What a commit leaves behind reaches no later gate',
    least: 4,
    file: 'test/run/prove.test.ts',
    tests: /^what hostile code leaves/,
    long: true,
  },
  {
    name: 'Orders that the obedient agent carried out × rooms',
    least: 30 * 2,
    file: 'test/run/security.long.test.ts',
    tests: /(\d+) orders × (\d+) rooms/,
    long: true,
  },
  {
    name: 'The obedient agent: kinds of effect that did not happen',
    least: 9,
    file: 'test/run/security.long.test.ts',
    tests: /./,
    long: true,
  },
  {
    name: 'Edits before every request to GitHub, nothing of them read',
    least: 12,
    file: 'test/run/races.long.test.ts',
    tests: /^edited before each request/,
    long: true,
  },
  {
    name: 'Leave withdrawn in the middle, nothing more pushed or merged',
    least: 8,
    file: 'test/run/withdrawn.long.test.ts',
    tests: /nothing more is pushed/,
    long: true,
  },
];

/** Runs the tables that the promises of docs/security.md rest on. A skipped test makes its figure `not run`, never green. */
export const measure: Measure = async (form) => {
  const due = PROMISES.filter(({ long }) => form === 'long' || !long);
  const ran = await runTests([...new Set(due.map(({ file }) => file))]);
  return due.map(({ name, least, file, tests }): Figure => {
    const own = ran.filter((one) => one.file.endsWith(file) && tests.test(one.name));
    const count = (of: Ran[]) => of.reduce((sum, one) => sum + weight(tests, one), 0);
    const passed = count(own.filter(({ status }) => status === 'passed'));
    const failed = count(own.filter(({ status }) => status === 'failed'));
    const skipped = count(own) - passed - failed;
    const measured = `${passed} hold, ${failed} do not${skipped > 0 ? `, ${skipped} not run` : ''}`;
    const met = failed > 0 || count(own) < least ? false : skipped > 0 ? 'not run' : true;
    return { name, target: `${least} or more, all`, measured, met };
  });
};

/** What one test stands for: the product of the numbers that its name counts, else one. */
function weight(tests: RegExp, { name }: Ran): number {
  return (tests.exec(name) ?? []).slice(1).reduce((product, digits) => product * (Number(digits) || 1), 1);
}
