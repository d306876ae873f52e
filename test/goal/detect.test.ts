import { describe, expect, test } from '@jest/globals';
import { detectGates, manifestsToRead, type RepositoryView } from '../../src/goal/detect.ts';

type Files = Record<string, string | object>;

function viewOf(files: Files): RepositoryView {
  const readable = new Set(manifestsToRead(Object.keys(files)));
  const text = (path: string) => (typeof files[path] === 'string' ? files[path] : JSON.stringify(files[path]));
  return { files: Object.keys(files), read: (path) => (readable.has(path) ? text(path) : undefined) };
}

/** Commands with their folder in front, unless it is the root. */
const commands = (list: readonly { dir: string; run: string }[]) =>
  list.map(({ dir, run }) => (dir === '.' ? run : `${dir}$ ${run}`));

const DEPENDENCY = { dependencies: { a: '1' } };
const DEFAULT_TEST = 'echo "Error: no test specified" && exit 1';
const GO_MOD = 'module example.com/m\n\ngo 1.22\n';
const GOFMT = 'unformatted=$(gofmt -l .) && echo "$unformatted" && test -z "$unformatted"';
const PYPROJECT = '[project]\nname = "p"\nversion = "1"\n';
const PIP = 'PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install';
const FMT = 'cargo fmt --check';

type Row = { name: string; files: Files; setup: string[]; gates: string[]; notes?: string[] };

