import { describe, expect, test } from '@jest/globals';
import { auditCommit, renderFaults, type AuditFault, type CommitToAudit } from '../../src/goal/audit.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { HEAD } from './goals.ts';
import { PROTECTED_FILES, WAYS } from './protected.ts';

type File = CommitToAudit['files'][number];

const POLICY = { ...defaultPolicy(), protected_paths: ['migrations/**'] };

function audit(
  files: readonly Partial<File>[],
  more: Partial<CommitToAudit> & { lines?: string[] } = {},
): AuditFault[] {
  const whole = files.map((file): File => ({
    path: 'src/a.ts',
    status: 'added',
    oldMode: '000000',
    mode: '100644',
    bytes: 9,
    ...file,
  }));
  const { lines = ['const a = 1;'], ...rest } = more;
  const allPaths = whole.filter(({ status }) => status !== 'deleted').map(({ path }) => path);
  return auditCommit({
    files: whole,
    added: () => lines,
    patchChars: 100,
    slice: { writeScope: ['**'] },
    policy: POLICY,
    allPaths,
    ...rest,
  });
}

const rules = (faults: AuditFault[]) => faults.map(({ rule }) => rule);

describe.each(Object.entries(WAYS))('a protected path %s', (_, change) => {
  test.each(PROTECTED_FILES)('%s is refused by its name', (path) => {
    const files = change(path);
    const fault = audit(files).find(({ rule }) => rule === 'protected');
    expect(fault?.path).toBe(files[0]?.path);
  });
});

test('plain work inside the scope has no fault', () => {
  const files = [
    'src/a.ts',
    'docs/naïve café.md',
    'src/[id]/+page.svelte',
    'src/日本語.md',
    'package.json',
    'package-lock.json',
    '.gitignore',
  ];
  expect(audit(files.map((path) => ({ path })))).toEqual([]);
});

test('what lies outside the scope is refused by its name', () => {
  const faults = audit([{ path: 'src/a.ts' }, { path: 'docs/a.md' }], { slice: { writeScope: ['src/**'] } });
  expect(faults.map(({ rule, path }) => [rule, path])).toEqual([['scope', 'docs/a.md']]);
});

const NAMES = [
  'a\nb',
  'a\tb',
  'a\u0000b',
  'a\u001b[31m',
  'a\ufffdb',
  'a\u202eb.ts',
  'a\u200bb',
  'a\u2066b',
  'src\\a.ts',
  'a:b',
  'a ',
  'src/a./b',
  '-rf',
  'src/--upload-pack=x',
  'a*b',
  'a|b',
  '\u0430dmin.ts',
  'ро\u0440a.ts',
];

test.each(NAMES)('the name %j is refused, and is shown so that it can be seen', (path) => {
  const faults = audit([{ path }]);
  expect(rules(faults)).toContain('name');
  expect(renderFaults(faults, HEAD).replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u200b\u202e\u2066]/);
});

test.each([
  ['120000', '000000', 'symlink'],
  ['120000', '100644', 'symlink'],
  ['160000', '000000', 'submodule'],
  ['100644', '160000', 'submodule'],
  ['100755', '000000', 'mode'],
  ['100755', '100644', 'mode'],
  ['100664', '100644', 'mode'],
  ['040000', '000000', 'mode'],
])('the mode %s after %s is refused', (mode, oldMode, rule) => {
  expect(rules(audit([{ mode, oldMode, status: oldMode === '000000' ? 'added' : 'modified' }]))).toEqual([rule]);
});

test('a submodule is not removed either', () => {
  expect(rules(audit([{ status: 'deleted', oldMode: '160000', mode: '000000' }]))).toEqual(['submodule']);
});

test('a new script that says what runs it may be executable, and what was executable stays so', () => {
  expect(audit([{ path: 'bin/x', mode: '100755' }], { lines: ['#!/bin/sh', 'true'] })).toEqual([]);
  expect(audit([{ path: 'bin/x', mode: '100755', oldMode: '100755', status: 'modified' }])).toEqual([]);
  const asked = { slice: { writeScope: ['bin/x'] } };
  expect(audit([{ path: 'bin/x', mode: '100755', oldMode: '100644', status: 'modified' }], asked)).toEqual([]);
});

const COLLISIONS: [path: string, other: string][] = [
  ['src/A.ts', 'src/a.ts'],
  ['Src/b.ts', 'src/a.ts'],
  ['src/caf\u00e9.ts', 'src/cafe\u0301.ts'],
  ['stra\u00dfe', 'STRASSE'],
];

