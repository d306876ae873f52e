import type { Gate, GateResult } from '../goal/gate.ts';
import { comparePace, type Pace } from '../goal/pace.ts';

/** Runs a gate once more on either side; the base gives undefined if it cannot be set up. */
export type Turns = {
  head(gate: Gate): Promise<GateResult>;
  base(gate: Gate): Promise<GateResult | undefined>;
};

/** The results with each passed gate of kind performance held against the base: both run in turns, in this session, on this machine. */
export async function holdAgainstBase(
  gates: readonly Gate[],
  results: readonly GateResult[],
  turns: Turns,
): Promise<GateResult[]> {
  const held: GateResult[] = [];
  for (const result of results) {
    const gate = gates.find(({ name }) => name === result.name);
    const isDue = gate?.kind === 'performance' && result.status === 'passed';
    held.push(isDue ? { ...result, pace: await measurePace(gate, result.durationMs, turns) } : result);
  }
  return held;
}

/** More runs tell more; a long one is repeated less, and beyond that not at all. */
const REPEATS = [
  { withinMs: 30_000, runs: 5 },
  { withinMs: 300_000, runs: 3 },
] as const;

async function measurePace(gate: Gate, durationMs: number, turns: Turns): Promise<Pace> {
  const runs = REPEATS.find(({ withinMs }) => durationMs <= withinMs)?.runs;
  if (runs === undefined)
    return { kind: 'not-compared', why: `one run takes ${Math.round(durationMs / 60_000)} minutes` };
  const taken = { base: [] as GateResult[], head: [] as GateResult[] };
  for (let run = 0; run < runs; run += 1)
    for (const side of run % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const)) {
      const result = await turns[side](gate);
      if (!result) return { kind: 'not-compared', why: 'the base cannot be set up' };
      if (result.status !== 'passed') return { kind: 'not-compared', why: `it does not pass each time on the ${side}` };
      taken[side].push(result);
    }
  return comparePace(taken.base.map(toRun), taken.head.map(toRun));
}

function toRun({ durationMs, outputTail }: GateResult) {
  return { durationMs, output: outputTail };
}
