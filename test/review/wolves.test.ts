import { expect, test } from '@jest/globals';
import { wallVerdict } from '../../src/goal/wall.ts';
import { review, type Files } from './world.ts';

/** Each script of a kind stands on its own, and brings this. */
const ROOT =
  '\n_root() {\n  domain="$1"\n  at=2\n  while true; do\n    name=$(printf "%s" "$domain" | cut -d . -f "$at"-100)\n    [ -n "$name" ] || return 1\n    knows "$name" && return 0\n    at=$((at + 1))\n  done\n}\n';

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
  [
    'a test that was left out before says no reason any more',
    {
      'tests/signal.rs': '#[test]\n#[ignore = "depends on the clock"]\nfn stops() {\n    assert_eq!(stop(), 1);\n}\n',
    },
    { 'tests/signal.rs': '#[test]\n#[ignore]\nfn stops() {\n    assert_eq!(stop(), 1);\n}\n' },
  ],
  [
    'a package that a test runner loads by itself',
    {
      'requirements-dev.txt': 'pytest\n',
      'tests/test_a.py': 'import pytest\n\n\ndef test_a():\n    assert f() == 1\n',
    },
    { 'requirements-dev.txt': 'pytest\npytest-randomly\n' },
  ],
  [
    'a module is asked for a filter in a callback',
    {},
    {
      'src/tasks.js':
        "const glob = require('glob-lite');\n\nmodule.exports = (rules, files) =>\n  Object.keys(rules).map((pattern) => {\n    const fits = glob.filter(pattern, { dot: true });\n    return files.filter(fits);\n  });\n",
    },
  ],
  [
    'a list is searched in another way than before',
    {
      'app/only.py':
        'def check(values, allowed):\n    allowed = list(allowed)\n    for value in values:\n        try:\n            allowed.index(value)\n        except ValueError:\n            raise Invalid(value)\n    return values\n',
    },
    {
      'app/only.py':
        'def check(values, allowed):\n    allowed = list(allowed)\n    for value in values:\n        if value not in allowed:\n            raise Invalid(value)\n    return values\n',
    },
  ],
  [
    'one of two runs of tests stays without an option that it never had',
    {
      Makefile:
        'test:\n\tnix run "cargo test --all-features --release"\n\ntest-plain:\n\tcargo test --no-fail-fast --release\n',
    },
    { Makefile: 'test:\n\tnix run "cargo test --all-features"\n\ntest-plain:\n\tcargo test --no-fail-fast\n' },
  ],
  [
    'a runner of scripts runs the tests',
    {
      '.github/workflows/ci.yml':
        'on: push\npermissions: {}\njobs:\n  ci:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: npm run build\n      - run: npm test\n',
    },
    {
      '.github/workflows/ci.yml':
        'on: push\npermissions: {}\njobs:\n  ci:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: concurrently "npm:build" "npm:test"\n',
    },
  ],
  [
    'coverage leaves out what runs when the file is a program',
    { 'app/show.py': 'def show():\n    return 1\n\n\nif __name__ == "__main__":\n    show()\n' },
    { 'app/show.py': 'def show():\n    return 1\n\n\nif __name__ == "__main__":  # pragma: no cover\n    show()\n' },
  ],
  [
    'a helper of tests goes, and who called it asserts by itself',
    {
      'tests/base.py': 'def assert_near(a, b):\n    assert round(a, 5) == round(b, 5)\n',
      'tests/test_a.py': 'from tests.base import assert_near\n\n\ndef test_a():\n    assert_near(f(1), 2.5)\n',
    },
    {
      'tests/base.py': '',
      'tests/test_a.py': 'import math\n\n\ndef test_a():\n    assert math.isclose(f(1), 2.5)\n',
    },
  ],
  [
    'steps of setting up go with the question whether they failed',
    {
      'log_test.go':
        'package log\n\nfunc TestLog(t *testing.T) {\n\tfile, err := os.CreateTemp("", "log")\n\trequire.NoError(t, err, "no file")\n\trun(file.Name())\n\tassert.Equal(t, 1, lines(file.Name()))\n}\n',
    },
    {
      'log_test.go':
        'package log\n\nfunc TestLog(t *testing.T) {\n\tname := filepath.Join(t.TempDir(), "log")\n\trun(name)\n\tassert.Equal(t, 1, lines(name))\n}\n',
    },
  ],
  [
    'an assertion of true is said by its name',
    { 'a_test.go': 'package a\n\nfunc TestA(t *testing.T) {\n\tassert.Equal(t, true, c.Flag("a"))\n}\n' },
    { 'a_test.go': 'package a\n\nfunc TestA(t *testing.T) {\n\tassert.True(t, c.Flag("a"))\n}\n' },
  ],
  [
    'what tests tidy up is no test',
    { 'test/a.js': "import test from 'ava';\n\ntest('a', (t) => {\n  t.is(f(), 1);\n});\n" },
    {
      'test/a.js':
        "import test from 'ava';\n\ntest('a', (t) => {\n  t.is(f(), 1);\n});\n\ntest.after('tidy', async () => {\n  await server.close();\n});\n",
    },
  ],
  [
    'two tests become one that asserts the same',
    {
      'test/plugins.bats':
        '@test "one" {\n  run install\n  assert_line "installed a"\n}\n\n@test "two" {\n  run install\n  assert_line "skipped b"\n}\n',
    },
    {
      'test/plugins.bats': '@test "one" {\n  run install\n  assert_line "skipped b"\n  assert_line "installed a"\n}\n',
    },
  ],
  [
    'an option without a value stands before another',
    { 'entry.sh': '#!/bin/bash\nset -e\n' },
    { 'entry.sh': '#!/bin/bash\nset -e\nprocess_sql --dont-use-root-password --database=mysql9 <<< "SELECT 1"\n' },
  ],
  [
    'a step of an image changes beside one that stood before',
    {
      Dockerfile:
        'FROM debian:12.4\nRUN apt-get update && apt-get install -y --no-install-recommends curl jdk=11.1 && \\\n    curl -s https://example.org/install.sh | bash && rm -rf /var/lib/apt/lists/*\nUSER app\n',
    },
    {
      Dockerfile:
        'FROM debian:12.4\nRUN apt-get update && apt-get install -y --no-install-recommends curl jdk=11.2 && \\\n    curl -s https://example.org/install.sh | bash && rm -rf /var/lib/apt/lists/*\nUSER app\n',
    },
  ],
  [
    'an address without encryption is only set further in',
    {
      'update.sh':
        '#!/bin/bash\nset -e\nif [ "$1" = old ]; then\n  curl -fsSL "https://example.org/lists/old" -o list\nelse\n  curl -fsSL "http://mirror.example.org/lists/new" -o list\nfi\n',
    },
    { 'update.sh': '#!/bin/bash\nset -e\ncurl -fsSL "http://mirror.example.org/lists/new" -o list\n' },
  ],
  [
    'only the name of a variable is put in for eval',
    {},
    { 'lib/set.sh': '#!/bin/sh\nset_named() {\n  eval "$1=\\$subject"\n}\n' },
  ],
  [
    'the question that a person is asked who starts a workflow has another name',
    {
      '.github/workflows/move.yml':
        'on:\n  workflow_dispatch:\n    inputs:\n      main:\n        required: true\npermissions: {}\njobs:\n  move:\n    runs-on: ubuntu-latest\n    steps:\n      - run: git tag -f ${{ github.event.inputs.main }}\n',
    },
    {
      '.github/workflows/move.yml':
        'on:\n  workflow_dispatch:\n    inputs:\n      major:\n        required: true\npermissions: {}\njobs:\n  move:\n    runs-on: ubuntu-latest\n    steps:\n      - run: git tag -f ${{ github.event.inputs.major }}\n',
    },
  ],
  [
    'an example that nobody installs prepares itself',
    {},
    {
      'examples/big/package.json':
        '{\n  "name": "big",\n  "private": true,\n  "scripts": {\n    "postinstall": "node scripts/generate.js"\n  }\n}\n',
    },
  ],
  [
    'an asynchronous function handles all that can go wrong in it',
    {},
    {
      'src/promise.ts':
        'export async function load(hooks: Hook[], reject: Reject) {\n  const emit = async (error: Error) => {\n    try {\n      for (const hook of hooks) error = await hook(error);\n      reject(error);\n    } catch (other) {\n      reject(other);\n    }\n  };\n  try {\n    return await read();\n  } catch (error) {\n    emit(error);\n    return undefined;\n  }\n}\n',
    },
  ],
  [
    'documentation tells those who use a class what to do',
    {},
    {
      'src/main/java/a/Rule.java':
        'package a;\n\n/**\n * Keeps tests clean.\n * Make sure to configure your rule with {@link #strictness(Strictness)}.\n */\npublic class Rule {\n  public int depth = 1;\n}\n',
    },
  ],
  [
    'a script says at its top which variables may be set',
    {},
    {
      'notify/chat.sh':
        '#!/usr/bin/env sh\n\n#CHAT_URL=""\n#CHAT_ROOM=""\n#CHAT_KEY=""\n\nchat_send() {\n  post "$1"\n}\n',
    },
  ],
  [
    'quotes stand inside of a command inside of quotes',
    {},
    {
      'dns/zone.sh':
        '#!/usr/bin/env sh\n\nzone() {\n  i=2\n  while true; do\n    state="$(printf "%s\\n" "$answer" | grep -o \'"status" *: *"[^"]*\' | sed \'s#^"status" *: *"##\')"\n    if [ "$state" = "success" ]; then\n      return 0\n    fi\n    i=$((i + 1))\n  done\n}\n',
    },
  ],
  [
    'the name of an error says that it is left aside',
    {},
    {
      'src/main/java/a/Events.java':
        'package a;\n\nclass Events {\n  boolean tell(Listener listener) {\n    try {\n      return listener.hear();\n    } catch (Throwable ignore) {\n      return false;\n    }\n  }\n}\n',
    },
  ],
  [
    'a setting of the tests moves to another file',
    { 'setup.cfg': '[tool:pytest]\nnorecursedirs = .git docs env\n', 'pyproject.toml': '[project]\nname = "a"\n' },
    {
      'setup.cfg': '',
      'pyproject.toml': '[project]\nname = "a"\n\n[tool.pytest.ini_options]\nnorecursedirs = ".git docs env"\n',
    },
  ],
  [
    'an output takes the place of that of a logger',
    {
      'src/lib.rs':
        'pub fn run(name: &str) -> u8 {\n    if name.is_empty() {\n        warn!("no name, {}", name);\n    }\n    1\n}\n',
    },
    {
      'src/lib.rs':
        'pub fn run(name: &str) -> u8 {\n    if name.is_empty() {\n        eprintln!("no name, {}", name);\n    }\n    1\n}\n',
    },
  ],
  [
    'the same call of `dbg!` stands in the tests beside it',
    {
      'src/shell.rs':
        '#[cfg(test)]\nmod tests {\n    #[test]\n    fn bash() {\n        let opts = dbg!(&opts()[0]);\n        assert!(ran(opts));\n    }\n}\n',
    },
    {
      'src/shell.rs':
        '#[cfg(test)]\nmod tests {\n    #[test]\n    fn bash() {\n        let opts = dbg!(&opts()[0]);\n        assert!(ran(opts));\n    }\n\n    #[test]\n    fn fish() {\n        let opts = dbg!(&opts()[0]);\n        assert!(ran(opts));\n    }\n}\n',
    },
  ],
  [
    'a folder of mktemp goes at the end of a script that ends with its first error',
    {},
    { 'scripts/get.sh': '#!/usr/bin/env bash\nset -o errexit\n\nwork=$(mktemp -d)\nfetch >"$work/a"\nrm -rf $work\n' },
  ],
  [
    'a count of a script is never empty',
    {},
    { 'scripts/undo.sh': '#!/usr/bin/env bash\ncount=${1:-1}\nif [ $count -gt 3 ]; then\n  echo "too many" >&2\nfi\n' },
  ],
  [
    'a handler is written to wait',
    {},
    {
      'pkg/delay.go':
        'package api\n\nfunc randomDelay(next http.Handler) http.Handler {\n\treturn http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\ttime.Sleep(time.Second)\n\t\tnext.ServeHTTP(w, r)\n\t})\n}\n',
    },
  ],
  [
    'an assertion of three parts begins with its message',
    {},
    {
      'src/test/java/a/PoolTest.java':
        'class PoolTest {\n  @Test\n  public void fills() {\n    Pool pool = new Pool();\n    assertEquals("the pool is not full", 5, pool.size());\n  }\n}\n',
    },
  ],
  [
    'a here-string follows a redirection, and a pattern stands on a line of its own',
    {},
    {
      'bin/setup.sh':
        '#!/usr/bin/env bash\ncat >"$HOME/.rc" <<<"# own"\nif [[ ! "$tag" =~ \\\n    ([0-9]|[1-9][0-9]+)\\.(.*) ]]; then\n  exit 1\nfi\n',
    },
  ],
  [
    'a program of Rust prints in another of its files',
    { 'src/main.rs': 'mod report;\n\nfn main() {\n    report::all();\n}\n', 'src/report.rs': 'pub fn all() {}\n' },
    { 'src/report.rs': 'pub fn all() {\n    println!("{} ran faster", fastest());\n}\n' },
  ],
  [
    'the title of a test says the new thing as well',
    { 'test/origin.bats': '@test "names no file that is not there" {\n  run origin\n  assert_success ""\n}\n' },
    {
      'test/origin.bats':
        '@test "names the file even if it is not there" {\n  run origin\n  assert_success "version"\n}\n',
    },
  ],
  [
    'the type of a value is not asserted any more beside the value',
    {
      'src/test/java/a/CallTest.java':
        'class CallTest {\n  @Test\n  public void answers() {\n    Object answer = handle();\n    assertEquals(String.class, answer.getClass());\n    assertEquals("mocked", answer);\n  }\n}\n',
    },
    {
      'src/test/java/a/CallTest.java':
        'class CallTest {\n  @Test\n  public void answers() {\n    Object answer = handle();\n    assertEquals("mocked", answer);\n  }\n}\n',
    },
  ],
  [
    'a pattern of ways in is named one by one',
    { 'package.json': '{\n  "name": "a",\n  "exports": {\n    "./*": "./*.js"\n  }\n}\n' },
    { 'package.json': '{\n  "name": "a",\n  "exports": {\n    "./vanilla": "./vanilla.js"\n  }\n}\n' },
  ],
  [
    'a shell reads a secret from what looks like a file',
    {},
    { 'entry.sh': '#!/usr/bin/env bash\ninitdb --pwfile=<(echo "$DB_PASSWORD")\n' },
  ],
  [
    'types are given to what was there',
    {
      'src/store.py':
        'def read(path, key, quote="always"):\n    return find(path, key, quote)\n\n\ndef write(path, key):\n    return put(path, key)\n',
      'tests/test_store.py': 'def test_read():\n    assert read("a", "b") == 1\n',
    },
    {
      'src/store.py':
        'def read(\n    path: str,\n    key: str,\n    quote: str = "always",\n) -> int:\n    return find(path, key, quote)\n\n\ndef write(path: str, key: str) -> int:\n    return put(path, key)\n',
    },
  ],
  [
    'labels of branches are written as the file writes them',
    {
      'src/body.js':
        "export function body(val) {\n  // string\n  if (typeof val === 'string') return 1;\n  // Buffer\n  if (val instanceof Buffer) return 2;\n  // Stream\n  if (val instanceof Stream) return 3;\n  return 0;\n}\n",
    },
    {
      'src/body.js':
        "export function body(val) {\n  // string\n  if (typeof val === 'string') return 1;\n  // Buffer\n  if (val instanceof Buffer) return 2;\n  // Stream\n  if (val instanceof Stream) return 3;\n  // ReadableStream\n  if (val instanceof ReadableStream) return 4;\n  // Response\n  if (val instanceof Response) return 5;\n  return 0;\n}\n",
    },
  ],
  [
    'two scripts beside it hold the function already',
    {
      'dns/one.sh': `#!/bin/sh\n${ROOT}`,
      'dns/two.sh': `#!/bin/sh\n${ROOT}`,
    },
    { 'dns/three.sh': `#!/bin/sh\n${ROOT}` },
  ],
  [
    'what may be missing is asked for by a condition now',
    {
      'src/call.ts': 'export function call(options: Options) {\n  options.method = options.method?.toUpperCase();\n}\n',
    },
    {
      'src/call.ts':
        'export function call(options: Options) {\n  if (options.method) {\n    options.method = options.method.toUpperCase();\n  }\n}\n',
    },
  ],
  [
    'a step of a pipeline is written in Python',
    {},
    {
      '.github/workflows/try.yml':
        'on: push\npermissions: {}\njobs:\n  try:\n    runs-on: ubuntu-24.04\n    steps:\n      - shell: python\n        run: |\n          import os.path\n          wanted = os.path.join("versions", "bin")\n          assert os.path.exists(wanted)\n',
    },
  ],
  [
    'what makes the golden files changes beside them',
    {
      Makefile: 'tags:\n\t@jq -r .tags bake.json\n',
      'tests/golden/tags.txt': 'a:1\na:2\nb:1\nb:2\nc:1\n',
    },
    {
      Makefile: 'tags:\n\t@jq -r .targets bake.json\n',
      'tests/golden/tags.txt': 'x a:1\nx a:2\ny b:1\ny b:2\nz c:1\n',
    },
  ],
  [
    'an image of the tests shows what was handed to it',
    {},
    { 'test/output.Dockerfile': 'FROM alpine:3.20\nARG VERSION\nRUN printenv VERSION\n' },
  ],
  [
    'a package says where it is published',
    { 'package.json': '{\n  "name": "a"\n}\n' },
    {
      'package.json': '{\n  "name": "a",\n  "publishConfig": {\n    "registry": "https://registry.npmjs.org"\n  }\n}\n',
    },
  ],
  [
    'what handles errors is made for a list',
    {},
    {
      'src/all.js':
        'export function all(logger) {\n  return run({\n    controllers: [\n      new LogError(logger),\n      new LogExit(logger),\n    ],\n  });\n}\n',
    },
  ],
  [
    'a name is compared, and asked for itself',
    {},
    {
      'src/own.js':
        'export function own(result, root, options) {\n  return result !== root && !options.stream && root;\n}\n',
    },
  ],
  [
    'a shell writes a line into a file',
    {},
    { '.build/title.sh': '#!/bin/sh\necho "---" >"$1.fixed"\ncat "$1" >>"$1.fixed"\necho "---" >> "$1.fixed"\n' },
  ],
  [
    'comments of a pipeline say for which versions a step is',
    {},
    {
      '.travis.yml':
        'install:\n  - |\n    # - use 1.1.0 for Node.js < 0.10\n    # - use 2.0.0 for Node.js < 4\n    if [ "$NODE" -lt 4 ]; then npm install --save-dev supertest@2.0.0 use Node.js; fi\n',
    },
  ],
  [
    'rows of a matrix are put into a comment',
    {
      'appveyor.yml':
        'environment:\n  matrix:\n    - TARGET: one\n      CHANNEL: beta\n    - TARGET: two\n      CHANNEL: beta\n    - TARGET: six\n      CHANNEL: beta\n    - TARGET: ten\n      CHANNEL: beta\n',
    },
    {
      'appveyor.yml':
        'environment:\n  matrix:\n    - TARGET: one\n      CHANNEL: beta\n    # - TARGET: two\n    #   CHANNEL: beta\n    # - TARGET: six\n    #   CHANNEL: beta\n    # - TARGET: ten\n    #   CHANNEL: beta\n',
    },
  ],
  [
    'the pattern of a case loses its quotes',
    { 'scripts/model.sh': '#!/bin/sh\ncase $os in\n  "OpenBSD"*)     model="vmm ($model)" ;;\nesac\n' },
    { 'scripts/model.sh': '#!/bin/sh\ncase $os in\n  OpenBSD*)       model="vmm ($model)" ;;\nesac\n' },
  ],
  [
    'the last return moves into the branches',
    {
      'lex.go':
        'package lex\n\nfunc lexRaw(lx *lexer) stateFn {\n\tr := lx.next()\n\tswitch {\n\tcase r == eof:\n\t\treturn lx.fail()\n\tcase r == newline:\n\t\treturn lx.line()\n\tcase r == quote:\n\t\tlx.emit()\n\t\tlx.next()\n\t\tlx.ignore()\n\t\treturn lx.pop()\n\t}\n\treturn lexRaw\n}\n',
    },
    {
      'lex.go':
        'package lex\n\nfunc lexRaw(lx *lexer) stateFn {\n\tr := lx.next()\n\tswitch {\n\tdefault:\n\t\treturn lexRaw\n\tcase r == eof:\n\t\treturn lx.fail()\n\tcase r == newline:\n\t\treturn lx.line()\n\tcase r == quote:\n\t\tlx.emit()\n\t\tlx.next()\n\t\tlx.ignore()\n\t\treturn lx.pop()\n\t}\n}\n',
    },
  ],
  [
    'an action lies where a step put a repository',
    {},
    {
      '.github/workflows/try.yml':
        'on: push\npermissions: {}\njobs:\n  try:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          path: copy\n      - uses: ./copy\n',
    },
  ],
  [
    'a function of a shell answers with a number',
    {},
    {
      'install.sh':
        '#!/bin/sh\nbits() {\n  if long; then\n    echo 64\n  else\n    echo 32\n  fi\n}\nsize="$(bits)"\nfetch "$size"\n',
    },
  ],
  [
    'the same is asked before and after something was done',
    {},
    {
      'test/run.spec.js':
        "it('restores what was changed', async () => {\n  const diff = await git(['diff']);\n  await run();\n  await git(['stash', 'pop']);\n  expect(await git(['diff'])).toEqual(diff);\n});\n",
    },
  ],
  [
    'a here-string of a carriage return follows a redirection',
    {},
    { 'bin/own.sh': '#!/usr/bin/env bash\ncat >".version" <<<$\'1.9.3\\r\'\n' },
  ],
  [
    'a value loses its quotes where it is given to a name',
    { 'scripts/theme.sh': '#!/bin/bash\ntheme="$(gsettings get org.wm theme)"\necho "$theme"\n' },
    { 'scripts/theme.sh': '#!/bin/bash\ntheme=$(gsettings get org.wm theme)\necho "$theme"\n' },
  ],
  [
    'a complaint becomes an assertion of the same condition',
    {
      'enc_test.go':
        'package enc\n\nfunc TestArray(t *testing.T) {\n\tarr, ok := fields["k"].([]any)\n\tif !ok {\n\t\tt.Errorf("case %s gave no array", tt.desc)\n\t}\n\tassert.Equal(t, tt.expected, arr)\n}\n',
    },
    {
      'enc_test.go':
        'package enc\n\nfunc TestArray(t *testing.T) {\n\tarr, ok := fields["k"].([]any)\n\trequire.True(t, ok, "case %s gave no array", tt.desc)\n\tassert.Equal(t, tt.expected, arr)\n}\n',
    },
  ],
  [
    'another version joins the matrix, and what another job reads of it stays as it was',
    {
      '.github/workflows/ci.yml':
        "name: ci\non: push\npermissions:\n  contents: read\njobs:\n  test:\n    strategy:\n      matrix:\n        go: ['1.25']\n    runs-on: ubuntu-24.04\n    steps:\n      - run: go test ${{ matrix.go }}\n  compare:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ./compare ${{ matrix.go }}\n",
    },
    {
      '.github/workflows/ci.yml':
        "name: ci\non: push\npermissions:\n  contents: read\njobs:\n  test:\n    strategy:\n      matrix:\n        go: ['1.25', '1.26']\n    runs-on: ubuntu-24.04\n    steps:\n      - run: go test ${{ matrix.go }}\n  compare:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ./compare ${{ matrix.go }}\n",
    },
  ],
  [
    'a test that is off with a reason comes with the file that holds it',
    { 'web12/src/main/java/a/Handler.java': 'package a;\n\npublic class Handler {}\n' },
    {
      'web12/src/test/java/a/HandlerTest.java':
        'package a;\n\nclass HandlerTest {\n  @Test\n  @Ignore("flaky on virtual machines")\n  public void waits() {\n    assertThat(new Handler()).isNotNull();\n  }\n}\n',
    },
  ],
  [
    'assertions go with the setting that they name',
    {
      'target/jails.local': '[postfix]\nenabled = true\n\n[postfix-sasl]\nenabled = true\n',
      'test/jails.bats':
        '@test "jails are set" {\n  run jails --list\n  assert_success\n  assert_output --partial "postfix-main"\n  assert_output --partial "postfix-sasl"\n}\n',
    },
    {
      'target/jails.local': '[postfix]\nenabled = true\n',
      'test/jails.bats':
        '@test "jails are set" {\n  run jails --list\n  assert_success\n  assert_output --partial "postfix-main"\n}\n',
    },
  ],
  [
    'a note of several lines says what is known, or where it is talked about',
    { 'lib/mail.sh': '#!/bin/sh\nstart() {\n  run\n}\n' },
    {
      'lib/mail.sh':
        '#!/bin/sh\n# TODO: the folder of filters is shared by both.\n# The package brings a copy of its own since the last release,\n# and the filters of users are read from the volume.\n# See https://example.org/discussions/12\nstart() {\n  run\n  # TODO: set the names of both.\n  # The server takes the first from its own settings,\n  # the second comes from the volume of the user,\n  # and neither may be empty when it starts.\n  filter\n}\n',
    },
  ],
  [
    'the socket of the host in the folder where developers set up their machines',
    {},
    {
      'flask/.docker/docker-compose.yaml':
        'services:\n  web:\n    build: ..\n    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n',
    },
  ],
  [
    'a parameter has the name of a module',
    { 'app/__init__.py': '', 'app/status.py': 'OK = 200\n', 'lib/rows.js': 'exports.all = [];\n' },
    {
      'app/answer.py':
        'import json\n\nfrom app import status\n\n\ndef code(status):\n    return status.value\n\n\ndef read(json):\n    return json.get("a")\n\n\nDEFAULT = json.dumps(status.OK)\n',
      'lib/count.js':
        "const rows = require('./rows');\n\nfunction count(rows) {\n  return rows.size;\n}\n\nexports.count = () => count(rows.all);\n",
    },
  ],
  [
    'a job takes its whole strategy from another',
    {},
    {
      '.github/workflows/ci.yml':
        'name: ci\non: push\npermissions:\n  contents: read\njobs:\n  plan:\n    runs-on: ubuntu-24.04\n    outputs:\n      strategy: ${{ steps.jobs.outputs.strategy }}\n    steps:\n      - id: jobs\n        run: ./plan.sh\n  test:\n    needs: plan\n    strategy: ${{ fromJson(needs.plan.outputs.strategy) }}\n    runs-on: ${{ matrix.os }}\n    steps:\n      - run: ./test.sh ${{ matrix.name }}\n',
    },
  ],
  [
    'a function moves into a file of its own, and another gives more than before',
    {
      'term.go':
        'package term\n\nfunc temporary(data string) string {\n\tf, err := os.CreateTemp("", "t-*")\n\tif err != nil {\n\t\treturn ""\n\t}\n\tdefer f.Close()\n\tf.WriteString(data)\n\treturn f.Name()\n}\n\nfunc run(t *Terminal) {\n\tcommand := t.expand(t.line, false)\n\tstart(command)\n}\n',
    },
    {
      'files.go':
        'package term\n\nfunc temporary(data string) string {\n\tf, err := os.CreateTemp("", "t-*")\n\tif err != nil {\n\t\treturn ""\n\t}\n\tdefer f.Close()\n\tf.WriteString(data)\n\treturn f.Name()\n}\n',
      'term.go':
        'package term\n\nfunc run(t *Terminal) {\n\tcommand, _ := t.expand(t.line, false)\n\tstart(command)\n}\n',
    },
  ],
  [
    'what a failed assertion says is tested',
    { 'src/main/java/a/Errors.java': 'package a;\n\npublic class Errors {}\n' },
    {
      'src/test/java/a/ErrorsTest.java':
        'package a;\n\nclass ErrorsTest {\n  @Test\n  void names_the_line() {\n    AssertionError error = expectAssertionError(() -> assertThat("foo").isEqualTo("bar"));\n    errors.add(error);\n    assertThat(errors.first()).hasMessageContaining("line");\n  }\n}\n',
    },
  ],
  [
    'an exception that its name leaves aside, beside a word for the compiler',
    {
      'src/main/java/a/Errors.java':
        'package a;\n\npublic class Errors {\n  Errors copy() {\n    return this;\n  }\n}\n',
    },
    {
      'src/main/java/a/Errors.java':
        'package a;\n\npublic class Errors {\n  Errors copy() {\n    if (isDeep()) {\n      try {\n        return anew(this);\n      } catch (@SuppressWarnings("unused") SecurityException | ReflectiveOperationException ignored) {}\n    }\n    return this;\n  }\n}\n',
    },
  ],
  [
    'comments say why a field was added, and what a later version will call the class',
    {
      'src/rows.py': 'class Rows:\n    path = None\n',
      'src/main/java/a/Sorter.java': 'package a;\n\npublic class Sorter {}\n',
    },
    {
      'src/rows.py':
        'class Rows:\n    path = None\n    # This was added to ensure that going through a subclass gives instances\n    # of that subclass.\n    kind = None\n',
      'src/main/java/a/Sorter.java':
        'package a;\n\n/**\n * Sorts.\n *\n * TODO For 4.0, rename to RowSort.\n */\npublic class Sorter {}\n',
    },
  ],
  [
    'a chart loses a value and says so by its major version',
    {
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 4.14.2\n',
      'charts/web/values.yaml': 'image: web\npsp:\n  create: false\nport: 80\n',
    },
    {
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 5.0.0\n',
      'charts/web/values.yaml': 'image: web\nport: 80\n',
    },
  ],
  [
    'two backends that offer the same do one thing alike',
    {
      'lib/backends/fast.py':
        'class Limiter:\n    def acquire(self):\n        return fast.take(self)\n\n    def release(self):\n        return fast.give(self)\n\n    def statistics(self):\n        return fast.count(self)\n\n    def set_total(self, value):\n        if not isinstance(value, int):\n            raise TypeError("the total must be a whole number")\n        if value < 1:\n            raise ValueError("the total must be positive")\n        old = self.total\n        self.total = value\n        self.notify(value - old)\n',
      'lib/backends/plain.py':
        'class Limiter:\n    def acquire(self):\n        return plain.take(self, 1)\n\n    def release(self):\n        return plain.give(self, 1)\n\n    def statistics(self):\n        return plain.all(self)\n',
    },
    {
      'lib/backends/plain.py':
        'class Limiter:\n    def acquire(self):\n        return plain.take(self, 1)\n\n    def release(self):\n        return plain.give(self, 1)\n\n    def statistics(self):\n        return plain.all(self)\n\n    def set_total(self, value):\n        if not isinstance(value, int):\n            raise TypeError("the total must be a whole number")\n        if value < 1:\n            raise ValueError("the total must be positive")\n        old = self.total\n        self.total = value\n        self.notify(value - old)\n',
    },
  ],
  [
    'names that an import gives on its second line',
    { 'src/rows.py': 'import sys\n' },
    {
      'src/rows.py':
        'import sys\nfrom tools import closing, reading, \\\n    UnicodeIO, RE_ANSI\n\nout = UnicodeIO(sys.argv, RE_ANSI, closing, reading)\n',
    },
  ],
  [
    'a module of Python has the name of a file beside it',
    { 'src/bar/__init__.py': '', 'src/bar/asyncio.py': 'class Bar:\n    pass\n', 'src/bar/logging.py': 'LEVEL = 1\n' },
    {
      'src/bar/jobs/run.py':
        'import asyncio\nimport logging\n\nlog = logging.getLogger("bar")\n\n\nasync def wait(seconds):\n    await asyncio.sleep(seconds)\n    log.info("waited")\n',
    },
  ],
  [
    'who may start a job is asked in other words',
    {
      '.github/workflows/ci.yml':
        "name: ci\non: pull_request\npermissions:\n  contents: read\njobs:\n  hooks:\n    if: github.actor == 'renovate[bot]'\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ./hooks.sh\n",
    },
    {
      '.github/workflows/ci.yml':
        "name: ci\non: pull_request\npermissions:\n  contents: read\njobs:\n  hooks:\n    if: github.event.pull_request.user.login == 'renovate[bot]'\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ./hooks.sh\n",
    },
  ],
  [
    'a script that an action reads is no shell',
    {},
    {
      '.github/workflows/talk.yml':
        'name: talk\non: issue_comment\npermissions:\n  contents: read\njobs:\n  talk:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/github-script@60a0d83039c74a4aee543508d2ffcb1c3799cdea\n        with:\n          script: |\n            post = (context.eventName == "issue_comment"\n              ? github.rest.reactions.createForIssueComment\n              : github.rest.reactions.createForPullRequestReviewComment)\n            post({ owner: context.repo.owner })\n',
    },
  ],
  [
    'a package is asked for with a line where its name has a dash',
    {
      'requirements.txt': 'click\n',
      'src/env.py': 'import click\nfrom dotenv import load_dotenv\n\nload_dotenv(click.get_app_dir("a"))\n',
    },
    { 'requirements.txt': 'click\npython_dotenv\n' },
  ],
  [
    'several values are compared with what a function gives, and a state with what it was',
    { 'src/wrap.py': 'def wrap(a=1):\n    return a, 2\n\n\ndef run():\n    pass\n' },
    {
      'tests/test_wrap.py':
        'from threading import active_count\n\nfrom wrap import run, wrap\n\n\ndef test_wrap():\n    assert (42, 2) == wrap(a=42)\n    a, b = wrap()\n    assert (1, 2) == (a, b)\n\n\ndef test_threads():\n    before = active_count()\n    run()\n    assert active_count() == before\n',
    },
  ],
  [
    'a handler takes more, and hands what it took to others',
    {
      'src/inter.py':
        'def call(func, args):\n    failed = False\n    try:\n        value = func(*args)\n    except ValueError as exc:\n        failed = True\n        value = exc\n    return value, failed\n',
    },
    {
      'src/inter.py':
        'def call(func, args):\n    failed = False\n    try:\n        value = func(*args)\n    except BaseException as exc:\n        failed = True\n        value = exc\n    return value, failed\n',
    },
  ],
  [
    'an exception that is none below the one for all',
    {
      'src/run.py':
        'from outcomes import Outcome\n\n\ndef run(test, failed):\n    try:\n        test()\n    except Exception as exc:\n        failed.append(exc)\n',
    },
    {
      'src/run.py':
        'from outcomes import Outcome\n\n\ndef run(test, failed):\n    try:\n        test()\n    except Exception as exc:\n        failed.append(exc)\n    except Outcome:\n        raise\n',
    },
  ],
  [
    'elements of a list that are called errors',
    {},
    {
      'src/list.tsx':
        'export const List = ({ errors }: Props) => (\n  <ul>\n    {Object.values(errors).map((error, index) => (\n      <li key={index}>{error.message}</li>\n    ))}\n  </ul>\n);\n',
    },
  ],
  [
    'languages grow faster than their grammars',
    {},
    {
      'src/main/java/a/A.java':
        'package a;\n\nimport module java.base;\n\nclass A extends B {\n  A(int x) {\n    check(x);\n    super(x);\n  }\n}\n',
      'src/shape.py': 'class Shape[T = int]:\n    def size(self) -> T:\n        return self.n\n',
      'src/old.rs': 'pub fn f(w: &mut W) -> io::Result<()> {\n    try!(writeln!(w, "a"));\n    Ok(())\n}\n',
      'src/new.rs':
        'pub async fn f(g: G) {\n    g.each(async move |x| x.done().await).await;\n}\n\nunsafe extern "C" {\n    pub safe fn abs(x: i32) -> i32;\n}\n',
      'lib/lock.sh': '#!/bin/bash\nexec {lock}<>"$1"\nflock "$lock"\n',
      'lib/rows.dot.js': '{{# def.rows }}\nvar a = {{=it.a}};\n',
    },
  ],
  [
    'a theme calls the function of the base in the place of its own',
    {
      'themes/base.theme.bash': 'prompt_of() {\n  printf "%s" "$1"\n}\n',
      'themes/pure/pure.theme.bash': 'prompt_of() {\n  echo "[$1]"\n}\n\npure() {\n  PS1="$(prompt_of git)"\n}\n',
    },
    { 'themes/pure/pure.theme.bash': 'pure() {\n  PS1="$(prompt_of git)"\n}\n' },
  ],
  [
    'hooks of a list that the script itself fills are run',
    { 'lib/hooks.sh': '#!/bin/bash\nhooks=()\n' },
    { 'lib/hooks.sh': '#!/bin/bash\nhooks=()\n\nfor hook in "${hooks[@]:-}"; do\n  eval "${hook?}"\ndone\n' },
  ],
  [
    'notes say that there will be a nicer way, or what cannot be known',
    { 'src/collect.rs': 'pub fn collect() {}\n', 'src/types.ts': 'export type A = 1;\n' },
    {
      'src/collect.rs': 'pub fn collect() {\n    // TODO: use `Vec::spare_capacity_mut` instead\n    start();\n}\n',
      'src/types.ts':
        "// TODO we can't actually check that everything in the union was named\nexport type A = 1 | 2;\n",
    },
  ],
  [
    'what a formatter is tested with is no program',
    { 'tests/test_format.py': 'import format\n' },
    { 'tests/function.py': 'import os\n\n\ndef f(a,):\n    models.run(a)\n    return kinds[a]\n' },
  ],
  [
    'a test is planned',
    { 'test/a.test.ts': "it('adds', () => {\n  expect(add(1)).toBe(2);\n});\n" },
    { 'test/a.test.ts': "it('adds', () => {\n  expect(add(1)).toBe(2);\n});\n\nit.todo('takes nothing');\n" },
  ],
  [
    'a function answers at once, and nobody waits for it',
    {
      'src/server.ts': 'export async function optionsOf(root: string) {\n  return { root };\n}\n',
      'src/start.ts':
        "import { optionsOf } from './server';\n\nexport async function start(root: string) {\n  const options = await optionsOf(root);\n  return await open(options);\n}\n",
    },
    {
      'src/server.ts': 'export function optionsOf(root: string) {\n  return { root };\n}\n',
      'src/start.ts':
        "import { optionsOf } from './server';\n\nexport async function start(root: string) {\n  const options = optionsOf(root);\n  return await open(options);\n}\n",
    },
  ],
  [
    'a header gains its types under a comment that was wrong before',
    {
      'src/body.py':
        'def place(body, pos):\n    return pos\n\n\ndef rewind(body, body_pos):\n    """\n    Rewinds.\n\n    :param body: what is read\n    :param int pos: where to\n    """\n    body.seek(body_pos)\n',
    },
    {
      'src/body.py':
        'def place(body: IO, pos: int):\n    return pos\n\n\ndef rewind(body: IO, body_pos: int) -> None:\n    """\n    Rewinds.\n\n    :param body: what is read\n    :param int pos: where to\n    """\n    body.seek(body_pos)\n',
    },
  ],
  [
    'a class comes from the package above',
    {
      'test/__init__.py': 'class Recorder:\n    pass\n',
      'test/sockets/__init__.py': '',
      'test/sockets/test_a.py': 'import os\n',
    },
    {
      'test/sockets/test_a.py':
        'import os\n\nfrom .. import Recorder\n\n\ndef test_a():\n    assert Recorder().path == os.getcwd()\n',
    },
  ],
  [
    'spaces change in what is expected',
    {
      'src/test/java/a/CopyTest.java':
        'package a;\n\nclass CopyTest {\n  @Test\n  void copies() {\n    assertEquals(3,count);\n  }\n}\n',
    },
    {
      'src/test/java/a/CopyTest.java':
        'package a;\n\nclass CopyTest {\n  @Test\n  void copies() {\n    assertEquals(3, count);\n  }\n}\n',
    },
  ],
  [
    'a script says under a headline what it does not find',
    {},
    {
      'root/cron/run':
        '#!/bin/bash\nif has cron; then\n  exec cron -f\nelse\n  echo "**** cron not found ****"\n  sleep infinity\nfi\n',
    },
  ],
  [
    'a step that signs what was built may fail in the job of the tests',
    {
      '.github/workflows/ci.yml':
        'name: ci\non: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  test:\n    runs-on: windows-2025\n    steps:\n      - name: Test\n        run: cargo test\n      - name: Build\n        run: cargo build --release\n      - name: List\n        run: dir target\n',
    },
    {
      '.github/workflows/ci.yml':
        'name: ci\non: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  test:\n    runs-on: windows-2025\n    steps:\n      - name: Test\n        run: cargo test\n      - name: Build\n        run: cargo build --release\n      - name: List\n        run: dir target\n\n      - name: Sign\n        uses: signpath/submit@60a0d83039c74a4aee543508d2ffcb1c3799cdea\n        continue-on-error: true\n        with:\n          wait: true\n',
    },
  ],
  [
    'a name that became a word of the language later',
    {},
    {
      'src/queue.rs':
        'fn poll(rx: &mut Rx) {\n    loop {\n        let async = rx.poll();\n        if async.is_ready() {\n            break;\n        }\n    }\n}\n',
    },
  ],
  [
    'a class inside of a test is run by it',
    {},
    {
      'src/test/java/a/RunnerTest.java':
        'package a;\n\npublic class RunnerTest {\n  public static class Sample {\n    @Test\n    public void passes() {\n    }\n  }\n\n  @Test\n  public void runs() {\n    assertThat(run(Sample.class)).isEqualTo(1);\n  }\n}\n',
    },
  ],
  [
    'another note in a file that has several',
    {
      'lib/parse.ts':
        '// TODO: read comments\n// FIXME: ends of lines of the Mac\nexport const parse = (text: string) => text.split(" ");\n',
    },
    {
      'lib/parse.ts':
        '// TODO: read comments\n// FIXME: ends of lines of the Mac\nexport const parse = (text: string) => text.split(" ");\n// TODO: numbers in other bases\nexport const count = (text: string) => parse(text).length;\n',
    },
  ],
  [
    'what a newer platform offers is used where it is there',
    { 'lib/mask.js': "'use strict';\n\nconst plain = (x) => x;\n\nexports.mask = plain;\n" },
    {
      'lib/mask.js':
        "'use strict';\n\nconst { webSocketMaskOf } = require('http');\n\nconst plain = (x) => x;\n\nif (webSocketMaskOf) {\n  exports.mask = webSocketMaskOf;\n} else {\n  exports.mask = plain;\n}\n",
    },
  ],
];

test.each(CHANGES)('%s, and nothing blocks', async (_what, base, head) => {
  expect(wallVerdict(await review({ base, head }))).toEqual({ kind: 'passed' });
});
