import { mkdir, readdir } from 'node:fs/promises';
import { gitHubUrls } from '../config.ts';
import { openMirror } from '../git/mirror.ts';
import { sweepWorktrees } from '../git/worktree.ts';
import { isEnded, isOver } from '../goal/goal.ts';
import { shortId } from '../goal/naming.ts';
import { decide } from './advance.ts';
import { cleanHomes, removeLent } from './clean.ts';
import { folders, type Tools } from './tools.ts';

const ALL = 1_000_000;

/**
 * Heals what a process that was killed left behind: enqueues what unfinished goals need next, and removes the worktrees
 * of goals that have ended, and the homes of those that nothing can move on. Called once at start, before jobs are taken.
 */
export async function sweep(tools: Omit<Tools, 'signal'>): Promise<void> {
  const { store, clock } = tools;
  const goals = await store.listGoals({ limit: ALL });
  const unfinished = goals.filter(({ status }) => !isEnded(status));
  for (const { id } of unfinished) await store.record(id, [], { decide: (goal) => decide(goal, clock.now()) });
  const { mirrors } = folders(tools.config);
  await mkdir(mirrors, { recursive: true });
  const alive = unfinished.map(shortId);
  for (const folder of (await readdir(mirrors)).filter((name) => /^\d+\.git$/.test(name))) {
    const mirror = await openMirror(mirrors, { id: Number.parseInt(folder, 10) }, gitHubUrls(tools.config).git);
    const names = await readdir(`${mirror.gitDir}/worktrees`).catch(() => []);
    const kept = new Set(names.filter((name) => alive.some((id) => name.split('-').includes(id))));
    await removeLent(await sweepWorktrees(mirror, kept), tools);
  }
  const open = new Set(goals.filter((goal) => !isOver(goal)).map(shortId));
  await cleanHomes((id) => !open.has(id), tools);
}
