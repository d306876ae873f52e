import type { Selectable } from 'kysely';
import type { Goal, GoalStatus } from '../goal/goal.ts';
import { findGoal } from './goals.ts';
import type { Database, Executor } from './schema.ts';

/** What a list shows of a goal. */
export type GoalSummary = {
  id: string;
  installationId: number;
  owner: string;
  name: string;
  issue: number;
  title: string;
  requester: string;
  status: GoalStatus;
  createdAt: Date;
  updatedAt: Date;
};

/** `over`: whether nothing can move it on any more. */
export type GoalFilter = {
  limit: number;
  ended?: boolean;
  over?: boolean;
  repositoryId?: number;
  installationId?: number;
};

/** The goal of the issue that is not ended, or else, unless that alone is wanted, the newest. A revert may take up an earlier one again. */
export async function findGoalOfIssue(
  db: Executor,
  { repositoryId, issue, unfinished }: { repositoryId: number; issue: number; unfinished: boolean },
): Promise<Goal | undefined> {
  let query = db
    .selectFrom('goal')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .where('issue', '=', issue)
    .orderBy('ended')
    .orderBy('created_at', 'desc')
    .limit(1);
  if (unfinished) query = query.where('ended', '=', false);
  const row = await query.executeTakeFirst();
  return row && findGoal(db, row.id);
}

/** The goal that this trigger started. */
export async function findGoalByTrigger(
  db: Executor,
  repositoryId: number,
  trigger: string,
): Promise<Goal | undefined> {
  const row = await db
    .selectFrom('goal')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .where('trigger', '=', trigger)
    .executeTakeFirst();
  return row && findGoal(db, row.id);
}

/** The newest goal one of whose slices has this pull request. */
export async function findGoalByPull(db: Executor, repositoryId: number, pull: number): Promise<Goal | undefined> {
  const row = await db
    .selectFrom('goal_slice')
    .innerJoin('goal', 'goal.id', 'goal_slice.goal_id')
    .select('goal.id')
    .where('goal_slice.repository_id', '=', repositoryId)
    .where('pull', '=', pull)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && findGoal(db, row.id);
}

/** The goals one of whose slices has this commit as what was built or pushed last. */
export async function listGoalsByHead(db: Executor, repositoryId: number, sha: string): Promise<Goal[]> {
  const rows = await db
    .selectFrom('goal_slice')
    .select('goal_id')
    .distinct()
    .where('repository_id', '=', repositoryId)
    .where((eb) => eb.or([eb('head', '=', sha), eb('pull_head', '=', sha)]))
    .execute();
  const goals = await Promise.all(rows.map((row) => findGoal(db, row.goal_id)));
  return goals.filter((goal) => goal !== undefined);
}

/** The installation of the goal's repository, undefined if there is no such goal. */
export async function findInstallation(db: Executor, goalId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('goal')
    .select((eb) => eb.cast<string>('installation_id', 'text').as('id'))
    .where('id', '=', goalId)
    .executeTakeFirst();
  return row?.id;
}

/** How many goals there are of each status. */
export async function countGoals(db: Executor): Promise<Partial<Record<GoalStatus, number>>> {
  const rows = await db
    .selectFrom('goal')
    .select(['status', (eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')])
    .groupBy('status')
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** The newest goals first. */
export async function listGoals(db: Executor, filter: GoalFilter): Promise<GoalSummary[]> {
  let query = db
    .selectFrom('goal')
    .select(['id', 'owner', 'name', 'issue', 'title', 'requester', 'status', 'created_at', 'updated_at'])
    .select((eb) => eb.cast<string>('installation_id', 'text').as('installation'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.ended !== undefined) query = query.where('ended', '=', filter.ended);
  if (filter.over !== undefined) query = query.where('status', filter.over ? 'in' : 'not in', ['ready', 'cancelled']);
  if (filter.installationId !== undefined) query = query.where('installation_id', '=', filter.installationId);
  if (filter.repositoryId !== undefined) query = query.where('repository_id', '=', filter.repositoryId);
  return (await query.execute()).map(asSummary);
}

function asSummary({
  status,
  created_at: createdAt,
  updated_at: updatedAt,
  installation,
  ...row
}: Pick<
  Selectable<Database['goal']>,
  'id' | 'owner' | 'name' | 'issue' | 'title' | 'requester' | 'status' | 'created_at' | 'updated_at'
> & { installation: string }): GoalSummary {
  return { ...row, installationId: Number(installation), status: status as GoalStatus, createdAt, updatedAt };
}
