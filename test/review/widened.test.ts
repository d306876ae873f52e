import { expect, test } from '@jest/globals';
import { findingsIn, review, type Files } from './world.ts';

/** A rule, the file in which it strikes (with its text), the line, and what stood there before, if anything. */
type Row = readonly [rule: string, head: Files, line: number, base?: Files];

const script = (body: string, path = 'src/a.ts'): Files => ({ [path]: `${body}\n` });
const inJest = (body: string): Files => ({ 'test/a.test.js': `it('adds', () => {\n${body}\n});\n` });
const inPytest = (body: string): Files => ({ 'tests/test_a.py': `def test_a():\n    x = f()\n${body}\n` });
const inGoTest = (body: string): Files => ({
  'pkg/a_test.go': `package a\n\nfunc TestA(t *testing.T) {\n${body}\n}\n`,
});
const inJunit = (body: string, name = 'adds'): Files => ({
  'src/test/java/a/ATest.java': `class ATest {\n  @Test\n  void ${name}() {\n${body}\n  }\n}\n`,
});
const inRustTest = (body: string): Files => ({
  'src/a.rs': `pub fn add() -> i32 {\n    1\n}\n\n#[test]\nfn adds() {\n${body}\n}\n`,
});
const T = 'test/tautology';
const W = 'test/assertion-weakened';

const TESTS: readonly Row[] = [
  ['test/focused', { 'test/a.test.js': "it('adds', { only: true }, () => {\n  expect(add(1)).toBe(2);\n});\n" }, 1],
  [
    'test/focused',
    {
      'test/a.test.ts':
        "describe(\n  'adds',\n  {\n    only: true,\n  },\n  () => {\n    it('a', () => expect(f()).toBe(1));\n  },\n);\n",
    },
    4,
  ],
  ['test/focused', { 'test/a.test.ts': "Deno.test({ name: 'a', only: true, fn() { assertEquals(f(), 1); } });\n" }, 1],
  [T, inJest('  expect(list.length).toBeGreaterThanOrEqual(0);'), 2],
  [T, inJest('  assert.ok(list().length >= 0);'), 2],
  [T, inJest('  expect(rows.length > -1).toBe(true);'), 2],
  [T, inJest('  expect([true, false]).toContain(isOk());'), 2],
  [T, inJest('  const got = f();\n  const want = got;\n  expect(got).toEqual(want);'), 4],
  [T, inJest('  assert.ok(x === undefined || x !== undefined);'), 2],
  [T, inPytest('    assert len(x) >= 0'), 3],
  [T, inPytest('    assert x is None or x is not None'), 3],
  [T, inPytest('    assert x in (True, False)'), 3],
  [T, inPytest('    expected = x\n    assert x == expected'), 4],
  [T, inPytest('    self.assertGreaterEqual(len(x), 0)'), 3],
  [T, inGoTest('\tgot := f()\n\twant := got\n\tif got != want {\n\t\tt.Errorf("got %q", got)\n\t}'), 6],
  [
    T,
    inGoTest('\tgot := f()\n\twant := got\n\tif !reflect.DeepEqual(got, want) {\n\t\tt.Errorf("got %q", got)\n\t}'),
    6,
  ],
  [T, inGoTest('\tif len(got) < 0 {\n\t\tt.Fatal()\n\t}'), 4],
  [T, inGoTest('\tassert.GreaterOrEqual(t, len(got), 0)'), 4],
  [T, inJunit('    assertTrue(rows.size() >= 0);'), 4],
  [T, inJunit('    assertThat(rows).hasSizeGreaterThanOrEqualTo(0);'), 4],
  [T, inJunit('    assertEquals(mask(url), mask(url));'), 4],
  [T, inJunit('    String expected = actual;\n    assertEquals(expected, actual);'), 5],
  [T, inRustTest('    assert!(smallest == 1.0 || true);'), 7],
  [T, inRustTest('    assert!(r.is_ok() || r.is_err());'), 7],
  [T, inRustTest('    assert!(xs.len() >= 0);'), 7],
  ['test/skipped', { 'src/a.rs': '#[test]\n#[ignore = "fails"]\nfn adds() {\n    assert_eq!(add(), 1);\n}\n' }, 2],
  [
    'test/assertion-removed',
    inRustTest('    let _ = add();'),
    7,
    inRustTest('    let value = add();\n    assert_eq!(1, value);\n    assert_eq!(2, value + 1);'),
  ],
  [
    W,
    inJest("  assert.ok(parse('a,b'));"),
    2,
    inJest("  assert.deepStrictEqual(\n    parse('a,b'),\n    new Set(['a', 'b'])\n  );"),
  ],
  [
    W,
    inPytest("    assert parse('a')"),
    3,
    inPytest("    assert parse('a') == {\n        'a': 1,\n        'b': 2,\n    }"),
  ],
  [
    W,
    inJunit('    assertNotNull(parse(text));'),
    4,
    inJunit('    assertEquals(\n        List.of(1, 2),\n        parse(text));'),
  ],
  [
    W,
    inGoTest('\tassert.NotNil(t, parse(text))'),
    4,
    inGoTest('\tassert.Equal(t,\n\t\t[]string{"a"},\n\t\tparse(text),\n\t)'),
  ],
  [
    W,
    inRustTest('    assert!(parse(text).is_ok());'),
    7,
    inRustTest('    assert_eq!(\n        parse(text),\n        Ok(vec![1, 2])\n    );'),
  ],
  [
    'test/no-assertion',
    {
      'test/shims.bats':
        '@test "shims with a space" {\n  mkdir -p "${R}/shims"\n  touch "${R}/shims/ruby"\n  run rbenv-shims\n}\n',
    },
    1,
  ],
];

