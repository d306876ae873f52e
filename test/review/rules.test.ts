import { describe, expect, test } from '@jest/globals';
import { PASSES } from '../../src/goal/wall.ts';
import { RULE_IDS } from '../../src/goal/rule-id.ts';
import { RULES } from '../../src/review/review.ts';
import { review, struck } from './world.ts';

test('settings can name every rule there is and no other', () => {
  const there = PASSES.flatMap((pass) => [...RULES[pass].map(({ id }) => id), `${pass}/reviewer` as const]);
  expect(new Set(RULE_IDS)).toEqual(new Set(there));
  expect(new Set(RULE_IDS).size).toBe(RULE_IDS.length);
});

/** Rule, path, text of a new file, line at which the rule strikes. */
type Fault = readonly [rule: string, path: string, text: string, line: number];

const CODE: readonly Fault[] = [
  [
    'code/conflict-marker',
    'src/a.ts',
    'const a = 1;\n<<<<<<< HEAD\nconst b = 2;\n=======\nconst b = 3;\n>>>>>>> topic\n',
    2,
  ],
  ['code/syntax', 'src/a.ts', 'export function f() {\n  return (1 + ;\n}\n', 2],
  ['code/syntax', 'src/a.js', 'function f( {\n  return 1;\n}\n', 1],
  ['code/syntax', 'app/a.py', 'def f(x)\n    return x\n', 1],
  ['code/syntax', 'app/a.py', 'def f(x):\nreturn x\n', 1],
  ['code/syntax', 'pkg/a.go', 'package a\n\nfunc f() {\n\treturn\n', 3],
  ['code/syntax', 'src/a.rs', 'fn f() -> i32 {\n    (1 + 2\n}\n', 3],
  ['code/syntax', 'src/A.java', 'class A {\n  void f() {\n  }\n', 1],
  ['code/syntax', 'config/a.json', '{\n  "a": 1,\n}\n', 3],
  ['code/syntax', 'config/a.yml', 'a: 1\nb: [1, 2\nc: 3\n', 3],
  ['code/debugger', 'src/a.ts', 'export function f() {\n  debugger;\n}\n', 2],
  ['code/debugger', 'app/a.py', 'def f():\n    import pdb; pdb.set_trace()\n', 2],
  ['code/debugger', 'app/a.py', 'def f():\n    breakpoint()\n', 2],
  ['code/debugger', 'src/a.rs', 'fn f(x: i32) -> i32 {\n    dbg!(x)\n}\n', 2],
  ['code/debug-print', 'src/a.ts', "export function f(x: number) {\n  console.log('DEBUG', x);\n  return x;\n}\n", 2],
  ['code/debug-print', 'app/a.py', 'def f(x):\n    print("here", x)\n    return x\n', 2],
  ['code/debug-print', 'pkg/a.go', 'package a\n\nfunc f(x int) {\n\tfmt.Println("got here", x)\n}\n', 4],
  [
    'code/swallowed-error',
    'src/a.ts',
    'export async function f() {\n  try {\n    await g();\n  } catch (error) {\n  }\n}\n',
    4,
  ],
  ['code/swallowed-error', 'src/a.ts', 'export function f() {\n  g().catch(() => {});\n}\n', 2],
  [
    'code/swallowed-error',
    'src/A.java',
    'class A {\n  void f() {\n    try {\n      g();\n    } catch (IOException e) {\n    }\n  }\n}\n',
    5,
  ],
  ['code/swallowed-error', 'app/a.py', 'def f():\n    try:\n        g()\n    except Exception:\n        pass\n', 4],
  ['code/swallowed-error', 'pkg/a.go', 'package a\n\nfunc f() {\n\t_, err := g()\n\tif err != nil {\n\t}\n}\n', 5],
  ['code/unreachable', 'src/a.ts', 'export function f() {\n  return 1;\n  g();\n}\n', 3],
  ['code/unreachable', 'app/a.py', 'def f():\n    raise ValueError("x")\n    g()\n', 3],
  ['code/unreachable', 'pkg/a.go', 'package a\n\nfunc f() int {\n\treturn 1\n\tg()\n}\n', 5],
  ['code/unreachable', 'src/A.java', 'class A {\n  int f() {\n    return 1;\n    g();\n  }\n}\n', 4],
  ['code/unreachable', 'src/a.rs', 'fn f() -> i32 {\n    return 1;\n    g();\n}\n', 3],
  [
    'code/floating-promise',
    'src/a.ts',
    'async function save() {\n  await g();\n}\nexport async function f() {\n  save();\n}\n',
    5,
  ],
  ['code/floating-promise', 'app/a.py', 'async def save():\n    await g()\n\nasync def f():\n    save()\n', 5],
  ['code/self-comparison', 'src/a.ts', 'export function f(a: number) {\n  return a.b === a.b;\n}\n', 2],
  ['code/self-comparison', 'pkg/a.go', 'package a\n\nfunc f(x T) bool {\n\treturn x.id == x.id\n}\n', 4],
  ['code/self-assignment', 'src/a.js', 'function f(a) {\n  a.b = a.b;\n}\n', 2],
  ['code/assignment-in-condition', 'src/a.js', 'function f(a) {\n  if (a = 1) {\n    g();\n  }\n}\n', 2],
  ['code/dead-branch', 'src/a.ts', 'export function f() {\n  if (false) {\n    g();\n  }\n}\n', 2],
  ['code/dead-branch', 'app/a.py', 'def f(x):\n    if x or True:\n        g()\n', 2],
  ['code/impossible-comparison', 'src/a.ts', 'export const f = (x: number) => x === NaN;\n', 1],
  ['code/impossible-comparison', 'src/a.ts', "export const f = (x: unknown) => typeof x === 'strnig';\n", 1],
  ['code/identity-comparison', 'app/a.py', 'def f(x):\n    if x is "a":\n        g()\n', 2],
  ['code/string-identity', 'src/A.java', 'class A {\n  boolean f(String s) {\n    return s == "a";\n  }\n}\n', 3],
  ['code/mutable-default', 'app/a.py', 'def f(x, seen=[]):\n    seen.append(x)\n', 1],
  ['code/out-of-bounds', 'src/a.ts', 'export const last = (xs: number[]) => xs[xs.length];\n', 1],
  ['code/out-of-bounds', 'pkg/a.go', 'package a\n\nfunc f(xs []int) int {\n\treturn xs[len(xs)]\n}\n', 4],
  [
    'code/out-of-bounds',
    'src/a.js',
    'function f(xs) {\n  for (let i = 0; i <= xs.length; i++) {\n    g(xs[i]);\n  }\n}\n',
    2,
  ],
  ['code/null-access', 'src/a.ts', 'export const f = (x?: A) => !x && x.name;\n', 1],
  ['code/null-access', 'app/a.py', 'def f(x):\n    return x is None and x.name\n', 2],
  [
    'code/repeated-condition',
    'src/a.ts',
    'export function f(a: number) {\n  if (a > 1) {\n    g();\n  } else if (a > 1) {\n    h();\n  }\n}\n',
    4,
  ],
];

