import { UserError } from '../errors.ts';
import { readPatch, type Signature } from '../git/commit.ts';
import { mergeCheck, mergeInto, rebaseCommit } from '../git/merge-tree.ts';
import { fetchBranch, type Mirror } from '../git/mirror.ts';
import { pushCommit } from '../git/push.ts';
import { createCheckRun } from '../github/checks.ts';
import type { GitHub } from '../github/client.ts';
import { openPull, updatePull } from '../github/pulls.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Base, Goal, Sha } from '../goal/goal.ts';
import { renewIsland } from '../goal/island.ts';
import { branchName, pullTitle } from '../goal/naming.ts';
import { renderCheckRun } from '../goal/report/check-run.ts';
import { PULL_ISLAND, renderPullBody, renderPullContent } from '../goal/report/pull-body.ts';
import { GRACE } from '../goal/settle/checks.ts';
import type { Slice, SlicePull } from '../goal/slice.ts';
import { policyOf, termsOf } from '../goal/terms.ts';
import type { Wall } from '../goal/wall.ts';
import { renderSandbox } from '../sandbox/sandbox.ts';
import { adopt } from './adopt.ts';
import { baseOf } from './build.ts';
import { reopen } from './hold.ts';
import { assertUnderway, stillMay } from './recheck.ts';
import { regainWork } from './regain.ts';
import { botAuthor, mirrorOf, pageUrl, type Tools } from './tools.ts';

/**
 * Brings a proven slice to GitHub in upstream's order; every early end is an event with its reason:
 * dry run, policy `local`, the base (rebased and proven again when it does not merge cleanly), push, pull request.
 */
export async function deliver(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const { delivery } = termsOf(goal);
  const { head } = slice;
  if (!head) throw new Error(`Slice ${slice.id} is delivered without a commit`);
  if (goal.options.dryRun) return [held(slice, 'Dry run: built, proven and reviewed, nothing pushed.', '/omk run')];
  if (delivery === 'local') {
    return [held(slice, `Delivery is \`local\`: commit ${head} is kept on omk's disk.`, '/omk run --delivery auto-pr')];
  }
  if (slice.rebaseAsked) return rebase(goal, slice, tools);
  const parcel = await pack(goal, head, tools);
  const moved = await meetBase(goal, slice, parcel);
  if (moved) return moved;
  if (slice.pushed !== head) {
    const reason = await stillMay(goal, tools);
    if (reason) return [{ kind: 'slice-blocked', slice: slice.id, reason }];
    await assertUnderway(goal, tools);
    return push(goal, slice, parcel, tools);
  }
  await assertUnderway(goal, tools);
  return [
    { kind: 'delivered', slice: slice.id, pull: await bringPull(goal, slice, head, tools) },
    firstWait(goal, slice, tools),
  ];
}

/** Nothing can be ready before the grace for first checks is over, so nothing is read until then unless GitHub tells of something. */
function firstWait(goal: Goal, slice: Slice, { clock }: Tools): GoalEvent {
  const now = clock.now();
  const until = new Date(now.getTime() + policyOf(goal).checks.first_check_grace);
  const wait = { reason: GRACE, since: now, until };
  return { kind: 'waiting', slice: slice.id, wait, headSeenAt: now, greenSince: undefined };
}

function held(slice: Slice, text: string, next: string): GoalEvent {
  return { kind: 'held', slice: slice.id, reason: { text, next } };
}

type Parcel = { mirror: Mirror; token: string; head: Sha; sign: () => Promise<Signature> };

async function pack(goal: Goal, head: Sha, tools: Tools): Promise<Parcel> {
  const sign = async () => ({ ...(await botAuthor(goal, tools)), date: tools.clock.now().toISOString() });
  return { mirror: await mirrorOf(goal, tools), token: await tools.gitToken(goal.repository), head, sign };
}

/** Undefined when the commit merges cleanly into the base as it stands now; else what became of it. */
async function meetBase(goal: Goal, slice: Slice, parcel: Parcel): Promise<GoalEvent[] | undefined> {
  const base = await freshBase(slice.base ?? baseOf(goal), parcel);
  if (base.sha === slice.base?.sha) return undefined;
  const check = await mergeCheck(parcel.mirror, base.sha, parcel.head);
  return check.kind === 'clean' ? undefined : rebaseOnto(base, slice, parcel, goal);
}

/** Puts the slice on the base as it stands now; gates and wall follow again. A conflict goes back to build with both sides. */
export async function rebase(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  if (!slice.head) throw new Error(`Slice ${slice.id} is rebased without a commit`);
  const lost = await regainWork(goal, slice, tools);
  if (lost.length > 0) return lost;
  const parcel = await pack(goal, slice.head, tools);
  return rebaseOnto(await freshBase(slice.base ?? baseOf(goal), parcel), slice, parcel, goal);
}

