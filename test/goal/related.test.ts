import { describe, expect, test } from '@jest/globals';
import { detectGates, manifestsToRead } from '../../src/goal/detect.ts';
import { isDue, setupFor } from '../../src/goal/gate.ts';

type Files = Record<string, string | object>;

function gatesOf(files: Files) {
  const readable = new Set(manifestsToRead(Object.keys(files)));
  const text = (path: string) => (typeof files[path] === 'string' ? files[path] : JSON.stringify(files[path]));
  return detectGates({ files: Object.keys(files), read: (path) => (readable.has(path) ? text(path) : undefined) });
}

function dueFor(files: Files, ...changed: string[]): string[] {
  return [
    ...new Set(
      gatesOf(files)
        .gates.filter((gate) => isDue(gate, changed))
        .map(({ dir }) => dir),
    ),
  ].toSorted((a, b) => a.localeCompare(b));
}

const test1 = { scripts: { test: 'node --test' } };

/** `web` needs `api`, which needs `core`; `docs` stands alone. */
const NODE: Files = {
  'package.json': { workspaces: ['packages/*'] },
  'package-lock.json': '{}',
  'packages/core/package.json': { name: '@x/core', ...test1 },
  'packages/api/package.json': { name: '@x/api', dependencies: { '@x/core': '*' }, ...test1 },
  'packages/web/package.json': { name: '@x/web', devDependencies: { '@x/api': 'workspace:*' }, ...test1 },
  'packages/docs/package.json': { name: '@x/docs', ...test1 },
};
/** Builds that have nothing to do with one another. */
const BUILDS: Files = {
  'app/settings.gradle': '',
  'lib/pom.xml': '<project/>',
  'tools/Makefile': 'test:\n\ttrue\n',
  'web/package.json': { name: 'web', ...test1 },
};
const CARGO = (name: string, rest = '') => `[package]\nname = "${name}"\nversion = "1.0.0"\n${rest}`;