const NODE: Row[] = [
  {
    name: 'npm with a lock file: everything in the best order',
    files: {
      'package.json': {
        ...DEPENDENCY,
        scripts: {
          test: 'jest',
          build: 'tsc -p .',
          lint: 'eslint .',
          typecheck: 'tsc --noEmit',
          'format:check': 'prettier --check .',
          start: 'node .',
        },
      },
      'package-lock.json': '{}',
    },
    setup: ['npm ci'],
    gates: ['npm run format:check', 'npm run build', 'npm run lint', 'npm run typecheck', 'npm test'],
    notes: ['npm (.): npm run format:check, npm run build, npm run lint, npm run typecheck, npm test'],
  },
  {
    name: 'npm without a lock file installs, it cannot `ci`',
    files: { 'package.json': { devDependencies: { mocha: '1' }, scripts: { test: 'mocha' } } },
    setup: ['npm install'],
    gates: ['npm test'],
  },
  {
    name: 'no dependencies need no setup',
    files: { 'package.json': { scripts: { test: 'node --test' } } },
    setup: [],
    gates: ['npm test'],
  },
  {
    name: 'a test that only says where the tests are is none (actions/toolkit)',
    files: { 'package.json': { scripts: { test: 'echo "Error: run tests from root" && exit 1', tsc: 'tsc' } } },
    setup: [],
    gates: ['npm run tsc'],
  },
  {
    name: 'examples, playgrounds and suites for others are left out by the end of their names too (socket.io, langgraph)',
    files: {
      'package.json': { scripts: { test: 'jest' } },
      'docs/protocol/v4-test-suite/package.json': { scripts: { test: 'mocha' } },
      'libs/js-examples/package.json': { scripts: { test: 'jest' } },
      'private/sfc-playground/package.json': { scripts: { build: 'vite build' } },
      'libs/contest/package.json': { scripts: { test: 'jest' } },
    },
    setup: [],
    gates: ['npm test', 'libs/contest$ npm test'],
  },
  {
    name: "npm's default test is none",
    files: { 'package.json': { ...DEPENDENCY, scripts: { test: DEFAULT_TEST } }, 'package-lock.json': '{}' },
    setup: [],
    gates: [],
    notes: ['npm (.): no gates'],
  },
  {
    name: 'a test that only says something is none',
    files: { 'package.json': { scripts: { test: 'echo ok', lint: 'true', build: 'exit 0' } } },
    setup: [],
    gates: [],
  },
  {
    name: 'a watching test gives way to one that ends',
    files: { 'package.json': { scripts: { test: 'jest --watch', 'test:ci': 'jest --ci', build: 'tsc -w' } } },
    setup: [],
    gates: ['npm run test:ci'],
  },
  {
    name: 'a test that watches through another script is left out',
    files: { 'package.json': { scripts: { test: 'npm run unit', unit: 'jest --watchAll' } } },
    setup: [],
    gates: [],
  },
  {
    name: 'watching that is switched off is no watching',
    files: { 'package.json': { scripts: { test: 'react-scripts test --watchAll=false' } } },
    setup: [],
    gates: ['npm test'],
  },
  {
    name: 'bare vitest is told to run once',
    files: { 'package.json': { scripts: { test: 'vitest' } } },
    setup: [],
    gates: ['npm test -- --run'],
  },
  {
    name: 'vitest run is left as it is, and so is the test of create-react-app with its flag',
    files: {
      'a/package.json': { scripts: { test: 'vitest run' } },
      'b/package.json': { scripts: { test: 'react-scripts test' } },
    },
    setup: [],
    gates: ['a$ npm test', 'b$ npm test -- --watchAll=false'],
  },
  {
    name: 'a format script counts only in its checking form',
    files: {
      'a/package.json': { scripts: { format: 'prettier --write .' } },
      'b/package.json': { scripts: { format: 'prettier --check .' } },
      'c/package.json': { scripts: { format: 'prettier -l src' } },
    },
    setup: [],
    gates: ['b$ npm run format', 'c$ npm run format'],
  },
  {
    name: 'a lint that writes gives way to one that checks',
    files: {
      'a/package.json': { scripts: { lint: 'eslint --fix .' } },
      'b/package.json': { scripts: { lint: 'eslint --fix .', 'lint:check': 'eslint .' } },
    },
    setup: [],
    gates: ['b$ npm run lint:check'],
  },
  {
    name: 'svelte calls its type check `check`, biome its lint',
    files: {
      'a/package.json': { scripts: { check: 'svelte-kit sync && svelte-check' } },
      'b/package.json': { scripts: { check: 'biome check .' } },
      'c/package.json': { scripts: { check: 'make everything' } },
    },
    setup: [],
    gates: ['a$ npm run check', 'b$ npm run check'],
  },
  {
    name: 'yarn classic by its lock file',
    files: { 'package.json': { ...DEPENDENCY, scripts: { test: 'jest', lint: 'eslint .' } }, 'yarn.lock': '' },
    setup: ['yarn install --frozen-lockfile'],
    gates: ['yarn run lint', 'yarn test'],
  },
  {
    name: 'modern yarn by its settings file',
    files: { 'package.json': { ...DEPENDENCY, scripts: { test: 'jest' } }, 'yarn.lock': '', '.yarnrc.yml': '' },
    setup: ['yarn install --immutable'],
    gates: ['yarn test'],
  },
  {
    name: 'the packageManager field decides over a forgotten lock file',
    files: {
      'package.json': { ...DEPENDENCY, packageManager: 'pnpm@9.1.0', scripts: { test: 'vitest' } },
      'package-lock.json': '{}',
      'pnpm-lock.yaml': '',
    },
    setup: ['pnpm install --frozen-lockfile'],
    gates: ['pnpm test --run'],
  },
  {
    name: 'bun runs the script, not its own test runner',
    files: { 'package.json': { ...DEPENDENCY, scripts: { test: 'bun test' } }, 'bun.lockb': '' },
    setup: ['bun install --frozen-lockfile'],
    gates: ['bun run test'],
  },
  {
    name: 'npm workspaces: installed once, gates of each package, dependencies built first',
    files: {
      'package.json': { private: true, workspaces: ['packages/*'], scripts: {} },
      'package-lock.json': '{}',
      'packages/api/package.json': {
        name: '@x/api',
        dependencies: { '@x/core': '*' },
        scripts: { build: 'tsc', test: 'jest' },
      },
      'packages/core/package.json': { name: '@x/core', scripts: { build: 'tsc', test: 'jest' } },
    },
    setup: ['npm ci'],
    gates: [
      'packages/core$ npm run build',
      'packages/api$ npm run build',
      'packages/core$ npm test',
      'packages/api$ npm test',
    ],
    notes: [
      'npm (.): no gates',
      'npm (packages/core): npm run build, npm test',
      'npm (packages/api): npm run build, npm test',
    ],
  },
  {
    name: 'what the root runs in all packages is run in those that are due: by turbo for one, else by their own scripts',
    files: {
      'package.json': { devDependencies: { turbo: '2' }, scripts: { build: 'turbo run build', test: 'pnpm -r test' } },
      'pnpm-workspace.yaml': 'packages:\n  - "apps/*"\n  - packages/**\n  - "!**/e2e"\n',
      'pnpm-lock.yaml': '',
      'apps/web/package.json': { scripts: { build: 'next build', lint: 'next lint', test: 'jest' } },
      'packages/deep/ui/package.json': { scripts: { test: 'vitest run' } },
      'apps/e2e/package.json': { scripts: { test: 'playwright test' } },
    },
    setup: ['pnpm install --frozen-lockfile'],
    gates: [
      'pnpm run build',
      'pnpm run build --filter=./apps/web',
      'apps/web$ pnpm run lint',
      'pnpm test',
      'apps/web$ pnpm test',
      'packages/deep/ui$ pnpm test',
      'apps/e2e$ pnpm test',
    ],
    notes: [
      'pnpm (.): no gates',
      'pnpm (apps/web): pnpm run lint',
      'pnpm (.): pnpm run build, pnpm test, or for those of its 2 packages that a change concerns',
      'pnpm (apps/e2e): pnpm test',
    ],
  },
  {
    name: 'lerna runs a script in each package, whatever it is called and whichever it leaves out (lumino)',
    files: {
      'package.json': {
        ...DEPENDENCY,
        scripts: {
          build: 'npm run build:src',
          'build:src': 'lerna run compile --scope "@x/!(a|b)*" --concurrency 1',
          test: 'lerna run test',
        },
      },
      'lerna.json': '{"version":"independent"}',
      'packages/c/package.json': { name: '@x/c', scripts: { compile: 'tsc', build: 'never', test: 'jest' } },
      'packages/d/package.json': { name: '@x/d', scripts: { test: 'jest' } },
    },
    setup: ['npm install'],
    gates: ['npm run build', 'packages/c$ npm run compile', 'npm test', 'packages/c$ npm test', 'packages/d$ npm test'],
  },
  {
    name: 'what the root does besides, or of which it is not known where it runs, stays one gate',
    files: {
      'package.json': {
        workspaces: ['packages/*'],
        scripts: { build: 'turbo run build && node finish.js', lint: 'nx run-many -t lint', test: 'pnpm -r exec jest' },
      },
      'packages/a/package.json': { name: 'a', scripts: { build: 'tsc', lint: 'eslint .', test: 'jest' } },
    },
    setup: [],
    gates: ['npm run build', 'npm run lint', 'npm test'],
  },
  {
    name: 'what a tool of the root goes through as a whole is not run again in the packages; what has a path is',
    files: {
      'package.json': {
        workspaces: ['packages/*'],
        scripts: { test: 'vitest', typecheck: 'tsc --build', lint: 'eslint packages/a', build: 'tsdown' },
      },
      'packages/a/package.json': {
        scripts: { test: 'vitest', typecheck: 'tsc -b', lint: 'eslint src', build: 'tsdown' },
      },
    },
    setup: [],
    gates: [
      'npm run build',
      'packages/a$ npm run build',
      'npm run lint',
      'npm run typecheck',
      'packages/a$ npm run lint',
      'npm test -- --run',
    ],
  },
  {
    name: 'yarn workspaces in their long form',
    files: {
      'package.json': { workspaces: { packages: ['./libs/a/'] }, scripts: { lint: 'yarn workspaces run lint' } },
      'yarn.lock': '',
      'libs/a/package.json': { ...DEPENDENCY, scripts: { lint: 'eslint .', test: 'jest' } },
    },
    setup: ['yarn install --frozen-lockfile'],
    gates: ['yarn run lint', 'libs/a$ yarn run lint', 'libs/a$ yarn test'],
  },
  {
    name: 'packages that belong to no workspace are installed on their own',
    files: {
      'server/package.json': { ...DEPENDENCY, scripts: { test: 'jest' } },
      'server/package-lock.json': '{}',
      'client/package.json': { ...DEPENDENCY, scripts: { test: 'jest' } },
      'client/yarn.lock': '',
    },
    setup: ['client$ yarn install --frozen-lockfile', 'server$ npm ci'],
    gates: ['client$ yarn test', 'server$ npm test'],
  },
  {
    name: 'what is vendored, a fixture, an example, a template or hidden is left out',
    files: {
      'package.json': { scripts: { test: 'node --test' } },
      'node_modules/a/package.json': { scripts: { test: 'jest' } },
      'vendor/b/package.json': { scripts: { test: 'jest' } },
      'test/fixtures/c/package.json': { scripts: { test: 'jest' } },
      'examples/d/package.json': { scripts: { test: 'jest' } },
      'templates/{{name}}/package.json': { scripts: { test: 'jest' } },
      '.github/actions/e/package.json': { scripts: { test: 'jest' } },
      'packages/f/__fixtures__/g/package.json': { scripts: { test: 'jest' } },
      'third_party/h/Cargo.toml': '[package]',
      'testdata/go.mod': GO_MOD,
    },
    setup: [],
    gates: ['npm test'],
    notes: ['npm (.): npm test'],
  },
  {
    name: 'a manifest that cannot be read asks for nothing',
    files: { 'package.json': '{ "scripts": { "test": "jest", } ' },
    setup: [],
    gates: [],
    notes: ['npm (.): no gates'],
  },
  {
    name: 'a package.json that only marks a module type is passed over',
    files: { 'package.json': { scripts: { test: 'jest' } }, 'src/esm/package.json': { type: 'module' } },
    setup: [],
    gates: ['npm test'],
    notes: ['npm (.): npm test'],
  },
];

