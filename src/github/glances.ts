import { z } from 'zod';
import { parseReply, type GitHub } from './client.ts';
import { ask } from './graphql.ts';

/** So many pull requests a query: the rest of an answer's ten seconds is GitHub's. */
const AT_ONCE = 25;
const WHAT = 'glance at pull requests';

/**
 * Enough to see that something moved, for two points a query. `state` of the rollup is no verdict here, only a sign of change.
 * `updatedAt` would move with every remark.
 */
const GLANCE = `state isDraft title headRefOid baseRefName mergeStateStatus reviewDecision isInMergeQueue
  labels(first: 20) { nodes { name } }
  commits(last: 1) { nodes { commit { oid statusCheckRollup { state } } } }`;

/** The query for a glance at these pull requests. */
export function glanceQuery(numbers: readonly number[]): string {
  const pulls = numbers.map((number) => `p${number}: pullRequest(number: ${number}) { ${GLANCE} }`);
  return `query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ${pulls.join('\n')} } }`;
}

const schema = z.object({ repository: z.record(z.string(), z.unknown()) });

/**
 * For each pull request a text that is another one as soon as it, its checks or its reviews changed; 25 to a query. One that
 * GitHub does not show has an empty text. Throws NotUnderstood and TransientError.
 */
export async function readGlances(github: GitHub, numbers: readonly number[]): Promise<Map<number, string>> {
  const { owner, name } = github.repository;
  const glances = new Map<number, string>();
  for (let start = 0; start < numbers.length; start += AT_ONCE) {
    const some = numbers.slice(start, start + AT_ONCE);
    const { data } = await ask(github, { what: WHAT, query: glanceQuery(some), variables: { owner, name } });
    const { repository } = parseReply(WHAT, schema, data);
    for (const number of some) glances.set(number, JSON.stringify(repository[`p${number}`] ?? ''));
  }
  return glances;
}