async function freshBase({ branch }: Base, { mirror, token }: Parcel): Promise<Base> {
  const sha = await fetchBranch(mirror, branch, token);
  if (!sha) throw new UserError(`The base branch \`${branch}\` is gone.`, '/omk run --base <an existing branch>');
  return { branch, sha };
}

async function rebaseOnto(base: Base, slice: Slice, parcel: Parcel, goal: Goal): Promise<GoalEvent[]> {
  if (slice.stem) return mergeBase(base, slice, parcel);
  const { mirror, head } = parcel;
  const from = (slice.base ?? baseOf(goal)).sha;
  const rebased = await rebaseCommit(mirror, { commit: head, from, onto: base.sha });
  if (rebased.kind === 'clean') {
    return [{ kind: 'rebased', slice: slice.id, base, head: rebased.sha, tree: rebased.tree }];
  }
  const { files } = rebased;
  const text = [
    `The change conflicts with the base in ${files.join(', ')}.`,
    'The work folder now holds the new base. Make the change again on top of it, keeping what the base gained.',
    `What the slice had changed:\n${(await readPatch(mirror, from, head)).slice(0, PATCH_CHARS)}`,
  ].join('\n');
  return [{ kind: 'conflicted', slice: slice.id, base, files, feedback: [{ from: 'rebase', text }] }];
}

const PATCH_CHARS = 20_000;

/** People's commits are never rewritten, so the base is merged into them. */
async function mergeBase(base: Base, slice: Slice, { mirror, head, sign }: Parcel): Promise<GoalEvent[]> {
  const merged = await mergeInto(mirror, {
    head,
    base: base.sha,
    message: `Merge ${base.branch} at ${base.sha.slice(0, 12)}`,
    author: await sign(),
  });
  if (merged.kind === 'clean') return [{ kind: 'rebased', slice: slice.id, base, head: merged.sha, tree: merged.tree }];
  const text = `The branch has commits of people in it and conflicts with \`${base.branch}\` in ${merged.files.join(', ')}.`;
  const next = `merge \`${base.branch}\` into the branch by hand, then /omk retry`;
  return [{ kind: 'slice-blocked', slice: slice.id, reason: { text, next } }];
}

async function push(goal: Goal, slice: Slice, { mirror, token, head }: Parcel, tools: Tools): Promise<GoalEvent[]> {
  const branch = branchName(goal, slice.id);
  const pushed = await pushCommit(mirror, { sha: head, branch, expected: slice.pushed }, token);
  if (pushed.kind === 'refused') {
    throw new UserError(`GitHub refused the push to \`${branch}\`.`, `/omk retry ${slice.id}`, pushed.message);
  }
  if (pushed.kind === 'moved') {
    const adopted = await adopt(goal, slice, head, tools);
    if (adopted) return adopted;
    const found = pushed.actual ? `is at ${pushed.actual}, which omk did not push` : 'was deleted';
    throw new UserError(`The branch \`${branch}\` ${found}. Nothing was overwritten.`, `/omk retry ${slice.id}`);
  }
  return [{ kind: 'pushed', slice: slice.id, head }];
}

/** The wall's verdict as a check of this delivery. */
async function putVerdict(
  goal: Goal,
  slice: Slice,
  { wall, github }: { wall: Wall; github: GitHub },
  tools: Tools,
): Promise<void> {
  const key = `check:${goal.id}/${slice.id}/${slice.turn}`;
  const { kind } = await tools.store.intendEffect({ goalId: goal.id, key, kind: 'check', detail: { head: wall.head } });
  const check = { ...renderCheckRun(wall, slice.accepted, slice.round), key };
  await createCheckRun(github, check, { isNew: kind === 'fresh' });
}

async function bringPull(goal: Goal, slice: Slice, head: Sha, tools: Tools): Promise<SlicePull> {
  const github = await tools.connect(goal.repository);
  const draft = termsOf(goal).delivery === 'draft-pr';
  const view = { sandbox: renderSandbox(tools.sandbox), pageUrl: pageUrl(goal, tools) };
  const base = (slice.base ?? baseOf(goal)).branch;
  const title = pullTitle(slice);
  const body = renderPullBody(goal, slice, view);
  const branch = branchName(goal, slice.id);
  const key = `pull:${goal.id}/${slice.id}`;
  const { kind } = await tools.store.intendEffect({ goalId: goal.id, key, kind: 'pull', detail: { branch } });
  const pull = await openPull(github, { base, head: branch, title, body, draft }, { isNew: kind === 'fresh' });
  if (pull.state === 'closed') {
    throw new UserError(`#${pull.number} was closed without a merge.`, reopen(pull.number, slice));
  }
  const wanted = renewIsland(pull.body, PULL_ISLAND, (max) => renderPullContent(goal, slice, view, max));
  if (wanted !== pull.body || pull.title !== title)
    await updatePull(github, { number: pull.number, title, body: wanted });
  if (slice.wall?.head === head) await putVerdict(goal, slice, { wall: slice.wall, github }, tools);
  return { number: pull.number, url: pull.url, head, draft: pull.draft };
}
