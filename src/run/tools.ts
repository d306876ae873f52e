import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { gitHubUrls, noreplyHost } from '../config.ts';
import type { GitHub } from '../github/client.ts';
import { openMirror, type Mirror } from '../git/mirror.ts';
import type { Goal, Repository } from '../goal/goal.ts';
import { noreplyAddress } from '../goal/naming.ts';
import type { SandboxLevel } from '../sandbox/probe.ts';
import type { Cleaner } from '../process.ts';
import type { Store } from '../store/store.ts';

/** What a person may watch while it happens. Not recorded. */
export type Progress = { goal: string; slice: string; stage: string; text: string };

/** What stages need that has state or identity. What has none is imported. */
export type Tools = {
  config: Config;
  store: Store;
  clock: { now(): Date };
  log: Logger;
  sandbox: SandboxLevel;
  /** GitHub as the App sees this one repository. */
  connect(repository: Repository): Promise<GitHub>;
  /** A token for git on this one repository, good for some minutes; the same one while it lasts. */
  gitToken(repository: Repository): Promise<string>;
  /** Git was refused with that token: the next one is new. */
  refusedGitToken(repository: Repository): void;
  tell(progress: Progress): void;
  /** Takes the secrets out of one stream of output before it is kept. */
  cleaner(): Cleaner;
  /** Ends the step: the goal was cancelled or the process stops. */
  signal: AbortSignal;
};

const FOLDERS = ['mirrors', 'worktrees', 'homes', 'logs', 'compiled'] as const;

/** The folders under the data directory. */
export function folders(config: Config): Record<(typeof FOLDERS)[number], string> {
  const paths = FOLDERS.map((name) => [name, join(config.OMK_DATA_DIR, name)]);
  return Object.fromEntries(paths) as Record<(typeof FOLDERS)[number], string>;
}

/** The mirror of the goal's repository, made if it is not there yet. */
export async function mirrorOf(goal: Goal, tools: Tools): Promise<Mirror> {
  const { id, owner, name } = goal.repository;
  return openMirror(folders(tools.config).mirrors, { id }, `${gitHubUrls(tools.config).git}/${owner}/${name}.git`);
}

/** As whom omk commits: the App's own account, so that GitHub counts the commit for nobody else. Throws TransientError. */
export async function botAuthor(goal: Goal, tools: Tools): Promise<{ name: string; email: string }> {
  const bot = await (await tools.connect(goal.repository)).bot();
  return { name: bot.login, email: noreplyAddress(bot, noreplyHost(tools.config)) };
}

/** The goal's page, if people can reach omk's pages at all. */
export function pageUrl(goal: Goal, tools: Tools): string | undefined {
  const { OMK_PUBLIC_URL: root } = tools.config;
  return root && `${root.replace(/\/+$/, '')}/goals/${goal.id}`;
}