const Q = 'performance/query-in-loop';
const C = 'performance/copy-in-loop';
const N = 'performance/nested-search';
const U = 'performance/unbounded-read';
const goLoop = (line: string, imports = '"regexp"'): Files => ({
  'pkg/a.go': `package a\n\nimport ${imports}\n\nfunc all(xs []string) {\n\tvar out []string\n\tfor _, x := range xs {\n\t\t${line}\n\t}\n\tuse(out)\n}\n`,
});
const javaLoop = (before: string, line: string): Files => ({
  'src/main/java/a/A.java': `class A {\n  void all(Connection connection, List<Long> ids) {\n    ${before}\n    for (var id : ids) {\n      ${line}\n    }\n  }\n}\n`,
});
const pyLoop = (line: string): Files => ({
  'app/a.py': `def every(xs):\n    out = start()\n    for x in xs:\n        ${line}\n    return out\n`,
});

const COSTS: readonly Row[] = [
  [
    Q,
    script(
      'export async function all(urls: string[]) {\n  const pending = [...urls];\n  let url = pending.pop();\n  while (url !== undefined) {\n    const answer = await fetch(url);\n    note(answer.status);\n    url = pending.pop();\n  }\n}',
    ),
    5,
  ],
  [
    Q,
    script(
      'export async function all(urls: string[]) {\n  let i = 0;\n  while (i < urls.length) {\n    const answer = await fetch(urls[i]);\n    note(answer);\n    i += 1;\n  }\n}',
    ),
    4,
  ],
  [
    Q,
    {
      'app/a.py':
        'def every(pending):\n    while pending:\n        url = pending.pop()\n        answer = requests.get(url, timeout=3)\n        note(answer)\n',
    },
    4,
  ],
  [Q, pyLoop("out.append(redis.get('vote:' + x))"), 4],
  [Q, pyLoop('out.append(self.redis_client.hget(x, "a"))'), 4],
  [
    Q,
    goLoop('value, err := redis.String(conn.Do("GET", x))\n\t\tnote(value, err)', '"github.com/gomodule/redigo/redis"'),
    8,
  ],
  [Q, goLoop('value := rdb.Get(ctx, x).Val()\n\t\tnote(value)', '"github.com/redis/go-redis/v9"'), 8],
  [
    Q,
    javaLoop(
      'var statement = connection.prepareStatement("SELECT name FROM t WHERE id = ?");',
      'try (var row = statement.executeQuery()) { note(row); }',
    ),
    5,
  ],
  [Q, javaLoop('Jedis jedis = pool.getResource();', 'names.add(jedis.get("name:" + id));'), 5],
  [
    Q,
    script(
      'export async function all(keys: string[]) {\n  for (const key of keys) {\n    const value = await redis.get(key);\n    note(value);\n  }\n}',
    ),
    3,
  ],
  ['performance/pattern-in-loop', goLoop('ok, _ := regexp.MatchString("^[a-f0-9]{40}$", x)\n\t\tnote(ok)'), 8],
  [
    C,
    script(
      'export function all(parts: Iterable<Buffer>) {\n  let joined = EMPTY;\n  for (const part of parts) {\n    joined = Buffer.concat([joined, part]);\n  }\n  return joined;\n}',
    ),
    4,
  ],
  [
    C,
    script(
      'export function all(parts: Options[]) {\n  let joined = {};\n  for (const part of parts) {\n    joined = Object.assign({}, joined, part);\n  }\n  return joined;\n}',
    ),
    4,
  ],
  [C, goLoop('out = append([]string{x}, out...)'), 8],
  [C, javaLoop('Long[] all = new Long[0];', 'all = Arrays.copyOf(all, all.length + 1);'), 5],
  [C, pyLoop('out = torch.cat([out, x])'), 4],
  [
    C,
    {
      'src/a.rs':
        'pub fn all(parts: &[Vec<u8>]) -> Vec<u8> {\n    let mut out = Vec::new();\n    for part in parts {\n        out = [out, part.clone()].concat();\n    }\n    out\n}\n',
    },
    4,
  ],
  [
    N,
    { 'src/a.rs': 'pub fn above(xs: &[f64]) -> usize {\n    xs.iter().filter(|&&x| x > median(xs)).count()\n}\n' },
    2,
  ],
  [N, script('export const shares = (xs: number[]) => xs.map((x) => x / sum(xs));'), 1],
  [N, script('export const shares = (xs: number[]) => xs.map((x) => x / Math.max(...xs));'), 1],
  [N, { 'app/a.py': 'def shares(xs):\n    return [x / max(xs) for x in xs]\n' }, 2],
  [N, { 'scripts/stats.py': 'def repeated(times):\n    return [t for t in times if times.count(t) > 1]\n' }, 2],
  [U, { 'app/a.py': 'def upload():\n    stream = request.environ["wsgi.input"]\n    return stream.read()\n' }, 3],
  [U, { 'app/a.py': 'class H(BaseHTTPRequestHandler):\n    def do_POST(self):\n        save(self.rfile.read())\n' }, 3],
  [U, javaLoop('', 'save(request.getInputStream().readAllBytes());'), 5],
  [
    U,
    script(
      'export async function f(req: Request) {\n  const all = [];\n  for await (const chunk of req) {\n    all.push(chunk);\n  }\n  return all;\n}',
    ),
    3,
  ],
];

