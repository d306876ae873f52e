import { assertNever } from '../errors.ts';
import { joinBatches, readSaid, type Batch } from './batch.ts';
import type { SliceEvent } from './event.ts';
import type { Person } from './goal.ts';
import { nextRound } from './ledger.ts';
import { isWorking, type Feedback, type PlannedSlice, type Slice } from './slice.ts';
import { addRound, freshStart, gatesRound, turnRound, wallRound } from './stagnation.ts';
import type { Wall } from './wall.ts';

const NO_ATTEMPTS = { builds: 0, rounds: 0, batches: 0, total: 0 };

/** A slice as the plan has it, before anything was done for it. */
export function newSlice(planned: PlannedSlice): Slice {
  return {
    ...planned,
    status: 'planned',
    reason: undefined,
    attempts: NO_ATTEMPTS,
    reserved: false,
    rounds: [],
    begunAnew: false,
    regrouped: false,
    gateFaults: 0,
    feedback: [],
    inbox: [],
    heard: undefined,
    batch: undefined,
    accepted: [],
    reverts: undefined,
    withdrawing: false,
    rebaseAsked: false,
    base: undefined,
    head: undefined,
    tree: undefined,
    summary: '',
    changedFiles: [],
    kimiSession: undefined,
    kept: undefined,
    gates: [],
    wall: undefined,
    stem: undefined,
    round: undefined,
    pushed: undefined,
    pull: undefined,
    wait: undefined,
    mergeAsked: undefined,
    mergedSha: undefined,
    headSeenAt: undefined,
    greenSince: undefined,
    turn: 0,
  };
}

