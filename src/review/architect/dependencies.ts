import { posix } from 'node:path';
import type { Reading, SourceFile } from '../read/reading.ts';
import type { Hit, Rule } from '../rules.ts';

type Dependency = { name: string; line: number };

/** Packages that do the same; one project needs one of each row. */
const EQUIVALENTS: readonly (readonly string[])[] = [
  ['axios', 'got', 'node-fetch', 'ky', 'superagent', 'request', 'undici', 'cross-fetch'],
  ['moment', 'dayjs', 'date-fns', 'luxon'],
  ['lodash', 'underscore', 'ramda', 'lodash-es'],
  ['jest', 'vitest', 'mocha', 'ava', 'jasmine', 'tap'],
  ['winston', 'pino', 'bunyan', 'log4js'],
  ['express', 'fastify', 'koa', '@hapi/hapi'],
  ['zod', 'joi', 'yup', 'superstruct', 'valibot'],
  ['yargs', 'commander', 'meow', 'minimist', 'cac'],
  ['chalk', 'kleur', 'colorette', 'picocolors', 'ansi-colors', 'colors'],
  ['js-yaml', 'yaml'],
  ['glob', 'fast-glob', 'globby', 'tinyglobby'],
  ['redux', 'mobx', 'zustand', 'jotai', 'recoil'],
  ['prisma', 'typeorm', 'sequelize', 'knex', 'drizzle-orm', 'mikro-orm'],
  ['requests', 'httpx', 'aiohttp', 'urllib3'],
  ['click', 'typer', 'fire', 'docopt'],
  ['flask', 'fastapi', 'django', 'bottle', 'sanic'],
  ['pytest', 'nose', 'nose2'],
  ['marshmallow', 'pydantic', 'attrs', 'cerberus'],
  ['reqwest', 'ureq', 'surf', 'hyper', 'isahc'],
  ['chrono', 'time'],
  ['anyhow', 'eyre', 'failure'],
  ['clap', 'structopt', 'argh', 'pico-args'],
  ['lazy_static', 'once_cell'],
  ['regex', 'regex-lite', 'fancy-regex', 'pcre2'],
  ['serde_yaml', 'serde_yml', 'serde_norway', 'yaml-rust', 'yaml-rust2'],
  ['rand', 'fastrand', 'oorandom'],
  ['flate2', 'libflate', 'libdeflater'],
  ['tempfile', 'tempdir', 'mktemp'],
  ['dirs', 'directories', 'home'],
  ['native-tls', 'rustls', 'openssl'],
  ['indicatif', 'pbr', 'linya'],
  ['colored', 'ansi_term', 'owo-colors', 'nu-ansi-term', 'yansi', 'termcolor'],
  ['log4rs', 'env_logger', 'fern', 'simplelog'],
  ['github.com/sirupsen/logrus', 'go.uber.org/zap', 'github.com/rs/zerolog', 'github.com/golang/glog'],
  [
    'github.com/gorilla/mux',
    'github.com/go-chi/chi/v5',
    'github.com/gin-gonic/gin',
    'github.com/labstack/echo/v4',
    'github.com/julienschmidt/httprouter',
  ],
  [
    'github.com/spf13/cobra',
    'github.com/urfave/cli/v2',
    'github.com/alecthomas/kong',
    'github.com/alecthomas/kingpin/v2',
  ],
  ['gopkg.in/yaml.v3', 'gopkg.in/yaml.v2', 'github.com/goccy/go-yaml', 'sigs.k8s.io/yaml'],
  ['github.com/stretchr/testify', 'github.com/onsi/gomega', 'gotest.tools/v3', 'github.com/matryer/is'],
  ['gorm.io/gorm', 'github.com/jmoiron/sqlx', 'entgo.io/ent', 'github.com/uptrace/bun'],
  ['github.com/google/uuid', 'github.com/gofrs/uuid', 'github.com/satori/go.uuid'],
  ['loguru', 'structlog'],
  ['pendulum', 'arrow', 'delorean'],
  ['simplejson', 'ujson', 'orjson'],
  ['uuid', 'nanoid', 'cuid'],
  ['classnames', 'clsx'],
];

const JSON_SECTION = /"(dependencies|optionalDependencies|devDependencies|peerDependencies)"\s*:/;

/** Dependencies that this change adds to a manifest. Names that stood anywhere in the old one are not new. */
function addedDependencies(source: SourceFile): { added: Dependency[]; all: string[] } {
  const base = posix.basename(source.path);
  const read =
    base === 'package.json'
      ? inPackageJson
      : base === 'Cargo.toml'
        ? inCargo
        : base === 'go.mod'
          ? inGoMod
          : /^requirements.*\.txt$/.test(base)
            ? inRequirements
            : base === 'pyproject.toml'
              ? inPyproject
              : undefined;
  if (!read || source.change.status === 'deleted') return { added: [], all: [] };
  const found = read(source.text.split('\n'));
  const old = new Set(
    source.oldText === undefined
      ? []
      : read === inPackageJson
        ? everyKey(source.oldText)
        : read(source.oldText.split('\n')).map(({ name }) => name),
  );
  const isNew =
    source.change.status === 'added'
      ? () => false
      : ({ name, line }: Dependency) => source.isAdded(line) && !old.has(name);
  return { added: found.filter(isNew), all: found.map(({ name }) => name) };
}

