import type { RefusalReason } from '../../../src/goal/settle/attempt.ts';
import { pick, seeded } from '../../goal/seeded.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const ACTIONS = { app: 15_368, slug: 'github-actions' };
const CODECOV = { app: 254, slug: 'codecov' };

type App = typeof ACTIONS;

/** A run of a check: nobody sees it before `from`; it is over at `to`, if ever. Times are milliseconds of the simulation. */
export type Job = { id: number; name: string; suite: Suite; from: number; to: number; says: string };
export type Suite = { id: number; from: number } & App;
/** A commit status: pending from `from`, and what it says from `to` on. */
type Status = { name: string; from: number; to: number; says: string };

/** One head with all that CI will ever do to it, known here from the beginning and to nobody else. */
export type Head = {
  sha: string;
  pushedAt: number;
  by: 'omk' | 'person';
  base: number;
  suites: Suite[];
  jobs: Job[];
  statuses: Status[];
};

export type Answer = { kind: 'merged' } | { kind: 'refused'; reason: RefusalReason } | { kind: 'unknown' };

const ENDS = [
  ...Array<string>(24).fill('SUCCESS'),
  'FAILURE',
  'FAILURE',
  'TIMED_OUT',
  'CANCELLED',
  'CANCELLED',
  'NEUTRAL',
  'SKIPPED',
  'STARTUP_FAILURE',
  'ACTION_REQUIRED',
  'STALE',
  'A_WORD_OF_TOMORROW',
];

const STATUS_ENDS = [...Array<string>(8).fill('SUCCESS'), 'FAILURE', 'ERROR'];

/** A GitHub with one pull request, where everything that goes wrong is drawn from the seed. */
export class SimulatedGitHub {
  now = 0;
  readonly random: () => number;
  readonly strict: boolean;
  readonly required: string[];
  /** Others merge into the base all the time. */
  readonly busy: boolean;
  /** How long GitHub works on mergeability after something moved. */
  readonly mergeabilityMs: number;
  head!: Head;
  base = 0;
  conflict = false;
  changedAt = 0;
  state: 'open' | 'merged' | 'closed' = 'open';
  label = false;
  objection = false;
  frozen = false;
  draft = false;
  /** Whether GitHub shows the rules of the base; they hold all the same. */
  hidesRules = false;
  /** How many approvals the base wants and still lacks. */
  approvals = 0;
  /** How often it was read since the base moved. */
  reads = 0;
  /** Each merge with the base's number after it. More than one is the catastrophe. */
  merges: string[] = [];
  /** When omk hears that something changed. */
  hints: number[] = [];
  #ids = 0;
  #later: { at: number; act: () => void }[] = [];