const CODE: readonly Row[] = [
  ['code/unreachable', script("export function f() {\n  throw new Error('a')\n  return g()\n}"), 3],
  [
    'code/unreachable',
    {
      'pkg/a.go':
        'package a\n\nfunc f() {\n\tif err != nil {\n\t\tw.WriteHeader(500)\n\t\treturn\n\t\tlog(err)\n\t}\n}\n',
    },
    7,
  ],
  [
    'code/floating-promise',
    {
      'lib/a.js':
        'class A {\n  start (x) {\n    return this.run(x, async () => {\n      this.handle(x)\n    })\n  }\n}\n',
    },
    4,
    {
      'lib/a.js':
        'class A {\n  start (x) {\n    return this.run(x, async () => {\n      return await this.handle(x)\n    })\n  }\n}\n',
    },
  ],
  [
    'code/floating-promise',
    { 'app/a.py': 'async def f(queue):\n    queue.put(1)\n' },
    2,
    { 'app/a.py': 'async def f(queue):\n    await queue.put(1)\n' },
  ],
  [
    'code/swallowed-error',
    script(
      "load(file, cb) {\n  fs.readFile(file, 'utf8', (err, text) => {\n    if (err) return;\n    this.text = text;\n    cb();\n  });\n}".replace(
        /^/,
        'export function ',
      ),
      'src/a.js',
    ),
    3,
  ],
  [
    'code/swallowed-error',
    script(
      'export const read = (file) => new Promise((resolve, reject) => {\n  fs.readFile(file, (error, text) => {\n    if (error) {return;}\n    resolve(text);\n  });\n});',
      'src/a.js',
    ),
    3,
  ],
  [
    'code/out-of-bounds',
    script(
      'export function f(buffer: Buffer) {\n  const last = buffer.length;\n  for (let i = 0; i <= last; i++) {\n    buffer[i] ^= 1;\n  }\n}',
    ),
    3,
  ],
  [
    'code/out-of-bounds',
    { 'app/a.py': 'def f(xs):\n    n = len(xs)\n    for i in range(n + 1):\n        use(xs[i])\n' },
    3,
  ],
  [
    'code/out-of-bounds',
    {
      'pkg/a.go':
        'package a\n\nfunc f(xs []int) {\n\tn := len(xs)\n\tfor i := 0; i <= n; i++ {\n\t\tuse(xs[i])\n\t}\n}\n',
    },
    5,
  ],
  [
    'code/out-of-bounds',
    {
      'src/a.rs':
        'pub fn f(xs: &[i32]) {\n    let n = xs.len();\n    for i in 0..=n {\n        using(xs[i]);\n    }\n}\n',
    },
    3,
  ],
  ['code/discarded-error', { 'src/a.rs': 'pub fn f(name: &str) {\n    File::create(name).ok();\n}\n' }, 2],
  ['code/shell-slip', { Dockerfile: 'FROM node:24\nCMD ["./a", "--debug"]\n\nCMD ["./a"]\n' }, 2],
  [
    'code/shell-slip',
    {
      Dockerfile:
        'FROM debian:12\nRUN apt-get update \\\n    && rm -rf /var/lib/apt/lists/* \\\nWORKDIR /seed\n\nCOPY . .\n',
    },
    4,
  ],
  [
    'code/stale-doc',
    {
      'lib/a.js':
        'module.exports = {\n  a () {\n    return 1\n  },\n\n  /**\n   * Back.\n   *\n   * @param {String} alt\n   */\n\n  back (other) {\n    return go(other)\n  }\n}\n',
    },
    12,
    {
      'lib/a.js':
        'module.exports = {\n  a () {\n    return 1\n  },\n\n  /**\n   * Back.\n   *\n   * @param {String} alt\n   */\n\n  back (alt) {\n    return go(alt)\n  }\n}\n',
    },
  ],
];

