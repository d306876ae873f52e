import { describeFreeze, scheduledFreeze } from './freeze.ts';
import { chooseMethod } from './method.ts';
import { after, block, PERSON_POLL_MS, quote, wait, type Row } from './verdict.ts';

const HOLDING_LABEL = /^(do-not-merge|don-?t-merge|no-merge|dnm|wip|work-in-progress|hold|on-hold)(-|$)/;
const HOLDING_TITLE = /^\s*\[?(wip|do not merge|dnm)\b/i;

/** Nothing may be merged into this repository or base at all. */
export const closedOff: Row = ({ facts }) => {
  if (facts.repository.archived) return block('admin', 'The repository is archived. Unarchive it to go on.');
  if (!facts.baseExists)
    return block('human', `The base branch \`${facts.base.branch}\` is gone. Choose another base.`);
  if (facts.rules !== 'unreadable' && facts.rules.locked) {
    return block('admin', `The branch \`${facts.base.branch}\` is locked. Unlock it to go on.`);
  }
  return undefined;
};

/** Somebody else pushed: what omk proved is not what would be merged (asyncapi/.github#119). */
export const strangePush: Row = ({ facts, memory }) =>
  memory.pushed !== undefined && memory.pushed !== facts.head
    ? block(
        'human',
        `Somebody else pushed ${facts.head.slice(0, 7)} to \`${facts.headBranch}\`. Merge it by hand or take it back.`,
      )
    : undefined;

/** The App never asks for the permission to write workflows. */
export const workflowChange: Row = ({ facts }) =>
  facts.changesWorkflows
    ? block('human', 'The change touches `.github/workflows`, which omk may not merge. Merge it by hand.')
    : undefined;

/** A draft is a person's "not yet". */
export const draft: Row = (view) =>
  view.facts.draft
    ? wait(view, 'it is a draft until somebody marks it ready for review', after(view.now, PERSON_POLL_MS))
    : undefined;

/** Labels and title with which people hold a merge. Labels that cannot be read hold it too. */
export const held: Row = (view) => {
  const { labels, title } = view.facts;
  if (labels === 'unreadable') return wait(view, 'GitHub did not show its labels', after(view.now, 60_000));
  const label = labels.find((name) =>
    HOLDING_LABEL.test(
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replace(/^-/, ''),
    ),
  );
  if (label !== undefined) return block('human', `The label ${quote([label])} holds it. Remove the label to go on.`);
  return HOLDING_TITLE.test(title)
    ? block('human', 'Its title says that it is not to be merged. Change the title to go on.')
    : undefined;
};

/** People said no. */
export const objections: Row = ({ facts }) => {
  const { decision, changesRequestedBy } = facts.reviews;
  if (decision === 'CHANGES_REQUESTED' || changesRequestedBy.length > 0) {
    const who = changesRequestedBy.length > 0 ? ` by ${quote(changesRequestedBy)}` : '';
    return block('human', `Changes were requested${who}. An approving or dismissed review moves it on.`);
  }
  const mustResolve = facts.rules !== 'unreadable' && facts.rules.resolvedThreads;
  return mustResolve && facts.unresolvedThreads > 0
    ? block('human', `${facts.unresolvedThreads} conversations are unresolved. Resolve them to go on.`)
    : undefined;
};

/** A base without required checks and reviews would let anything through (bulldozer#122). */
export const unprotected: Row = ({ facts, policy, checks }) => {
  if (facts.rules === 'unreadable' || policy.allow_unprotected_base || policy.merge !== 'gated') return undefined;
  return checks.demands.length === 0 && facts.rules.approvals === 0
    ? block(
        'admin',
        `The base \`${facts.base.branch}\` has neither required checks nor required reviews. Protect it, or set \`allow_unprotected_base: true\` in .github/omk.yml.`,
      )
    : undefined;
};

/** Fail early if no way of merging is left. */
export const noMethod: Row = ({ facts, policy }) => {
  if (facts.rules === 'unreadable') return undefined;
  const choice = chooseMethod(facts, facts.rules, policy.merge_method);
  return choice.kind === 'none' ? block('admin', `It cannot be merged: ${choice.reason}.`) : undefined;
};

/** Below an open pull request nothing is merged: rulesets often cover the default branch only (ci-workflows#135). */
export const stacked: Row = (view) =>
  view.facts.stackedOn === undefined
    ? undefined
    : wait(
        view,
        `its base is the head of #${view.facts.stackedOn}, which must merge first`,
        after(view.now, PERSON_POLL_MS),
      );

/** A freeze holds the merge, not the checks. */
export const frozen: Row = (view) => {
  const { memory, policy, now } = view;
  const freeze = scheduledFreeze(policy.freeze, now);
  if (freeze.kind === 'unreadable' && !memory.frozen)
    return block('admin', `The freeze \`${freeze.entry}\` in .github/omk.yml cannot be read. Correct it.`);
  const how = describeFreeze(memory.frozen, policy.freeze, now);
  const until = memory.frozen || freeze.kind !== 'frozen' ? after(now, PERSON_POLL_MS) : freeze.until;
  return how === undefined ? undefined : wait(view, `merging is frozen ${how}`, until);
};

function missingReviews(count: number): string {
  return count > 1 ? `${count} more approving reviews are missing` : 'an approving review is missing';
}

/** An approval that the base wants and GitHub does not show yet. Words omk does not know are waited out. */
export const unreviewed: Row = (view) => {
  const { reviews, rules, mergeState } = view.facts;
  if (rules === 'unreadable' || reviews.decision === 'APPROVED') return undefined;
  const missing = rules.approvals - reviews.approvals;
  // GitHub may leave the decision out and yet block for a code owner (kodiak#515).
  const owners = rules.codeOwners && mergeState === 'BLOCKED';
  if (reviews.decision === undefined && missing <= 0 && !owners) return undefined;
  return wait(
    view,
    owners ? "a code owner's approving review is missing" : missingReviews(missing),
    after(view.now, PERSON_POLL_MS),
  );
};
