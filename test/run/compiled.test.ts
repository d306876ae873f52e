import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { showCompiled } from '../../src/run/compiled.ts';
import { folders, type Tools } from '../../src/run/tools.ts';
import { someGoal } from '../goal/goals.ts';
import { inSandbox, makeStage, run } from '../sandbox/stage.ts';
import { gateTools } from './gate-tools.ts';

let data: string;
let tools: Tools;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'omk-compiled-'));
  tools = gateTools(data);
  const { compiled, homes } = folders(tools.config);
  for (const folder of [compiled, homes]) await mkdir(folder, { recursive: true });
});
afterAll(() => rm(data, { recursive: true, force: true }));

const kept = () => readdir(folders(tools.config).compiled);

test('nothing is compiled where programs are not held, or of another Kimi', async () => {
  const without = { readOnly: [] };
  expect(await showCompiled(someGoal(), { ...tools, sandbox: { kind: 'none', why: 'switched off' } })).toEqual(without);
  const config = { ...tools.config, KIMI_BIN: '/opt/kimi.mjs' };
  expect(await showCompiled(someGoal(), { ...tools, config })).toEqual(without);
  expect(await kept()).toEqual([]);
});

inSandbox(
  'what is compiled of Kimi is made once, by those who ask at once too, and in place of an older one',
  async () => {
    const { compiled, homes } = folders(tools.config);
    await mkdir(join(compiled, 'kimi-1.0.0-node-24.0.0'));
    const [first, second] = await Promise.all([showCompiled(someGoal(), tools), showCompiled(someGoal(), tools)]);
    expect(first).toEqual(second);
    const [name = '', ...others] = await kept();
    expect(name).toMatch(/^kimi-\d+\.\d+\.\d+-node-\d+\.\d+\.\d+$/);
    expect(others).toEqual([]);
    expect((await readdir(join(compiled, name), { recursive: true })).length).toBeGreaterThan(10);
    expect(await readdir(homes)).toEqual([]);
    const { ino } = await stat(join(compiled, name));
    expect(await showCompiled(someGoal(), tools)).toEqual(first);
    expect((await stat(join(compiled, name))).ino).toBe(ino);
  },
);

inSandbox('no room can change what is compiled of Kimi', async () => {
  const { readOnly } = await showCompiled(someGoal(), tools);
  const [shown] = readOnly;
  const stage = await makeStage();
  const write = `ls ${shown?.inside} && find ${shown?.inside} -type f -exec sh -c 'echo x >>"$1"' sh {} \\; ; touch ${shown?.inside}/new`;
  const { stdout, stderr, exitCode } = await run(stage.open({ readOnly }), ['sh', '-c', write]);
  expect(stdout).toMatch(/^v\d+/);
  expect(stderr).toContain('Read-only file system');
  expect(exitCode).not.toBe(0);
  await stage.remove();
});