const SAFETY: readonly Row[] = [
  [
    'security/verification-off',
    script(
      'export const f = (options) => {\n  options.checkServerIdentity = () => undefined;\n  return connect(options);\n};',
      'src/a.js',
    ),
    2,
  ],
  [
    'security/verification-off',
    {
      'pkg/a.go':
        'package a\n\nfunc f() {\n\ttoken, _, err := jwt.NewParser().ParseUnverified(text, &claims)\n\tuse(token, err)\n}\n',
    },
    4,
  ],
  [
    'security/verification-off',
    {
      '.github/workflows/test.yml':
        'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    env:\n      NPM_CONFIG_STRICT_SSL: "false"\n    steps:\n      - run: npm test\n',
    },
    6,
  ],
  [
    'security/workflow',
    {
      '.github/workflows/tests.yaml':
        'on: push\npermissions: write-all\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n',
    },
    2,
  ],
  [
    'security/guard-removed',
    { 'app/a.py': 'def f(text):\n    return hashlib.md5(text)\n' },
    2,
    { 'app/a.py': 'def f(text):\n    return hashlib.sha1(text)\n' },
  ],
  [
    'security/guard-removed',
    script("export const f = (text) => createHash('sha1').update(text);", 'src/a.js'),
    1,
    script("export const f = (text) => createHash('sha256').update(text);", 'src/a.js'),
  ],
  [
    'security/unsafe-deserialisation',
    { 'app/a.py': 'from pickle import loads as _restore\n\ndef f(request):\n    return _restore(request.body)\n' },
    4,
  ],
  [
    'security/weak-crypto',
    {
      'pkg/a.go':
        'package a\n\nimport "math/rand"\n\n// newUploadKey returns the secret with which an upload may be deleted\nfunc newUploadKey() string {\n\tb := make([]byte, 16)\n\tfor i := range b {\n\t\tb[i] = byte(rand.Intn(256))\n\t}\n\treturn hex.EncodeToString(b)\n}\n',
    },
    9,
  ],
  ['security/sql-injection', javaLoop('', 'statement.execute("SET search_path TO " + tenant);'), 5],
  [
    'security/guard-removed',
    { Dockerfile: 'FROM debian:12\nRUN curl -fsSLO https://a.example/x.tar.xz \\\n  && tar -xJf x.tar.xz\n' },
    3,
    {
      Dockerfile:
        'FROM debian:12\nRUN curl -fsSLO https://a.example/x.tar.xz \\\n  && gpg --batch --decrypt --output SUMS SUMS.asc \\\n  && grep x.tar.xz SUMS | sha256sum -c - \\\n  && tar -xJf x.tar.xz\n',
    },
  ],
];