const TEST: readonly Fault[] = [
  ['test/focused', 'test/a.test.ts', "it.only('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n", 1],
  ['test/skipped', 'test/a.test.ts', "it.skip('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n", 1],
  ['test/skipped', 'tests/test_a.py', '@pytest.mark.skip(reason="flaky")\ndef test_a():\n    assert f() == 1\n', 1],
  ['test/skipped', 'pkg/a_test.go', 'package a\n\nfunc TestA(t *testing.T) {\n\tt.Skip("later")\n}\n', 4],
  [
    'test/skipped',
    'src/a.rs',
    '#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore]\n    fn adds() {\n        assert_eq!(add(1), 2);\n    }\n}\n',
    4,
  ],
  [
    'test/skipped',
    'src/test/java/ATest.java',
    'class ATest {\n  @Disabled\n  @Test\n  void adds() {\n    assertEquals(3, add(1, 2));\n  }\n}\n',
    2,
  ],
  ['test/tautology', 'test/a.test.ts', "it('adds', () => {\n  expect(true).toBe(true);\n});\n", 2],
  ['test/tautology', 'test/a.test.ts', "it('adds', () => {\n  expect(sum).toEqual(sum);\n});\n", 2],
  ['test/tautology', 'tests/test_a.py', 'def test_a():\n    assert True\n', 2],
  ['test/tautology', 'tests/test_a.py', 'def test_a():\n    self.assertEqual(x, x)\n', 2],
  ['test/tautology', 'pkg/a_test.go', 'package a\n\nfunc TestA(t *testing.T) {\n\tassert.True(t, true)\n}\n', 4],
  ['test/tautology', 'tests/a.rs', '#[test]\nfn adds() {\n    assert!(true);\n}\n', 3],
  [
    'test/tautology',
    'src/test/java/ATest.java',
    'class ATest {\n  @Test\n  void adds() {\n    assertTrue(true);\n  }\n}\n',
    4,
  ],
  ['test/empty', 'test/a.test.ts', "it('adds', () => {});\n", 1],
  ['test/empty', 'tests/test_a.py', 'def test_a():\n    pass\n', 1],
  ['test/empty', 'pkg/a_test.go', 'package a\n\nfunc TestA(t *testing.T) {\n}\n', 3],
  ['test/empty', 'src/test/java/ATest.java', 'class ATest {\n  @Test\n  void adds() {\n  }\n}\n', 3],
];