const PYTHON: Row[] = [
  {
    name: 'uv: synced as locked, tools that are configured and installed',
    files: {
      'pyproject.toml': `${PYPROJECT}[dependency-groups]\ndev = ["pytest", "ruff", "mypy"]\n[tool.ruff]\nline-length = 100\n[tool.mypy]\nstrict = true\n`,
      'uv.lock': '',
      'tests/test_a.py': '',
    },
    setup: ['uv sync --locked --all-extras --all-groups'],
    gates: ['uv run --no-sync ruff check .', 'uv run --no-sync mypy .', 'uv run --no-sync pytest'],
    notes: ['uv (.): ruff check ., mypy ., pytest'],
  },
  {
    name: 'uv: a tool that is configured and not installed is left out',
    files: {
      'pyproject.toml': `${PYPROJECT}dependencies = ["pytest"]\n[tool.black]\n`,
      'uv.lock': '',
      'test_a.py': '',
    },
    setup: ['uv sync --locked --all-extras'],
    gates: ['uv run --no-sync pytest'],
  },
  {
    name: 'a uv workspace: synced once, each member tested',
    files: {
      'pyproject.toml': '[tool.uv.workspace]\nmembers = ["libs/*"]\n[dependency-groups]\ndev = ["pytest"]\n',
      'uv.lock': '',
      'main.py': '',
      'libs/a/pyproject.toml': PYPROJECT,
      'libs/a/tests/test_a.py': '',
      'libs/a/conftest.py': '',
      'tests/test_root.py': '',
    },
    setup: ['uv sync --locked --all-extras --all-groups --all-packages'],
    gates: ['uv run --no-sync pytest', 'libs/a$ uv run --no-sync pytest'],
  },
  {
    name: 'poetry by its lock file',
    files: {
      'pyproject.toml':
        '[tool.poetry]\nname = "p"\n[tool.poetry.group.dev.dependencies]\npytest = "^8"\nblack = "*"\n[tool.black]\nline-length = 88\n',
      'poetry.lock': '',
      'tests/test_a.py': '',
    },
    setup: ['poetry install --no-interaction --all-extras'],
    gates: ['poetry run black --check .', 'poetry run pytest'],
  },
  {
    name: 'tox installs beforehand, as gates have no network',
    files: {
      'setup.py': '',
      'tox.ini': '[tox]\nenvlist = py3,lint\n[testenv]\ncommands = pytest\n',
      'tests/test_a.py': '',
    },
    setup: ['tox --notest -e lint,py'],
    gates: ['tox -e lint', 'tox -e py'],
    notes: ['tox (.): tox -e lint, tox -e py'],
  },
  {
    name: 'of the list of tox only what proves something with the Python that is there, and without a network',
    files: {
      'setup.py': '',
      'tox.ini':
        '[tox]\nenvlist =\n    py{38,39,310}-django{32,42}, pypy3  # all of them\n    flake8, typing-mypy, docs, pre-commit, coverage-report\n[testenv]\ncommands = pytest\n[testenv:pre-commit]\ncommands = pre-commit run -a\n',
      'tests/test_a.py': '',
    },
    setup: ['tox --notest -e flake8,typing-mypy,py-django32,py-django42'],
    gates: ['tox -e flake8', 'tox -e typing-mypy', 'tox -e py-django32', 'tox -e py-django42'],
  },
  {
    name: 'a tox.ini that only holds settings of other tools is no tox',
    files: {
      'setup.py': 'tests_require=["pytest"]',
      'tox.ini': '[flake8]\nmax-line-length = 100\n',
      'tests/test_a.py': '',
    },
    setup: [`${PIP} -e . flake8`],
    gates: ['python3 -m flake8', 'python3 -m pytest'],
  },
  {
    name: 'requirements with pytest',
    files: { 'requirements.txt': 'flask\n', 'requirements-dev.txt': 'pytest\n', 'app.py': '', 'tests/test_app.py': '' },
    setup: [`${PIP} -r requirements.txt -r requirements-dev.txt`],
    gates: ['python3 -m pytest'],
  },
  {
    name: 'a project with test extras, pytest configured',
    files: {
      'pyproject.toml': `${PYPROJECT}[project.optional-dependencies]\ntest = ["pytest"]\ndocs = ["sphinx"]\n[tool.pytest.ini_options]\naddopts = "-q"\n`,
      'src/p/__init__.py': '',
      'tests/test_p.py': '',
    },
    setup: [`${PIP} -e '.[test]'`],
    gates: ['python3 -m pytest'],
  },
  {
    name: 'a module called test, far from any tests, is no test (pydantic-ai)',
    files: { 'pyproject.toml': PYPROJECT, 'p/__init__.py': '', 'p/models/__init__.py': '', 'p/models/test.py': '' },
    setup: [],
    gates: [],
  },
  {
    name: 'unittest does not look into a folder that is no package (uv)',
    files: { 'pyproject.toml': PYPROJECT, 'scripts/publish/test_publish.py': '', 'p/__init__.py': '' },
    setup: [],
    gates: [],
  },
  {
    name: 'requirements of pages and releases are nothing that gates need (typer)',
    files: {
      'pyproject.toml': PYPROJECT,
      'requirements.txt': '',
      'requirements-tests.txt': 'pytest',
      'requirements-docs.txt': '',
      'requirements-docs-insiders.txt': '',
      'requirements-github-actions.txt': '',
      'p.py': '',
      'tests/test_p.py': '',
    },
    setup: [`${PIP} -r requirements.txt -r requirements-tests.txt -e .`],
    gates: ['python3 -m pytest'],
  },
  {
    name: 'tests without pytest run under unittest',
    files: { 'setup.py': '', 'p/__init__.py': '', 'tests/__init__.py': '', 'tests/test_p.py': '' },
    setup: [`${PIP} -e .`],
    gates: ['python3 -m unittest'],
  },
  {
    name: "test modules whose names end in _test are told to unittest, where a Makefile wants its author's virtualenv",
    files: {
      'pyproject.toml': '[project]\nname = "colours"\n',
      Makefile: 'PY = $(HOME)/.virtualenvs/colours/bin/python\ntest:\n\t$(PY) -m unittest discover -p *_test.py\n',
      'colours/__init__.py': '',
      'colours/tests/__init__.py': '',
      'colours/tests/ansi_test.py': 'import unittest\n',
    },
    setup: [`${PIP} -e .`],
    gates: ["python3 -m unittest discover -p '*_test.py'"],
  },
  {
    name: 'unittest looks into a folder that is no package',
    files: { 'requirements.txt': '', 'a.py': '', 'tests/test_a.py': '' },
    setup: [`${PIP} -r requirements.txt`],
    gates: ['python3 -m unittest discover -s tests'],
  },
  {
    name: 'a conftest.py is use of pytest, which is then installed',
    files: { 'setup.py': '', 'a.py': '', 'tests/conftest.py': '', 'tests/test_a.py': '' },
    setup: [`${PIP} -e . pytest`],
    gates: ['python3 -m pytest'],
  },
  {
    name: 'no tests and no linter: a package without gates needs no setup',
    files: { 'setup.py': '', 'a.py': '' },
    setup: [],
    gates: [],
    notes: ['python (.): no gates'],
  },
  {
    name: 'ruff formats only where that is configured',
    files: { 'pyproject.toml': `${PYPROJECT}dependencies = ["ruff"]\n[tool.ruff]\n[tool.ruff.format]\n`, 'a.py': '' },
    setup: [`${PIP} -e .`],
    gates: ['python3 -m ruff format --check .', 'python3 -m ruff check .'],
  },
  {
    name: 'mypy that is told its files takes none',
    files: { 'pyproject.toml': `${PYPROJECT}[tool.mypy]\nfiles = ["src"]\n`, 'src/a.py': '' },
    setup: [`${PIP} -e . mypy`],
    gates: ['python3 -m mypy'],
  },
  {
    name: 'django tests run by manage.py',
    files: { 'requirements.txt': 'Django==5\n', 'manage.py': '', 'shop/tests.py': '', 'shop/__init__.py': '' },
    setup: [`${PIP} -r requirements.txt`],
    gates: ['python3 manage.py test'],
  },
  {
    name: 'the requirements of the documentation are no package',
    files: { 'docs/requirements.txt': 'sphinx', 'docs/conf.py': '', 'README.md': '' },
    setup: [],
    gates: [],
  },
];

