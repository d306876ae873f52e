import { expect, test } from '@jest/globals';
import { parsePatch } from '../../src/review/read/diff.ts';
import { languageOf } from '../../src/review/read/language.ts';
import { lex } from '../../src/review/read/lexer.ts';
import { roleOf } from '../../src/review/read/file-role.ts';
import { readBlocks } from '../../src/review/read/blocks.ts';

test('hunks are read by their counts: content that looks like a header is content', () => {
  const patch = [
    'diff --git a/a.sql b/a.sql',
    'index 111..222 100644',
    '--- a/a.sql',
    '+++ b/a.sql',
    '@@ -1,2 +1,3 @@ create',
    '--- a comment of SQL',
    '+++ b/evil.ts',
    '+diff --git a/x b/x',
    ' kept',
    '\\ No newline at end of file',
    '',
  ].join('\n');
  const change = parsePatch(patch);
  expect(change.files).toHaveLength(1);
  expect(change.files[0]).toMatchObject({
    path: 'a.sql',
    status: 'modified',
    removed: [{ number: 1, text: '-- a comment of SQL' }],
    added: [
      { number: 1, text: '++ b/evil.ts' },
      { number: 2, text: 'diff --git a/x b/x' },
    ],
  });
});

test.each([
  [
    'a rename',
    'diff --git a/old name.ts b/new name.ts\nsimilarity index 100%\nrename from old name.ts\nrename to new name.ts\n',
    { path: 'new name.ts', oldPath: 'old name.ts', status: 'renamed' },
  ],
  [
    'a deletion',
    'diff --git a/a.ts b/a.ts\ndeleted file mode 100644\n--- a/a.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
    { path: 'a.ts', status: 'deleted', removed: [{ number: 1, text: 'x' }] },
  ],
  [
    'a quoted path',
    'diff --git "a/\\303\\244 \\"b\\".ts" "b/\\303\\244 \\"b\\".ts"\nnew file mode 100644\n--- /dev/null\n+++ "b/\\303\\244 \\"b\\".ts"\n@@ -0,0 +1 @@\n+x\n',
    { path: 'ä "b".ts', status: 'added' },
  ],
  [
    'an empty file with spaces in its name',
    'diff --git a/a b.ts b/a b.ts\nnew file mode 100644\nindex 000..e69\n',
    { path: 'a b.ts', status: 'added' },
  ],
  [
    'a symbolic link',
    'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n',
    { mode: '120000' },
  ],
  [
    'a binary file',
    'diff --git a/a.png b/a.png\nindex 1..2 100644\nBinary files a/a.png and b/a.png differ\n',
    { binary: true, mode: '100644' },
  ],
])('%s is read', (_what, patch, wanted) => {
  expect(parsePatch(patch).files).toMatchObject([wanted]);
});

const code = (path: string, text: string) => lex(text, languageOf(path)).map((line) => line.code.trimEnd());

test.each([
  ['a.ts', "a('x // y'); // z", ["a('······');"]],
  ['a.ts', 'a(`x ${b(`y`)} z`);', ['a(`··${b(`·`)}··`);']],
  ['a.ts', 'a = b / c; d = /[/"]x/g;', ['a = b / c; d = /·····/g;']],
  ['a.py', 'a = """x\n# y"""  # z', ['a = """·', '···"""']],
  ['a.go', 'a := `x\n"y` // z', ['a := `·', '··`']],
  ['a.rs', 'let a: &\'a str = r#"x"y"#; \'b\'', ["let a: &'a str = r#\"···\"#; '·'"]],
  ['a.sh', 'a="$#" # x\nb=${c#d}', ['a="··"', 'b=${c#d}']],
  ['a.yml', "a: it's # x\nb: 'y # z'", ["a: it's", "b: '·····'"]],
  ['a.sql', "-- x\nselect 'a--b'", ['', "select '····'"]],
])('%s: %j is lexed', (path, text, wanted) => {
  expect(code(path, text)).toEqual(wanted);
});

test('no view ever changes the length of a line', () => {
  const texts = ['"a\\', "'\\", '`${', '/*', '"""', 'r#"\'', '<<EOF\nx', '// é ·', '/[', "'\\u{1F600}'", '\\'];
  for (const path of [
    'a.ts',
    'a.py',
    'a.go',
    'a.rs',
    'a.java',
    'a.sh',
    'a.yml',
    'a.php',
    'a.rb',
    'a.css',
    'a.html',
    'a.toml',
  ])
    for (const text of texts)
      for (const line of lex(`${text}\n${text}x`, languageOf(path))) {
        expect(line.code).toHaveLength(line.raw.length);
        expect(line.text).toHaveLength(line.raw.length);
      }
});

test.each([
  ['src/a.ts', 'product'],
  ['src/build.ts', 'product'],
  ['src/tools/a.ts', 'product'],
  ['src/a.test.ts', 'test'],
  ['tests/test_a.py', 'test'],
  ['pkg/a_test.go', 'test'],
  ['src/test/java/A.java', 'test'],
  ['examples/a/index.js', 'script'],
  ['build.rs', 'script'],
  ['package-lock.json', 'generated'],
  ['vendor/a/a.go', 'generated'],
  ['a.min.js', 'generated'],
  ['a.pb.go', 'generated'],
  ['README.md', 'docs'],
  ['package.json', 'data'],
  ['Dockerfile', 'product'],
])('%s is %s', (path, role) => {
  expect(roleOf(path)).toBe(role);
});

test('blocks are read in languages with braces and with indentation', () => {
  const kinds = (path: string, text: string) =>
    readBlocks(lex(text, languageOf(path)), languageOf(path)).all.map(
      ({ kind, open, end }) => `${kind} ${open}-${end}`,
    );
  expect(
    kinds(
      'a.ts',
      'class A {\n  async f(a: B): Promise<void> {\n    for (const x of a) {\n      a.map((y) => {\n        return y;\n      });\n    }\n  }\n}\n',
    ),
  ).toEqual(['class 1-9', 'function 2-8', 'loop 3-7', 'callback 4-6']);
  expect(
    kinds(
      'a.py',
      'class A:\n    async def f(\n        self,\n    ):\n        for x in self:\n            y = {\n                1: 2,\n            }\n        try:\n            g()\n        except E as e:\n            pass\n',
    ),
  ).toEqual(['class 1-12', 'function 4-12', 'loop 5-8', 'other 9-10', 'catch 11-12']);
  expect(
    kinds(
      'a.go',
      'package a\n\nfunc (s *S) F(a int) (b int, err error) {\n\tfor i := range a {\n\t\tif i > 1 {\n\t\t}\n\t}\n}\n',
    ),
  ).toEqual(['function 3-8', 'loop 4-7', 'condition 5-6']);
});
