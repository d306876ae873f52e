import { describe, expect, test } from '@jest/globals';
import picomatch from 'picomatch';
import {
  globsOverlap,
  isInScope,
  isProtected,
  PROTECTED_PATHS,
  reachOf,
  touchesProtected,
} from '../../src/goal/scope.ts';
import { pick, seeded } from './seeded.ts';

const IN_SCOPE: [path: string, scope: string[], inside: boolean][] = [
  ['src/a.ts', ['src/a.ts'], true],
  ['src/a.ts', ['src/**'], true],
  ['src/a.ts', ['src'], true],
  ['src/deep/er/a.ts', ['src'], true],
  ['src2/a.ts', ['src'], false],
  ['src/a.ts', ['src/*.ts'], true],
  ['src/b/a.ts', ['src/*.ts'], false],
  ['src/.hidden', ['src/**'], true],
  ['src/b/a.ts', ['**/*.ts'], true],
  ['a.ts', ['**/*.ts'], true],
  ['a.ts', ['**'], true],
  ['src/b/x', ['src/{a,b}/**'], true],
  ['src/c/x', ['src/{a,b}/**'], false],
  ['app/[id]/page.tsx', ['app/[id]/page.tsx'], true],
  ['app/[id]/page.tsx', ['app/[id]/**'], true],
  ['app/i/page.tsx', ['app/[id]/**'], false],
  ['app/(group)/x.ts', ['app/(group)/*.ts'], true],
  ['a+b/@scope/!x', ['a+b/@scope/*'], true],
  ['src/abc.ts', ['src/a?c.ts'], true],
  ['README.md', ['readme.md'], false],
  ['x', [], false],
];

test.each(IN_SCOPE)('whether %j is in %j: %j', (path, scope, inside) => {
  expect(isInScope(path, scope)).toBe(inside);
});

const OVERLAPS: [a: string, b: string, overlap: boolean][] = [
  ['src/a.ts', 'src/a.ts', true],
  ['src/a.ts', 'src/b.ts', false],
  ['src', 'src/a.ts', true],
  ['src', 'src2', false],
  ['src/**', 'src/a/b.ts', true],
  ['src/**', 'test/**', false],
  ['src/*.ts', 'src/a/b.ts', false],
  ['src/*.ts', 'src/*.js', false],
  ['src/a*', 'src/*b', true],
  ['**/*.ts', 'docs/guide.md', false],
  ['**/*.ts', 'docs', true],
  ['**/*.ts', '**/*.md', false],
  ['**', 'anything', true],
  ['a/**/c', 'a/b.ts', false],
  ['a/**/c', 'a/b', true],
  ['lib/chart.js', 'lib/chart.js/src', true],
  ['a/**/c', '**/b/c', true],
  ['a/**/b', 'a/b', true],
  ['src/{a,b}/**', 'src/b/x.ts', true],
  ['src/{a,b}/**', 'src/c/x.ts', false],
  ['{src,lib}/{a,b}.ts', 'lib/b.ts', true],
  ['src/{a,b/{c,d}}/x', 'src/b/d/x', true],
  ['src/{1..3}.ts', 'src/2.ts', true],
  ['app/[id]/x', 'app/i/x', false],
  ['SRC/x', 'src/x', true],
  ['?.md', 'a.md', true],
  ['?.md', 'ab.md', false],
];

test.each(OVERLAPS)('whether %j and %j overlap: %j', (a, b, overlap) => {
  expect(globsOverlap(a, b)).toBe(overlap);
  expect(globsOverlap(b, a)).toBe(overlap);
});

