import type { Gate } from '../gate.ts';
import type { Kind } from './kind.ts';
import { dependencyText, hasTable, readStrings, readTables } from './toml.ts';
import { toxEnvironments } from './tox.ts';
import {
  type FoundPackage,
  foldersWith,
  gateOf,
  isWithin,
  pathIn,
  relativeTo,
  type RepositoryView,
  setupOf,
} from './view.ts';

const MANIFESTS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'tox.ini', 'requirements.txt', 'Pipfile'];
const REQUIREMENTS = /^(requirements[\w.-]*|(dev|test|tests|testing)[-_]requirements|requirements\/[\w.-]+)\.txt$/;

/** Requirements of what is no gate: pages, releases, other machines. Some of them only their authors can install. */
const ELSEWHERE =
  /(^|[-_./])(docs?|documentation|insiders|github|release|publish|deploy|deployment|binder|bench|benchmarks?|gpu|cuda|rocm|tpu)([-_.]|$)/;

/** One Python package with all its settings: `text` is every manifest it has, to see which tools are named. */
type PythonPackage = {
  dir: string;
  files: string[];
  text: string;
  pyproject: Map<string, string>;
  ini: Map<string, string>;
  requirements: string[];
};

/** How a package's tools are installed and started. `isThere` says whether a tool can be expected to be installed. */
type Runner = { tool: string; setup: string[]; start: string; isThere: (tool: string) => boolean };