const COMPILED: Row[] = [
  {
    name: 'a crate without dependencies',
    files: { 'Cargo.toml': '[package]\nname = "c"\n', 'src/main.rs': '' },
    setup: [],
    gates: [FMT, 'cargo check --all-targets', 'cargo test'],
    notes: ['cargo (.): cargo fmt, cargo check, cargo test'],
  },
  {
    name: 'a Cargo workspace as a whole and each crate by its name, clippy as configured',
    files: {
      'Cargo.toml':
        '[workspace]\nmembers = ["crates/*"]\nexclude = ["tools/gen"]\n[workspace.lints.clippy]\nall = "warn"\n',
      'Cargo.lock': '',
      'crates/a/Cargo.toml': '[package]\nname = "a"\n[dependencies]\nserde = "1"\n',
      'crates/b/Cargo.toml': '[package]\nname = "b-core"\n',
      'tools/gen/Cargo.toml': '[package]\nname = "gen"\n',
    },
    setup: ['cargo fetch --locked'],
    gates: [
      'cargo fmt --all --check',
      'cargo fmt -p a --check',
      'cargo fmt -p b-core --check',
      `tools/gen$ ${FMT}`,
      'cargo check --workspace --all-targets --locked',
      'cargo check -p a --all-targets --locked',
      'cargo check -p b-core --all-targets --locked',
      'tools/gen$ cargo check --all-targets',
      'cargo clippy --workspace --all-targets --locked -- -D warnings',
      'cargo clippy -p a --all-targets --locked -- -D warnings',
      'cargo clippy -p b-core --all-targets --locked -- -D warnings',
      'cargo test --workspace --locked',
      'cargo test -p a --locked',
      'cargo test -p b-core --locked',
      'tools/gen$ cargo test',
    ],
    notes: [
      'cargo (.): cargo fmt --all, cargo check --workspace, cargo clippy --workspace, cargo test --workspace, or for those of its 2 packages that a change concerns',
      'cargo (tools/gen): cargo fmt, cargo check, cargo test',
    ],
  },
  {
    name: 'a crate that is the root of a workspace is one of its members (ripgrep)',
    files: {
      'Cargo.toml': '[package]\nname = "r"\n[workspace]\nmembers = ["crates/a"]\n',
      'crates/a/Cargo.toml': '[package]\nname = "a"\n',
    },
    setup: [],
    gates: [
      'cargo fmt --all --check',
      'cargo fmt -p r --check',
      'cargo fmt -p a --check',
      'cargo check --workspace --all-targets',
      'cargo check -p r --all-targets',
      'cargo check -p a --all-targets',
      'cargo test --workspace',
      'cargo test -p r',
      'cargo test -p a',
    ],
  },
  {
    name: 'a fuzz crate is left out',
    files: { 'Cargo.toml': '[package]\n', 'fuzz/Cargo.toml': '[package]\n[workspace]\n' },
    setup: [],
    gates: [FMT, 'cargo check --all-targets', 'cargo test'],
  },
  {
    name: 'a Go module with dependencies',
    files: { 'go.mod': `${GO_MOD}\nrequire example.com/x v1.0.0\n`, 'go.sum': '', 'main.go': '' },
    setup: ['go mod download'],
    gates: [GOFMT, 'go vet ./...', 'go test ./...'],
    notes: ['go (.): gofmt, go vet ./..., go test ./...'],
  },
  {
    name: 'a go.work with two modules',
    files: {
      'go.work': 'go 1.22\nuse (\n ./a\n ./b\n)\n',
      'a/go.mod': GO_MOD,
      'b/go.mod': GO_MOD,
      'a/a.go': '',
      'b/b.go': '',
    },
    setup: [],
    gates: [`a$ ${GOFMT}`, `b$ ${GOFMT}`, 'a$ go vet ./...', 'b$ go vet ./...', 'a$ go test ./...', 'b$ go test ./...'],
  },
  {
    name: 'a module without code only keeps its folder out of another one',
    files: { 'go.mod': GO_MOD, 'main.go': '', 'assets/go.mod': GO_MOD, 'assets/logo.png': '' },
    setup: [],
    gates: [
      `unformatted=$(find . -name '*.go' -not -path '*/vendor/*' -not -path '*/testdata/*' -not -path './assets/*' -exec gofmt -l {} +) && echo "$unformatted" && test -z "$unformatted"`,
      'go vet ./...',
      'go test ./...',
    ],
  },
  {
    name: 'gofmt does not read vendored code and fixtures, and vendored modules are not fetched',
    files: {
      'go.mod': `${GO_MOD}require x v1\n`,
      'vendor/modules.txt': '',
      'vendor/x/x.go': '',
      'p/testdata/bad.go': '',
      'p/p.go': '',
    },
    setup: [],
    gates: [
      `unformatted=$(find . -name '*.go' -not -path '*/vendor/*' -not -path '*/testdata/*' -exec gofmt -l {} +) && echo "$unformatted" && test -z "$unformatted"`,
      'go vet ./...',
      'go test ./...',
    ],
  },
  {
    name: 'Gradle with its wrapper, whose projects cannot be told: the outermost build',
    files: { 'settings.gradle.kts': '', gradlew: '', 'app/build.gradle.kts': '', 'lib/build.gradle.kts': '' },
    setup: ['./gradlew check --no-daemon --continue || true'],
    gates: ['./gradlew check --no-daemon'],
    notes: ['gradle (.): ./gradlew check'],
  },
  {
    name: 'Gradle: the projects that hold code and are always there, by the name that the settings give them (okhttp)',
    files: {
      'settings.gradle.kts':
        'includeBuild("build-logic")\ninclude(":core", ":lib:io")\ninclude(":bom")\nproject(":core").name = "kernel"\nif (flag) {\n  include(":slow")\n}\ninclude(":samples:one")\n',
      'build.gradle.kts': '',
      'build-logic/build.gradle.kts': '',
      'core/src/A.kt': '',
      'core/build.gradle.kts': '',
      'lib/io/src/A.kt': '',
      'bom/build.gradle.kts': '',
      'slow/src/A.kt': '',
      'samples/one/src/A.kt': '',
    },
    setup: [
      'gradle check --no-daemon --continue || true',
      'gradle :kernel:check --no-daemon --continue || true',
      'gradle :lib:io:check --no-daemon --continue || true',
    ],
    gates: ['gradle check --no-daemon', 'gradle :kernel:check --no-daemon', 'gradle :lib:io:check --no-daemon'],
    notes: ['gradle (.): gradle check, or for those of its 2 packages that a change concerns'],
  },
  {
    name: 'Maven: each module that is code, without what only profiles have',
    files: {
      'pom.xml':
        '<project><artifactId>p</artifactId><packaging>pom</packaging><modules><module>core</module><!-- <module>old</module> --><module>web</module></modules><profiles><profile><modules><module>slow</module></modules></profile></profiles></project>',
      mvnw: '',
      'core/pom.xml': '<project><artifactId>core</artifactId></project>',
      'web/pom.xml':
        '<project><artifactId>web</artifactId><packaging>pom</packaging><modules><module>ui</module></modules></project>',
      'web/ui/pom.xml': '<project><artifactId>ui</artifactId></project>',
      'old/pom.xml': '<project/>',
      'slow/pom.xml': '<project/>',
    },
    setup: [
      './mvnw -B verify --fail-at-end || true',
      './mvnw -B verify -pl core -am --fail-at-end || true',
      './mvnw -B verify -pl web/ui -am --fail-at-end || true',
    ],
    gates: ['./mvnw -B verify', './mvnw -B verify -pl core -am', './mvnw -B verify -pl web/ui -am'],
    notes: ['maven (.): ./mvnw -B verify, or for those of its 2 packages that a change concerns'],
  },
  {
    name: 'Maven with and without a wrapper',
    files: { 'a/pom.xml': '', 'a/mvnw': '', 'a/core/pom.xml': '', 'b/pom.xml': '' },
    setup: ['a$ ./mvnw -B verify --fail-at-end || true', 'b$ mvn -B verify --fail-at-end || true'],
    gates: ['a$ ./mvnw -B verify', 'b$ mvn -B verify'],
  },
  {
    name: 'Make where there is nothing better',
    files: {
      Makefile: 'CC := gcc\ntest := x\n.PHONY: test lint\nlint:\n\tcppcheck .\ntest: build\n\t./run\n',
      'a.c': '',
    },
    setup: [],
    gates: ['make lint', 'make test'],
    notes: ['make (.): make lint, make test'],
  },
  {
    name: 'tests in a single file that the settings of pytest name',
    files: {
      'pyproject.toml':
        '[build-system]\nrequires = ["setuptools"]\n[tool.pytest.ini_options]\ntestpaths = ["test.py"]\n',
      'slugify/__init__.py': '',
      'test.py': '',
    },
    setup: ['PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install -e . pytest'],
    gates: ['python3 -m pytest'],
    notes: ['python (.): pytest'],
  },
  {
    name: 'tests in a single file without pytest',
    files: { 'pyproject.toml': '[project]\nname = "x"\n', 'x.py': '', 'test.py': '' },
    setup: ['PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install -e .'],
    gates: ['python3 -m unittest'],
    notes: ['python (.): unittest'],
  },
  {
    name: 'a Makefile that only builds',
    files: {
      Makefile: 'all: sds-test\n\nsds-test: sds.c\n\t$(CC) -o sds-test sds.c\nclean:\n\trm -f sds-test\n',
      'sds.c': '',
    },
    setup: [],
    gates: ['make all'],
    notes: ['make (.): make all'],
  },
  {
    name: 'no Make where there is something better',
    files: { Makefile: 'test:\n\tgo test\n', 'go.mod': GO_MOD, 'main.go': '' },
    setup: [],
    gates: [GOFMT, 'go vet ./...', 'go test ./...'],
  },
  {
    name: 'Make beside a package.json that only holds tools',
    files: { Makefile: 'check:\n\t./check\n', 'package.json': { devDependencies: { prettier: '3' } } },
    setup: [],
    gates: ['make check'],
  },
];

