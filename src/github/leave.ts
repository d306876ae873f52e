import { z } from 'zod';
import type { Person } from '../goal/goal.ts';
import type { Permission } from '../goal/permission.ts';
import { parseReply, type GitHub } from './client.ts';
import { ask, NotUnderstood } from './graphql.ts';
import type { Issue } from './issues.ts';

/** On whose word and on which issue omk acts. */
export type Cause = { issue: number; person: Person };

/**
 * What GitHub says in one answer of who asked and of the issue. Undefined is what it does not say clearly: REST must be asked.
 * `permission` is only known of somebody who has one, by the numeric id.
 */
export type Leave = {
  permission: Permission | undefined;
  issue: Pick<Issue, 'state' | 'locked' | 'labels'> | undefined;
};

const WHAT = 'read who may';

/** Part of a query of a repository, with the variables `$issue` and `$login`. An issue has at most a hundred labels. */
export const LEAVE_FIELDS = `issue(number: $issue) {
      number state locked repository { databaseId } labels(first: 100) { nodes { name } }
    }
    collaborators(login: $login, first: 1) { edges { permission node { databaseId } } }`;

export const LEAVE_QUERY = `query ($owner: String!, $name: String!, $issue: Int!, $login: String!) {
  repository(owner: $owner, name: $name) {
    ${LEAVE_FIELDS}
  }
}`;

/** The answer to `LEAVE_FIELDS`. */
export const leaveSchema = z.object({
  issue: z
    .object({
      number: z.number(),
      state: z.string(),
      locked: z.boolean().default(false),
      repository: z.object({ databaseId: z.number().nullish() }),
      labels: z.object({ nodes: z.array(z.object({ name: z.string() }).nullable()).nullish() }).nullish(),
    })
    .nullish(),
  collaborators: z
    .object({
      edges: z
        .array(
          z
            .object({ permission: z.string(), node: z.object({ databaseId: z.number().nullish() }).nullish() })
            .nullish(),
        )
        .nullish(),
    })
    .nullish(),
});

type LeaveReply = z.output<typeof leaveSchema>;

/** The answer in our words. A login may be another's by now, and an issue another repository's: both are not known then. */
export function toLeave({ issue, collaborators }: LeaveReply, repositoryId: number, cause: Cause): Leave {
  const own = collaborators?.edges?.find((edge) => edge?.node?.databaseId === cause.person.id);
  const permission = (['admin', 'maintain', 'write'] as const).find((one) => one.toUpperCase() === own?.permission);
  const same = issue?.number === cause.issue && issue.repository.databaseId === repositoryId && issue.labels;
  const labels = (issue?.labels?.nodes ?? []).flatMap((label) => label?.name ?? []);
  const state = issue?.state === 'OPEN' ? ('open' as const) : ('closed' as const);
  return { permission, issue: same ? { state, locked: issue.locked, labels } : undefined };
}

/** Asks for both by one query. Where GraphQL does not answer it, nothing is known. Throws TransientError. */
export async function readLeave(github: GitHub, cause: Cause): Promise<Leave> {
  const { owner, name, id } = github.repository;
  const variables = { owner, name, issue: cause.issue, login: cause.person.login };
  try {
    const { data } = await ask(github, { what: WHAT, query: LEAVE_QUERY, variables });
    const { repository } = parseReply(WHAT, z.object({ repository: leaveSchema.nullish() }), data);
    return toLeave(repository ?? {}, id, cause);
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    return { permission: undefined, issue: undefined };
  }
}
