import type { Kind } from './kind.ts';
import {
  type FoundPackage,
  foldersWith,
  gateOf,
  isWithin,
  nameIn,
  pathIn,
  relativeTo,
  type RepositoryView,
  setupOf,
  topmost,
} from './view.ts';

/** Maven: each module that a build names, with what it needs (`-am`). There is nothing that downloads all, so the setup is a first run that may fail. */
export const maven: Kind = {
  manifests: ['pom.xml'],
  spans: false,
  find(view) {
    const roots = topmost(foldersWith(view, ['pom.xml']));
    return roots.flatMap((root) => findIn(view, root));
  },
  read(view, dir) {
    const text = readPom(view, dir);
    const name = /<artifactId>\s*([^<\s]+)/.exec(
      text.replace(/<(parent|dependencies|dependencyManagement|build|profiles)>[\s\S]*?<\/\1>/g, ''),
    )?.[1];
    // A parent by its folder, unless it is the one above.
    const mentions = text.replaceAll(
      /<parent>[\s\S]*?<\/parent>/g,
      (parent) =>
        /<relativePath>\s*([^<\s]+)/
          .exec(parent)?.[1]
          ?.replace(/^\.\.\/(pom\.xml)?$/, '')
          .replace(/\/pom\.xml$/, '') ?? '',
    );
    return {
      names: name ? [name] : [],
      mentions: name ? mentions.replace(`<artifactId>${name}</artifactId>`, '') : mentions,
      place: isPlace(text),
      holdsBelow: modulesOf(view, dir).length === 0,
    };
  },
};

/** Without comments, and without what only profiles have. */
function readPom(view: RepositoryView, dir: string): string {
  return (view.read(pathIn(dir, 'pom.xml')) ?? '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/<profiles>[\s\S]*?<\/profiles>/g, '');
}

/** A module that only holds others. */
function isPlace(pom: string): boolean {
  return /<packaging>\s*pom\s*<\/packaging>/.test(pom);
}

/** The folders of the modules that a build names, those in them as well. */
function modulesOf(view: RepositoryView, dir: string): string[] {
  const named = [...readPom(view, dir).matchAll(/<module>\s*([^<\s]+)\s*<\/module>/g)].map(([, path = '']) =>
    pathIn(dir, path.replace(/^\.\//, '').replace(/\/?(pom\.xml)?$/, '')),
  );
  const known = named.filter(
    (module) => module !== dir && isWithin(module, dir) && view.read(pathIn(module, 'pom.xml')) !== undefined,
  );
  return known.flatMap((module) => [module, ...modulesOf(view, module)]);
}

function findIn(view: RepositoryView, root: string): FoundPackage[] {
  const run = `${view.files.includes(pathIn(root, 'mvnw')) ? './mvnw' : 'mvn'} -B verify`;
  const first = (command: string) => setupOf(root, `${command} --fail-at-end || true`);
  const all = { tool: 'maven', dir: root, setup: [first(run)], gates: [gateOf(root, 'test', run)] };
  const modules = [root, ...new Set(modulesOf(view, root))].filter((dir) => !isPlace(readPom(view, dir)));
  if (modules.every((dir) => dir === root)) return [all];
  const members = modules.map((dir): FoundPackage => {
    const one = `${run} -pl ${dir === root ? '.' : relativeTo(dir, root)} -am`;
    const gates = [gateOf(dir, 'test', one, { name: dir === root ? one : run, at: root, whole: nameIn(root, run) })];
    return { tool: 'maven', dir, setup: [{ ...first(one), of: dir }], gates };
  });
  return [{ ...all, setup: [{ ...first(run), of: '' }], whole: true }, ...members];
}