const MIXED: Row[] = [
  {
    name: 'several languages side by side, cheap gates first',
    files: {
      'web/package.json': { ...DEPENDENCY, scripts: { lint: 'eslint .', test: 'jest' } },
      'web/package-lock.json': '{}',
      'api/go.mod': GO_MOD,
      'api/main.go': '',
      'core/Cargo.toml': '[package]\n',
      'ml/requirements.txt': 'pytest\n',
      'ml/model.py': '',
      'ml/test_model.py': '',
    },
    setup: ['web$ npm ci', `ml$ ${PIP} -r requirements.txt`],
    gates: [
      `core$ ${FMT}`,
      `api$ ${GOFMT}`,
      'core$ cargo check --all-targets',
      'web$ npm run lint',
      'api$ go vet ./...',
      'web$ npm test',
      'ml$ python3 -m pytest',
      'core$ cargo test',
      'api$ go test ./...',
    ],
  },
  {
    name: 'nothing at all: no gates, and the note says so',
    files: { 'README.md': '', LICENSE: '', 'docs/a.md': '' },
    setup: [],
    gates: [],
    notes: ['Nothing was found that builds or tests it. Name its gates in `.github/omk.yml`.'],
  },
  { name: 'an empty repository', files: {}, setup: [], gates: [] },
];