export const python: Kind = {
  manifests: MANIFESTS,
  spans: true,
  find: detectPython,
  read(view, dir) {
    const read = (name: string) => view.read(pathIn(dir, name)) ?? '';
    const pyproject = readTables(read('pyproject.toml'));
    const named = [pyproject.get('project'), pyproject.get('tool.poetry')].map(
      (table) => /^\s*name\s*=\s*["']([^"']+)["']/m.exec(table ?? '')?.[1],
    );
    const setup = /^\s*name\s*=\s*["']?([\w.-]+)/m.exec(`${read('setup.cfg')}\n${read('setup.py')}`)?.[1];
    const texts = ['pyproject.toml', 'setup.cfg', 'setup.py'].map((name) => dependencyText(readTables(read(name))));
    const names = [...named, setup].filter((name) => name !== undefined);
    return { names, mentions: texts.join('\n'), place: names.length === 0 };
  },
};

/**
 * The Python packages: uv, poetry, pdm and pipenv by lock file, tox by tox.ini, else pip and `python3 -m`. Where the
 * machine lacks the package's own tool, pip installs what that would have.
 */
function detectPython(view: RepositoryView): FoundPackage[] {
  const dirs = foldersWith(view, MANIFESTS).filter((dir) => isPackage(readPackage(view, dir, [])));
  const real = dirs.map((dir) => readPackage(view, dir, dirs)).filter((it) => isPackage(it));
  const workspaces = real.filter((it) => hasTable(it.pyproject, 'tool.uv.workspace') && it.files.includes('uv.lock'));
  return real.map((it) =>
    detectPackage(
      it,
      workspaces.find((root) => root !== it && isWithin(it.dir, root.dir)),
      view.has ?? (() => true),
    ),
  );
}

/** What lies in a package further down is that package's. */
function readPackage(view: RepositoryView, dir: string, packages: readonly string[]): PythonPackage {
  const below = packages.filter((other) => other !== dir && isWithin(other, dir));
  const own = view.files.filter((path) => isWithin(path, dir) && !below.some((other) => isWithin(path, other)));
  const files = own.map((path) => relativeTo(path, dir));
  const read = (name: string) => view.read(pathIn(dir, name)) ?? '';
  const requirements = files.filter((name) => REQUIREMENTS.test(name) && !ELSEWHERE.test(name));
  const manifests = [...MANIFESTS.filter((name) => files.includes(name)), ...requirements];
  return {
    dir,
    files,
    requirements,
    text: manifests.map(read).join('\n'),
    pyproject: readTables(read('pyproject.toml')),
    ini: readTables(['setup.cfg', 'tox.ini', 'pytest.ini', 'mypy.ini', '.mypy.ini'].map(read).join('\n')),
  };
}

/** A lone settings file or the requirements of the documentation make no package. */
function isPackage({ dir, files, pyproject, ini }: PythonPackage): boolean {
  if (/(^|\/)docs?$/.test(dir)) return false;
  const declares = ['project', 'build-system', 'tool.poetry', 'dependency-groups'].some((name) =>
    hasTable(pyproject, name),
  );
  const hasCode = files.some((name) => name.endsWith('.py'));
  return (
    declares || hasTable(ini, 'metadata') || (hasCode && dir === '.') || files.some((name) => /^[^/]+\.py$/.test(name))
  );
}

function detectPackage(
  it: PythonPackage,
  workspace: PythonPackage | undefined,
  has: (program: string) => boolean,
): FoundPackage {
  const wanted = chooseRunner(it, workspace);
  const isLacking = wanted.tool !== 'python' && !has(wanted.tool);
  const runner = isLacking ? plainRunner(pipCommands(it, { instead: true })) : wanted;
  const gates = runner.tool === 'tox' ? toxGates(it) : [...linters(it, runner), ...tests(it, runner)];
  const setup = gates.length === 0 ? [] : runner.setup.map((run) => setupOf(it.dir, run));
  const tool = isLacking ? `python, since there is no ${wanted.tool} here` : runner.tool;
  return { tool, dir: it.dir, setup, gates };
}

function plainRunner(setup: string[]): Runner {
  return { tool: 'python', setup, start: 'python3 -m ', isThere: () => true };
}

function chooseRunner(it: PythonPackage, workspace: PythonPackage | undefined): Runner {
  const has = (name: string) => it.files.includes(name);
  const named = (tool: string) => isNamed(tool, `${it.text}\n${workspace?.text ?? ''}`);
  if (has('uv.lock')) {
    const all = hasTable(it.pyproject, 'tool.uv.workspace') ? ' --all-packages' : '';
    const groups = hasTable(it.pyproject, 'dependency-groups') ? ' --all-groups' : '';
    return {
      tool: 'uv',
      setup: [`uv sync --locked --all-extras${groups}${all}`],
      start: 'uv run --no-sync ',
      isThere: named,
    };
  }
  if (workspace) return { tool: 'uv', setup: [], start: 'uv run --no-sync ', isThere: named };
  if (has('poetry.lock')) {
    return {
      tool: 'poetry',
      setup: ['poetry install --no-interaction --all-extras'],
      start: 'poetry run ',
      isThere: named,
    };
  }
  if (has('pdm.lock'))
    return { tool: 'pdm', setup: ['pdm install --frozen-lockfile'], start: 'pdm run ', isThere: named };
  if (has('Pipfile.lock'))
    return { tool: 'pipenv', setup: ['pipenv sync --dev'], start: 'pipenv run ', isThere: named };
  // tox installs at its first run, and gates have no network.
  if (has('tox.ini') && hasTable(it.ini, 'tox'))
    return { tool: 'tox', setup: [toxSetup(it)], start: '', isThere: named };
  return plainRunner(pipCommands(it, { instead: false }));
}

function toxGates({ dir, ini }: PythonPackage): Gate[] {
  return toxEnvironments(ini).map(({ name, kind }) => gateOf(dir, kind, `tox -e ${name}`));
}

function toxSetup({ ini }: PythonPackage): string {
  const names = toxEnvironments(ini).map(({ name }) => name);
  return `tox --notest -e ${names.join(',')}`;
}

/** Whether a tool stands among the dependencies; the header of its own settings does not count. */
function isNamed(tool: string, manifests: string): boolean {
  return new RegExp(`\\b${tool}\\b`, 'i').test(manifests.replaceAll(/^\s*\[.*$/gm, ''));
}

/**
 * Installs into the user's folder where the system's is not writable; PEP 668 marks that folder as the distribution's.
 * `instead`: of the package's own tool, so that what that tool alone reads is named too.
 */
function pipCommands(it: PythonPackage, { instead }: { instead: boolean }): string[] {
  const isInstallable =
    hasTable(it.pyproject, 'project') || hasTable(it.pyproject, 'build-system') || it.files.includes('setup.py');
  const extras = extrasOf(it);
  const wanted = [
    ...it.requirements.map((name) => `-r ${name}`),
    ...(isInstallable ? [extras.length > 0 ? `-e '.[${extras.join(',')}]'` : '-e .'] : []),
    ...(instead ? toolDependencies(it) : []),
    ...toolsOf(it).filter((tool) => instead || !isNamed(tool, it.text)),
  ];
  return wanted.length === 0
    ? []
    : [`PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install ${[...new Set(wanted)].join(' ')}`];
}

const DEVELOPMENT = /^(dev|develop|development|tests?|testing|lint|typing)$/;

/** What dependency groups (PEP 735) and tox's own environment ask for. */
function toolDependencies({ pyproject, ini }: PythonPackage): string[] {
  const groups = pyproject.get('dependency-groups') ?? '';
  const names = [...groups.matchAll(/^\s*([\w-]+)\s*=/gm)].map(([, name = '']) => name);
  const grouped = names.filter((name) => DEVELOPMENT.test(name)).flatMap((name) => readStrings(groups, name));
  const [, listed = ''] = /^deps\s*=(.*(?:\n[ \t]+.*)*)/m.exec(ini.get('testenv') ?? '') ?? [];
  const lines = listed.split('\n').map((line) => line.trim());
  const plain = lines.filter((line) => /^(-r )?[\w./-]+\s*([<>=!~;[].*)?$/.test(line));
  return [...new Set([...grouped, ...plain])].map((entry) => (/^(-r )?[\w./-]+$/.test(entry) ? entry : `'${entry}'`));
}

function extrasOf(it: PythonPackage): string[] {
  const declared = `${it.pyproject.get('project.optional-dependencies') ?? ''}\n${it.ini.get('options.extras_require') ?? ''}`;
  const names = [...declared.matchAll(/^([\w-]+)\s*=/gm)].map((match) => match[1] ?? '');
  return names.filter((name) => DEVELOPMENT.test(name));
}

/** The tools that the gates will call. */
function toolsOf(it: PythonPackage): string[] {
  const linting = LINTERS.filter((linter) => linter.isConfigured(it)).map(({ tool }) => tool);
  return [...new Set([...linting, ...(usesPytest(it) ? ['pytest'] : [])])];
}

type Linter = { tool: string; kind: Gate['kind']; args: string; isConfigured: (it: PythonPackage) => boolean };

const hasRuff = ({ files, pyproject }: PythonPackage) =>
  files.includes('ruff.toml') || files.includes('.ruff.toml') || hasTable(pyproject, 'tool.ruff');
const hasMypy = ({ files, pyproject, ini }: PythonPackage) =>
  files.includes('mypy.ini') || files.includes('.mypy.ini') || hasTable(pyproject, 'tool.mypy') || ini.has('mypy');

const LINTERS: Linter[] = [
  {
    tool: 'ruff',
    kind: 'format',
    args: 'format --check .',
    isConfigured: ({ pyproject }) => pyproject.has('tool.ruff.format'),
  },
  { tool: 'black', kind: 'format', args: '--check .', isConfigured: ({ pyproject }) => pyproject.has('tool.black') },
  { tool: 'ruff', kind: 'lint', args: 'check .', isConfigured: hasRuff },
  {
    tool: 'flake8',
    kind: 'lint',
    args: '',
    isConfigured: ({ files, ini }) => files.includes('.flake8') || ini.has('flake8'),
  },
  { tool: 'mypy', kind: 'lint', args: '.', isConfigured: hasMypy },
];

function linters(it: PythonPackage, { start, isThere }: Runner): Gate[] {
  const active = LINTERS.filter((linter) => linter.isConfigured(it) && isThere(linter.tool));
  return active.map(({ tool, kind, args }) => {
    // mypy that is told its files in the settings takes none on the command line.
    const settings = `${it.pyproject.get('tool.mypy') ?? ''}\n${it.ini.get('mypy') ?? ''}`;
    const isToldFiles = tool === 'mypy' && /^\s*(files|packages|modules)\s*=/m.test(settings);
    const command = args === '' || isToldFiles ? tool : `${tool} ${args}`;
    return gateOf(it.dir, kind, `${start}${command}`, { name: command });
  });
}

function tests(it: PythonPackage, { start, tool, isThere }: Runner): Gate[] {
  const modules = it.files.filter((name) => /(^|\/)(test_[^/]*|[^/]*_test|tests?)\.py$/.test(name));
  if (modules.length === 0) return [];
  const python = tool === 'python' ? 'python3' : `${start}python`;
  if (usesPytest(it) && isThere('pytest')) {
    return [gateOf(it.dir, 'test', tool === 'python' ? 'python3 -m pytest' : `${start}pytest`, { name: 'pytest' })];
  }
  if (it.files.includes('manage.py') && /\bdjango\b/i.test(it.text))
    return [gateOf(it.dir, 'test', `${python} manage.py test`, { name: 'manage.py test' })];
  for (const pattern of UNITTEST_PATTERNS) {
    const found = modules.filter((name) => isDiscovered(name, it.files, pattern.names));
    if (found.length > 0) return [unittest(python, found, pattern.option, it)];
  }
  return [];
}

/** How test modules are called: as unittest expects them, and the other way round, which it has to be told. */
const UNITTEST_PATTERNS = [
  { names: /(^|\/)test_[^/]*\.py$/, option: '' },
  { names: /(^|\/)[^/]+_test\.py$/, option: " -p '*_test.py'" },
];

function unittest(python: string, found: readonly string[], option: string, { dir, files }: PythonPackage): Gate {
  const folders = new Set(found.map((name) => name.split('/')[0] ?? ''));
  const [only] = folders;
  // Without `__init__.py` discovery from the root does not look into the folder.
  const isLoose =
    folders.size === 1 && only !== undefined && !only.endsWith('.py') && !files.includes(`${only}/__init__.py`);
  const start = isLoose ? ` -s ${only}` : '';
  const discover = start || option ? ` discover${start}${option}` : '';
  return gateOf(dir, 'test', `${python} -m unittest${discover}`, { name: 'unittest' });
}

/** What unittest finds by itself, in a folder of tests or at the root; a module `test.py` among others may be anything, such as a test double. */
function isDiscovered(path: string, files: readonly string[], names: RegExp): boolean {
  const folders = path.split('/').slice(0, -1);
  const [first = '', ...inner] = folders.map((_, index) => folders.slice(0, index + 1).join('/'));
  const isOfTests = folders.some((folder) => /^tests?$/.test(folder));
  const isPackage = (dir: string) => files.includes(`${dir}/__init__.py`);
  const isReached = inner.every(isPackage) && (isOfTests || first === '' || isPackage(first));
  return isReached && (names.test(path) || (/(^|\/)tests?\.py$/.test(path) && (isOfTests || first === '')));
}

function usesPytest({ files, text, pyproject, ini }: PythonPackage): boolean {
  const configured =
    files.includes('pytest.ini') || hasTable(pyproject, 'tool.pytest') || ini.has('tool:pytest') || ini.has('pytest');
  // Files that the settings name are read whatever they are called.
  const named = readStrings(pyproject.get('tool.pytest.ini_options') ?? '', 'testpaths');
  const hasTests = files.some((name) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(name) || named.includes(name));
  return hasTests && (configured || /\bpytest\b/.test(text) || files.some((name) => /(^|\/)conftest\.py$/.test(name)));
}
