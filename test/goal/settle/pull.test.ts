import { describe } from '@jest/globals';
import { ended, HEAD, MINUTE, HOUR, ago, required, rules } from './sample.ts';
import { testRows } from './table.ts';

const approvedRules = rules({ approvals: 1 });
const reviews = (decision: string | undefined, approvals = 0, changesRequestedBy: string[] = []) => ({
  decision,
  approvals,
  changesRequestedBy,
});

describe('ends', () => {
  testRows([
    [
      'A1 a merged pull request is done with its merge commit',
      { facts: { state: 'merged', mergedSha: 'c1' } },
      { kind: 'done', sha: 'c1' },
    ],
    [
      'A1 merged without a commit yet: read again in 5 s',
      { facts: { state: 'merged' } },
      { kind: 'wait', inMs: 5_000 },
    ],
    [
      'A1 merged wins over every gate',
      { facts: { state: 'merged', mergedSha: 'c1', draft: true, mergeable: 'CONFLICTING' } },
      'done',
    ],
    ['A2 a closed pull request is gone', { facts: { state: 'closed' } }, { kind: 'gone', reason: /closed/ }],
  ]);
});

describe('what closes repository or base', () => {
  testRows([
    [
      'A3 archived repository',
      { facts: { repository: { archived: true, methods: ['squash'], deletesBranchOnMerge: false, autoMerge: false } } },
      { kind: 'block', who: 'admin', reason: /archived/ },
    ],
    [
      'A3 locked base',
      { facts: { rules: rules({ locked: true }) } },
      { kind: 'block', who: 'admin', reason: /locked/ },
    ],
    ['A3 base branch deleted', { facts: { baseExists: false } }, { kind: 'block', who: 'human', reason: /gone/ }],
  ]);
});

