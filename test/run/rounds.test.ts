import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fetchBranch } from '../../src/git/mirror.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import { defaultPolicy, policySchema } from '../../src/goal/policy.ts';
import type { Slice } from '../../src/goal/slice.ts';
import { review } from '../../src/run/review.ts';
import type { Tools } from '../../src/run/tools.ts';
import { makeBed, type Bed } from '../git/bed.ts';
import { commitFiles, plainGit, TOKEN } from '../git/remote.ts';
import { someGoal, someSlice } from '../goal/goals.ts';

let bed: Bed & AsyncDisposable;
let head: string;

/** One finding of high severity, one of medium, and one of low in a pass that passes. */
const FAULTY = `export const run = (code: string) => eval(code);
// TODO: take the words from the settings
export function works() {
  try {
    probe();
  } catch {}
}
`;

beforeAll(async () => {
  bed = await makeBed();
  head = await commitFiles(bed.seed, {
    'src/run.ts': FAULTY,
    '.github/workflows/ci.yml': 'jobs:\n  a:\n    permissions:\n      contents: write\n',
  });
  await plainGit(bed.seed, 'push', '-q', 'origin', 'HEAD:main');
  await fetchBranch(bed.mirror, 'main', TOKEN);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

async function judged(more: Partial<Slice>): Promise<GoalEvent | undefined> {
  const goal = someGoal({ policy: policySchema.parse({ review: { reviewer: 'off', rounds: 2 } }) });
  const tools = { config: { OMK_DATA_DIR: bed.data, GHE_PROTOCOL: 'https' } } as unknown as Tools;
  const slice = someSlice({ base: { branch: 'main', sha: bed.main }, head, accepted: [], gates: [], ...more });
  const [event] = await review({ ...goal, repository: { ...goal.repository, id: 7 } }, slice, tools);
  return event;
}

test('every open finding goes back to the builder, those that block nothing too', async () => {
  const event = await judged({});
  if (event?.kind !== 'wall-blocked') throw new Error(`not blocked: ${event?.kind}`);
  const open = event.wall.passes.flatMap(({ findings }) => findings);
  expect(open.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['security/code-execution', 'anti-slop/todo', 'security/workflow-permissions']),
  );
  const harmless = event.wall.passes.filter(({ status }) => status === 'passed').flatMap(({ findings }) => findings);
  expect(harmless.map(({ rule }) => rule)).toContain('code/swallowed-error');
  for (const { id } of open) expect(event.feedback.filter(({ text }) => text.startsWith(`[${id}]`))).toHaveLength(1);
});

test('after the last round what is neither high nor critical is listed and blocks no more', async () => {
  const attempts = { ...someSlice().attempts, rounds: defaultPolicy().review.rounds };
  const first = await judged({ attempts });
  expect(
    first?.kind === 'wall-blocked' &&
      first.wall.passes.filter(({ status }) => status === 'failed').map(({ pass }) => pass),
  ).toEqual(['security']);
  const grave =
    first?.kind === 'wall-blocked'
      ? first.wall.passes.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'high')
      : [];
  const by = { id: 1, login: 'ada' };
  const accepted = grave.map(({ id }) => ({ finding: id, reason: 'ours alone', by }));
  const second = await judged({ attempts, accepted });
  expect(second?.kind).toBe('wall-passed');
  if (second?.kind === 'wall-passed')
    expect(second.wall.passes.flatMap(({ findings }) => findings.map(({ rule }) => rule))).toContain('anti-slop/todo');
});
