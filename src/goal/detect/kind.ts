import type { FoundPackage, RepositoryView } from './view.ts';

/** One kind of package: how packages and the members of a workspace are found with their gates, and how they know one another. */
export type Kind = {
  /** The files that make a folder a package of this kind, or the place of a workspace. */
  manifests: readonly string[];
  /** Whether what runs in a package also goes through the packages below it. */
  spans: boolean;
  find(view: RepositoryView): FoundPackage[];
  read(view: RepositoryView, dir: string): Identity;
};

/**
 * How others call the package, and the text in which it names those it needs. `place`: it has no code of its own, so that what lies in it
 * and in no package further down may concern all of them. `open`: it goes on in files that nobody reads here. `holdsBelow`: it has
 * all that lies below it, without naming it.
 */
export type Identity = { names: string[]; mentions: string; place: boolean; open?: boolean; holdsBelow?: boolean };
