import type { Kind } from './kind.ts';
import { foldersWith, gateOf, isWithin, pathIn, relativeTo, type RepositoryView, setupOf, topmost } from './view.ts';

/** Go: each module, those of a go.work as well; `./...` never reaches into another module. */
export const go: Kind = {
  manifests: ['go.mod'],
  spans: false,
  find(view) {
    return modulesOf(view).map((dir) => {
      const isVendored = view.files.includes(pathIn(dir, 'vendor/modules.txt'));
      const needsDownload = /^\s*require\b/m.test(view.read(pathIn(dir, 'go.mod')) ?? '') && !isVendored;
      return {
        tool: 'go',
        dir,
        setup: needsDownload ? [setupOf(dir, 'go mod download')] : [],
        gates: [
          gateOf(dir, 'format', gofmtCommand(view, dir), { name: 'gofmt' }),
          gateOf(dir, 'lint', 'go vet ./...'),
          gateOf(dir, 'test', 'go test ./...'),
        ],
      };
    });
  },
  read(view, dir) {
    const text = view.read(pathIn(dir, 'go.mod')) ?? '';
    const name = /^module\s+(\S+)/m.exec(text)?.[1];
    // Of a `replace` the folder counts as well.
    const needed = [
      ...text.matchAll(/^(?!module\b)\s*(?:require\s+|replace\s+)?(\S+\.\S+)(?:\s+v\S+)?(?:\s+=>\s+(\S+))?/gm),
    ];
    return {
      names: name ? [name] : [],
      mentions: needed.map(([, path, to = '']) => `${path} ${to}`).join('\n'),
      place: false,
    };
  },
};

/** Modules with code of their own: an empty one keeps a folder out of another module. */
function modulesOf(view: RepositoryView): string[] {
  const modules = foldersWith(view, ['go.mod']);
  const owner = (path: string) => modules.findLast((dir) => isWithin(path, dir));
  const owned = new Set(view.files.filter((path) => path.endsWith('.go')).map(owner));
  return modules.filter((dir) => dir === '.' || owned.size === 0 || owned.has(dir));
}

/** `gofmt -l` exits 0 whatever it lists, so the gate asks for an empty list. It would also read vendored code, fixtures and other modules. */
function gofmtCommand(view: RepositoryView, dir: string): string {
  const code = view.files
    .filter((path) => path.endsWith('.go') && isWithin(path, dir))
    .map((path) => relativeTo(path, dir));
  const others = topmost(foldersWith(view, ['go.mod']).filter((other) => other !== dir && isWithin(other, dir)));
  const foreign = code.filter((path) => /(^|\/)(vendor|testdata)\//.test(path)).length > 0 || others.length > 0;
  if (!foreign) return listed('gofmt -l .');
  const apart = others.map((other) => ` -not -path './${relativeTo(other, dir)}/*'`).join('');
  return listed(`find . -name '*.go' -not -path '*/vendor/*' -not -path '*/testdata/*'${apart} -exec gofmt -l {} +`);
}

/** A command that fails when `command` does, or when it prints something. */
function listed(command: string): string {
  return `unformatted=$(${command}) && echo "$unformatted" && test -z "$unformatted"`;
}
