import {
  after,
  block,
  MACHINE_POLL_MS,
  quote,
  settleEnd,
  toFailed,
  wait,
  type Row,
  type SettleVerdict,
  type View,
} from './verdict.ts';
import type { Weighed } from './weigh.ts';

/** What was read must be of this head and complete; else read again. */
export const unread: Row = (view) => {
  const { facts, now } = view;
  if (facts.checkedSha !== facts.head)
    return wait(view, 'GitHub shows the checks of an older head still', after(now, 5_000));
  if (facts.rules !== 'unreadable') return undefined;
  return now < settleEnd(view)
    ? wait(view, 'GitHub did not show the rules of the base', after(now, 60_000), settleEnd(view))
    : block('admin', 'The rules of the base cannot be read. Give the App access to them.');
};

/** Required checks that failed, and whatever asks for a person: said at once, without waiting for the rest. */
export const failed: Row = ({ checks: { checks } }) => {
  const required = checks.filter((check) => check.required);
  const red = required.filter((check) => check.outcome === 'failed');
  if (red.length > 0) return failure('agent', `Required checks failed: ${names(red)}.`, checks);
  const action = checks.filter((check) => check.outcome === 'action');
  if (action.length > 0)
    return failure('human', `${names(action)} asks for an action by a person. Open it on GitHub.`, checks);
  const broken = required.filter((check) => check.outcome === 'broken');
  return broken.length > 0
    ? failure('human', `Required checks did not finish: ${names(broken)}. Run them again.`, checks)
    : undefined;
};

/** Checks that are not required and failed, once nothing is pending, as the policy will have it. */
export const optionalFailed: Row = ({ checks: { checks }, policy }) => {
  if (policy.checks.optional_failure === 'ignore' || checks.some(isOpen)) return undefined;
  const red = checks.filter((check) => check.outcome === 'failed');
  if (red.length > 0) return failure('agent', `Checks failed: ${names(red)}.`, checks);
  const broken = checks.filter((check) => check.outcome === 'broken');
  return broken.length > 0
    ? failure('human', `Checks did not finish: ${names(broken)}. Run them again.`, checks)
    : undefined;
};

function failure(who: 'agent' | 'human', reason: string, checks: readonly Weighed[]): SettleVerdict {
  const failed = checks.filter((check) => ['failed', 'broken', 'action'].includes(check.outcome)).map(toFailed);
  return { kind: 'block', reason, who, failed };
}

function names(checks: readonly Weighed[]): string {
  return quote(checks.map((check) => check.name));
}

function isOpen(check: Weighed): boolean {
  return check.outcome === 'pending' || check.outcome === 'approval';
}

/** A required check that nobody reported in time, unless a suite that may bring it still goes on. */
export const neverReported: Row = (view) => {
  const { checks, memory, policy, now } = view;
  const late = now >= after(memory.headSeenAt, policy.checks.missing_required_timeout);
  if (checks.missing.length === 0 || !late || checks.moreToCome) return undefined;
  const missing = quote(checks.missing.map((demand) => demand.name));
  return block(
    'human',
    `Required checks were never reported: ${missing}. A path filter, a renamed job, a workflow's name in place of a job's or another app may be why. Correct the rules of the base or make the check report.`,
  );
};

/** Somewhere waiting must end. */
export const neverSettled: Row = ({ checks: { checks, missing }, memory, policy, now }) => {
  const open = [...checks.filter(isOpen), ...missing];
  if (open.length === 0 || now < after(memory.headSeenAt, policy.checks.settle_timeout)) return undefined;
  return block(
    'human',
    `Checks did not settle in time: ${quote(open.map((check) => check.name))}. Finish or cancel them.`,
  );
};

/** No report at all is not a green one. What failed and is ignored is no report either. */
export const noChecks: Row = (view) => {
  const { checks, policy } = view;
  const silent = !checks.checks.some((check) => check.outcome === 'passed' || isOpen(check));
  if (!silent || checks.demands.length > 0 || inGrace(view)) return undefined;
  if (policy.allow_unprotected_base || policy.merge !== 'gated') return undefined;
  return block(
    'admin',
    'No check reported on it. Set up checks, or set `allow_unprotected_base: true` in .github/omk.yml.',
  );
};

function inGrace({ memory, policy, now }: View): boolean {
  return now < after(memory.headSeenAt, policy.checks.first_check_grace);
}

/** What is waited for while no check may have started yet. */
export const GRACE = 'checks may still start';

/** Checks may not have started yet, whatever is green already. */
export const grace: Row = (view) =>
  inGrace(view) ? wait(view, GRACE, after(view.memory.headSeenAt, view.policy.checks.first_check_grace)) : undefined;

/** A check that nearly always comes and is not there yet gets the time it usually takes to begin. It is never demanded. */
export const usual: Row = (view) => {
  const { facts, memory, now } = view;
  const there = new Set(facts.contexts.map(({ name }) => name));
  const late = (memory.habits?.usual ?? [])
    .map(({ name, withinMs }) => ({ name, until: after(memory.headSeenAt, withinMs) }))
    .filter(({ name, until }) => !there.has(name) && now < until);
  if (late.length === 0) return undefined;
  const until = new Date(Math.min(...late.map((one) => one.until.getTime())));
  return wait(view, `checks that usually report here may still start: ${quote(late.map(({ name }) => name))}`, until);
};

/** Required checks without a report. */
export const missing: Row = (view) => {
  const { checks, memory, policy, now } = view;
  if (checks.missing.length === 0) return undefined;
  const deadline = after(memory.headSeenAt, policy.checks.missing_required_timeout);
  const reason = `required checks have not reported: ${quote(checks.missing.map((demand) => demand.name))}`;
  const late = now >= deadline;
  return wait(view, reason, earliest(view, late ? undefined : deadline), late ? settleEnd(view) : deadline);
};

/** Everything that still runs, required or not. */
export const pending: Row = (view) => {
  const open = view.checks.checks.filter(isOpen);
  if (open.length === 0) return undefined;
  const approval = open.filter((check) => check.outcome === 'approval');
  const running = open.filter((check) => check.outcome === 'pending');
  const reasons = [
    ...(running.length > 0 ? [`checks are running: ${names(running)}`] : []),
    ...(approval.length > 0 ? [`a person must approve the deployment on GitHub: ${names(approval)}`] : []),
  ];
  return wait(view, reasons.join('; '), earliest(view, ...open.map((check) => check.until)), settleEnd(view));
};

function earliest(view: View, ...dates: (Date | undefined)[]): Date {
  const limits = [after(view.now, MACHINE_POLL_MS), settleEnd(view), ...dates];
  return new Date(Math.min(...limits.map((date) => date?.getTime() ?? Infinity)));
}