const ROWS = [...NODE, ...PYTHON, ...COMPILED, ...MIXED];

describe('the gates of a repository as it looks', () => {
  test('the table is long', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(40);
  });

  test.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, { files, setup, gates, notes }) => {
    const found = detectGates(viewOf(files));
    expect(commands(found.setup)).toEqual(setup);
    expect(commands(found.gates)).toEqual(gates);
    if (notes) expect(found.notes).toEqual(notes);
  });

  test.each(ROWS.map((row) => [row.name, row] as const))('names are short and unique: %s', (_name, { files }) => {
    const { gates, setup, source } = detectGates(viewOf(files));
    const names = gates.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Math.max(0, ...names.map((name) => name.length))).toBeLessThanOrEqual(60);
    expect(gates.every(({ timeoutMs, paths }) => timeoutMs === 900_000 && paths.length === 0)).toBe(true);
    expect(gates.filter(({ whole }) => whole !== undefined && !names.includes(whole))).toEqual([]);
    expect(setup.every(({ timeoutMs }) => timeoutMs === 600_000)).toBe(true);
    expect(source).toBe('detected');
  });
});

test('gates are named by package, and have a kind', () => {
  const { gates } = detectGates(
    viewOf({ 'packages/api/package.json': { scripts: { test: 'vitest', lint: 'eslint .' } }, 'go.mod': GO_MOD }),
  );
  expect(gates.map(({ name, kind }) => `${name} (${kind})`)).toEqual([
    'gofmt (format)',
    'packages/api: npm run lint (lint)',
    'go vet ./... (lint)',
    'packages/api: npm test (test)',
    'go test ./... (test)',
  ]);
});

