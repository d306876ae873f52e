import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../git/worktree.ts';
import type { Goal } from '../goal/goal.ts';
import { compiledFor, compileKimi } from '../kimi/compiled.ts';
import { AGENT_LIMITS } from '../sandbox/limits.ts';
import type { RoomSpec } from '../sandbox/sandbox.ts';
import { homeOf } from './clean.ts';
import { openGoalRoom } from './room.ts';
import { folders, type Tools } from './tools.ts';

type Needs = Pick<Tools, 'sandbox' | 'config' | 'log'>;

/** Where rooms find Kimi's compiled code, which none of them may write. */
const COMPILED = '/room/compiled';

/** What this process has tried, once each: where it does not work, no turn waits for it again. */
const tried = new Map<string, Promise<void>>();

/**
 * Kimi's compiled code, as a room must show it and as its programs see it; it is made when Kimi is asked for the first time. Nothing where
 * Kimi is another one, or where programs are not held and could change it.
 */
export async function showCompiled(
  goal: Goal,
  tools: Needs,
): Promise<{ readOnly: RoomSpec['readOnly']; compiled?: string }> {
  const host = join(folders(tools.config).compiled, compiledFor());
  if (tools.config.KIMI_BIN || tools.sandbox.kind === 'none') return { readOnly: [] };
  if (!existsSync(host)) {
    const made = tried.get(host) ?? make(goal, host, tools);
    tried.set(host, made);
    await made;
  }
  return existsSync(host) ? { readOnly: [{ host, inside: COMPILED }], compiled: COMPILED } : { readOnly: [] };
}

/** Made beside and put there as a whole. Without it Kimi only starts slower, so whatever is in the way is no failure. */
async function make(goal: Goal, host: string, tools: Needs): Promise<void> {
  const place = homeOf(tools.config, { goal, slice: '', role: 'compile' });
  const [work, home, code] = ['work', 'home', 'code'].map((name) => join(place, name)) as [string, string, string];
  try {
    await removeTree(place);
    await Promise.all([work, home, code].map((folder) => mkdir(folder, { recursive: true })));
    const readWrite = [{ host: code, inside: COMPILED }];
    const spec: RoomSpec = {
      profile: 'agent',
      work,
      writable: false,
      home,
      readOnly: [],
      readWrite,
      limits: AGENT_LIMITS,
    };
    if (!(await compileKimi(openGoalRoom(goal, spec, tools), COMPILED))) return;
    await rename(code, host);
    const { compiled } = folders(tools.config);
    const old = (await readdir(compiled)).filter((name) => name !== compiledFor());
    for (const name of old) await removeTree(join(compiled, name));
  } catch (err) {
    tools.log.warn({ err }, "Kimi's compiled code could not be kept");
  } finally {
    await removeTree(place);
  }
}
