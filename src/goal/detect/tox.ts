import type { GateKind } from '../gate.ts';

/** An environment of tox that proves something with the Python that is there. */
export type ToxEnvironment = { name: string; kind: GateKind };

const PYTHON = /^(py|python|cpython)?(\d(\.?\d+)?t?)?$/;
const TESTS = /^(tests?|unit(tests?)?|pytest)$/;
const LINTS =
  /^(lint(ers|ing)?|style|codestyle|flake8|ruff|black|isort|mypy|pyright|typing|types|typecheck|pep8|pycodestyle|pylint|format)$/;
/** What no gate is, or wants a network or another Python. */
const ELSE =
  /^(pypy.*|docs?|documentation|coverage|cov|release|publish|build|bench(marks?)?|pre|dev|watch|clean|report|combine|erase|main|master|nightly|pytestmain)$/;

/**
 * The environments of a tox.ini's list that make sense as gates: its tests with the Python of this machine, as the first and the last
 * combination has them, and its linters. `tables`: of the file.
 */
export function toxEnvironments(tables: ReadonlyMap<string, string>): ToxEnvironment[] {
  const factors = listed(tables.get('tox') ?? '').map((name) => name.split('-'));
  const alive = factors.filter(
    (parts) => !parts.some((part) => ELSE.test(part)) && !callsHome(tables, parts.join('-')),
  );
  const lints = alive.filter((parts) => parts.some((part) => LINTS.test(part)));
  const tests = alive.filter(
    (parts) => !lints.includes(parts) && [PYTHON, TESTS].some((it) => it.test(parts[0] ?? '')),
  );
  const generic = (parts: string[]) => (PYTHON.test(parts[0] ?? '') ? ['py', ...parts.slice(1)] : parts).join('-');
  const combinations = [...new Set(tests.map(generic))];
  const chosen = new Set([combinations[0] ?? 'py', combinations.at(-1) ?? 'py']);
  return [
    ...[...new Set(lints.map(generic))].map((name) => ({ name, kind: 'lint' as const })),
    ...[...chosen].map((name) => ({ name, kind: 'test' as const })),
  ];
}

/** pre-commit gets its tools from the network when it runs. */
function callsHome(tables: ReadonlyMap<string, string>, name: string): boolean {
  return /\bpre-commit\b/.test(tables.get(`testenv:${name}`) ?? '');
}

function listed(table: string): string[] {
  const [, list = ''] = /^\s*env_?list\s*=(.*(?:\n[ \t]+.*)*)/m.exec(table) ?? [];
  return splitOutside(list.replaceAll(/#.*$/gm, '')).flatMap(expand);
}

/** The entries of a list, whose braces hold commas of their own. */
function splitOutside(list: string): string[] {
  return list.match(/(?:\{[^}]*\}|[^\s,{}])+/g) ?? [];
}

const MOST = 200;
const BRACES = /\{([^{}]*)\}/;

/** `py{38,39}-x` and `3.1{0-5}` written out. */
function expand(entry: string): string[] {
  let names = [entry];
  while (names.some((name) => BRACES.test(name)) && names.length <= MOST) {
    names = names.flatMap((name) => {
      const [whole, inner = ''] = BRACES.exec(name) ?? [];
      if (whole === undefined) return [name];
      return inner
        .split(',')
        .flatMap(range)
        .map((one) => name.replace(whole, one.trim()));
    });
  }
  return names.map((name) => name.replaceAll(/-+$/g, ''));
}

function range(text: string): string[] {
  const [, from, to] = /^\s*(\d+)-(\d+)\s*$/.exec(text) ?? [];
  if (from === undefined || Number(to) - Number(from) > MOST) return [text];
  return Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, at) => String(Number(from) + at));
}