/** The slice after one more event of its own. Pure. */
export function applyToSlice(before: Slice, event: SliceEvent, at: Date): Slice {
  if (event.kind === 'fix-asked') return askFix(before, event);
  if (event.kind === 'review-heard') return hearReview(before, event);
  if (event.kind === 'finding-accepted') return acceptFinding(before, event);
  if (event.kind === 'rebase-asked' && isWorking(before)) return { ...before, rebaseAsked: true };
  if (event.kind === 'interrupted') return interrupt(before, event);
  const slice = { ...before, turn: before.turn + 1, wait: undefined, reserved: false };
  const unproven = { gates: [], wall: undefined, headSeenAt: undefined, greenSince: undefined };
  switch (event.kind) {
    case 'build-started': {
      const attempts = { ...slice.attempts, builds: slice.attempts.builds + 1, total: slice.attempts.total + 1 };
      const begun = { ...slice, status: 'building' as const, base: event.base, attempts, reserved: true };
      if (event.fresh === undefined) return begun;
      const first: Feedback = { from: 'agent', text: freshStart(event.fresh) };
      return { ...begun, kimiSession: undefined, rounds: [], begunAnew: true, feedback: [first, ...slice.feedback] };
    }
    case 'build-failed': {
      const { kimiSession, kept } = event;
      const feedback = [...event.feedback, ...slice.inbox];
      const rounds = addRound(slice.rounds, turnRound(event));
      return { ...slice, status: 'building', rounds, feedback, inbox: [], kimiSession, kept };
    }
    case 'built': {
      const { head, tree, changedFiles, summary, kimiSession } = event;
      const status = slice.inbox.length > 0 ? 'building' : 'verifying';
      const work = { head, tree, changedFiles, summary, kimiSession, kept: undefined };
      return { ...slice, ...unproven, ...work, batch: heed(slice, summary), status, feedback: slice.inbox, inbox: [] };
    }
    case 'verified':
      return {
        ...slice,
        status: 'reviewing',
        gates: event.results,
        gateFaults: 0,
        attempts: { ...slice.attempts, builds: 0 },
      };
    case 'gates-faulted':
      return { ...slice, gates: event.results, gateFaults: slice.gateFaults + 1, wait: event.wait };
    case 'gates-failed':
      return {
        ...slice,
        status: 'building',
        gates: event.results,
        gateFaults: 0,
        rounds: addRound(slice.rounds, gatesRound(event.results, slice.tree)),
        feedback: event.feedback,
      };
    case 'wall-passed':
      return { ...slice, status: 'delivering', ...judged(slice, event.wall) };
    case 'wall-blocked':
      return {
        ...slice,
        status: 'building',
        ...judged(slice, event.wall),
        rounds: addRound(slice.rounds, wallRound(event.wall, slice.tree)),
        feedback: event.feedback,
      };
    case 'adopted': {
      const { base, theirs, head, tree, changedFiles } = event;
      const feedback = [...slice.feedback, ...event.feedback];
      const status = feedback.length > 0 ? 'building' : 'verifying';
      const work = { base, head, tree, changedFiles, stem: theirs, pushed: theirs, kept: undefined, feedback };
      return { ...slice, ...unproven, ...work, status, reason: undefined };
    }
    case 'rebased': {
      const { base, head, tree } = event;
      const stem = slice.stem && head;
      const asked = slice.mergeAsked;
      const mergeAsked = asked?.head === slice.head ? asked && { ...asked, head } : asked;
      return { ...slice, ...unproven, status: 'verifying', base, head, tree, stem, mergeAsked, rebaseAsked: false };
    }
    case 'work-lost': {
      const feedback = slice.feedback.filter(({ from }) => from === 'person');
      const none = { head: undefined, tree: undefined, kept: undefined, kimiSession: undefined, rounds: [] };
      // What went with a machine was nobody's failure.
      const attempts = { ...slice.attempts, builds: 0, rounds: 0 };
      return { ...slice, ...unproven, ...none, attempts, status: 'building', feedback, rebaseAsked: false };
    }
    case 'conflicted': {
      const { base, feedback } = event;
      return {
        ...slice,
        ...unproven,
        status: 'building',
        base,
        feedback,
        head: undefined,
        tree: undefined,
        rebaseAsked: false,
      };
    }
    case 'pushed':
      return { ...slice, pushed: event.head };
    case 'delivered':
      return { ...slice, status: 'merging', pull: event.pull };
    case 'waiting':
      return {
        ...slice,
        wait: event.wait,
        headSeenAt: event.headSeenAt,
        greenSince: event.greenSince,
        greenOn: event.greenOn,
      };
    case 'entrusted':
      return { ...slice, entrusted: true };
    case 'taken-back':
      return { ...slice, entrusted: false };
    case 'held':
      return { ...slice, reason: { ...event.reason, since: at } };
    case 'released':
      return { ...slice, reason: undefined };
    case 'merge-asked':
      return { ...slice, reason: undefined, mergeAsked: { by: event.by, head: slice.head } };
    case 'merged':
      return {
        ...slice,
        status: 'merged',
        mergedSha: event.sha,
        reason: undefined,
        withdrawing: false,
        entrusted: false,
      };
    case 'sent-back':
      return { ...slice, status: 'building', feedback: event.feedback };
    case 'slice-blocked':
      return { ...slice, status: 'blocked', reason: { ...event.reason, since: at } };
    case 'retried':
      return { ...slice, status: resumeAt(slice), reason: undefined, attempts: NO_ATTEMPTS, ...NO_HISTORY };
    case 'slice-cancelled':
      return { ...slice, status: 'cancelled', withdrawing: false, entrusted: false };
    case 'review-gathered': {
      const rest = { ...slice, heard: undefined };
      if (!event.batch) return { ...rest, reserved: before.reserved };
      const batch = joinBatches(slice.batch, event.batch);
      const feedback = [...slice.feedback, ...event.feedback];
      return {
        ...rest,
        ...NO_HISTORY,
        batch,
        feedback,
        attempts: freshTries(slice),
        status: 'building',
        reason: undefined,
      };
    }
    case 'review-declined': {
      const { kimiSession, summary } = event;
      const status = slice.inbox.length > 0 ? 'building' : slice.pull ? 'merging' : 'verifying';
      return { ...slice, kimiSession, batch: heed(slice, summary), status, feedback: slice.inbox, inbox: [] };
    }
    case 'review-answered':
      return { ...slice, batch: event.open && slice.batch ? { ...slice.batch, open: true } : undefined };
    case 'rebase-asked':
      return {
        ...slice,
        status: slice.head ? 'delivering' : resumeAt(slice),
        reason: undefined,
        rebaseAsked: slice.head !== undefined,
      };
    default:
      return assertNever(event);
  }
}

