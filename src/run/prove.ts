import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getTree, type Mirror } from '../git/mirror.ts';
import { openWorktree, removeTree, type Worktree } from '../git/worktree.ts';
import { dueGates, membersOf, setupFor, type Gate, type GateResult, type SetupStep } from '../goal/gate.ts';
import type { Goal, Sha } from '../goal/goal.ts';
import { around, killPoint } from '../kill-point.ts';
import { runToEnd, type Room, type Run } from '../process.ts';
import { startEgressProxy } from '../sandbox/egress.ts';
import { GATE_LIMITS, SETUP_LIMITS } from '../sandbox/limits.ts';
import { findRegistries } from '../sandbox/registries.ts';
import type { RoomSpec } from '../sandbox/sandbox.ts';
import { paceName } from './clean.ts';
import { holdAgainstBase, type Turns } from './pace.ts';
import { lendOwnGit, lentBinds } from './lend.ts';
import { openGoalRoom } from './room.ts';
import { folders, type Tools } from './tools.ts';

/** A setup step's result is named like this and the command. */
export const SETUP_PREFIX = 'setup: ';

/** The commit to prove, in a worktree of its own called `name`. `changed` undefined: every gate is due. */
export type Subject = {
  mirror: Mirror;
  sha: Sha;
  name: string;
  slice: string;
  changed: readonly string[] | undefined;
  /** The base that performance gates are held against; undefined: they are not. */
  against?: Sha;
};

/**
 * Installs and runs the gates that are due, in order, in a worktree and a home in which nothing else ever was: what a commit left
 * there, such as a package that was tampered with, could forge the gates of the next. A failed setup step is a failed result too.
 */
export async function prove(goal: Goal, subject: Subject, tools: Tools): Promise<GateResult[]> {
  const due = goal.gates ? dueGates(goal.gates, subject.changed) : [];
  if (due.length === 0) return [];
  const bench = await openBench(goal, await clear(subject, tools), tools);
  const failedSetup = await setUp(bench, setupFor(goal.gates?.setup ?? [], due));
  if (failedSetup) return [failedSetup];
  const results: GateResult[] = [];
  const run = async (gate: Gate) => {
    const result = await around('gate', () => runGate(bench, gate));
    results.push(result);
    return result.status === 'passed';
  };
  for (const gate of due) {
    if (await run(gate)) continue;
    // What of it is red must be known one by one, as slices will run it.
    const members = subject.changed ? [] : membersOf(goal.gates?.gates ?? [], gate);
    for (const member of members) await run(member);
  }
  return subject.against === undefined ? results : holdAgainstBase(due, results, turnsOf(bench, subject, due));
}

/** A gate at the head, or at the base in a worktree that is made when it is first asked for. */
function turnsOf(head: Bench, subject: Subject, due: readonly Gate[]): Turns {
  const { goal, tools } = head;
  let base: Promise<Bench | undefined> | undefined;
  const openBase = async () => {
    const before = { ...subject, sha: subject.against ?? subject.sha, name: paceName(subject.name) };
    const bench = await openBench(goal, await clear(before, tools), tools);
    return (await setUp(bench, setupFor(goal.gates?.setup ?? [], due))) ? undefined : bench;
  };
  return {
    head: (gate) => runGate(head, gate),
    async base(gate) {
      base ??= openBase();
      const bench = await base;
      return bench && (await runGate(bench, gate));
    },
  };
}

/** Where commands run at a commit: in this worktree, with this home. */
type Place = { worktree: Worktree; sha: Sha; home: string; slice: string };
type Bench = Place & { goal: Goal; tools: Tools; logs: string; tree: Sha };

/** The subject's worktree and home with nothing in them but the commit. */
async function clear({ mirror, name, sha, slice }: Subject, { config }: Tools): Promise<Place> {
  const { worktrees, homes } = folders(config);
  const worktree = await openWorktree(mirror, { root: worktrees, name, sha, ignored: 'removed' });
  const home = join(homes, name);
  await removeTree(home);
  await mkdir(home, { recursive: true });
  return { worktree, sha, home, slice };
}

/** Makes a place ready for `setUp`. */
export async function openBench(goal: Goal, place: Place, tools: Tools): Promise<Bench> {
  const logs = join(folders(tools.config).logs, goal.id);
  await lendOwnGit(place.worktree, tools);
  await mkdir(logs, { recursive: true });
  return { ...place, goal, tools, logs, tree: await getTree(place.worktree.mirror, place.sha) };
}

/** Runs the setup steps, with the registries as their only way out. Undefined if all went well, else the result of the one that did not. */
export async function setUp(bench: Bench, steps: readonly SetupStep[]): Promise<GateResult | undefined> {
  if (steps.length === 0) return undefined;
  const socket = join(bench.home, 'net.sock');
  const registries = await findRegistries();
  const proxy = await startEgressProxy({ socketPath: socket, hosts: registries.hosts });
  try {
    const room = openBenchRoom(bench, { profile: 'setup', limits: SETUP_LIMITS, egress: { socket, registries } });
    for (const step of steps) {
      const gate: Gate = { name: SETUP_PREFIX + step.run, kind: 'build', paths: [], ...step };
      const result = await around('setup', () => runIn(room, bench, gate));
      if (result.status !== 'passed') return result;
    }
    return undefined;
  } finally {
    await proxy.close();
  }
}

function runGate(bench: Bench, gate: Gate): Promise<GateResult> {
  return runIn(openBenchRoom(bench, { profile: 'gate', limits: GATE_LIMITS }), bench, gate);
}

function openBenchRoom(bench: Bench, spec: Pick<RoomSpec, 'profile' | 'limits' | 'egress'>): Room {
  const { goal, worktree, home, tools } = bench;
  const place = { ...lentBinds(worktree, tools), work: worktree.dir, writable: true, home };
  return openGoalRoom(goal, { ...spec, ...place }, tools);
}

async function runIn(room: Room, bench: Bench, gate: Gate): Promise<GateResult> {
  const { goal, slice, tools } = bench;
  tools.tell({ goal: goal.id, slice, stage: 'gate', text: `${gate.name} …` });
  const logPath = join(bench.logs, `${bench.sha.slice(0, 12)}-${gate.name.replaceAll(/[^A-Za-z0-9]+/g, '-')}.log`);
  const launched = room.launch(['/bin/sh', '-c', 'cd -- "$0" && exec /bin/sh -c "$1"', gate.dir, gate.run]);
  killPoint('during:gate');
  const run = await runToEnd(launched, {
    timeoutMs: gate.timeoutMs,
    logPath,
    signal: tools.signal,
    clean: tools.cleaner(),
  });
  tools.signal.throwIfAborted();
  const result: GateResult = {
    name: gate.name,
    run: gate.run,
    kind: gate.kind,
    status: judge(run),
    exitCode: run.exitCode,
    signal: run.signal,
    durationMs: run.durationMs,
    tree: bench.tree,
    outputTail: run.outputTail,
    logPath,
    redOnBase: goal.redOnBase.some((red) => red.name === gate.name),
  };
  tools.tell({ goal: goal.id, slice, stage: 'gate', text: `${gate.name}: ${result.status}` });
  return result;
}

/** 126 and 127 are the shell's word for a command that is not there or cannot be run. */
function judge(run: Run): GateResult['status'] {
  if (run.timedOut) return 'timed-out';
  if (run.failure !== undefined || run.exitCode === 127 || run.exitCode === 126) return 'could-not-start';
  return run.exitCode === 0 ? 'passed' : 'failed';
}
