import type { Kind } from './kind.ts';
import {
  type FoundPackage,
  foldersWith,
  gateOf,
  isLeftOut,
  isWithin,
  nameIn,
  pathFrom,
  pathIn,
  type RepositoryView,
  setupOf,
  topmost,
} from './view.ts';

const SETTINGS = ['settings.gradle', 'settings.gradle.kts'];
const BUILDS = ['build.gradle', 'build.gradle.kts'];

/** Where a project lives, and what its build calls it: `:` for the root, `:lib:core` for others. */
type Project = { dir: string; path: string };

/** Gradle: each project that a build includes, by its path; a build whose projects cannot be told is one. There is nothing that only downloads, so the setup is a first run that may fail. */
export const gradle: Kind = {
  manifests: [...SETTINGS, ...BUILDS],
  spans: false,
  find(view) {
    return rootsOf(view).flatMap((root) => findIn(view, root, projectsOf(view, root)));
  },
  read(view, dir) {
    const root = rootsOf(view).find((candidate) => isWithin(dir, candidate)) ?? dir;
    const own = projectsOf(view, root)?.find((project) => project.dir === dir);
    const text = readAny(view, dir, BUILDS);
    const shared = dir === root ? '' : sharedBlocks(readAny(view, root, BUILDS));
    return {
      names: own && own.path !== ':' ? [`"${own.path}"`, accessorOf(own.path)] : [],
      mentions: [text, shared, ...alwaysNeeded(view, root).map((path) => pathFrom(dir, path))]
        .join('\n')
        .replaceAll("'", '"'),
      place: dir === root ? !holdsCode(view, dir) && projectsOf(view, root) !== undefined : false,
      holdsBelow: dir === root && projectsOf(view, root) === undefined,
      open: /\bapply\b.*\bfrom\b.*\.\./.test(text),
    };
  },
};

function rootsOf(view: RepositoryView): string[] {
  return topmost(foldersWith(view, [...SETTINGS, ...BUILDS]));
}

function readAny(view: RepositoryView, dir: string, names: readonly string[]): string {
  return names
    .map((name) => view.read(pathIn(dir, name)) ?? '')
    .join('\n')
    .replaceAll(/^\s*\/\/.*$/gm, '');
}

const known = new WeakMap<RepositoryView, Map<string, Project[] | undefined>>();

/** The root and what the settings include in so many words; undefined if they include by a program, or nothing. */
function projectsOf(view: RepositoryView, root: string): Project[] | undefined {
  const ofView = known.get(view) ?? new Map<string, Project[] | undefined>();
  known.set(view, ofView);
  if (!ofView.has(root)) ofView.set(root, readProjects(view, root));
  return ofView.get(root);
}

function readProjects(view: RepositoryView, root: string): Project[] | undefined {
  const settings = readAny(view, root, SETTINGS);
  const includes = [...settings.matchAll(/^([ \t]*)include\b\s*\(?((?:\s*["'][^"'$]+["']\s*,?)+)/gm)];
  const isTold = [...settings.matchAll(/^[ \t]*include\b(?!Build)/gm)].length === includes.length;
  if (includes.length === 0 || !isTold) return undefined;
  const settled = (kind: string) =>
    new Map(
      [...settings.matchAll(new RegExp(`project\\(["']([^"']+)["']\\)\\.${kind}\\s*=\\s*(.*)`, 'g'))].map(
        ([, path = '', value = '']) => [path, /["']([^"']+)["']\s*\)?\s*$/.exec(value.trim())?.[1]],
      ),
    );
  const [names, dirs] = [settled('name'), settled('projectDir')];
  // What stands in a block is there under a condition.
  const paths = includes.flatMap(([, indent, list = '']) =>
    (indent === '' ? [...list.matchAll(/["']([^"']+)["']/g)] : []).map(([, path = '']) => `:${path.replace(/^:/, '')}`),
  );
  const members = paths.map((path): Project => {
    const parts = path.slice(1).split(':');
    const name = names.get(path) ?? parts.at(-1) ?? '';
    return {
      dir: pathIn(root, dirs.get(path) ?? parts.join('/')),
      path: [...path.split(':').slice(0, -1), name].join(':'),
    };
  });
  return [{ dir: root, path: ':' }, ...members];
}

function holdsCode(view: RepositoryView, dir: string): boolean {
  return view.files.some((path) => path.startsWith(pathIn(dir, 'src/')));
}

/** `projects.libCore` of `:lib-core`, by which a build may name it. */
function accessorOf(path: string): string {
  const camel = (name: string) => name.replaceAll(/[-_.]+(\w)/g, (_, next: string) => next.toUpperCase());
  return ['projects', ...path.slice(1).split(':').map(camel)].join('.');
}

/** What the root's build says for all projects. */
function sharedBlocks(text: string): string {
  return [...text.matchAll(/\b(?:sub|all)projects\s*\{/g)].map(({ index }) => blockAt(text, index)).join('\n');
}

function blockAt(text: string, from: number): string {
  let depth = 0;
  for (let at = text.indexOf('{', from); at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}' && (depth -= 1) === 0) return text.slice(from, at);
  }
  return text.slice(from);
}

/** `buildSrc` and included builds make the plugins of every project. */
function alwaysNeeded(view: RepositoryView, root: string): string[] {
  const included = [...readAny(view, root, SETTINGS).matchAll(/includeBuild\s*\(?\s*["']([^"']+)["']/g)].map(
    ([, path = '']) => path,
  );
  return ['buildSrc', ...included].map((path) => pathIn(root, path));
}

function findIn(view: RepositoryView, root: string, projects: readonly Project[] | undefined): FoundPackage[] {
  const program = view.files.includes(pathIn(root, 'gradlew')) ? './gradlew' : 'gradle';
  const run = (task: string) => `${program} ${task} --no-daemon`;
  const first = (task: string) => setupOf(root, `${run(task)} --continue || true`);
  const name = `${program} check`;
  const all = {
    tool: 'gradle',
    dir: root,
    setup: [first('check')],
    gates: [gateOf(root, 'test', run('check'), { name })],
  };
  const proven = projects?.filter(({ dir }) => holdsCode(view, dir) && !isLeftOut(pathIn(dir, 'build.gradle'))) ?? [];
  if (proven.length === 0) return [all];
  const members = proven.map(({ dir, path }): FoundPackage => {
    const task = `${path === ':' ? '' : path}:check`;
    const gates = [
      gateOf(dir, 'test', run(task), {
        name: path === ':' ? `${program} :check` : name,
        at: root,
        whole: nameIn(root, name),
      }),
    ];
    return { tool: 'gradle', dir, setup: [{ ...first(task), of: dir }], gates };
  });
  return [{ ...all, setup: [{ ...first('check'), of: '' }], whole: true }, ...members];
}