describe('2,000 random globs', () => {
  const random = seeded(17);
  const part = () =>
    pick(random, ['a', 'b', 'ab', '*', '**', 'a*', '*b', '?', '{a,b}', 'a{,b}', '[a]', 'x.ts', '*.ts']);
  const glob = () => Array.from({ length: 1 + Math.floor(random() * 3) }, part).join('/');
  const folder = () => pick(random, ['a/', 'b/', 'ab/', '[a]/', '']);
  const path = () => folder() + folder() + pick(random, ['a', 'b', 'aab', 'x.ts', 'b.ts', '[a]', 'c']);

  test('overlap whenever some path lies in both', () => {
    const missed = Array.from({ length: 2_000 }, () => [glob(), glob()] as const).filter(([a, b]) => {
      const both = Array.from({ length: 30 }, path).some((one) => isInScope(one, [a]) && isInScope(one, [b]));
      return both && !globsOverlap(a, b);
    });
    expect(missed).toEqual([]);
  });

  test('match what picomatch matches where they mean the same', () => {
    const differing = Array.from({ length: 2_000 }, () => [glob(), path()] as const).filter(([one, other]) => {
      const same = /[*?{]/.test(one) && !one.includes('[');
      return same && isInScope(other, [one]) !== (other === one || picomatch.isMatch(other, one, { dot: true }));
    });
    expect(differing).toEqual([]);
  });
});

const PROTECTED = [
  '.github/workflows/ci.yml',
  '.GitHub/Workflows/CI.YML',
  '.github/workflows/deep/x',
  '.github/actions/a/action.yml',
  '.github/omk.yml',
  '.github/omk.yaml',
  '.github/dependabot.yml',
  '.github/copilot-instructions.md',
  'CODEOWNERS',
  'docs/CODEOWNERS',
  '.github/CODEOWNERS',
  'action.yml',
  '.gitlab-ci.yml',
  '.circleci/config.yml',
  'Jenkinsfile',
  'AGENTS.md',
  'packages/a/AGENTS.md',
  'agents.md',
  'CLAUDE.md',
  '.kimi/config.toml',
  '.kimi-code/skills/x/SKILL.md',
  'src/.kimi/AGENTS.md',
  '.claude',
  '.claude/settings.json',
  '.cursor/rules/x.mdc',
  '.cursorrules',
  '.mcp.json',
  '.git/config',
  'sub/.git',
  '.gitmodules',
  '.gitattributes',
  '.husky/pre-commit',
  '.githooks/pre-push',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  '.vscode/tasks.json',
  '.devcontainer/devcontainer.json',
  '.envrc',
  '.npmrc',
  '.git\u200bmodules',
  'migrations/001.sql',
];

test.each(PROTECTED)('%j is protected', (path) => {
  expect(isProtected(path, ['migrations'])).toBe(true);
});

const FREE = [
  '.gitignore',
  '.github/ISSUE_TEMPLATE/bug.md',
  'src/github/workflows/x.ts',
  'docs/agents.html',
  'package.json',
  '.eslintrc.json',
];

test.each(FREE)('%j is free', (path) => {
  expect(isProtected(path, ['migrations'])).toBe(false);
});

const NAMED: [scope: string[], named: boolean][] = [
  [['src/**'], false],
  [['**'], false],
  [['docs'], false],
  [['.github/workflows/ci.yml'], true],
  [['.github/**'], true],
  [['.github'], true],
  [['src/**', 'AGENTS.md'], true],
  [['migrations/001.sql'], true],
  [['migrations/**'], true],
  [['.kimi/**'], true],
];

test.each(NAMED)('whether a plan that writes %j names protected paths: %j', (writeScope, named) => {
  expect(touchesProtected([{ writeScope }], ['migrations/**'])).toBe(named);
});

test('every built-in glob is one that picomatch can use', () => {
  for (const glob of PROTECTED_PATHS) expect(() => picomatch.makeRe(glob, { dot: true, nocase: true })).not.toThrow();
});

describe('a scope that is made to be slow', () => {
  test.each([
    ['stars in one name', `${'*a'.repeat(100)}b`, 'a'.repeat(250)],
    ['stars in many names', `${'*a*a/'.repeat(30)}b`, 'aaaaaa/'.repeat(35)],
    ['folders of any depth', `${'**/a/'.repeat(50)}b`, 'a/'.repeat(120)],
    ['choices', `${'{a,aa}'.repeat(40)}b`, 'a'.repeat(250)],
    ['choices of stars', `${'{*a,*}'.repeat(9)}b`, 'a'.repeat(250)],
  ])('is judged in no time: %s', (_, glob, path) => {
    const began = process.cpuUsage();
    expect(isInScope(path, [glob])).toBe(false);
    expect(process.cpuUsage(began).user).toBeLessThan(1_000_000);
  });

  test('takes in nothing if it stands for more than a thousand globs, and protects everything', () => {
    const wide = '{a,b}'.repeat(11);
    expect(isInScope('aaaaaaaaaaa', [wide])).toBe(false);
    expect(isProtected('src/a.ts', [wide])).toBe(true);
  });

  test('takes no name of a file for a pattern', () => {
    expect(isInScope('src/a*c', ['src/?b?'])).toBe(false);
    expect(isInScope('src/*', ['src/?'])).toBe(true);
    expect(isInScope('src/?b', ['src/*'])).toBe(true);
    expect(isInScope('src/?b', ['src/ab*'])).toBe(false);
    expect(isInScope('**', ['src/**', 'a/*'])).toBe(false);
  });
});

test.each([
  [
    ['packages/a/**', 'README.md'],
    ['packages/a', 'packages/a/any', 'README.md', 'README.md/any'],
  ],
  [['src/*.ts'], ['src', 'src/any']],
  [['src/a.ts', '**/*.md'], undefined],
  [['*'], undefined],
])('the scope %j reaches %j', (scope, reach) => expect(reachOf(scope)).toEqual(reach));
