import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from '@jest/globals';
import { omkFolder } from '../../src/sandbox/host.ts';
import { inSandbox } from './stage.ts';
import { judgeProbe, probeSandbox } from '../../src/sandbox/probe.ts';

const trial = { port: 1, secretFile: '/proc/self/status', pidNamespace: '', variables: [], processes: 9, tmpBytes: 1 };

const sandbox = `${omkFolder}/src/sandbox`;
const inside = (await readFile(`${sandbox}/inside.ts`, 'utf8')).match(/^ {2}'[^']+': /gm) ?? [];
const outside =
  (await readFile(`${sandbox}/probe.ts`, 'utf8')).match(/\? \[\] : \['[^']+'\]|\? \['[^']+'\] : \[\]/g) ?? [];

inSandbox(`${inside.length + outside.length} assertions hold on a machine with bubblewrap`, async () => {
  expect(inside.length + outside.length).toBeGreaterThanOrEqual(8);
  expect(await probeSandbox()).toEqual({ kind: 'bwrap' });
});

test('outside of a sandbox the assertions fail: they can', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'omk-probe-'));
  const { stdout } = await execa(process.execPath, [`${omkFolder}/src/sandbox/inside.ts`, JSON.stringify(trial)], {
    env: { TMPDIR: dir },
  });
  expect(JSON.parse(stdout)).toEqual(
    expect.arrayContaining(['other processes hidden', 'host files hidden', 'environment clean', 'no new privileges']),
  );
  await rm(dir, { recursive: true });
});

test.each([
  [[], { kind: 'bwrap' }],
  [['nested namespaces refused'], { kind: 'partial', missing: ['nested namespaces refused'] }],
  [['nested namespaces refused', 'no network'], { kind: 'none', why: 'the sandbox does not hold: no network' }],
  [['something new'], { kind: 'none', why: 'the sandbox does not hold: something new' }],
])('when %o does not hold, the level fails closed', (missing, expected) => {
  expect(judgeProbe(missing)).toEqual(expected);
});
