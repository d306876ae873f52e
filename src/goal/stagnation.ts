import { createHash } from 'node:crypto';
import type { Sha } from './goal.ts';
import type { GateResult } from './gate.ts';
import type { Wall } from './wall.ts';

/** What stayed open after one turn of the agent. Two rounds with the same `open` are the same failure. */
export type Round = { kind: 'gates' | 'wall' | 'turn' | 'empty'; open: string[]; tree: Sha | undefined };

/** The round in which these gates failed. Numbers and times in what they printed make no difference. */
export function gatesRound(results: readonly GateResult[], tree: Sha | undefined): Round {
  const failed = results.filter(({ status, redOnBase }) => status !== 'passed' && !redOnBase);
  const open = failed.map(({ name, outputTail }) => `${name} ${digest(outputTail.replaceAll(/\d+/g, '0'))}`);
  return { kind: 'gates', open: open.toSorted(byText), tree };
}

/** The round in which the wall blocked. */
export function wallRound({ passes }: Wall, tree: Sha | undefined): Round {
  const failed = passes.filter(({ status }) => status === 'failed');
  const open = failed.flatMap(({ pass, findings }) => (findings.length > 0 ? findings.map(({ id }) => id) : [pass]));
  return { kind: 'wall', open: open.toSorted(byText), tree };
}

/** The round of a turn that came to nothing. */
export function turnRound({ empty, reason }: { empty?: boolean; reason: string }): Round {
  return { kind: empty ? 'empty' : 'turn', open: [digest(reason)], tree: undefined };
}

/** Enough to see a going back and forth. */
const MOST_ROUNDS = 8;

/** The rounds with one more; the oldest are forgotten. */
export function addRound(rounds: readonly Round[], round: Round): Round[] {
  return [...rounds, round].slice(-MOST_ROUNDS);
}

/** In words why the last rounds made no progress; undefined if they did. */
export function findStagnation(rounds: readonly Round[]): string | undefined {
  const [before, last] = rounds.slice(-2);
  if (!before || !last) return undefined;
  if (last.kind === 'empty' && before.kind === 'empty') return 'two turns in a row changed nothing';
  const seen = rounds.slice(0, -2).some(({ tree }) => tree !== undefined && tree === last.tree);
  if (seen && last.tree !== before.tree) return 'the work goes back and forth between two versions';
  const isSame = last.kind === before.kind && last.open.join('\n') === before.open.join('\n');
  if (!isSame || last.open.length === 0) return undefined;
  if (last.kind === 'turn') return 'two turns in a row came to nothing in the same way';
  return last.kind === 'gates'
    ? `${names(last)} failed in the same way twice in a row`
    : `the review wall found the same twice in a row: ${names(last)}`;
}

function names({ kind, open }: Round): string {
  const plain = kind === 'gates' ? open.map((entry) => entry.slice(0, entry.lastIndexOf(' '))) : open;
  return plain.map((name) => `\`${name}\``).join(', ');
}

/** What a fresh session is told first. */
export function freshStart(why: string): string {
  return (
    `Earlier turns made no progress: ${why}. You begin anew, without their memory. Do not repeat what they did: look for the cause ` +
    'somewhere else, undo what does not help, and make the smallest change that settles one open point after the other.'
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
