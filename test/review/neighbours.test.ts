import { expect, test } from '@jest/globals';
import { assembled, findingsIn, review, type Files } from './world.ts';

/** Right code that stands near to a fault: the rule and the pass, what is added, and what stood there before. */
type Row = readonly [rule: string, head: Files, base?: Files];

const js = (body: string): Files => ({ 'src/a.js': `${body}\n` });
const ts = (body: string): Files => ({ 'src/a.ts': `${body}\n` });
const py = (body: string): Files => ({ 'app/a.py': `${body}\n` });
const go = (body: string): Files => ({ 'a/a.go': `package a\n\n${body}\n` });
const java = (body: string): Files => ({ 'src/main/java/A.java': `class A {\n${body}\n}\n` });
const pyTest = (body: string): Files => ({ 'tests/test_a.py': `${body}\n` });
const jsTest = (body: string): Files => ({ 'test/a.test.js': `${body}\n` });

const RIGHT: readonly Row[] = [
  [
    'code/dead-branch',
    py('def f(n):\n    if n > 1000:\n        return 2\n    elif n > 100:\n        return 1\n    return 0'),
  ],
  ['code/dead-branch', py('def f(n, m):\n    if n > 100:\n        return 2\n    elif m > 1000:\n        return 1')],
  ['code/dead-branch', js('function f(n) {\n  if (n > 10) {\n    a();\n  }\n  if (n > 100) {\n    b();\n  }\n}')],
  ['code/constant-condition', py('def f(a):\n    if a == "x" or a == "y":\n        return 1')],
  ['code/constant-condition', py('def f(a):\n    name = a or "none"\n    return name')],
  ['code/constant-condition', js("function f(a) {\n  if (g(a || 'none')) return 1;\n}")],
  ['code/shared-state', py('def f(n):\n    return [0] * n + [None] * 2')],
  ['code/shared-state', js('export const zeros = (n) => Array(n).fill(0);')],
  ['code/missing-default', py('def mean(xs):\n    if not xs:\n        return 0\n    return sum(xs) / len(xs)')],
  ['code/missing-default', js('export const sum = (xs) => xs.reduce((a, b) => a + b, 0);')],
  [
    'code/missing-default',
    js('export function f(xs) {\n  let total = 0;\n  for (const x of xs) total += x;\n  return total;\n}'),
  ],
  [
    'code/missing-default',
    js('export function f(xs) {\n  let all;\n  all = 0;\n  for (const x of xs) all += x;\n  return all;\n}'),
  ],
  [
    'code/missing-default',
    ts(
      'type A = { tags?: string[] };\nexport function f(a: A) {\n  if (!a.tags) return 0;\n  return a.tags.length;\n}\nexport const g = (a: A) => a.tags?.length;',
    ),
  ],
  [
    'code/missing-result',
    py(
      'class A:\n    def get(self, k) -> str | None:\n        return self.d.get(k)\n\n    def f(self, k):\n        v = self.get(k)\n        if v is None:\n            return ""\n        return v.upper()',
    ),
  ],
  [
    'code/missing-result',
    py(
      'class A:\n    def name(self) -> str:\n        return self.n\n\n    def f(self):\n        return self.name().upper()',
    ),
  ],
  ['code/string-identity', java('  boolean f(B b) { return b.getName() == null || b.getType() == Type.ONE; }')],
  ['code/string-identity', java('  boolean f(B b, B c) { return b.getName().equals(c.getName()); }')],
  ['code/identity-comparison', go('func f(err error) bool { return errors.Is(err, ErrGone) || err == io.EOF }')],
  ['code/lost-cause', go('func f(err error) error { return fmt.Errorf("f: %w", err) }')],
  [
    'code/idle-statement',
    go(
      'type T struct{ n int }\n\nfunc (t T) With(n int) T {\n\tt.n = n\n\treturn t\n}\n\nfunc (t *T) Set(n int) {\n\tt.n = n\n}',
    ),
  ],
  [
    'code/idle-statement',
    go(
      'func f(ts []*T) {\n\tfor _, t := range ts {\n\t\tt.n = 1\n\t}\n}\n\nfunc g(ts []T) []T {\n\tvar out []T\n\tfor _, t := range ts {\n\t\tt.n = 1\n\t\tout = append(out, t)\n\t}\n\treturn out\n}',
    ),
  ],
  ['code/wrong-call', go('func f(seconds int) time.Duration { return time.Duration(seconds) * time.Second }')],
  [
    'code/unclosed-resource',
    go('func f(ctx context.Context) {\n\tctx, cancel := context.WithCancel(ctx)\n\tdefer cancel()\n\tuse(ctx)\n}'),
  ],
  [
    'code/async-callback',
    js('export async function f(xs) {\n  return (await Promise.all(xs.map(async (x) => g(x)))).filter(Boolean);\n}'),
  ],
  [
    'code/floating-promise',
    js(
      'async function load() {\n  return 1;\n}\nexport async function f() {\n  const a = load();\n  const b = load();\n  return Promise.all([a, b]);\n}',
    ),
  ],
  ['code/lost-this', js('class B extends A {\n  constructor(n) {\n    super(n);\n    this.n = n;\n  }\n}')],
  [
    'code/swallowed-error',
    js('export function f(s) {\n  s.close((err) => {\n    if (err) throw err;\n    done();\n  });\n}'),
  ],
  ['code/shell-slip', { 'bin/a.sh': '#!/bin/bash\nf() {\n  local x=1\n  echo "$x"\n}\nf\n' }],
  [
    'security/prototype-pollution',
    js(
      "export function f(req) {\n  const own = {};\n  if (Object.hasOwn(req.body, 'a')) own.a = req.body.a;\n  return own;\n}",
    ),
  ],
  ['anti-slop/addresses-reader', js('// Reads your settings from the file that you named.\nexport const a = 1;')],
  ['anti-slop/invented-member', js("export const a = ['x', 'y'].includes(b) || [1, 2].length;")],
  [
    'anti-slop/invented-member',
    js("import { websocketMask } from 'http';\nexport const mask = websocketMask ? websocketMask : own;"),
  ],
  [
    'test/assertion-weakened',
    jsTest("test('a', () => {\n  expect(f(1)).toBe(2);\n});"),
    jsTest("test('a', () => {\n  expect(f(1)).toBe(1);\n});"),
  ],
  [
    'test/assertion-weakened',
    pyTest('def test_a():\n    assert f(1) == 0.1\n    assert f(2) is not None'),
    pyTest('def test_a():\n    assert f(1) == 0.1'),
  ],
  [
    'test/tautology',
    pyTest('def test_a(m):\n    m.assert_called_once_with(1)\n    assert m.called\n    assert (f(1), g(2)) == (1, 2)'),
  ],
  [
    'test/cases-removed',
    pyTest('@pytest.mark.parametrize("n", [1, 2, 3])\ndef test_a(n):\n    assert f(n)'),
    pyTest('@pytest.mark.parametrize("n", [1, 2])\ndef test_a(n):\n    assert f(n)'),
  ],
  [
    'test/unawaited-assertion',
    jsTest(
      "test('a', (done) => {\n  load().then((x) => {\n    expect(x).toBe(1);\n    done();\n  });\n});\ntest('b', () => {\n  return load().then((x) => expect(x).toBe(1));\n});",
    ),
  ],
  [
    'code/missing-result',
    py('import re\n\nversion = re.search(r"^([0-9]+)", text).group(1)  # type: ignore[union-attr]'),
  ],
  [
    'architect/unused-dependency',
    {
      'go.mod': 'module a\n\nrequire (\n\tgo.example.org/yaml/v3 v3.0.4\n)\n',
      'doc/a.go': 'package doc\n\nimport "go.example.org/yaml/v3"\n\nvar _ = yaml.Marshal\n',
    },
    { 'go.mod': 'module a\n\nrequire (\n\texample.org/b v1.0.0\n)\n' },
  ],
  [
    'architect/unused-dependency',
    {
      'package.json': '{\n  "dependencies": {\n    "vue": "1.0.0",\n    "springs": "1.0.0"\n  }\n}\n',
      'docs/.vitepress/Logo.vue': "<script setup>\nimport { useSpring } from 'springs'\nuseSpring()\n</script>\n",
    },
    { 'package.json': '{\n  "dependencies": {\n    "vue": "1.0.0"\n  }\n}\n' },
  ],
  [
    'security/secret',
    {
      'test/a.sh':
        'TOKEN="Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"\n',
    },
  ],
  [
    'code/unknown-name',
    {
      'app/stores/a.ts': "import { x } from './x'\n\nexport const useA = defineStore('a', () => x)\n",
    },
    { 'app/nuxt.config.ts': 'export default defineNuxtConfig({})\n', 'app/stores/x.ts': 'export const x = 1\n' },
  ],
  [
    'code/swallowed-error',
    {
      'index.d.ts': 'export type Lookup = (host: string, cb: (err: Error | null, address: string) => void) => void;\n',
    },
  ],
  ['code/syntax', { 'src/a.rs': 'fn a() {\n    check(str![[r#"\nerror: x\n"#]], true);\n    u8![1];\n}\n' }],
  [
    'test/deleted',
    { 'tests/a.rs': '#[test]\nfn a() {\n    assert_eq!(f(), 1);\n}\n' },
    {
      'tests/a.rs':
        '#[test]\nfn a() {\n    assert_eq!(f(), 1);\n}\n\n/*\n#[test]\nfn b() {\n    assert_eq!(g(), 2);\n}\n*/\n',
    },
  ],
  ['code/shell-slip', { 'a.sh': 'run\nCODE="$?"\nif [ $CODE -ne 0 ]; then exit 1; fi\n' }],
  [
    'code/floating-promise',
    {
      'src/a.js':
        'function opener() {\n  return open;\n}\nexport async function f() {\n  const g = opener();\n  await g();\n}\n',
    },
    {
      'src/a.js':
        'function opener() {\n  return open;\n}\nexport async function f() {\n  const g = await opener();\n  await g();\n}\n',
    },
  ],
  [
    'security/secret',
    {
      'docs/config.ts': [
        'export const search = {',
        "  appId: '69Y3N7LHI2',",
        assembled("  apiKey: '45441f4b65a2f803", "29fd45c7cb371fea',"),
        "  indexName: 'words',",
        '};',
        '',
      ].join('\n'),
    },
  ],
  [
    'test/assertion-weakened',
    jsTest("test('a', () => {\n  run();\n  expect(spy).not.toHaveBeenCalled();\n});"),
    jsTest("test('a', () => {\n  run();\n  expect(spy).toHaveBeenCalledTimes(1);\n});"),
  ],
  ['test/tautology', jsTest("test('a', () => {\n  const ctx = context();\n  ctx.assert(false, 404, 'gone');\n});")],
  ['code/unknown-name', pyTest('import attr\n\n\nclass A:\n    b: ClassVarious[str]  # noqa: F821')],
  [
    'test/expectation-changed',
    {
      'a/a_test.go':
        'package a\n\nfunc TestA(t *testing.T) {\n\tt.Run("compatibility", func(t *testing.T) {\n\t\tf(t)\n\t})\n}\n',
    },
    {
      'a/a_test.go':
        'package a\n\nfunc TestA(t *testing.T) {\n\tt.Run("compatability", func(t *testing.T) {\n\t\tf(t)\n\t})\n}\n',
    },
  ],
  ['test/untested-change', { 'typing-examples/a.py': 'def f(a: int) -> int:\n    return a\n\n\n'.repeat(12) }],
];

test.each(RIGHT.map(([rule, head, base = {}]) => ({ rule, head, base })))(
  '$rule lets be what is right: $head',
  async ({ rule, head, base }) => {
    const wall = await review({ head, base });
    expect(findingsIn(wall).filter((finding) => finding.rule === rule)).toEqual([]);
  },
);

test('a test that is written anew and asserts more than before is told, and does not block', async () => {
  const base = {
    'test/a.test.js': "test('a', () => {\n  expect(read()).toEqual('hello');\n  expect(left()).toEqual(0);\n});\n",
  };
  const head = {
    'test/a.test.js':
      "test.each(KINDS)('a %s', () => {\n  expect(read()).toContain('hello');\n  expect(read(1)).toEqual('ello');\n  expect(read(2)).toEqual('llo');\n  expect(left()).toBeLessThan(9);\n  expect(rest(3)).toEqual('lo');\n  expect(rest(4)).toEqual('o');\n});\n",
  };
  const found = findingsIn(await review({ base, head })).filter(({ rule }) => rule === 'test/assertion-weakened');
  expect(found.map(({ severity }) => severity)).not.toContain('medium');
});
