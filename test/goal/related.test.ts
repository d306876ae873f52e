import { describe, expect, test } from '@jest/globals';
import { detectGates, manifestsToRead } from '../../src/goal/detect.ts';
import { dueGates, setupFor } from '../../src/goal/gate.ts';

type Files = Record<string, string | object>;

function gatesOf(files: Files) {
  const readable = new Set(manifestsToRead(Object.keys(files)));
  const text = (path: string) => (typeof files[path] === 'string' ? files[path] : JSON.stringify(files[path]));
  return detectGates({ files: Object.keys(files), read: (path) => (readable.has(path) ? text(path) : undefined) });
}

function dueFor(files: Files, ...changed: string[]): string[] {
  return [
    ...new Set(
      dueGates(gatesOf(files), changed).map(({ name, dir }) =>
        name.includes(': ') ? (name.split(': ', 1)[0] ?? '') : dir,
      ),
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
const BUILT: Files = {
  'package.json': { workspaces: ['packages/*'] },
  'packages/core/package.json': { name: 'core', scripts: { build: 'tsc', test: 'jest' } },
  'packages/other/package.json': { name: 'other', scripts: { build: 'tsc' } },
  'packages/web/package.json': { name: 'web', dependencies: { core: '*' }, scripts: { test: 'jest' } },
};
/** `app` needs `lib-core` by its path, `web` by its accessor. */
const PROJECTS: Files = {
  'settings.gradle.kts': 'include(":app", ":lib-core", ":web", ":docs")\n',
  'build.gradle.kts': '',
  'buildSrc/build.gradle.kts': '',
  'docs/src/A.java': '',
  'app/build.gradle.kts': 'dependencies { implementation(project(":lib-core")) }\n',
  'app/src/A.java': '',
  'lib-core/build.gradle.kts': '// project(":web")\n',
  'lib-core/src/A.java': '',
  'web/build.gradle.kts': 'dependencies { api(projects.libCore) }\n',
  'web/src/A.java': '',
};
const ALL_NEED: Files = {
  ...PROJECTS,
  'build.gradle.kts': "subprojects {\n  dependencies { implementation project(':web') }\n}\n",
};
const POM = (name: string, rest = '') =>
  `<project><parent><artifactId>top</artifactId></parent><artifactId>${name}</artifactId>${rest}</project>`;
const POMS: Files = {
  'pom.xml': `<project><artifactId>top</artifactId><packaging>pom</packaging><modules>${['core', 'web', 'docs', 'parent'].map((it) => `<module>${it}</module>`).join('')}</modules></project>`,
  'core/pom.xml': POM('x-core'),
  'web/pom.xml': POM('x-web', '<dependencies><dependency><artifactId>x-core</artifactId></dependency></dependencies>'),
  'docs/pom.xml':
    '<project><parent><artifactId>base</artifactId><relativePath>../parent/pom.xml</relativePath></parent><artifactId>x-docs</artifactId></project>',
  'parent/pom.xml': '<project><artifactId>base</artifactId><packaging>pom</packaging></project>',
};
const MODULES: Files = {
  'go.mod': 'module example.com/m\n',
  'main.go': '',
  'api/go.mod': 'module example.com/m/api\nrequire (\n\texample.com/other/m v1.0.0\n)\n',
  'api/a.go': '',
  'api/x/go.mod':
    'module example.com/m/api/x\nreplace example.com/m/api => ../\nrequire example.com/m/api v0.0.0 // indirect\n',
  'api/x/a.go': '',
};
const CARGO = (name: string, rest = '') => `[package]\nname = "${name}"\nversion = "1.0.0"\n${rest}`;

/** `cli` needs `core`; `extra` stands alone. */
const CRATES: Files = {
  'Cargo.toml':
    '[workspace]\nmembers = ["core", "cli", "extra"]\n[workspace.dependencies]\nextra = { path = "extra" }\n',
  'Cargo.lock': '',
  'core/Cargo.toml': CARGO('x-core'),
  'cli/Cargo.toml': CARGO('x-cli', '[dependencies]\nx-core.workspace = true\n'),
  'extra/Cargo.toml': CARGO('extra'),
};
const ROOT_CRATE: Files = {
  'Cargo.toml': CARGO(
    'x',
    '[dependencies]\nextra = { path = "extra" }\n[workspace]\nmembers = ["core", "cli", "extra"]\n',
  ),
};

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
    ['Cargo: a crate of a workspace, and those that need it', CRATES, ['core/src/lib.rs'], ['cli', 'core']],
    ['Cargo: one that nobody needs', CRATES, ['extra/src/lib.rs'], ['extra']],
    ['Cargo: the lock file, settings and the manifest of the workspace concern all', CRATES, ['Cargo.lock'], ['.']],
    ['Cargo: settings of the tools', { ...CRATES, ...ROOT_CRATE }, ['.cargo/config.toml'], ['.']],
    ['Cargo: code of the root crate is its own', { ...CRATES, ...ROOT_CRATE }, ['src/main.rs', 'README.md'], ['.']],
    [
      'Cargo: a crate that is new is proven with all',
      { ...CRATES, ...ROOT_CRATE },
      ['crates/new/Cargo.toml', 'crates/new/src/lib.rs'],
      ['.'],
    ],
    ['Cargo: a root crate is proven with what it needs', { ...CRATES, ...ROOT_CRATE }, ['extra/a.rs'], ['.', 'extra']],
    [
      'Go: a module in a folder of another, and the other way round',
      { ...MODULES, 'go.mod': 'module example.com/m\nrequire example.com/m/api v0.0.0\n' },
      ['api/a.go'],
      ['.', 'api', 'api/x'],
    ],
    ['Go: the root module is no part of the others by its name', MODULES, ['main.go', 'go.sum'], ['.']],
    [
      'Gradle: a project and those that name it in either way',
      PROJECTS,
      ['lib-core/src/A.java'],
      ['app', 'lib-core', 'web'],
    ],
    ['Gradle: one that nobody names', PROJECTS, ['web/src/A.java'], ['web']],
    ['Gradle: the plugins of the build concern all', PROJECTS, ['buildSrc/src/P.kt'], ['.']],
    ['Gradle: versions and settings concern all', PROJECTS, ['gradle/libs.versions.toml'], ['.']],
    ['Gradle: what the root says for all projects', ALL_NEED, ['web/src/A.java'], ['.']],
    ['Maven: a module and those that depend on it', POMS, ['core/src/A.java'], ['core', 'web']],
    ['Maven: the parent above is no dependency, its file concerns all', POMS, ['pom.xml'], ['.']],
    ['Maven: a parent beside is one', POMS, ['parent/pom.xml'], ['docs']],
    [
      'npm: a package that is needed is built too, and not tested',
      BUILT,
      ['packages/web/a.js'],
      ['packages/core', 'packages/web'],
    ],
    [
      'a root that is a package of its own: its code concerns nobody else, its settings do',
      { ...NODE, 'package.json': { name: 'x', main: 'index.js', workspaces: ['packages/*'] } },
      ['src/index.js'],
      [],
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

  test('where all members of a workspace are due they are proven at once, else those that are one by one', () => {
    const gates = gatesOf(CRATES);
    const runs = (...changed: string[]) =>
      dueGates(gates, changed).flatMap(({ run, kind }) => (kind === 'test' ? [run] : []));
    expect(runs('core/a.rs')).toEqual(['cargo test -p x-cli --locked', 'cargo test -p x-core --locked']);
    expect(runs('core/a.rs', 'extra/a.rs')).toEqual(['cargo test --workspace --locked']);
  });

  test('a member is prepared by itself, and most of them at once', () => {
    const gates = gatesOf(POMS);
    const runs = (path: string) => setupFor(gates.setup, dueGates(gates, [path])).map(({ run }) => run);
    expect(runs('web/a')).toEqual(['mvn -B verify -pl web -am --fail-at-end || true']);
    expect(runs('core/a')).toEqual(['mvn -B verify --fail-at-end || true']);
    expect(
      setupFor(gates.setup, [{ name: 'own', run: 'x', kind: 'test', timeoutMs: 1, dir: '.', paths: [] }]),
    ).toHaveLength(1);
  });

  test('the root is prepared for itself, not for packages that it does not name', () => {
    const files = {
      'package.json': {
        dependencies: { a: '1' },
        scripts: { test: 'node --test src', lint: 'npm --prefix web run lint' },
      },
      'web/package.json': { name: 'web', dependencies: { b: '1' }, ...test1 },
      'ml/requirements.txt': 'pytest\n',
      'ml/test_a.py': '',
    };
    const gates = gatesOf(files);
    expect(
      setupFor(
        gates.setup,
        dueGates(gates, ['src/a.js']).filter(({ dir }) => dir === '.'),
      ).map(({ dir }) => dir),
    ).toEqual(['.', 'web']);
  });

  test('setup is done for the packages that are proven, and for those they need', () => {
    const files = {
      'web/package.json': { name: 'web', dependencies: { left: '1' }, ...test1 },
      'api/package.json': { name: 'api', dependencies: { right: '1' }, ...test1 },
    };
    const gates = gatesOf(files);
    const due = (path: string) => setupFor(gates.setup, dueGates(gates, [path])).map(({ dir }) => dir);
    expect([due('web/a.js'), due('README.md')]).toEqual([['web'], ['api', 'web']]);
  });
});