const CONTRACT: readonly Row[] = [
  [
    'architect/removed-api',
    script("export {\n  a,\n  type C,\n} from './b.ts';", 'src/middleware.ts'),
    3,
    script("export {\n  a,\n  type B,\n  type C,\n} from './b.ts';", 'src/middleware.ts'),
  ],
  [
    'architect/removed-api',
    script('const A = require("./a");\nA.one = one;\nmodule.exports = A;', 'index.js'),
    3,
    script('const A = require("./a");\nA.one = one;\nA.two = two;\nmodule.exports = A;', 'index.js'),
  ],
  [
    'architect/removed-api',
    { 'libexec/tool-rehash': '#!/bin/sh\nlist() {\n  ls\n}\nlist\n' },
    2,
    { 'libexec/tool-rehash': '#!/bin/sh\nmake_shims() {\n  touch a\n}\nlist() {\n  ls\n}\nlist\n' },
  ],
  [
    'anti-slop/todo',
    script('export function f(rows: Row[]) {\n  // implementation goes here\n  return rows.length;\n}'),
    2,
  ],
  [
    'anti-slop/invented-import',
    script("const { isSafe } = require('./validation');\nmodule.exports = (x) => isSafe(x);", 'lib/a.js'),
    1,
    {
      'lib/validation.js':
        'function isBlob(x) {\n  return x;\n}\n\nmodule.exports = {\n  isBlob,\n  isText: isBlob\n};\n',
    },
  ],
  [
    'anti-slop/needless-file',
    { 'lib/only.backup.js': 'module.exports = 1;\n' },
    0,
    { 'lib/only.js': 'module.exports = 1;\n' },
  ],
  [
    'anti-slop/retelling',
    {
      'src/a.rs':
        'pub fn f(vals: &[f64]) -> f64 {\n    // Calculate the minimum of vals\n    let lowest = min(vals);\n    lowest\n}\n',
    },
    2,
  ],
];

test.each([...TESTS, ...COSTS, ...CODE, ...SAFETY, ...CONTRACT])(
  '%s is found in %j at line %d',
  async (rule, head, line, ...[base]) => {
    const wall = await review({ head, base: base ?? {} });
    expect(findingsIn(wall).map((finding) => [finding.rule, finding.line])).toContainEqual([rule, line]);
  },
);

/** What looks like it and is right. */
const RIGHT: readonly (readonly [rule: string, head: Files, base?: Files])[] = [
  [
    'test/focused',
    {
      'test/a.test.ts':
        "it('picks', () => {\n  const out = pick({\n    only: true,\n  });\n  expect(out).toBe(1);\n});\n",
    },
  ],
  [T, inJest('  const before = count;\n  run();\n  expect(count).toBe(before);')],
  [T, inJest('  const list = f();\n  const same = list;\n  list.sort();\n  expect(list).toBe(same);')],
  [T, inPytest('    assert len(x) >= 1')],
  [T, inGoTest('\tgot := f()\n\twant := "a"\n\tif got != want {\n\t\tt.Errorf("got %q", got)\n\t}')],
  [T, inJunit('    assertEquals(mask(url), mask(url));', 'givesTheSameTwice')],
  ['code/unreachable', script('export function f(a) {\n  if (a)\n    return 1\n  return 2\n}', 'src/a.js')],
  ['code/unreachable', script('export function f(a) {\n  return a\n    .b()\n}', 'src/a.js')],
  [
    'code/swallowed-error',
    script(
      'export function load(file, cb) {\n  fs.readFile(file, (err, text) => {\n    if (err) return cb(err);\n    cb(null, text);\n  });\n}',
      'src/a.js',
    ),
  ],
  ['code/shell-slip', { Dockerfile: 'FROM node:24 AS a\nCMD ["./a"]\nFROM node:24\nCMD ["./b"]\n' }],
  [
    'code/out-of-bounds',
    { 'app/a.py': 'def f(xs):\n    n = len(xs)\n    for i in range(n + 1):\n        use(xs[:i])\n' },
  ],
  [Q, { 'app/a.py': 'def f(redis):\n    return redis.get("a")\n' }],
  [C, script('export function f(a: Buffer, b: Buffer) {\n  let c = a;\n  c = Buffer.concat([c, b]);\n  return c;\n}')],
  [N, script('export const f = (xs: number[], ys: number[]) => xs.map((x) => x / sum(ys));')],
];

test.each(RIGHT)('%s is not said of %j', async (rule, head, ...[base]) => {
  expect(findingsIn(await review({ head, base: base ?? {} })).map((finding) => finding.rule)).not.toContain(rule);
});