const SECURITY: readonly Fault[] = [
  ['security/code-execution', 'src/a.ts', 'export const run = (code: string) => eval(code);\n', 1],
  ['security/code-execution', 'src/a.ts', "export const run = (code: string) => new Function('x', code);\n", 1],
  ['security/code-execution', 'app/a.py', 'def run(code):\n    return eval(code)\n', 2],
  [
    'security/command-injection',
    'src/a.ts',
    "import { exec } from 'node:child_process';\nexport const ls = (dir: string) => exec(`ls ${dir}`);\n",
    2,
  ],
  [
    'security/command-injection',
    'app/a.py',
    'import subprocess\n\ndef ls(d):\n    subprocess.run(f"ls {d}", shell=True)\n',
    4,
  ],
  ['security/command-injection', 'app/a.py', 'import os\n\ndef ls(d):\n    os.system("ls " + d)\n', 4],
  [
    'security/command-injection',
    'pkg/a.go',
    'package a\n\nfunc ls(d string) {\n\texec.Command("sh", "-c", "ls "+d).Run()\n}\n',
    4,
  ],
  [
    'security/sql-injection',
    'src/a.ts',
    'export const find = (id: string) => db.query(`SELECT * FROM users WHERE id = ${id}`);\n',
    1,
  ],
  ['security/sql-injection', 'src/a.js', "const find = (id) => db.query('SELECT * FROM users WHERE id = ' + id);\n", 1],
  [
    'security/sql-injection',
    'app/a.py',
    'def find(c, name):\n    c.execute(f"SELECT * FROM users WHERE name = \'{name}\'")\n',
    2,
  ],
  [
    'security/sql-injection',
    'pkg/a.go',
    'package a\n\nfunc find(id string) {\n\tdb.Query(fmt.Sprintf("SELECT * FROM users WHERE id = %s", id))\n}\n',
    4,
  ],
  [
    'security/sql-injection',
    'src/A.java',
    'class A {\n  void f(String id) {\n    st.executeQuery("SELECT * FROM users WHERE id = " + id);\n  }\n}\n',
    3,
  ],
  [
    'security/markup-injection',
    'src/a.ts',
    'export const show = (html: string) => {\n  box.innerHTML = html;\n};\n',
    2,
  ],
  [
    'security/markup-injection',
    'src/a.tsx',
    'export const A = ({ html }: P) => <div dangerouslySetInnerHTML={{ __html: html }} />;\n',
    1,
  ],
  [
    'security/untrusted-input',
    'src/a.js',
    'app.get("/f", (req, res) => {\n  res.sendFile(path.join(root, req.query.name));\n});\n',
    2,
  ],
  ['security/unsafe-deserialisation', 'app/a.py', 'import pickle\n\ndef load(b):\n    return pickle.loads(b)\n', 4],
  ['security/unsafe-deserialisation', 'app/a.py', 'import yaml\n\ndef load(t):\n    return yaml.load(t)\n', 4],
  [
    'security/verification-off',
    'src/a.ts',
    'export const agent = new https.Agent({ rejectUnauthorized: false });\n',
    1,
  ],
  ['security/verification-off', 'src/a.ts', "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n", 1],
  [
    'security/verification-off',
    'app/a.py',
    'import requests\n\ndef get(url):\n    return requests.get(url, verify=False)\n',
    4,
  ],
  ['security/verification-off', 'pkg/a.go', 'package a\n\nvar c = &tls.Config{InsecureSkipVerify: true}\n', 3],
  [
    'security/verification-off',
    'src/a.rs',
    'fn c() -> Client {\n    Client::builder().danger_accept_invalid_certs(true).build()\n}\n',
    2,
  ],
  ['security/verification-off', 'install.sh', '#!/bin/sh\ncurl -k https://downloads.acme.io/tool -o tool\n', 2],
  [
    'security/weak-crypto',
    'src/a.ts',
    "export const hash = (password: string) => createHash('md5').update(password).digest('hex');\n",
    1,
  ],
  ['security/weak-crypto', 'src/a.ts', 'export const token = () => Math.random().toString(36);\n', 1],
  ['security/weak-crypto', 'app/a.py', 'import random\n\ndef make_token():\n    return random.choice("abcdef")\n', 4],
  [
    'security/weak-crypto',
    'src/A.java',
    'class A {\n  Cipher c() throws Exception {\n    return Cipher.getInstance("AES/ECB/PKCS5Padding");\n  }\n}\n',
    3,
  ],
  [
    'security/workflow-injection',
    '.github/workflows/a.yml',
    'on: issues\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo "${{ github.event.issue.title }}"\n',
    6,
  ],
  [
    'security/workflow-target',
    '.github/workflows/a.yml',
    'on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n',
    8,
  ],
  ['security/workflow', '.github/workflows/a.yml', 'on: push\npermissions: write-all\n', 2],
  [
    'security/install-script',
    'package.json',
    '{\n  "name": "a",\n  "scripts": {\n    "postinstall": "node setup.js"\n  }\n}\n',
    4,
  ],
  ['security/exposure', 'Dockerfile', 'FROM node:24\nRUN chmod 777 /srv\n', 2],
];

