import { expect, test } from '@jest/globals';
import { runDemo } from '../world/demo.ts';

test('the demo: two slices, one failed gate, one finding of the wall, both mended, both merged', async () => {
  const said = { out: '', err: '' };
  const code = await runDemo(
    { repo: undefined, goal: undefined, json: true, keep: false },
    { stdout: (text) => (said.out += text), stderr: (text) => (said.err += text) },
  );
  expect(JSON.parse(said.out)).toMatchObject({
    goal: { status: 'ready' },
    slices: [
      { id: 'median', pull: 2, merged: true },
      { id: 'report', pull: 3, merged: true },
    ],
    kimi: { version: '2.1.0' },
  });
  expect(said.err).toContain('median gates failed, back to build');
  expect(said.err).toContain('report review wall blocked, back to build');
  expect(code).toBe(0);
});
