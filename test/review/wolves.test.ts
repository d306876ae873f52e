import { expect, test } from '@jest/globals';
import { wallVerdict } from '../../src/goal/wall.ts';
import { review, type Files } from './world.ts';

/** Changes that maintainers made with good reason, told again in other words. */
const CHANGES: readonly (readonly [what: string, base: Files, head: Files])[] = [
  [
    'a word is mended in an empty test that stood before',
    {
      'src/test/java/a/OldTest.java':
        'class OldTest {\n  @Test\n  public void nothing() {\n    // prevents an eror\n  }\n}\n',
    },
    {
      'src/test/java/a/OldTest.java':
        'class OldTest {\n  @Test\n  public void nothing() {\n    // prevents an error\n  }\n}\n',
    },
  ],
  [
    'a word is mended in an old note',
    { 'src/a.ts': '// TODO: suport the other kinds of rows\nexport const a = 1;\n' },
    { 'src/a.ts': '// TODO: support the other kinds of rows\nexport const a = 1;\n' },
  ],
  [
    'an example in a comment has many emoji',
    {},
    { 'src/a.ts': `/**\n${' * 🦄 🐶 🐱\n'.repeat(11)} */\nexport const a = 1;\n` },
  ],
  [
    'methods that others override are told to be overridden',
    {},
    {
      'app/base.py': `class Base:\n${['open', 'read', 'write', 'close'].map((name) => `    def ${name}(self):\n        raise NotImplementedError\n`).join('\n')}`,
    },
  ],
  [
    'an assertion in words of another library',
    { 'test/a.spec.js': "it('ends', () => {\n  run();\n});\n" },
    {
      'test/a.spec.js':
        "it('ends', () => {\n  run();\n  expect(exit, 'to have a call satisfying', [1]);\n  expect(error, 'was not called');\n});\n",
    },
  ],
  [
    'a comment about waiting goes, and the line below stays as it was',
    {
      'src/a.ts':
        'export async function all(jobs: Job[]) {\n  for (const job of jobs) {\n    // Await each in turn.\n    await job.run();\n  }\n}\n',
    },
    {
      'src/a.ts':
        'export async function all(jobs: Job[]) {\n  for (const job of jobs) {\n    // Each in turn.\n    await job.run();\n  }\n}\n',
    },
  ],
  [
    'a key of one name is set anew under a condition in a loop',
    {},
    {
      'src/merge.ts':
        "export function merge(sources: Options[]) {\n  let all: Options = {};\n  for (const source of sources) {\n    if (source.retry === 'once') {\n      all = { ...all, retry: 1 };\n    }\n  }\n  return all;\n}\n",
    },
  ],
  [
    'a statement goes on with a chain of calls',
    {},
    {
      'src/a.rs':
        'pub fn f(rows: Vec<u8>) -> Vec<u8> {\n    let mut rows = rows;\n    rows = rows\n        .into_iter()\n        .rev()\n        .collect();\n    rows\n}\n',
    },
  ],
];

test.each(CHANGES)('%s, and nothing blocks', async (_what, base, head) => {
  expect(wallVerdict(await review({ base, head }))).toEqual({ kind: 'passed' });
});
