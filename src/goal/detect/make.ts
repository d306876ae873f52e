import type { Kind } from './kind.ts';
import { folderOf, foldersWith, gateOf, pathIn, type RepositoryView, topmost } from './view.ts';

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];
const TARGETS = { all: 'build', lint: 'lint', check: 'test', test: 'test' } as const;

/** Make: its targets `all`, `lint`, `check` and `test`. */
export const make: Kind = {
  manifests: MAKEFILES,
  spans: true,
  find(view) {
    return topmost(foldersWith(view, MAKEFILES)).flatMap((dir) => {
      const text = readMakefile(view, dir);
      const gates = Object.entries(TARGETS)
        .filter(([name]) => new RegExp(`^${name}\\s*::?(?!=)`, 'm').test(text))
        .map(([name, kind]) => gateOf(dir, kind, `make ${name}`));
      return gates.length > 0 ? [{ tool: 'make', dir, setup: [], gates }] : [];
    });
  },
  read(view, dir) {
    const text = readMakefile(view, dir);
    return { names: [], mentions: text, place: true, holdsBelow: true, open: /^\s*-?s?include\s.*\.\./m.test(text) };
  },
};

function readMakefile(view: RepositoryView, dir: string): string {
  const own = view.files.find((path) => folderOf(path) === dir && MAKEFILES.some((name) => path === pathIn(dir, name)));
  return (own && view.read(own)) ?? '';
}
