import { groundOf } from '../../../src/goal/settle/merging.ts';
import { settle, type Memory, type PullFacts } from '../../../src/goal/settle.ts';
import type { CheckContext } from '../../../src/goal/settle/facts.ts';
import type { Policy } from '../../../src/goal/policy.ts';
import { rules } from '../../goal/settle/sample.ts';

type Judge = typeof settle;
type Seen = { facts: PullFacts; memory: Memory; policy: Policy };

/** The rule, blind for one thing. */
function blindFor(blind: (seen: Seen, now: Date) => Partial<Seen>): Judge {
  return (facts, memory, policy, now) => {
    const seen = { facts, memory, policy };
    const left = { ...seen, ...blind(seen, now) };
    return settle(left.facts, left.memory, left.policy, now);
  };
}

const facts = (change: (facts: PullFacts) => Partial<PullFacts>) =>
  blindFor((seen) => ({ facts: { ...seen.facts, ...change(seen.facts) } }));
const contexts = (keep: (context: CheckContext) => boolean) =>
  facts((seen) => ({ contexts: seen.contexts.filter(keep) }));
const checks = (change: Partial<Policy['checks']>) =>
  blindFor(({ policy }) => ({ policy: { ...policy, checks: { ...policy.checks, ...change } } }));

const isOver = (context: CheckContext) =>
  context.kind === 'run' ? context.status === 'COMPLETED' : context.state !== 'PENDING';
const asSuccess = (word: string) => (context: CheckContext) =>
  context.kind === 'run' && context.conclusion === word ? { ...context, conclusion: 'SUCCESS' } : context;

/** Faults that the simulator must notice: each takes one row of the rule away. What GitHub itself refuses is not among them. */
export const BLINKERS: Record<string, Judge> = {
  suites: facts(() => ({ suites: [] })),
  'what still runs': contexts(isOver),
  'commit statuses': contexts(({ kind }) => kind === 'run'),
  'failed checks that are not required': checks({ optional_failure: 'ignore' }),
  'words of tomorrow': facts((seen) => ({ contexts: seen.contexts.map(asSuccess('A_WORD_OF_TOMORROW')) })),
  'cancelled runs': facts((seen) => ({ contexts: seen.contexts.map(asSuccess('CANCELLED')) })),
  'the grace for first checks': checks({ first_check_grace: 0 }),
  'the quiet period': checks({ quiet: 0 }),
  'a base that moved between two looks': blindFor(({ facts: seen, memory }) => ({
    memory: { ...memory, greenOn: groundOf(seen) },
  })),
  'pushes of others': blindFor(({ facts: seen, memory }) => ({ memory: { ...memory, pushed: seen.head } })),
  labels: facts(() => ({ labels: [] })),
  'a freeze': blindFor(({ memory }) => ({ memory: { ...memory, frozen: undefined } })),
  'rules that are not shown': facts((seen) => ({ rules: seen.rules === 'unreadable' ? rules() : seen.rules })),
};