/** It is the same turn that goes on later, and the same attempt. */
function interrupt(slice: Slice, { wait, kimiSession, kept }: SliceEvent & { kind: 'interrupted' }): Slice {
  return { ...slice, wait, kimiSession: kimiSession ?? slice.kimiSession, kept: kept ?? slice.kept };
}

/** What a person says starts the count of turns without progress anew. */
const NO_HISTORY = { rounds: [], begunAnew: false, gateFaults: 0 };

/** A person's word is worth new tries, up to the limit over all. */
function freshTries({ attempts }: Slice): Slice['attempts'] {
  return { ...attempts, builds: 0, rounds: 0, batches: attempts.batches + 1 };
}

/** Several reviews in a row are read together, but the first does not wait for ever. */
function hearReview(slice: Slice, { review, until }: { review: number; until: Date }): Slice {
  if (slice.heard?.reviews.includes(review)) return slice;
  return {
    ...slice,
    heard: { reviews: [...(slice.heard?.reviews ?? []), review], until: slice.heard?.until ?? until },
  };
}

/** What the agent said about the threads of the batch. */
function heed({ batch }: Slice, summary: string): Batch | undefined {
  return batch && { ...batch, said: { ...batch.said, ...readSaid(summary) } };
}

function askFix(slice: Slice, { text }: { text: string }): Slice {
  const asked: Feedback = { from: 'person', text };
  const attempts = freshTries(slice);
  if (slice.status === 'building' && slice.reserved) return { ...slice, attempts, inbox: [...slice.inbox, asked] };
  const feedback = [...slice.feedback, asked];
  return {
    ...slice,
    ...NO_HISTORY,
    attempts,
    feedback,
    status: 'building',
    reason: undefined,
    wait: undefined,
    turn: slice.turn + 1,
  };
}

/** The finding is no longer open; when nothing else is, the wall judges again instead of the agent building again. */
function acceptFinding(slice: Slice, { by, finding, reason }: { by: Person; finding: string; reason: string }): Slice {
  const isOther = (text: string) => !text.startsWith(`[${finding}]`);
  const feedback = slice.feedback.filter(({ text }) => isOther(text));
  const accepted = [...slice.accepted, { finding, reason, by }];
  const stands = slice.reason && { ...slice.reason, text: slice.reason.text.split('\n').filter(isOther).join('\n') };
  // How the last turn went is nothing that stays open.
  const done = feedback.every(({ from }) => from === 'agent') && slice.head !== undefined;
  // A turn that runs is not disturbed.
  if (!done || slice.reserved || !['building', 'blocked'].includes(slice.status))
    return { ...slice, feedback, accepted, reason: stands };
  return { ...slice, feedback: [], accepted, status: 'reviewing', reason: undefined, turn: slice.turn + 1 };
}

/** A retried slice goes on where nothing is known to be wrong: what was built is proven again, what has open feedback is built again. */
function resumeAt(slice: Slice): Slice['status'] {
  if (slice.feedback.length > 0 || !slice.base) return slice.base ? 'building' : 'planned';
  return slice.head ? 'verifying' : 'building';
}

function judged(slice: Slice, wall: Wall) {
  const attempts = { ...slice.attempts, rounds: slice.attempts.rounds + 1 };
  return { wall, attempts, round: nextRound(slice.round, wall) };
}