describe('manifestsToRead', () => {
  test('names manifests only, those near the root first, and none that is left out', () => {
    const files = [
      'a/b/package.json',
      'src/index.ts',
      'node_modules/x/package.json',
      'package.json',
      'go.mod',
      'package-lock.json',
    ];
    expect(manifestsToRead(files)).toEqual(['package.json', 'go.mod', 'a/b/package.json']);
  });

  test('is bounded, whatever the repository holds', () => {
    const files = Array.from({ length: 2_000 }, (_, index) => `p${index}/package.json`);
    expect(manifestsToRead(files)).toHaveLength(500);
  });
});

test('a repository of many packages is looked through in a moment', () => {
  const files: Files = { 'package.json': { workspaces: ['packages/*'] }, 'package-lock.json': '{}' };
  for (let index = 0; index < 400; index++) {
    const dependencies = { [`p${index + 1}`]: '*' };
    files[`packages/p${index}/package.json`] = { name: `p${index}`, dependencies, scripts: { test: 'jest' } };
    for (let other = 0; other < 50; other++) files[`packages/p${index}/src/f${other}.ts`] = '';
  }
  expect(detectGates(viewOf(files)).gates).toHaveLength(400);
});

const WITHOUT_TOOLS: [
  name: string,
  files: Record<string, string | object>,
  setup: string[],
  gates: string[],
  note: string,
][] = [
  [
    'uv',
    {
      'pyproject.toml': `${PYPROJECT}[dependency-groups]\ntests = ["pytest", "freezegun>=1"]\ndocs = ["sphinx"]\n[tool.ruff]\n[tool.pytest.ini_options]\n`,
      'uv.lock': '',
      'tests/test_a.py': '',
    },
    [`${PIP} -e . pytest 'freezegun>=1' ruff`],
    ['python3 -m ruff check .', 'python3 -m pytest'],
    'python, since there is no uv here (.): ruff check ., pytest',
  ],
  [
    'tox',
    {
      'setup.py': '',
      'tox.ini':
        '[tox]\nenvlist = py3\n[testenv]\ndeps =\n    pytest\n    -r test-requirements.txt\n    {env:MORE}\n    hypothesis ; python_version >= "3.6"\ncommands = pytest\n',
      'test_a.py': '',
    },
    [`${PIP} -e . pytest -r test-requirements.txt 'hypothesis ; python_version >= "3.6"'`],
    ['python3 -m pytest'],
    'python, since there is no tox here (.): pytest',
  ],
];

test.each(WITHOUT_TOOLS)('where there is no %s, pip does its work', (_tool, files, setup, gates, note) => {
  const found = detectGates({ ...viewOf(files), has: () => false });
  expect(commands(found.setup)).toEqual(setup);
  expect(commands(found.gates)).toEqual(gates);
  expect(found.notes).toEqual([note]);
});