function everyKey(text: string): string[] {
  return [...text.matchAll(/^\s*"([^"]+)"\s*:/gm)].map((match) => match[1] ?? '');
}

function inPackageJson(lines: string[]): Dependency[] {
  let section = '';
  return lines.flatMap((text, index) => {
    const opened = JSON_SECTION.exec(text)?.[1];
    if (opened !== undefined) section = opened;
    else if (/^\s*\}/.test(text)) section = '';
    const name = /^\s*"([^"]+)"\s*:\s*"/.exec(text)?.[1];
    return name !== undefined && (section === 'dependencies' || section === 'optionalDependencies')
      ? [{ name, line: index + 1 }]
      : [];
  });
}

function inCargo(lines: string[]): Dependency[] {
  let inside = false;
  return lines.flatMap((text, index) => {
    if (/^\s*\[/.test(text)) inside = /^\s*\[(?:workspace\.|target\..*\.)?(?:dev-|build-)?dependencies\]/.test(text);
    const name = inside ? /^\s*([\w-]+)\s*=/.exec(text)?.[1] : undefined;
    return name === undefined || /optional\s*=\s*true/.test(text) ? [] : [{ name, line: index + 1 }];
  });
}

function inGoMod(lines: string[]): Dependency[] {
  return lines.flatMap((text, index) => {
    const name = /^(?:require)?\s+([\w.-]+\.[\w.-]+\/\S+)\s+v\d/.exec(text)?.[1];
    return name === undefined || text.includes('// indirect') ? [] : [{ name, line: index + 1 }];
  });
}

function inRequirements(lines: string[]): Dependency[] {
  return lines.flatMap((text, index) => {
    const name = /^([A-Za-z][\w.-]*)\s*(?:\[|[=<>~!]=|[<>]|$)/.exec(text)?.[1];
    return name === undefined ? [] : [{ name, line: index + 1 }];
  });
}

function inPyproject(lines: string[]): Dependency[] {
  let inside = false;
  return lines.flatMap((text, index) => {
    if (/^\s*\[tool\.poetry\.dependencies\]/.test(text) || /^dependencies\s*=\s*\[/.test(text)) inside = true;
    else if (/^\s*\[[\w.-]+\]\s*$/.test(text) || text.startsWith(']')) inside = false;
    const listed = /^dependencies\s*=\s*\[(.*)\]/.exec(text)?.[1];
    if (listed !== undefined) {
      inside = false;
      return [...listed.matchAll(/["']([A-Za-z][\w.-]*)/g)].map(([, given = '']) => ({ name: given, line: index + 1 }));
    }
    const name = inside
      ? (/^\s*["']([A-Za-z][\w.-]*)/.exec(text)?.[1] ?? /^([A-Za-z][\w-]*)\s*=\s*["{]/.exec(text)?.[1])
      : undefined;
    return name === undefined || name === 'python' || name === 'dependencies' ? [] : [{ name, line: index + 1 }];
  });
}

/** Packages whose import has another name than the package. */
export const IMPORTED_AS: Readonly<Record<string, string>> = {
  pyyaml: 'yaml',
  beautifulsoup4: 'bs4',
  pillow: 'PIL',
  'scikit-learn': 'sklearn',
  'python-dateutil': 'dateutil',
  'opencv-python': 'cv2',
  'python-dotenv': 'dotenv',
  pyjwt: 'jwt',
  'psycopg2-binary': 'psycopg2',
  protobuf: 'google',
  attrs: 'attr',
  pycryptodome: 'Crypto',
  'typing-extensions': 'typing_extensions',
  djangorestframework: 'rest_framework',
  'mysql-connector-python': 'mysql',
};
/** Used without an import: servers, drivers, plugins, typings. */
const SILENT =
  /^@types\/|^(?:pytest|flake8|pylint|mypy|sphinx|mkdocs|tox|nox|coverage|types|pre-?commit|hatch|setuptools)[-_]|^(?:black|ruff|flake8|mypy|isort|pylint|coverage|tox|nox|twine|build|sphinx|pre-commit|bandit|codecov|coveralls|furo)$|^(gunicorn|uvicorn|uvloop|psycopg2?|psycopg2-binary|mysqlclient|setuptools|wheel|pip|tzdata|greenlet|typescript|tslib|core-js|react-dom|next|prisma|pg|sqlite3|mysql2|python-multipart|email-validator|certifi)$|plugin|preset|loader|-cli$|^eslint|^prettier|^babel|^@babel|polyfill|-sys$|_macros$/;
const SEARCHED_FILES = 250;

const unused: Rule = {
  id: 'architect/unused-dependency',
  severity: 'medium',
  remedy: 'Leave the dependency out until something imports it.',
  languages: 'all',
  async find(reading) {
    const hits: Hit[] = [];
    for (const manifest of reading.files) {
      for (const dependency of addedDependencies(manifest).added) {
        const use = SILENT.test(dependency.name) ? 'used' : await useOf(dependency.name, manifest, reading);
        if (use === 'used') continue;
        hits.push({
          file: manifest.path,
          line: dependency.line,
          ...(use === 'unsure' ? { severity: 'low' as const } : {}),
          message: `Nothing imports \`${dependency.name}\``,
          text: dependency.name,
        });
      }
    }
    return hits;
  },
};

/** Not every file can be searched in a large repository: what was not seen is told and held against nobody. */
async function useOf(name: string, manifest: SourceFile, reading: Reading): Promise<'used' | 'unused' | 'unsure'> {
  const names = [
    name,
    name.replaceAll('-', '_'),
    name.replaceAll('-', '.'),
    IMPORTED_AS[name.toLowerCase().replaceAll('_', '-')] ?? name,
  ].map((word) => word.toLowerCase());
  const python = /(?:requirements[^/]*\.txt|pyproject\.toml)$/.test(manifest.path);
  const imports = new RegExp(
    `^\\s*(?:import|from)\\s+(?:${names.map((word) => word.replace(/[^\w]/g, '\\$&')).join('|')})(?![\\w])|import_module\\(\\s*["'](?:${names.join('|')})`,
    'im',
  );
  const asked = new RegExp(`["'\`](?:${names.map((word) => word.replace(/[^\w]/g, '\\$&')).join('|')})["'\`/]`, 'i');
  const used = new RegExp(RUST_USE.replaceAll('NAME', name.replaceAll('-', '_')));
  const mentions = (text: string, path = '') => {
    if (path.endsWith('.rs')) return used.test(text);
    if (python && path.endsWith('.py')) return imports.test(text);
    if (/\.[cm]?[jt]sx?$/.test(path)) return asked.test(text);
    const isProse = /(^|\/)(?:\.github|docs?)\/|mkdocs\.ya?ml$/.test(path) && !/\.(?:go|vue|svelte)$/.test(path);
    return !isProse && names.some((word) => text.toLowerCase().includes(word));
  };
  if (
    reading.files.some(
      (source) =>
        source !== manifest &&
        (source.role !== 'docs' || /\.(?:vue|svelte)$/.test(source.path)) &&
        mentions(source.text, source.path),
    )
  )
    return 'used';
  const others = manifest.text
    .split('\n')
    .filter((line) => !new RegExp(`^\\s*["']?${name.replace(/[^\w-]/g, '\\$&')}["']?\\s*[:=<>~[]`).test(line));
  if (posix.basename(manifest.path) === 'package.json' && asked.test(others.join('\n').replace(/[ ,]/g, '"')))
    return 'used';
  const folder = posix.dirname(manifest.path);
  const code = [...reading.paths].filter(
    (path) =>
      (folder === '.' || path.startsWith(`${folder}/`)) &&
      /\.([cm]?[jt]sx?|py|go|rs|vue|svelte|ya?ml|cfg|toml)$/.test(path) &&
      !/(^|\/)(node_modules|vendor|dist)\/|\.?licen[cs]e\w*\.ya?ml$|\.dep\.ya?ml$|(^|\/)(?:dependabot|renovate)\.ya?ml$/.test(
        path,
      ),
  );
  for (const path of code.slice(0, SEARCHED_FILES)) {
    const text = (await reading.peek(path))?.text;
    if (text === undefined) return 'unsure';
    if (path !== manifest.path && mentions(text, path)) return 'used';
  }
  return code.length > SEARCHED_FILES ? 'unsure' : 'unused';
}

/** How Rust names a crate: in a path, an import, or an attribute. Another crate may begin with the same word. */
const RUST_USE = String.raw`(?<![\w:])NAME(?:::|!)|\b(?:use|extern crate)\s+(?:::)?NAME\b|^\s*(?:pub )?use\s+\{[^}]*\bNAME\b|[{,]\s*NAME\s*[,}:]`;

const equivalent: Rule = {
  id: 'architect/equivalent-dependency',
  severity: 'medium',
  remedy: 'Use the package that the project has.',
  languages: 'all',
  *find(reading) {
    for (const manifest of reading.files) {
      const { added, all } = addedDependencies(manifest);
      for (const { name, line } of added) {
        const row = EQUIVALENTS.find((names) => names.includes(name.toLowerCase()));
        const other = row?.find((candidate) => candidate !== name.toLowerCase() && all.includes(candidate));
        if (other !== undefined && !added.some((dependency) => dependency.name === other))
          yield {
            file: manifest.path,
            line,
            message: `\`${name}\` does what \`${other}\` does, which is there already`,
            text: name,
          } satisfies Hit;
      }
    }
  },
};

/** New dependencies that nothing needs. */
export const dependencyRules: readonly Rule[] = [unused, equivalent];