test.each(COLLISIONS)('%j beside %j is refused', (path, other) => {
  expect(rules(audit([{ path }], { allPaths: [path, other] }))).toEqual(['collision']);
});

test("a collision that was there before is not the slice's", () => {
  expect(audit([{ path: 'src/c.ts' }], { allPaths: ['README', 'Readme', 'src/c.ts'] })).toEqual([]);
});

const LOCKS = [
  'package-lock.json',
  'web/yarn.lock',
  'pnpm-lock.yaml',
  'poetry.lock',
  'uv.lock',
  'Cargo.lock',
  'go.sum',
  'Gemfile.lock',
  'composer.lock',
];

test.each(LOCKS)('%s without its manifest is refused, unless the plan names it', (path) => {
  expect(rules(audit([{ path }, { path: 'src/a.ts' }]))).toEqual(['lockfile']);
  expect(audit([{ path }], { slice: { writeScope: [path] } })).toEqual([]);
});

describe('sizes', () => {
  const { limits } = POLICY;

  test('at most so many files', () => {
    const many = Array.from({ length: limits.files }, (_, at) => ({ path: `src/${at}.ts` }));
    expect(audit(many)).toEqual([]);
    expect(rules(audit([...many, { path: 'src/more.ts' }]))).toEqual(['size']);
  });

  test('at most so large a patch', () => {
    expect(audit([{}], { patchChars: limits.patch })).toEqual([]);
    expect(rules(audit([{}], { patchChars: limits.patch + 1 }))).toEqual(['size']);
  });

  test('at most so large a new or binary file', () => {
    expect(rules(audit([{ bytes: limits.patch + 1 }]))).toEqual(['size']);
    expect(
      rules(audit([{ bytes: limits.patch + 1, status: 'modified', oldMode: '100644' }], { added: () => undefined })),
    ).toEqual(['size']);
    expect(audit([{ bytes: limits.patch + 1, status: 'modified', oldMode: '100644' }])).toEqual([]);
  });
});

const DECEPTIVE = [
  'if (isAdmin) { /* \u202e } \u2066if (ok)\u2069 \u2066 */',
  'const a = "\u2067";',
  'let x\u200by = 1;',
  'let x\u200cy = 1;',
  'const \u3164 = 1;',
  'a\ufeff = 2',
  'x = 1 \u200e// left',
  'tag \u{e0041}\u{e0042}',
  'if (is\u0410dmin) return;',
  'const \u0441ount = 1; // с is Cyrillic, count is not',
  'let us\u0435r;',
  'def ｅval(x): pass',
  'def 𝐞val_x(x): pass',
  'const sc\u03bfpe = 1;',
];

test.each(DECEPTIVE)('the added line %j is refused', (line) => {
  expect(rules(audit([{}], { lines: ['fine', line] }))).toEqual(['deception']);
});

const HONEST = [
  'const price = "5 €"; // naïve Übergröße',
  'const Δt = 0.5; const αβ = 2; μs',
  "print('Привет, мир')",
  'title: "سلام\u200cها \u200f"',
  'क्\u200dष',
  'emoji 👩\u200d🚀 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} ❤️',
  'React を使う, 日本語テキスト',
  '\u000c',
];

test.each(HONEST)('the added line %j is let through', (line) => {
  expect(audit([{}], { lines: [line] })).toEqual([]);
});

test('a byte order mark may begin a file', () => {
  expect(audit([{}], { lines: ['\ufeffusing System;'] })).toEqual([]);
});

test('every fault is one line with the name of its file and what to do', () => {
  const text = renderFaults(audit([{ path: '.github/workflows/ci.yml' }, { path: 'a', mode: '120000' }]), HEAD);
  expect(text.split('\n')).toEqual([
    `The commit ${HEAD} was not taken. It is kept in omk's mirror.`,
    '- `.github/workflows/ci.yml` is protected: no agent may change, move or delete it. Leave it as the base has it.',
    '- `a` is a symbolic link. Make it a file.',
  ]);
});

test('many faults are counted, not listed', () => {
  const faults = audit(
    Array.from({ length: 30 }, (_, at) => ({ path: `x/${at}` })),
    { slice: { writeScope: ['y'] } },
  );
  expect(renderFaults(faults, HEAD)).toContain('and 10 more like these');
});
