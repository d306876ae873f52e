import type { Person } from '../goal/goal.ts';
import type { Executor } from './schema.ts';

/** Merging is held for a repository, by whom and why. */
export type Freeze = { reason: string; by: Person; at: Date };

/** The freeze of the repository, undefined if merging is free. */
export async function findFreeze(db: Executor, repositoryId: number): Promise<Freeze | undefined> {
  const row = await db
    .selectFrom('repository_freeze')
    .select(['reason', 'by_login', 'at', (eb) => eb.cast<string>('by_id', 'text').as('by_id')])
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst();
  return row && { reason: row.reason, by: { id: Number(row.by_id), login: row.by_login }, at: row.at };
}

/** Holds merging, or with undefined releases it. Calling twice is harmless. */
export async function setFreeze(db: Executor, repositoryId: number, freeze: Freeze | undefined): Promise<void> {
  if (!freeze) {
    await db.deleteFrom('repository_freeze').where('repository_id', '=', repositoryId).execute();
    return;
  }
  const row = { reason: freeze.reason, by_id: freeze.by.id, by_login: freeze.by.login, at: freeze.at };
  await db
    .insertInto('repository_freeze')
    .values({ repository_id: repositoryId, ...row })
    .onConflict((conflict) => conflict.column('repository_id').doUpdateSet(row))
    .execute();
}
