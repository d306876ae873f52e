import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { UserError } from '../errors.ts';
import { proofOf, timelineOf } from '../goal/proof.ts';
import { openStore, type Store } from '../store/store.ts';
import { settings } from '../config.ts';
import type { Output } from './omk.ts';

/** Prints a goal's timeline, rebuilt from its events alone. */
export async function replayCommand(args: string[], { stdout }: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
  return withGoal(positionals[0], 'replay', async (store, id) => {
    const timeline = timelineOf(await store.listEvents(id));
    if (values.json) stdout(`${JSON.stringify({ goal: id, timeline }, undefined, 2)}\n`);
    else for (const { at, text } of timeline) stdout(`${at}  ${text}\n`);
  });
}

/** Prints a goal's proof bundle as JSON. */
export async function proofCommand(args: string[], { stdout }: Output): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
  return withGoal(positionals[0], 'proof', async (store, id) => {
    stdout(`${JSON.stringify(proofOf(await store.getGoal(id), await store.listEvents(id)), undefined, 2)}\n`);
  });
}

/** Only the two settings that say where the goals are: reading needs no secret. */
async function withGoal(
  id: string | undefined,
  name: string,
  read: (store: Store, id: string) => Promise<void>,
): Promise<number> {
  if (!id) throw new UserError(`omk ${name} needs the id of a goal.`, `omk ${name} goal-20260101-120000-000-0123abcd`);
  const databaseUrl = settings.DATABASE_URL.parse(process.env['DATABASE_URL'] || undefined);
  const dataDir = settings.OMK_DATA_DIR.parse(process.env['OMK_DATA_DIR'] || undefined);
  const log = pino({ level: 'silent' });
  const store = await openStore({ databaseUrl, dataDir, clock: { now: () => new Date() }, log });
  try {
    const goal = await store.findGoal(id);
    if (!goal)
      throw new UserError(`There is no goal ${id} in this store.`, 'The goal page and the status comment name the id.');
    await read(store, id);
    return 0;
  } finally {
    await store.close();
  }
}