describe('what holds the pull request', () => {
  testRows([
    [
      'A4 draft waits for ready_for_review',
      { facts: { draft: true } },
      { kind: 'wait', reason: /draft/, inMs: 15 * MINUTE },
    ],
    [
      'A4 draft with a failing check still waits: a person parked it',
      { facts: { draft: true, contexts: [ended('test', 'FAILURE')] } },
      'wait',
    ],
    [
      'A6 label "do not merge"',
      { facts: { labels: ['do not merge'] } },
      { kind: 'block', who: 'human', reason: /do not merge/ },
    ],
    ['A6 label "Do-Not-Merge/hold" of prow', { facts: { labels: ['Do-Not-Merge/hold'] } }, 'block'],
    ['A6 label "don\'t merge"', { facts: { labels: ["don't merge"] } }, 'block'],
    ['A6 label "WIP"', { facts: { labels: ['size/XL', 'WIP'] } }, 'block'],
    ['A6 label "hold"', { facts: { labels: ['hold'] } }, 'block'],
    ['A6 label with an emoji before the word', { facts: { labels: ['\u{1F6D1} on hold'] } }, 'block'],
    [
      'A6 a label that only begins alike does not hold',
      { facts: { labels: ['holder', 'wiper', 'household'] } },
      'ready',
    ],
    ['A6 ordinary labels do not hold', { facts: { labels: ['bug', 'omk'] } }, 'ready'],
    [
      'A6 title begins with WIP:',
      { facts: { title: 'WIP: something' } },
      { kind: 'block', who: 'human', reason: /title/ },
    ],
    ['A6 title begins with [DNM]', { facts: { title: '[DNM] something' } }, 'block'],
    [
      'A6 "wip" in the middle of a title does not hold',
      { facts: { title: '[slice] wipe — Clear the wip table' } },
      'ready',
    ],
    [
      'A6 freeze by command waits',
      { memory: { frozen: { by: 'ada', reason: 'release' } } },
      { kind: 'wait', reason: /frozen by ada \(release\) until `\/omk unfreeze`/, inMs: 15 * MINUTE },
    ],
    [
      'A6 freeze by schedule waits until its end',
      { policy: { freeze: [{ from: 'Wed 11:00', to: 'Wed 12:30', zone: 'UTC' }] } },
      { kind: 'wait', inMs: 30 * MINUTE },
    ],
    [
      'A6 freeze by schedule in another zone',
      { policy: { freeze: [{ from: 'Wed 13:00', to: 'Wed 14:00', zone: 'Europe/Berlin' }] } },
      { kind: 'wait', inMs: HOUR },
    ],
    [
      'A6 freeze over the weekend, asked on a Wednesday',
      { policy: { freeze: [{ from: 'Fri 16:00', to: 'Mon 07:00', zone: 'UTC' }] } },
      'ready',
    ],
    [
      'A6 freeze that wraps the week',
      { policy: { freeze: [{ from: 'Tue 20:00', to: 'Mon 07:00', zone: 'UTC' }] } },
      { kind: 'wait', reason: /frozen from Tue 20:00 to Mon 07:00, UTC, this time until 2026-11-30 07:00 UTC/ },
    ],
    [
      'A6 freeze ended this minute',
      { policy: { freeze: [{ from: 'Tue 20:00', to: 'Wed 12:00', zone: 'UTC' }] } },
      'ready',
    ],
    [
      'A6 fails closed on a freeze that cannot be read',
      { policy: { freeze: [{ from: 'someday', to: 'Mon 07:00', zone: 'UTC' }] } },
      { kind: 'block', who: 'admin' },
    ],
    [
      'A6 fails closed on an unknown time zone',
      { policy: { freeze: [{ from: 'Fri 16:00', to: 'Mon 07:00', zone: 'Mars/Base' }] } },
      { kind: 'block', who: 'admin' },
    ],
    [
      'A6 a freeze holds the merge, not the fix turn',
      { memory: { frozen: { by: 'ada', reason: '' } }, facts: { contexts: [ended('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'A7 fails closed on labels that cannot be read',
      { facts: { labels: 'unreadable' } },
      { kind: 'wait', inMs: MINUTE },
    ],
    [
      'A8 somebody else pushed the head',
      { memory: { pushed: 'd'.repeat(40) } },
      { kind: 'block', who: 'human', reason: /Somebody else pushed/ },
    ],
    ['A8 the head is what omk pushed', { memory: { pushed: HEAD } }, 'ready'],
  ]);
});

describe('reviews', () => {
  testRows([
    [
      'A9 changes requested',
      { facts: { reviews: reviews('CHANGES_REQUESTED', 0, ['ann']) } },
      { kind: 'block', who: 'human', reason: /`ann`/ },
    ],
    [
      'A9 changes requested without names',
      { facts: { reviews: reviews('CHANGES_REQUESTED') } },
      { kind: 'block', who: 'human' },
    ],
    [
      'A9 changes requested counts though GitHub gives no decision',
      { facts: { reviews: reviews(undefined, 1, ['bob']) } },
      { kind: 'block', reason: /`bob`/ },
    ],
    ['A9 approved', { facts: { reviews: reviews('APPROVED', 1), rules: approvedRules } }, 'ready'],
    [
      'A10 review required waits',
      { facts: { reviews: reviews('REVIEW_REQUIRED'), rules: approvedRules } },
      { kind: 'wait', reason: /review is missing/, inMs: 15 * MINUTE },
    ],
    [
      'A10 no decision though an approval is required: fails closed',
      { facts: { reviews: reviews(undefined), rules: approvedRules } },
      { kind: 'wait', reason: /review/ },
    ],
    [
      'A10 no decision and enough approvals',
      { facts: { reviews: reviews(undefined, 1), rules: approvedRules } },
      'ready',
    ],
    ['A10 a decision nobody knows waits', { facts: { reviews: reviews('ESCALATED') } }, 'wait'],
    [
      'A10 blocked without a decision and code owners: their review',
      { facts: { rules: rules({ codeOwners: true }), mergeState: 'BLOCKED' } },
      { kind: 'wait', reason: /code owner/ },
    ],
    [
      'A10 a failing check is told before a missing review',
      { facts: { reviews: reviews('REVIEW_REQUIRED'), contexts: [ended('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'A11 unresolved conversation where resolution is required',
      { facts: { unresolvedThreads: 2, rules: rules({ resolvedThreads: true }) } },
      { kind: 'block', who: 'human', reason: /2 conversations/ },
    ],
    ['A11 unresolved conversation where it is not required', { facts: { unresolvedThreads: 2 } }, 'ready'],
    ['A11 all resolved', { facts: { rules: rules({ resolvedThreads: true }) } }, 'ready'],
  ]);
});

describe('the base', () => {
  const bare = rules({ required: [] });
  testRows([
    [
      'A13 base is the head of another open pull request',
      { facts: { stackedOn: 41 } },
      { kind: 'wait', reason: /#41/ },
    ],
    [
      'A14 unprotected base',
      { facts: { rules: bare } },
      { kind: 'block', who: 'admin', reason: /allow_unprotected_base: true/ },
    ],
    [
      'A14 unprotected base that the policy allows',
      { facts: { rules: bare }, policy: { allow_unprotected_base: true } },
      'ready',
    ],
    [
      'A14 unprotected base under policy manual: a person asked',
      { facts: { rules: bare }, policy: { merge: 'manual' } },
      'ready',
    ],
    [
      'A14 required reviews protect',
      { facts: { rules: rules({ required: [], approvals: 1 }), reviews: reviews('APPROVED', 1) } },
      'ready',
    ],
    [
      "A14 the policy's required checks protect",
      { facts: { rules: bare }, policy: { checks: { required: ['test'] } } },
      'ready',
    ],
    [
      'A14 a required workflow protects',
      { facts: { rules: rules({ required: [{ kind: 'workflow', path: '.github/workflows/ci.yml' }] }) } },
      'ready',
    ],
    ['A15 a fork that is clean is merged', { facts: { fork: true } }, 'ready'],
    [
      'A15 a fork that conflicts cannot be rebased by us',
      { facts: { fork: true, mergeable: 'CONFLICTING' } },
      { kind: 'block', who: 'human', reason: /fork/ },
    ],
    [
      'A15 a fork that is behind cannot be updated by us',
      { facts: { fork: true, mergeState: 'BEHIND', rules: rules({ strict: true }) } },
      { kind: 'block', who: 'human' },
    ],
    [
      'F10 the change touches workflows',
      { facts: { changesWorkflows: true } },
      { kind: 'block', who: 'human', reason: /workflows/ },
    ],
  ]);
});

describe('several reasons', () => {
  testRows([
    [
      'all reasons to wait are told together, the earliest time counts',
      { memory: { headSeenAt: ago(MINUTE) }, facts: { stackedOn: 7, reviews: reviews('REVIEW_REQUIRED') } },
      { kind: 'wait', reason: /#7.*review.*may still start/, inMs: MINUTE },
    ],
    [
      'a block is told before a wait',
      {
        facts: {
          stackedOn: 7,
          rules: rules({ resolvedThreads: true, required: [required('test')] }),
          unresolvedThreads: 1,
        },
      },
      'block',
    ],
  ]);
});
