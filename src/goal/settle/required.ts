import type { CheckContext, PullFacts, RequiredCheck } from './facts.ts';

/** A required check and what was found for it on the head. */
export type Demand = {
  name: string;
  app: number | undefined;
  found: CheckContext[];
  /** What our own app reported under this name: it is written by the merge, not waited for. */
  own: 'green' | 'unwritten' | undefined;
};

/**
 * Every check the base and the policy demand, with the contexts that answer to it. An entry bound to an app is answered
 * by that app's runs only, or by a commit status of which GitHub itself says that it is required.
 */
export function listDemands(
  facts: PullFacts,
  contexts: readonly CheckContext[],
  configured: readonly string[],
): Demand[] {
  const rules = facts.rules === 'unreadable' ? [] : facts.rules.required;
  const entries: RequiredCheck[] = [
    ...rules,
    ...configured.map((name) => ({ kind: 'check' as const, name, app: undefined })),
  ];
  const demands = entries.map((entry) => toDemand(entry, facts, contexts));
  const known = new Set(demands.flatMap((demand) => demand.found));
  const unlisted = contexts.filter((context) => context.isRequired && !known.has(context));
  const seen = unlisted.map((context): Demand => ({
    name: context.name,
    app: undefined,
    found: [context],
    own: undefined,
  }));
  return [...demands, ...seen];
}

function toDemand(entry: RequiredCheck, facts: PullFacts, contexts: readonly CheckContext[]): Demand {
  const found = contexts.filter((context) => answers(context, entry));
  const name = entry.kind === 'check' ? entry.name : entry.path;
  const app = entry.kind === 'check' ? entry.app : undefined;
  return { name, app, found, own: ownAnswer(entry, facts, found.length) };
}

function answers(context: CheckContext, entry: RequiredCheck): boolean {
  if (entry.kind === 'workflow') return context.kind === 'run' && context.workflowPath === entry.path;
  if (context.name !== entry.name) return false;
  if (entry.app === undefined) return true;
  return context.kind === 'run' ? context.app === entry.app : context.isRequired;
}

function ownAnswer(entry: RequiredCheck, facts: PullFacts, foreign: number): Demand['own'] {
  if (entry.kind === 'workflow') return undefined;
  const own = facts.contexts
    .filter((context) => context.kind === 'run')
    .filter((run) => run.app === facts.appId && run.name === entry.name)
    .toSorted((a, b) => b.id - a.id)[0];
  const ours = entry.app === facts.appId || (entry.app === undefined && own !== undefined && foreign === 0);
  if (!ours) return undefined;
  return own?.conclusion === 'SUCCESS' ? 'green' : 'unwritten';
}