const PERFORMANCE: readonly Fault[] = [
  [
    'performance/query-in-loop',
    'src/a.ts',
    'export async function f(ids: string[]) {\n  for (const id of ids) {\n    await db.query(sql, [id]);\n  }\n}\n',
    3,
  ],
  ['performance/query-in-loop', 'app/a.py', 'def f(ids):\n    for i in ids:\n        cursor.execute(q, (i,))\n', 3],
  [
    'performance/query-in-loop',
    'pkg/a.go',
    'package a\n\nfunc f(ids []int) {\n\tfor _, id := range ids {\n\t\tdb.QueryRow(q, id)\n\t}\n}\n',
    5,
  ],
  [
    'performance/query-in-loop',
    'src/A.java',
    'class A {\n  void f(List<Long> ids) {\n    for (Long id : ids) {\n      userRepository.findById(id);\n    }\n  }\n}\n',
    4,
  ],
  [
    'performance/blocking-call',
    'src/a.ts',
    "export function handle(req: Request, res: Response) {\n  res.end(readFileSync('page.html'));\n}\n",
    2,
  ],
  ['performance/blocking-call', 'app/a.py', 'import time\n\nasync def f():\n    time.sleep(1)\n', 4],
  [
    'performance/nested-search',
    'src/a.ts',
    'export function unique(xs: string[]) {\n  return xs.filter((x, i) => xs.indexOf(x) === i);\n}\n',
    2,
  ],
  [
    'performance/pattern-in-loop',
    'app/a.py',
    'import re\n\ndef f(lines):\n    for line in lines:\n        p = re.compile(r"a+")\n        p.match(line)\n',
    5,
  ],
  [
    'performance/pattern-in-loop',
    'pkg/a.go',
    'package a\n\nfunc f(xs []string) {\n\tfor _, x := range xs {\n\t\tr := regexp.MustCompile(`a+`)\n\t\tr.MatchString(x)\n\t}\n}\n',
    5,
  ],
  [
    'performance/concat-in-loop',
    'src/A.java',
    'class A {\n  String f(List<String> xs) {\n    String s = "";\n    for (String x : xs) {\n      s += x + ", ";\n    }\n    return s;\n  }\n}\n',
    5,
  ],
  [
    'performance/copy-in-loop',
    'src/a.ts',
    'export const f = (xs: P[]) => xs.reduce((all, x) => ({ ...all, [x.id]: x }), {});\n',
    1,
  ],
  [
    'performance/unbounded-read',
    'pkg/a.go',
    'package a\n\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tb, _ := io.ReadAll(r.Body)\n\tuse(b)\n}\n',
    4,
  ],
];

