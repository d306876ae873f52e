import type { GatePackages, PackageFolder } from '../gate.ts';
import type { Identity, Kind } from './kind.ts';
import { foldersWith, isWithin, pathFrom, type RepositoryView } from './view.ts';

/** A package by its folder, as each of its kinds tells it. */
type Package = { dir: string; identities: (Identity & { kind: Kind; flat: string })[] };

/** The packages of a repository, and which of them the gates of one need; undefined where that is not known. */
export type Relations = {
  folders: PackageFolder[];
  packagesOf: (dir: string, kind: Kind) => GatePackages | undefined;
};

/** Reads from what manifests say of each other. */
export function relatePackages(
  view: RepositoryView,
  kinds: readonly Kind[],
  found: readonly { dir: string; kind: Kind }[],
): Relations {
  const packages = readPackages(view, kinds, found);
  const known = new Map<Package, Package[]>();
  const neededBy = (from: Package): Package[] => {
    const needed = known.get(from) ?? packages.filter((to) => mentions(outside(from), to));
    known.set(from, needed);
    return needed;
  };
  return {
    folders: packages.map(({ dir, identities }) => ({ dir, place: identities.every(({ place }) => place) })),
    packagesOf(dir, kind) {
      const whole = packages.find((candidate) => candidate.dir === dir);
      if (!whole) return undefined;
      const own = { dir, identities: whole.identities.filter((one) => one.kind === kind) };
      const needs = needsOf(own, packages, neededBy);
      if (needs.some(({ identities }) => identities.some(({ open }) => open))) return undefined;
      return { proves: [dir], needs: needs.map((needed) => needed.dir), ...(kind.spans && { spans: true }) };
    },
  };
}

/** A member of a workspace needs no manifest of its own. */
function readPackages(
  view: RepositoryView,
  kinds: readonly Kind[],
  found: readonly { dir: string; kind: Kind }[],
): Package[] {
  const folders = kinds.map((kind) => {
    const members = found.flatMap((one) => (one.kind === kind ? [one.dir] : []));
    return { kind, dirs: new Set([...foldersWith(view, kind.manifests), ...members]) };
  });
  const dirs = new Set(folders.flatMap((each) => [...each.dirs]));
  return [...dirs].map((dir) => {
    const own = folders.filter((each) => each.dirs.has(dir));
    return { dir, identities: own.map(({ kind }) => ({ kind, ...legible(kind.read(view, dir)) })) };
  });
}

function legible({ names, mentions: text, ...rest }: Identity): Identity & { flat: string } {
  const lower = text.toLowerCase();
  return { ...rest, names: names.map((name) => name.toLowerCase()), mentions: lower, flat: flatten(lower) };
}

/** As others see it: a Makefile beside another manifest says how that is called, and nothing new. */
function outside({ dir, identities }: Package): Package {
  const telling = identities.filter(({ holdsBelow }) => !holdsBelow);
  return { dir, identities: telling.length > 0 ? telling : identities };
}

/** The package and all it depends on, directly or through others. */
function needsOf(own: Package, packages: readonly Package[], neededBy: (from: Package) => Package[]): Package[] {
  const direct = packages.filter((to) => to.dir !== own.dir && mentions(own, to));
  const found = new Set(direct);
  for (const needed of found) for (const other of neededBy(needed)) if (other.dir !== own.dir) found.add(other);
  return [own, ...found];
}

/** In doubt a package is mentioned: a gate too many does no harm. */
function mentions(from: Package, to: Package): boolean {
  if (from.dir === to.dir) return false;
  const names = to.identities.flatMap((identity) => identity.names);
  const path = pathFrom(from.dir, to.dir);
  return from.identities.some(({ holdsBelow, ...text }) => {
    if (holdsBelow && isWithin(to.dir, from.dir)) return true;
    return names.some((name) => holdsWord(text, name, /[\w/-]/)) || holdsPath(text, path);
  });
}

/** The path of a folder, or of something in it; of one above only by itself. */
function holdsPath(text: Text, path: string): boolean {
  return holdsWord(text, path.toLowerCase(), path.endsWith('..') ? /[\w./-]/ : /[\w-]/);
}

/** Whether the text has the word with none of these signs beside it. Hyphen, underscore and dot are one, as registries of packages have it. */
function holdsWord({ mentions: text, flat: all }: Text, word: string, joined: RegExp): boolean {
  const wanted = flatten(word);
  if (wanted === '') return false;
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + 1)) {
    if (![text[at - 1], text[at + wanted.length]].some((neighbour) => joined.test(neighbour ?? ' '))) return true;
  }
  return false;
}

type Text = { mentions: string; flat: string };

function flatten(text: string): string {
  return text.replaceAll(/[_.]/g, '-');
}
