import { describe, expect, test } from '@jest/globals';
import { ago, ended, facts, going, HOUR, MINUTE, NOW, rules, SECOND } from './sample.ts';
import { judge, testRows } from './table.ts';

const strict = rules({ strict: true });
const unknown = { mergeable: 'UNKNOWN', mergeState: 'UNKNOWN' };

describe('mergeability', () => {
  testRows([
    [
      'F1 unknown, first look: the quiet period lets GitHub work it out',
      { facts: unknown, memory: { greenSince: undefined } },
      { kind: 'wait', inMs: 30 * SECOND },
    ],
    [
      'F1 unknown in the quiet period: at its end',
      { facts: unknown, memory: { greenSince: ago(20 * SECOND) } },
      { kind: 'wait', inMs: 10 * SECOND },
    ],
    [
      'F1 unknown after 30 s: in 20 s',
      { facts: unknown, memory: { greenSince: ago(30 * SECOND) } },
      { kind: 'wait', inMs: 20 * SECOND },
    ],
    [
      'F1 unknown after 50 s: in 25 s',
      { facts: unknown, memory: { greenSince: ago(50 * SECOND) } },
      { kind: 'wait', inMs: 25 * SECOND },
    ],
    [
      'F1 unknown after that: with the sweep',
      { facts: unknown, memory: { greenSince: ago(75 * SECOND) } },
      { kind: 'wait', inMs: 5 * MINUTE },
    ],
    [
      'F1 unknown for ever: somebody must look',
      { facts: unknown, memory: { greenSince: ago(7 * HOUR), headSeenAt: ago(8 * HOUR) } },
      { kind: 'block', who: 'human' },
    ],
    ['F1 only the state unknown', { facts: { mergeState: 'UNKNOWN' } }, 'wait'],
    ['F1 a word nobody knows is not mergeable', { facts: { mergeable: 'PERHAPS' } }, 'wait'],
    ['F1 a state nobody knows is not mergeable', { facts: { mergeState: 'SUPERB' } }, 'wait'],
    ['F1 the old DRAFT state alone is not mergeable', { facts: { mergeState: 'DRAFT' } }, 'wait'],
    ['F1 mergeable at last', { memory: { greenSince: ago(75 * SECOND) } }, 'ready'],
    ['F2 conflicting', { facts: { mergeable: 'CONFLICTING', mergeState: 'DIRTY' } }, { kind: 'update', how: 'rebase' }],
    [
      'F2 dirty while mergeable is unknown',
      { facts: { mergeable: 'UNKNOWN', mergeState: 'DIRTY' } },
      { kind: 'update', how: 'rebase' },
    ],
    [
      'F2 a conflict keeps checks from starting: it goes before waiting for them',
      { facts: { mergeable: 'CONFLICTING', contexts: [], suites: [] } },
      'update',
    ],
    [
      'F3 behind and strict',
      { facts: { mergeState: 'BEHIND', rules: strict } },
      { kind: 'update', how: 'update-branch' },
    ],
    [
      'F3 behind, strict and a linear history',
      { facts: { mergeState: 'BEHIND', rules: rules({ strict: true, linearHistory: true }) } },
      { kind: 'update', how: 'rebase' },
    ],
    [
      'F3 behind, strict and merge method rebase',
      { facts: { mergeState: 'BEHIND', rules: strict }, policy: { merge_method: 'rebase' } },
      { kind: 'update', how: 'rebase' },
    ],
    [
      'F3 behind under classic protection, which does not tell',
      { facts: { mergeState: 'BEHIND', rules: rules({ strict: 'unknown' }) } },
      { kind: 'update', how: 'update-branch' },
    ],
    [
      'F3 behind while checks run: they may fail yet',
      { facts: { mergeState: 'BEHIND', rules: strict, contexts: [going('test')] } },
      'wait',
    ],
    ['F4 behind and not strict', { facts: { mergeState: 'BEHIND' } }, 'ready'],
    [
      'F6 a failing required check is never updated',
      { facts: { mergeState: 'BEHIND', rules: strict, contexts: [ended('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'F6 a failing required check goes before a conflict',
      { facts: { mergeable: 'CONFLICTING', contexts: [ended('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'F7 blocked without a reason we see: look again',
      { facts: { mergeState: 'BLOCKED' } },
      { kind: 'wait', reason: /sees no reason/, inMs: MINUTE },
    ],
    [
      'F7 blocked without a reason for ten minutes',
      { facts: { mergeState: 'BLOCKED' }, memory: { greenSince: ago(10 * MINUTE) } },
      { kind: 'block', who: 'admin', reason: /merge box/ },
    ],
    [
      'F7 blocked by a rule that only GitHub judges: named',
      { facts: { mergeState: 'BLOCKED', rules: rules({ others: ['code_scanning'] }) } },
      { kind: 'wait', reason: /code_scanning/ },
    ],
    ['F8 unstable is decided by our own rows', { facts: { mergeState: 'UNSTABLE' } }, 'ready'],
    [
      'F8 unstable with a red check that is not required',
      { facts: { mergeState: 'UNSTABLE', contexts: [ended('docs', 'FAILURE'), ...facts().contexts] } },
      'block',
    ],
    ['F9 clean', { facts: { mergeState: 'CLEAN' } }, 'ready'],
    ['F9 has hooks', { facts: { mergeState: 'HAS_HOOKS' } }, 'ready'],
  ]);
});

const only = (...methods: ('squash' | 'merge' | 'rebase')[]) => ({
  archived: false,
  methods,
  deletesBranchOnMerge: false,
  autoMerge: false,
});

describe('the merge method', () => {
  testRows([
    ['G4 squash comes first', {}, { kind: 'ready', method: 'squash' }],
    [
      'G4 no squash in the repository: rebase',
      { facts: { repository: only('merge', 'rebase') } },
      { kind: 'ready', method: 'rebase' },
    ],
    ['G4 only merge', { facts: { repository: only('merge') } }, { kind: 'ready', method: 'merge' }],
    [
      'G4 the ruleset allows merge only',
      { facts: { rules: rules({ methods: ['merge'] }) } },
      { kind: 'ready', method: 'merge' },
    ],
    [
      'G4 repository and ruleset have none in common',
      { facts: { repository: only('squash'), rules: rules({ methods: ['merge'] }) } },
      { kind: 'block', who: 'admin', reason: /no merge method/ },
    ],
    [
      'G4 linear history forbids merge',
      { facts: { repository: only('merge'), rules: rules({ linearHistory: true }) } },
      { kind: 'block', who: 'admin' },
    ],
    [
      'G4 signatures forbid rebase',
      { facts: { repository: only('merge', 'rebase'), rules: rules({ signatures: true }) } },
      { kind: 'ready', method: 'merge' },
    ],
    [
      'G4 a head that cannot be rebased',
      { facts: { repository: only('merge', 'rebase'), canBeRebased: false } },
      { kind: 'ready', method: 'merge' },
    ],
    ["G4 the policy's wish", { policy: { merge_method: 'merge' } }, { kind: 'ready', method: 'merge' }],
    [
      "G4 the policy's wish is not possible",
      { policy: { merge_method: 'merge' }, facts: { repository: only('squash') } },
      { kind: 'block', who: 'admin', reason: /merge_method: merge/ },
    ],
  ]);
});

const queue = { enabled: true, entry: undefined, removed: undefined };
const entry = (age: number) => ({
  enabled: true,
  entry: { state: 'AWAITING_CHECKS', enqueuedAt: ago(age) },
  removed: undefined,
});

describe('queue and auto-merge', () => {
  testRows([
    ['G3 no queue: merge', {}, { kind: 'ready', via: 'merge' }],
    ['G12 the base has a queue', { facts: { queue } }, { kind: 'ready', via: 'queue' }],
    [
      'G12 the base has a queue and forbids every method: it has its own',
      { facts: { queue, repository: only() } },
      { kind: 'ready', via: 'queue' },
    ],
    [
      'G12 queue, and GitHub is not content yet: auto-merge',
      { facts: { queue, mergeState: 'BLOCKED', repository: { ...only('squash'), autoMerge: true } } },
      { kind: 'ready', via: 'auto-merge' },
    ],
    [
      'G12 queue, not content, and auto-merge is off',
      { facts: { queue, mergeState: 'BLOCKED' } },
      { kind: 'wait', reason: /sees no reason/ },
    ],
    [
      'G16 in the queue: wait',
      { facts: { queue: entry(MINUTE) } },
      { kind: 'wait', reason: /AWAITING_CHECKS/, inMs: 5 * MINUTE },
    ],
    [
      'G17 in the queue for hours',
      { facts: { queue: entry(7 * HOUR) } },
      { kind: 'block', who: 'human', reason: /merge_group/ },
    ],
    [
      'G14 auto-merge armed: GitHub merges',
      { facts: { autoMergeSince: ago(9 * MINUTE) } },
      { kind: 'wait', inMs: MINUTE },
    ],
    [
      'G14 auto-merge armed and nothing happened for ten minutes: merge',
      { facts: { autoMergeSince: ago(10 * MINUTE) } },
      { kind: 'ready', via: 'merge' },
    ],
    [
      'G14 auto-merge armed, and a check turns red',
      { facts: { autoMergeSince: ago(MINUTE), contexts: [ended('test', 'FAILURE')] } },
      'block',
    ],
  ]);

  test('waiting for GitHub keeps the memory of green', () => {
    expect(judge({ facts: unknown, memory: { greenSince: undefined } })).toMatchObject({ greenSince: NOW });
    expect(judge({ facts: unknown, memory: { greenSince: ago(MINUTE) } })).toMatchObject({ greenSince: ago(MINUTE) });
  });
});