  constructor(seed: number) {
    this.random = seeded(seed);
    this.strict = this.#chance(0.3);
    this.required = this.#chance(0.5) ? ['test'] : ['test', 'lint'];
    this.push('omk');
    this.mergeabilityMs = this.between(0, 7) * SECOND;
    this.busy = this.#chance(0.2);
    const moves = this.busy ? 250 : 3;
    for (let move = 0; move < moves; move++) if (this.#chance(0.4)) this.#somewhen(() => this.moveBase());
    if (this.#chance(0.15)) this.#span((on) => (this.label = on));
    if (this.#chance(0.1)) this.#span((on) => (this.objection = on));
    if (this.#chance(0.1)) this.#span((on) => (this.frozen = on));
    if (this.#chance(0.06)) this.#span((on) => (this.draft = on));
    if (this.#chance(0.06)) this.#span((on) => (this.hidesRules = on));
    if (this.#chance(0.1)) this.#approve();
    if (this.#chance(0.04)) this.#somewhen(() => this.push('person'));
    if (this.#chance(0.03)) this.#somewhen(() => (this.state = this.state === 'open' ? 'closed' : this.state));
    if (this.#chance(0.05)) this.#somewhen(() => this.required.push('renamed'));
    if (this.#chance(0.3)) this.#somewhen(() => this.#rerun());
  }

  #chance(of: number): boolean {
    return this.random() < of;
  }

  between(from: number, to: number): number {
    return Math.round(from + this.random() * (to - from));
  }

  #somewhen(act: () => void): void {
    this.at(this.now + this.between(0, 20 * MINUTE), act);
  }

  /** Somebody approves at last, or nobody does. */
  #approve(): void {
    this.approvals = 1;
    if (this.#chance(0.8)) this.#somewhen(() => (this.approvals = 0));
  }

  #span(set: (on: boolean) => void): void {
    const from = this.between(0, 10 * MINUTE);
    this.at(from, () => set(true));
    if (this.#chance(0.8)) this.at(from + this.between(SECOND, 40 * MINUTE), () => set(false));
  }

  /** Does something at a time, and tells omk of it: late, out of order, or never. */
  at(time: number, act: () => void): void {
    this.#later.push({ at: time, act });
    if (this.#chance(0.6)) this.hints.push(time + (this.#chance(0.7) ? 0 : this.between(0, 2 * MINUTE)));
  }

  /** The time of the next thing that omk would notice without a timer of its own. */
  nextHint(): number {
    return Math.min(...this.hints.filter((time) => time > this.now), Infinity);
  }

  /** Whether anything will still happen of which omk hears. */
  advance(to: number): void {
    for (;;) {
      const next = this.#later.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > to) break;
      this.#later = this.#later.filter((one) => one !== next);
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    this.now = Math.max(this.now, to);
  }

  /** A new head, on the base as it stands if it is omk's. */
  push(by: Head['by']): void {
    if (this.state !== 'open') return;
    const base = by === 'omk' ? this.base : this.head.base;
    this.head = { sha: `${by}-${++this.#ids}`, pushedAt: this.now, by, base, suites: [], jobs: [], statuses: [] };
    if (by === 'omk') this.conflict = false;
    this.changedAt = this.now;
    this.#schedule(this.head);
  }

  #schedule(head: Head): void {
    const ci = this.#suite(head, ACTIONS);
    const test = this.#job(head, ci, { name: 'test', from: ci.from + this.between(0, 30 * SECOND) });
    if (this.#chance(0.8))
      this.#job(head, this.#chance(0.5) ? ci : this.#suite(head, ACTIONS), { name: 'lint', from: ci.from });
    if (this.#chance(0.4)) this.#job(head, ci, { name: 'e2e', from: test.to + SECOND });
    // Saturated runners, or a workflow that waits for ever: a suite without a job.
    if (this.#chance(0.03)) this.#suite(head, ACTIONS);
    if (this.#chance(0.3)) {
      const other = this.#suite(head, CODECOV);
      if (this.#chance(0.5)) this.#job(head, other, { name: 'coverage', from: other.from });
    }
    if (this.#chance(0.25)) this.#status(head);
    for (const job of head.jobs.filter(({ says }) => says === 'CANCELLED')) {
      if (this.#chance(0.7)) {
        this.#job(head, job.suite, { name: job.name, from: job.to + this.between(0, 20 * SECOND), says: 'SUCCESS' });
      }
    }
  }

  #status(head: Head): void {
    const from = this.now + this.between(0, 100 * SECOND);
    const to = this.#chance(0.05) ? Infinity : from + this.between(SECOND, 8 * MINUTE);
    head.statuses.push({ name: 'legacy', from, to, says: pick(this.random, STATUS_ENDS) });
    for (const time of [from, to]) if (Number.isFinite(time)) this.at(time, () => undefined);
  }

  #suite(head: Head, app: App): Suite {
    const suite = { id: ++this.#ids, from: this.now + this.between(0, 100 * SECOND), ...app };
    head.suites.push(suite);
    return suite;
  }

  #job(head: Head, suite: Suite, fields: { name: string; from: number; says?: string }): Job {
    const stuck = this.#chance(0.02);
    const to = stuck ? Infinity : fields.from + this.between(SECOND, 10 * MINUTE);
    const job = { id: ++this.#ids, suite, says: pick(this.random, ENDS), ...fields, to };
    head.jobs.push(job);
    for (const time of [job.from, job.to]) if (Number.isFinite(time)) this.at(time, () => undefined);
    return job;
  }

  #rerun(): void {
    const over = this.head.jobs.filter((job) => job.to <= this.now);
    if (over.length === 0 || this.state !== 'open') return;
    const { name, suite } = pick(this.random, over);
    this.#job(this.head, suite, { name, from: this.now });
  }

  moveBase(): void {
    this.base += 1;
    this.changedAt = this.now;
    this.reads = 0;
    if (this.#chance(this.busy ? 0.002 : 0.15)) this.conflict = true;
  }

  get behind(): boolean {
    return this.strict && this.head.base !== this.base;
  }

  /** The newest run of each name in each suite that can be seen by now. */
  visible(): Job[] {
    const seen = this.head.jobs
      .filter((job) => job.from <= this.now)
      .toSorted((a, b) => a.from - b.from || a.id - b.id);
    return [...new Map(seen.map((job) => [`${job.suite.app}/${job.name}`, job])).values()];
  }

  /** GitHub's own judgement, which looks at required checks, reviews, conflicts and the base alone. */
  #refusal(sha: string): RefusalReason | undefined {
    if (sha !== this.head.sha) return 'head-moved';
    if (this.conflict || this.behind || this.state !== 'open') return 'unknown';
    if (this.draft) return 'unknown';
    if (this.objection || this.approvals > 0) return 'review';
    const green = this.visible().filter(
      (job) => job.to <= this.now && ['SUCCESS', 'NEUTRAL', 'SKIPPED'].includes(job.says),
    );
    return this.required.every((name) => green.some((job) => job.name === name)) ? undefined : 'checks-expected';
  }

  /** Merges this head as GitHub would. Replies get lost, with the deed done at once, done later, or not done. */
  merge(sha: string): Answer {
    if (this.#chance(0.06)) this.moveBase();
    if (this.#chance(0.03)) this.push('person');
    const refusal = this.#refusal(sha);
    if (refusal) return { kind: 'refused', reason: refusal };
    if (this.#chance(0.12))
      return {
        kind: 'refused',
        reason: pick(this.random, ['base-modified', 'checks-expected', 'config', 'head-moved']),
      };
    const land = () => {
      this.merges.push(sha);
      this.base += 1;
      this.changedAt = this.now;
      // The commit may be on the base before the pull request says so.
      this.at(this.now + (this.#chance(0.8) ? 0 : this.between(0, 2 * MINUTE)), () => (this.state = 'merged'));
      this.advance(this.now);
    };
    if (!this.#chance(0.25)) {
      land();
      return { kind: 'merged' };
    }
    const fate = pick(this.random, ['done', 'later', 'not done'] as const);
    if (fate === 'done') land();
    if (fate === 'later') this.at(this.now + this.between(0, 9 * SECOND), land);
    return { kind: 'unknown' };
  }
}
