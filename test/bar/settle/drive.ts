import { afterLostReply, afterRefusal, countRefusal, recall, type Refused } from '../../../src/goal/settle/attempt.ts';
import { settle, type PullFacts, type SettleVerdict } from '../../../src/goal/settle.ts';
import type { CheckContext, CheckSuite } from '../../../src/goal/settle/facts.ts';
import { facts, policy, required, rules, run, status, suite } from '../../goal/settle/sample.ts';
import { lacks } from './oracle.ts';
import { MINUTE, SECOND, SimulatedGitHub } from './simulated.ts';

/** How one interleaving ended. `lacking` names what a merge lacked; `end` is empty when nobody can say why it stands still. */
export type Ending = { merges: number; lacking: string[]; end: string; looks: number };

const START = Date.parse('2026-11-25T12:00:00Z');
const LONGEST_MS = 3 * 24 * 60 * MINUTE;
const MOST_LOOKS = 3_000;
const MOST_FIXES = 3;
const MOST_UPDATES = 10;

function date(time: number): Date {
  return new Date(START + time);
}

function decisionOf({ objection, approvals }: SimulatedGitHub): string | undefined {
  if (objection) return 'CHANGES_REQUESTED';
  return approvals > 0 ? 'REVIEW_REQUIRED' : undefined;
}

/** What GitHub shows of itself now. */
function show(github: SimulatedGitHub): PullFacts {
  github.reads += 1;
  const { head, now, state } = github;
  const contexts = head.jobs
    .filter((job) => job.from <= now)
    .map((job): CheckContext => {
      const over = job.to <= now;
      return run(job.name, {
        id: job.id,
        app: job.suite.app,
        appSlug: job.suite.slug,
        suite: job.suite.id,
        workflow: job.suite.slug === 'github-actions' ? 'CI' : undefined,
        status: over ? 'COMPLETED' : 'IN_PROGRESS',
        conclusion: over ? job.says : undefined,
        startedAt: date(job.from),
        completedAt: over ? date(job.to) : undefined,
      });
    });
  const suites = head.suites
    .filter((one) => one.from <= now)
    .map((one): CheckSuite => {
      const jobs = head.jobs.filter((job) => job.suite === one);
      const seen = jobs.filter((job) => job.from <= now).length;
      const over = jobs.length > 0 && jobs.every((job) => job.to <= now);
      const status = over ? 'COMPLETED' : seen > 0 ? 'IN_PROGRESS' : 'QUEUED';
      return suite({
        id: one.id,
        app: one.app,
        appSlug: one.slug,
        status,
        conclusion: over ? 'SUCCESS' : undefined,
        runs: seen,
        createdAt: date(one.from),
      });
    });
  const statuses = head.statuses
    .filter((one) => one.from <= now)
    .map((one): CheckContext => {
      const over = one.to <= now;
      return status(one.name, over ? one.says : 'PENDING', { createdAt: date(over ? one.to : one.from) });
    });
  const unknown = now - github.changedAt < github.mergeabilityMs;
  return facts({
    state,
    mergedSha: state === 'merged' ? github.merges[0] : undefined,
    head: head.sha,
    checkedSha: head.sha,
    base: { branch: 'main', sha: `base-${github.base}` },
    contexts: [...contexts, ...statuses],
    suites,
    draft: github.draft,
    labels: github.label ? ['do-not-merge'] : [],
    reviews: { decision: decisionOf(github), approvals: 0, changesRequestedBy: [] },
    rules: github.hidesRules
      ? 'unreadable'
      : rules({ required: github.required.map((name) => required(name)), strict: github.strict }),
    mergeable: unknown ? 'UNKNOWN' : github.conflict ? 'CONFLICTING' : 'MERGEABLE',
    mergeState: unknown ? 'UNKNOWN' : github.conflict ? 'DIRTY' : github.behind ? 'BEHIND' : 'CLEAN',
  });
}