describe('gates of a monorepo: what is touched, and what depends on it', () => {
  test.each([
    ['npm: a leaf', NODE, ['packages/web/src/a.js'], ['packages/web']],
    ['npm: what others need', NODE, ['packages/core/a.js'], ['packages/api', 'packages/core', 'packages/web']],
    ['npm: two at once', NODE, ['packages/docs/a.md', 'packages/web/a.js'], ['packages/docs', 'packages/web']],
    [
      'npm: the lock file concerns all',
      NODE,
      ['package-lock.json'],
      ['packages/api', 'packages/core', 'packages/docs', 'packages/web'],
    ],
    [
      'npm: a folder of no package concerns all',
      NODE,
      ['tools/new.js'],
      ['packages/api', 'packages/core', 'packages/docs', 'packages/web'],
    ],
    [
      'pnpm: by its own workspace file',
      { ...NODE, 'package.json': {}, 'pnpm-workspace.yaml': 'packages: ["packages/*"]\n', 'pnpm-lock.yaml': '' },
      ['packages/docs/x'],
      ['packages/docs'],
    ],
    ['yarn', { ...NODE, 'yarn.lock': '' }, ['packages/api/x'], ['packages/api', 'packages/web']],
    ['bun', { ...NODE, 'bun.lock': '' }, ['packages/api/x'], ['packages/api', 'packages/web']],
    [
      'Cargo: crates of no workspace, by path',
      {
        'a/Cargo.toml': CARGO('a'),
        'b/Cargo.toml': CARGO('b', '[dependencies]\na = { path = "../a" }\n'),
        'c/Cargo.toml': CARGO('c'),
      },
      ['a/src/lib.rs'],
      ['a', 'b'],
    ],
    [
      'Cargo: a workspace is one',
      { 'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\n', 'a/Cargo.toml': CARGO('a'), 'b/Cargo.toml': CARGO('b') },
      ['a/src/lib.rs'],
      ['.'],
    ],
    [
      'Go: modules of a go.work',
      {
        'go.work': 'use (./lib ./app ./cli)\n',
        'lib/go.mod': 'module example.com/m/lib\n',
        'app/go.mod': 'module example.com/m/app\nrequire example.com/m/lib v0.0.0\n',
        'cli/go.mod': 'module example.com/m/cli\n',
      },
      ['lib/a.go'],
      ['app', 'lib'],
    ],
    [
      'uv: members by name, written in either way',
      {
        'pyproject.toml': '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
        'uv.lock': '',
        'libs/core/pyproject.toml': '[project]\nname = "x_core"\n',
        'libs/core/tests/test_a.py': '',
        'libs/app/pyproject.toml': '[project]\nname = "x-app"\ndependencies = ["x-core"]\n',
        'libs/app/tests/test_a.py': '',
        'libs/other/pyproject.toml': '[project]\nname = "other"\n',
        'libs/other/tests/test_a.py': '',
      },
      ['libs/core/a.py'],
      ['libs/app', 'libs/core'],
    ],
    [
      'uv: where a project lives and what is in it is no dependency (langgraph)',
      {
        'libs/graph/pyproject.toml': '[project]\nname = "graph"\n',
        'libs/graph/tests/test_a.py': '',
        'libs/point/pyproject.toml':
          '[project]\nname = "graph-point"\ndescription = "Points of graph"\n[project.urls]\nSource = "https://example.com/x/graph"\n[tool.hatch.build.targets.wheel]\ninclude = ["graph"]\n',
        'libs/point/tests/test_a.py': '',
        'libs/app/pyproject.toml': '[project]\nname = "app"\n[dependency-groups]\ntest = ["graph"]\n',
        'libs/app/tests/test_a.py': '',
      },
      ['libs/graph/a.py'],
      ['libs/app', 'libs/graph'],
    ],
    [
      'two languages side by side',
      { 'web/package.json': { name: 'web', ...test1 }, 'server/go.mod': 'module example.com/server\n' },
      ['web/a.js'],
      ['web'],
    ],
    ['Gradle, Maven and Make that say nothing of the touched package are left alone', BUILDS, ['web/a.js'], ['web']],
    [
      'a Makefile that names it is not',
      { ...BUILDS, 'tools/Makefile': 'test:\n\t$(MAKE) -C ../web\n' },
      ['web/a.js'],
      ['tools', 'web'],
    ],
    [
      'nor a module of a build that does',
      { ...BUILDS, 'app/server/build.gradle': 'from("../../web/dist")\n' },
      ['web/a.js'],
      ['app', 'web'],
    ],
    ['a module belongs to its build', { ...BUILDS, 'app/server/build.gradle': '' }, ['app/server/src/A.java'], ['app']],
    [
      'nor one that goes on in a file above',
      { ...BUILDS, 'tools/Makefile': 'include ../common.mk\ntest:\n\ttrue\n' },
      ['web/a.js'],
      ['tools', 'web'],
    ],
    ['what belongs to no package concerns all', BUILDS, ['scripts/a.sh'], ['app', 'lib', 'tools', 'web']],
    [
      'the gates of the root: always',
      { 'package.json': test1, 'web/package.json': { name: 'web', ...test1 } },
      ['web/a.js'],
      ['.', 'web'],
    ],
  ] as const)('%s', (_, files, changed, dirs) => {
    expect(dueFor(files, ...changed)).toEqual(dirs);
  });

  test('a package in a circle, and one that names itself, come to an end', () => {
    const files = {
      'a/package.json': { name: 'a', dependencies: { b: '*', a: '*' }, ...test1 },
      'b/package.json': { name: 'b', dependencies: { a: '*' }, ...test1 },
    };
    expect(dueFor(files, 'a/x')).toEqual(['a', 'b']);
  });

  test('setup is done for the packages that are proven, and for those they need', () => {
    const files = {
      'web/package.json': { name: 'web', dependencies: { left: '1' }, ...test1 },
      'api/package.json': { name: 'api', dependencies: { right: '1' }, ...test1 },
    };
    const { setup, gates } = gatesOf(files);
    const due = (path: string) =>
      setupFor(
        setup,
        gates.filter((gate) => isDue(gate, [path])),
      ).map(({ dir }) => dir);
    expect([due('web/a.js'), due('README.md')]).toEqual([['web'], ['api', 'web']]);
  });
});
