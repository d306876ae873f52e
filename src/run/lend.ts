import { join } from 'node:path';
import { lendGit, type Worktree } from '../git/worktree.ts';
import type { RoomSpec } from '../sandbox/sandbox.ts';
import { folders, type Tools } from './tools.ts';

type Needs = Pick<Tools, 'sandbox' | 'config'>;

const OBJECTS = '/room/objects';
const GIT = '/room/git';

/** Gives the worktree a throw-away git directory for the programs that will work in it. omk never reads it. */
export async function lendOwnGit(worktree: Worktree, tools: Needs): Promise<void> {
  const host = hostFolders(worktree, tools);
  const bare = tools.sandbox.kind === 'none';
  await lendGit(
    worktree,
    host.git,
    bare ? { objects: host.objects, gitDir: host.git } : { objects: OBJECTS, gitDir: GIT },
  );
}

/** What a room must show so that the lent git directory works: the mirror's objects, without its configuration. */
export function lentBinds(worktree: Worktree, tools: Needs): Required<Pick<RoomSpec, 'readOnly' | 'readWrite'>> {
  const host = hostFolders(worktree, tools);
  return { readOnly: [{ host: host.objects, inside: OBJECTS }], readWrite: [{ host: host.git, inside: GIT }] };
}

function hostFolders({ name, mirror }: Worktree, { config }: Needs): { objects: string; git: string } {
  return { objects: join(mirror.gitDir, 'objects'), git: join(folders(config).homes, `${name}.git`) };
}