/** Lets one seeded GitHub and the rule play to the end, with what src/run/merge.ts remembers and does between two looks. */
export function drive(seed: number, judge: typeof settle = settle): Ending {
  const github = new SimulatedGitHub(seed);
  const terms = policy();
  const lacking: string[] = [];
  let kept = {
    head: github.head.sha,
    headSeenAt: undefined as Date | undefined,
    greenSince: undefined as Date | undefined,
    greenOn: undefined as string | undefined,
  };
  let pushed = github.head.sha;
  let refused: Refused | undefined;
  let open: { sentAt: Date; base: string } | undefined;
  let lost = 0;
  let [fixes, updates] = [0, 0];
  let until = 0;
  let backOff = false;
  let held: string | undefined;
  let waited = '';

  const ending = (end: string, looks: number): Ending => ({ merges: github.merges.length, lacking, end, looks });
  const pause = (at: Date, green: Date | undefined, after: Refused | undefined = refused) => {
    until = at.getTime() - START;
    refused = after;
    backOff = after !== undefined && after.reason !== 'review';
    kept = { ...kept, greenSince: green };
  };
  const anew = (ms: number) => {
    github.advance(github.now + ms);
    github.push('omk');
    pushed = github.head.sha;
    kept = { head: pushed, headSeenAt: undefined, greenSince: undefined, greenOn: undefined };
    [refused, open, lost, backOff, until] = [undefined, undefined, 0, false, github.now];
  };

  const answer = (sha: string, base: string, green: Date | undefined): string | undefined => {
    const now = date(github.now);
    const later = (ms: number) => new Date(now.getTime() + ms);
    // GitHub may change between the look and the call; what it accepts is judged as it stands when it accepts.
    const merged = ((): ReturnType<SimulatedGitHub['merge']> => {
      const missing = lacks(github, sha);
      const reply = github.merge(sha);
      if (reply.kind !== 'refused') lacking.push(...missing);
      return reply;
    })();
    if (merged.kind === 'merged') return 'merged';
    if (merged.kind === 'unknown') {
      open = { sentAt: now, base };
      pause(later(10 * SECOND), green);
      return undefined;
    }
    const count = countRefusal(refused, merged.reason);
    const next = afterRefusal(count);
    if (next.kind === 'held') held = `GitHub refused the merge: ${merged.reason}`;
    else pause(later(next.ms), next.green ? green : undefined, count);
    return undefined;
  };

  const act = (verdict: SettleVerdict, base: string, green: Date | undefined): string | undefined => {
    switch (verdict.kind) {
      case 'done':
        return 'merged';
      case 'gone':
        return verdict.reason;
      case 'wait':
        pause(verdict.recheckAt, verdict.greenSince);
        kept = { ...kept, greenOn: verdict.greenOn };
        waited = verdict.reason;
        return undefined;
      case 'update':
        if (++updates > MOST_UPDATES) held = verdict.reason;
        else anew(github.between(MINUTE, 5 * MINUTE));
        return undefined;
      case 'block':
        if (verdict.who !== 'agent') held = verdict.reason;
        else if (++fixes > MOST_FIXES) return `not solved: ${verdict.reason}`;
        else anew(github.between(MINUTE, 5 * MINUTE));
        return undefined;
      case 'ready':
        return answer(pushed, base, green);
    }
  };

  for (let looks = 1; looks <= MOST_LOOKS && github.now < LONGEST_MS; looks++) {
    const now = date(github.now);
    const seen = show(github);
    const memory = recall(kept, seen.head, now);
    if (seen.head === kept.head) kept = { ...kept, headSeenAt: memory.headSeenAt };
    const reply =
      open && seen.state === 'open'
        ? afterLostReply({ ...open, lost, baseMoved: open.base !== seen.base.sha }, now)
        : 'none';
    if (reply === 'held') held = 'the reply to the merge was lost and its outcome is not known';
    else if (typeof reply === 'object') pause(reply.until, memory.greenSince);
    else {
      if (reply === 'retry') [open, lost] = [undefined, lost + 1];
      const frozen = github.frozen ? { by: 'ada', reason: 'release day' } : undefined;
      const end = act(judge(seen, { ...memory, pushed, frozen }, terms, now), seen.base.sha, memory.greenSince);
      if (end !== undefined) return ending(end, looks);
    }
    const hint = github.nextHint();
    if (held !== undefined) {
      // A person's deed is heard of, or nothing happens any more.
      if (hint === Infinity) return ending(held, looks);
      [held, refused, backOff] = [undefined, undefined, false];
      github.advance(hint);
    } else github.advance(backOff ? until : Math.min(until, hint));
  }
  // Only people may keep a pull request waiting for days.
  const byPeople = github.frozen || github.draft || github.approvals > 0;
  return ending(byPeople ? waited : '', MOST_LOOKS);
}
