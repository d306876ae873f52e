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
  [
    'the workflow of an action uses the action itself',
    { 'action.yml': 'name: a\nruns:\n  using: node20\n  main: index.js\n' },
    {
      '.github/workflows/try.yml':
        'on: push\npermissions: {}\njobs:\n  try:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - uses: ./\n',
    },
  ],
  [
    'eval reads words in which nothing is put in',
    {},
    {
      'lib/start.sh':
        '#!/bin/sh\nset -e\nself=$0\nif [ "${BASH_VERSION:-}" ]; then eval "self=\\${BASH_SOURCE[0]}"; fi\neval each_file "$self" ${1+\'"$@"\'}\n',
    },
  ],
  [
    'an eval is written in another way',
    { 'lib/define.sh': '#!/bin/sh\ndefine() {\n  eval "\n    is_$1() { [ \\"\\$1\\" = \\"$2\\" ]; }\n  "\n}\n' },
    { 'lib/define.sh': '#!/bin/sh\ndefine() {\n  code="is_$1() { [ \\"\\$1\\" = \\"$2\\" ]; }"\n  eval "$code"\n}\n' },
  ],
  [
    'a program puts each word in quotes before eval reads them',
    {},
    {
      'build.sh':
        '#!/usr/bin/env bash\nset -euo pipefail\nnames="$(jq -r \'keys | map(@sh) | join(" ")\' all.json)"\neval "set -- $names"\nfor name; do\n  make "$name"\ndone\n',
    },
  ],
  [
    'the template of an image leaves open how packages are installed',
    { 'template/Dockerfile': 'FROM debian:{{ suite }}\nCMD ["app"]\n' },
    {
      'template/Dockerfile':
        'FROM debian:{{ suite }}\nRUN apt-get update && apt-get install -y --no-install-recommends \\\n{{ if env.old then ( -}}\n\t\tlegacy \\\n{{ ) else "" end -}}\n\t\tgzip \\\n\t&& rm -rf /var/lib/apt/lists/*\nCMD ["app"]\n',
    },
  ],
  [
    'a folder of a database is searched, and no password is typed',
    {},
    { 'setup.sh': "#!/bin/sh\nset -e\nfind /etc/mysql/ -name '*.cnf' -print0 | xargs -0 chmod 644\n" },
  ],
  [
    'a set is asked for each element',
    {},
    {
      'src/graph.rs':
        'pub fn used(all: &[Node], links: &BTreeMap<u32, Link>) -> Vec<Node> {\n    let wanted = links\n        .values()\n        .filter_map(|link| {\n            if let Link::To(id) = link {\n                Some(*id)\n            } else {\n                None\n            }\n        })\n        .collect::<BTreeSet<u32>>();\n    let mut found = Vec::new();\n    for node in all {\n        if wanted.contains(&node.id) {\n            found.push(node.clone());\n        }\n    }\n    found\n}\n',
    },
  ],
  [
    'a file unwraps as it always did',
    { 'src/path.rs': 'pub fn top(path: &Path) -> &Path {\n    path.parent().unwrap()\n}\n' },
    {
      'src/path.rs': `pub fn top(path: &Path) -> &Path {\n    path.parent().unwrap()\n}\n\npub fn names(path: &Path) -> [&OsStr; 4] {\n    [\n${'        path.file_name().unwrap(),\n'.repeat(4)}    ]\n}\n`,
    },
  ],
  [
    'a note wishes that what works were nicer',
    {},
    { 'src/a.ts': '// TODO: simplify with a lazy getter\nexport const a = () => Object.fromEntries(rows);\n' },
  ],
  [
    'the same text is expected by another call',
    {
      'tests/run.rs':
        '#[test]\nfn runs() {\n    command()\n        .script("echo one >> out")\n        .expect_file("out", "one\\n")\n        .success();\n}\n',
    },
    {
      'tests/run.rs':
        '#[test]\nfn runs() {\n    command()\n        .script("echo one")\n        .stdout("one\\n")\n        .success();\n}\n',
    },
  ],
  [
    'the program checks what only its own fault can bring about',
    {
      'app/store.py': 'def save(row):\n    write(row)\n    mark(row)\n',
      'tests/test_store.py': 'def test_save():\n    assert save(1)\n',
    },
    {
      'app/store.py':
        "def save(row):\n    write(row)\n    if not is_whole(row):\n        raise AssertionError(f'BUG: {row} is not whole after it was written')\n    mark(row)\n",
    },
  ],
  [
    'a command holds the number of a process',
    {},
    {
      'src/stop.js':
        "import { exec } from 'node:child_process';\nimport { promisify } from 'node:util';\n\nconst run = promisify(exec);\n\nexport const stop = async (child) => {\n  await run(`taskkill /pid ${child.pid} /T`);\n};\n",
    },
  ],
  [
    'a request that a loop made before is written in another way',
    {
      'update.sh':
        '#!/bin/bash\nset -e\nfor version in "$@"; do\n  full="$(curl -fsSL "https://example.org/old/$version" | head -n 1)"\n  echo "$full"\ndone\n',
    },
    {
      'update.sh':
        '#!/bin/bash\nset -e\nfor version in "$@"; do\n  full="$(\n    curl -fsSL "https://example.org/new/$version" \\\n      | head -n 1\n  )"\n  echo "$full"\ndone\n',
    },
  ],
  [
    'a run of tests is split in two',
    { 'tox.ini': '[testenv]\ncommands =\n    pytest tests\n' },
    {
      'tox.ini': '[testenv]\ncommands =\n    pytest tests --ignore=tests/slow\n',
      '.github/workflows/slow.yml':
        'on: push\npermissions: {}\njobs:\n  slow:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: pytest tests/slow\n',
    },
  ],
  [
    'a class implements the interface of a package that needs its own',
    {
      'src/main/java/a/inner/Check.java': 'package a.inner;\n\nclass Check {}\n',
      'src/main/java/a/clock/Clock.java':
        'package a.clock;\n\nimport a.inner.Check;\n\npublic interface Clock {\n  void tick(Check check);\n}\n',
    },
    {
      'src/main/java/a/inner/SlowClock.java':
        'package a.inner;\n\nimport a.clock.Clock;\n\nfinal class SlowClock implements Clock {\n  public void tick(Check check) {\n    check.run();\n  }\n}\n',
    },
  ],
  [
    'the keys of an object are copied into another',
    {},
    {
      'src/keep.js':
        'export const keep = (all) =>\n  Object.entries(all)\n    .filter(([, value]) => Boolean(value))\n    .reduce((kept, [key, value]) => ({ ...kept, [key]: value }), {});\n',
    },
  ],
  [
    'a test goes with the package that it was about',
    {
      'src/stop.js':
        "import pidtree from 'pidtree';\n\nexport const stop = async (child) => {\n  for (const pid of await pidtree(child.pid)) process.kill(pid);\n};\n",
      'test/stop.spec.js':
        "it('stops', async () => {\n  await stop(child);\n  expect(kill).toHaveBeenCalledWith(1);\n});\nit('minds no failing list', async () => {\n  pidtree.mockRejectedValue(new Error('none'));\n  await expect(stop(child)).resolves.toEqual(2);\n});\n",
    },
    {
      'src/stop.js':
        'export const stop = async (child) => {\n  if (!child.pid) {\n    return;\n  }\n  process.kill(-child.pid);\n};\n',
      'test/stop.spec.js':
        "it('stops', async () => {\n  await stop(child);\n  expect(kill).toHaveBeenCalledWith(-1);\n});\n",
    },
  ],
  [
    'no name is taken for the error, and a comment says that it is left aside',
    {},
    {
      'src/end.js':
        'export const end = async (child) => {\n  try {\n    if (child.group) {\n      await endGroup(child);\n    } else {\n      await endOne(child);\n    }\n  } catch {\n    /** ignore errors */\n  }\n};\n',
    },
  ],
];

test.each(CHANGES)('%s, and nothing blocks', async (_what, base, head) => {
  expect(wallVerdict(await review({ base, head }))).toEqual({ kind: 'passed' });
});
