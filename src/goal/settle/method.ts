import type { BaseRules, MergeMethod, PullFacts } from './facts.ts';

const PREFERRED: readonly MergeMethod[] = ['squash', 'rebase', 'merge'];

/** How to merge: what repository and rules allow, the policy's wish first, else squash, rebase, merge in this order. */
export function chooseMethod(
  facts: PullFacts,
  rules: BaseRules,
  wish: MergeMethod | 'auto',
): { kind: 'method'; method: MergeMethod } | { kind: 'none'; reason: string } {
  const allowed = PREFERRED.filter((method) => isAllowed(method, facts, rules));
  const [first] = allowed;
  // A merge queue has its own method; what is chosen here is not sent.
  if (facts.queue.enabled) return { kind: 'method', method: first ?? 'merge' };
  if (first === undefined)
    return { kind: 'none', reason: 'the repository and the rules of the base leave no merge method' };
  if (wish === 'auto') return { kind: 'method', method: first };
  if (allowed.includes(wish)) return { kind: 'method', method: wish };
  return { kind: 'none', reason: `\`merge_method: ${wish}\` is not possible here; possible: ${allowed.join(', ')}` };
}

function isAllowed(method: MergeMethod, facts: PullFacts, rules: BaseRules): boolean {
  if (!facts.repository.methods.includes(method)) return false;
  if (rules.methods && !rules.methods.includes(method)) return false;
  if (method === 'merge') return !rules.linearHistory;
  // GitHub cannot sign the commits of a rebase.
  return method === 'squash' || (facts.canBeRebased && !rules.signatures);
}