const SLOP: readonly Fault[] = [
  ['anti-slop/todo', 'src/a.ts', '// TODO: implement the other cases\nexport const a = 1;\n', 1],
  ['anti-slop/todo', 'app/a.py', 'x = 1  # FIXME wrong for negative numbers\n', 1],
  ['anti-slop/todo', 'pkg/a.go', 'package a\n\n// HACK: works by accident\nvar A = 1\n', 3],
  ['anti-slop/placeholder', 'src/a.ts', "export function f(): number {\n  throw new Error('Not implemented');\n}\n", 2],
  ['anti-slop/placeholder', 'src/a.rs', 'fn f() -> i32 {\n    todo!()\n}\n', 2],
  ['anti-slop/placeholder', 'app/a.py', 'def f(x):\n    raise NotImplementedError\n', 2],
  ['anti-slop/placeholder', 'app/a.py', 'def f(x):\n    pass\n', 2],
  ['anti-slop/placeholder', 'pkg/a.go', 'package a\n\nfunc F() int {\n\tpanic("not implemented")\n}\n', 4],
  ['anti-slop/elision', 'src/a.ts', 'export function f() {\n  // ... rest of the code\n}\n', 2],
  [
    'anti-slop/elision',
    'app/a.py',
    'def f(x):\n    # In a real implementation this would call the API\n    return x\n',
    2,
  ],
  ['anti-slop/addresses-reader', 'src/a.ts', '// As requested, I have added the retry\nexport const a = 1;\n', 1],
  ['anti-slop/retelling', 'src/a.ts', 'export function f(i: number) {\n  // increment i\n  i++;\n  return i;\n}\n', 2],
  [
    'anti-slop/retelling',
    'app/a.py',
    'def f(users):\n    # Loop through the users\n    for user in users:\n        g(user)\n',
    2,
  ],
  [
    'anti-slop/commented-out',
    'src/a.ts',
    'export function f() {\n  // const a = load();\n  // if (a.ready) {\n  //   save(a);\n  // }\n  return 1;\n}\n',
    2,
  ],
  [
    'anti-slop/commented-out',
    'app/a.py',
    'def f():\n    # x = load()\n    # if x.ready:\n    #     save(x)\n    return 1\n',
    2,
  ],
  [
    'anti-slop/broad-catch',
    'app/a.py',
    'def f():\n    try:\n        return g()\n    except:\n        return None\n',
    4,
  ],
  ['anti-slop/emoji', 'src/a.ts', '// \u{1F680} fast path\nexport const a = 1;\n', 1],
  ['anti-slop/needless-file', 'IMPLEMENTATION_SUMMARY.md', '# Summary\n', 0],
  ['anti-slop/invented-import', 'src/a.ts', "import { b } from './missing.ts';\nexport const a = b;\n", 1],
  ['anti-slop/panic', 'src/a.rs', 'fn f(x: Option<i32>) -> i32 {\n    x.unwrap()\n}\n', 2],
];

describe.each([
  ['code', CODE],
  ['test', TEST],
  ['security', SECURITY],
  ['performance', PERFORMANCE],
  ['anti-slop', SLOP],
] as const)('The pass %s finds', (_pass, rows) => {
  test.each(rows)('%s in %s: %j at line %i', async (rule, path, text, line) => {
    expect(struck(await review({ head: { [path]: text } }))).toContain(`${rule}:${line}`);
  });
});

