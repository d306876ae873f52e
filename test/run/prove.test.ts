import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SetupStep } from '../../src/goal/gate.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { prove } from '../../src/run/prove.ts';
import type { Tools } from '../../src/run/tools.ts';
import { commitOnMain, makeBed, type Bed } from '../git/bed.ts';
import { someGoal } from '../goal/goals.ts';
import { inSandbox } from '../sandbox/stage.ts';
import { gateTools } from './gate-tools.ts';

let bed: Bed & AsyncDisposable;
let outside: string;
let tools: Tools;

beforeAll(async () => {
  bed = await makeBed();
  outside = await mkdtemp(join(tmpdir(), 'omk-outside-'));
  await writeFile(join(outside, 'victim'), 'whole');
  tools = gateTools(bed.data);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  await rm(outside, { recursive: true, force: true });
});

const MINUTE = 60_000;
const step = (run: string): SetupStep => ({ run, timeoutMs: MINUTE, dir: '.' });

function goalWith(setup: string, ...gates: string[]): Goal {
  return someGoal({
    redOnBase: [],
    gates: {
      setup: [step(setup)],
      gates: gates.map((run) => ({ ...step(run), name: run.slice(0, 20), kind: 'test', paths: [] })),
      source: 'config',
      notes: [],
    },
  });
}

const commit = (files: Record<string, string>) => commitOnMain(bed, files);

const run = (goal: Goal, sha: string, name: string) =>
  prove(goal, { mirror: bed.mirror, sha, name, slice: 's', changed: undefined }, tools);

const statuses = (results: { status: string }[]) => results.map(({ status }) => status);

test('nothing is run where nothing holds it, also when omk was started anew after the goal was accepted', async () => {
  const goal = goalWith('true', 'true');
  const sha = await commit({ 'src/unheld.ts': 'export {};\n' });
  const subject = { mirror: bed.mirror, sha, name: 'unheld', slice: 's', changed: undefined };
  const config = { ...tools.config, OMK_SANDBOX: 'auto' as const };
  const unheld: Tools = { ...tools, config, sandbox: { kind: 'none', why: 'bubblewrap is gone' } };
  await expect(prove(goal, subject, unheld)).rejects.toThrow('bubblewrap is gone');
  const switchedOff = { ...unheld, config: { ...config, OMK_SANDBOX: 'off' as const } };
  expect(statuses(await prove(goal, subject, switchedOff))).toEqual(['passed']);
});

test('a workspace is proven at once on the base, and member by member where that fails, so that what is red is known', async () => {
  const member = (name: string, command: string) => ({
    ...step(command),
    name,
    kind: 'test' as const,
    paths: [],
    whole: 'all',
    packages: { proves: [name], needs: [name] },
  });
  const members = [member('a', 'true'), member('b', 'false')];
  const both = { proves: ['a', 'b'], needs: ['a', 'b'] };
  const whole = { ...step('false'), name: 'all', kind: 'test' as const, paths: [], packages: both };
  const folders = ['a', 'b'].map((dir) => ({ dir, place: false }));
  const gates = { setup: [], gates: [whole, ...members], folders, source: 'detected' as const, notes: [] };
  const goal = someGoal({ redOnBase: [], gates });
  const sha = await commit({ 'src/members.ts': 'export {};\n' });
  const told = (results: { name: string; status: string }[]) => results.map(({ name, status }) => `${name} ${status}`);
  expect(told(await run(goal, sha, 'whole'))).toEqual(['all failed', 'a passed', 'b failed']);
  const subject = { mirror: bed.mirror, sha, name: 'whole', slice: 's' };
  expect(told(await prove(goal, { ...subject, changed: ['a/x'] }, tools))).toEqual(['a passed']);
});

describe('what hostile code leaves where omk works next', () => {
  test.each([
    ['a link', (victim: string) => `ln -s ${victim} $HOME/$f`],
    ['a pipe', () => 'mkfifo $HOME/$f'],
    ['a folder', () => 'mkdir -p $HOME/$f/x'],
  ])('is never followed, waited for or fallen over: %s for every name in its home', async (_, plant) => {
    const names = 'setup-done net.sock model.sock config.toml .npmrc .gitconfig';
    const evil = `for f in ${names}; do rm -rf $HOME/$f; ${plant(join(outside, 'victim'))} || true; done`;
    const goal = goalWith(evil, evil);
    const sha = await commit({ 'src/a.ts': `export const a = '${evil.length}';\n` });
    expect(statuses(await run(goal, sha, 'planted'))).toEqual(['passed']);
    expect(statuses(await run(goal, sha, 'planted'))).toEqual(['passed']);
    expect(await readFile(join(outside, 'victim'), 'utf8')).toBe('whole');
  });

  inSandbox(
    'forges no gate of a later commit: neither packages nor home outlive the commit that touched them',
    async () => {
      const tool =
        'mkdir -p node_modules/.bin && cp real.sh node_modules/.bin/judge && chmod +x node_modules/.bin/judge';
      const gates = [
        'node_modules/.bin/judge && sh src/check.sh',
        'test ! -e $HOME/.npmrc',
        'test ! -e node_modules/planted',
      ];
      const goal = goalWith(tool, ...gates);
      const files = {
        '.gitignore': 'node_modules\n',
        'real.sh': '#!/bin/sh\n! grep -q bad src/word\n',
        'src/word': 'good\n',
      };
      const evil =
        'printf "#!/bin/sh\\nexit 0\\n" > node_modules/.bin/judge; echo script-shell=/x > $HOME/.npmrc; touch node_modules/planted\n';
      const poisoning = await commit({ ...files, 'src/check.sh': evil });
      expect(statuses(await run(goal, poisoning, 'forged'))).toEqual(['passed', 'failed', 'failed']);
      const bad = await commit({ 'src/word': 'bad\n', 'src/check.sh': 'true\n' });
      expect(statuses(await run(goal, bad, 'forged'))).toEqual(['failed', 'passed', 'passed']);
    },
  );
});