/** Path and text of a new file in which nothing blocks. */
const GOOD: readonly (readonly [path: string, text: string])[] = [
  [
    'lib/a.js',
    "const { join } = require('node:path');\n\nmodule.exports = (text) => join(text.replace(/<a[^]*?b>/mig, ''));\n",
  ],
  ['src/a.ts', 'export function add(a: number, b: number): number {\n  return a + b;\n}\n'],
  ['src/a.ts', "export const help = 'TODO: debugger; eval(x) <<<<<<< password = hunter2x9';\n"],
  ['src/a.ts', '// eval(code) is never called here, nor is new Function(code)\nexport const a = 1;\n'],
  ['src/a.ts', 'export const re = /console\\.log\\("debug"\\)|eval\\(x\\)/;\n'],
  ['src/a.ts', 'export const t = `debugger; ${1 + 1} eval(x)`;\n'],
  [
    'src/a.ts',
    'export function f() {\n  try {\n    g();\n  } catch {\n    // The cache may be gone already.\n  }\n}\n',
  ],
  ['src/a.ts', 'export function f(x: number) {\n  if (x > 1)\n    return 1;\n  return 2;\n}\n'],
  [
    'src/a.ts',
    'export function f(x: string) {\n  switch (x) {\n    case "a":\n      return 1;\n    default:\n      return 2;\n  }\n}\n',
  ],
  ['src/a.ts', 'export function f() {\n  return g();\n  function g() {\n    return 1;\n  }\n}\n'],
  [
    'src/a.ts',
    'async function save() {\n  await g();\n}\nexport async function f() {\n  void save();\n  await save();\n}\n',
  ],
  [
    'src/a.ts',
    "import { exec } from 'node:child_process';\nconst m = /a/.exec(`x ${1}`);\nexec('ls');\nexport { m };\n",
  ],
  ['src/a.ts', 'export const find = (id: string) => sql`SELECT * FROM users WHERE id = ${id}`;\n'],
  ['src/a.ts', "export const find = (id: string) => db.query('SELECT * FROM users WHERE id = $1', [id]);\n"],
  ['src/a.ts', "export const key = createHash('md5').update(path).digest('hex');\n"],
  ['src/a.ts', 'export const jitter = () => Math.random() * 100;\n'],
  [
    'src/a.ts',
    'export async function poll() {\n  while (true) {\n    const page = await fetch(next);\n    if (page.ok) return page;\n  }\n}\n',
  ],
  ['src/a.ts', "box.innerHTML = '';\nbox.textContent = name;\n"],
  ['src/a.ts', 'export const last = (xs: number[]) => xs[xs.length - 1];\n'],
  ['src/a.tsx', "export const A = () => <p>Don't debug here; TODO lists are a feature</p>;\n"],
  ['src/a.ts', "export type * from './a.js';\nexport const s = tag`\\u`;\n"],
  [
    'test/a.test.js',
    "test('stays quiet', async (t) => {\n  const log = () => t.fail();\n  await run(log);\n  t.pass();\n});\n",
  ],
  ['src/a.kt', 'fun f() {\n  try {\n    g()\n  } catch (_: InterruptedException) {\n  }\n}\n'],
  ['src/cli.ts', "console.log('Usage: tool [options]');\n"],
  ['src/a.ts', 'export const isNaN = (x: number) => x !== x;\n'],
  [
    'src/a.ts',
    'export const passwordLabel = "Password";\nexport const tokenUrl = "https://login.acme.io/oauth/token";\n',
  ],
  [
    'src/a.ts',
    'const password = process.env.DB_PASSWORD;\nexport const secretName = "my-app-secret-v2";\nexport { password };\n',
  ],
  [
    'src/a.ts',
    '/**\n * Returns the sum.\n * @param a The first number.\n */\nexport function f(a: number) {\n  return a;\n}\n',
  ],
  [
    'src/a.ts',
    '// See https://github.com/acme/app/issues/12: TODO comments need a number, TODO(#12)\nexport const a = 1;\n',
  ],
  ['app/a.py', 'class Base:\n    def run(self):\n        raise NotImplementedError\n'],
  [
    'app/a.py',
    'def f(x):\n    """Call eval(x) and pdb.set_trace() never.\n\n    TODO lists are stored here.\n    """\n    return x\n',
  ],
  [
    'app/a.py',
    'def f(path):\n    try:\n        return open(path)\n    except FileNotFoundError:\n        return None\n',
  ],
  ['app/a.py', 'import yaml\n\ndef load(t):\n    return yaml.load(t, Loader=yaml.SafeLoader)\n'],
  ['app/a.py', 'def f(xs):\n    return {\n        "a": 1,\n        **{x: 1 for x in xs if x},\n    }\n'],
  ['app/a.py', 'import subprocess\n\ndef f(d):\n    subprocess.run(["ls", d], check=True)\n'],
  ['app/a.py', 'def f(x: dict[str, int]) -> None:\n    if x: return\n    for k in x: print(k)\n'],
  ['app/a.py', 'def f(\n    a,\n    b=None,\n):\n    return g(\n        a=a,\n        b=b\n    )\n'],
  [
    'pkg/a.go',
    'package a\n\n// Run returns an error if it cannot start.\nfunc Run() error {\n\tif err := start(); err != nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n',
  ],
  ['pkg/a.go', "package a\n\nvar s = `debugger TODO { ( [`\nvar r = '{'\n"],
  [
    'src/a.rs',
    "fn f<'a>(x: &'a str) -> char {\n    let c = '{';\n    let s = r#\"( \" [\"#;\n    if x == s { c } else { '\\'' }\n}\n",
  ],
  ['src/a.rs', '/* outer /* inner { */ still ( */\nfn f() -> i32 {\n    1\n}\n'],
  [
    'src/A.java',
    'class A {\n  /** Throws nothing. */\n  String f() {\n    return """\n      { ( TODO\n      """;\n  }\n}\n',
  ],
  [
    'install.sh',
    '#!/bin/sh\nset -e\necho "$#" "${#x}" # not a fault\ncase "$1" in\n  a) echo a ;;\nesac\ncat <<EOF\nTODO curl -k {\nEOF\n',
  ],
  [
    '.github/workflows/a.yml',
    'on: push\npermissions:\n  contents: read\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n        env:\n          TITLE: ${{ github.event.issue.title }}\n          TOKEN: ${{ secrets.GITHUB_TOKEN }}\n',
  ],
  ['Dockerfile', "FROM node:24\nENV NODE_ENV=production\nRUN npm ci && echo it's fine\n"],
  ['config/a.yml', "a: it's\nb: 'x: # no comment'\nc: x#y\n"],
  ['tsconfig.json', '{\n  // comments are allowed here\n  "strict": true,\n}\n'],
  [
    'test/a.test.ts',
    "it('fails', () => {\n  expect(() => f('password=secret')).toThrow();\n  expect(a).toBe(b);\n});\n",
  ],
  [
    'tests/test_a.py',
    '@pytest.mark.skipif(sys.platform == "win32", reason="posix")\ndef test_a():\n    assert f(True) == True\n',
  ],
  [
    'pkg/a_test.go',
    'package a\n\nfunc TestA(t *testing.T) {\n\tif testing.Short() {\n\t\tt.Skip("slow")\n\t}\n\tif f() != 1 {\n\t\tt.Fatal("no")\n\t}\n}\n',
  ],
  [
    'src/a.rs',
    '#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(super::add(1).unwrap(), 2);\n    }\n}\n',
  ],
  ['README.md', '# Tool\n\nSet `API_KEY=your-api-key-here` and run `eval "$(tool init)"`.\n'],
  ['dist/a.js', 'eval(x);debugger;// TODO\n'],
  ['src/gen.ts', '// Code generated by protoc. DO NOT EDIT.\n// TODO\nexport const a = eval(x);\n'],
];

test.each(GOOD)('nothing blocks %s: %j', async (path, text) => {
  const wall = await review({ head: { [path]: text } });
  expect(wall.passes.filter((verdict) => verdict.status === 'failed').flatMap((verdict) => verdict.findings)).toEqual(
    [],
  );
});

test('the tables hold at least 120 rows', () => {
  const rows = CODE.length + TEST.length + SECURITY.length + PERFORMANCE.length + SLOP.length + GOOD.length;
  expect(rows).toBeGreaterThanOrEqual(120);
});
