import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure, Measure } from './figure.ts';
import { divide, tryInWorlds } from './kill/goal.ts';

const SHORT = ['before:push', 'after:merge'];
/** A kill costs a start; so many on one goal let the whole bar fit. */
const KILLS_PER_GOAL = 8;

/** Every named point of the source: `around` has two, an event has two, `killPoint` one. */
export async function listKillPoints(): Promise<string[]> {
  const root = join(import.meta.dirname, '..', '..', 'src');
  const files = (await readdir(root, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('kill-point.ts'),
  );
  const points: string[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8');
    for (const [, name] of text.matchAll(/\baround\('([^']+)'/g)) points.push(`before:${name}`, `after:${name}`);
    for (const [, name] of text.matchAll(/\bkillPoint\('([^']+)'/g)) points.push(String(name));
    if (!text.includes('killPoint(`before:event:')) continue;
    const kinds = (await readFile(join(root, 'goal', 'event.ts'), 'utf8'))
      .split('export function')[0]
      ?.matchAll(/\bkind: '([a-z-]+)'/g);
    for (const [, kind] of kinds ?? []) points.push(`before:event:${kind}`, `after:event:${kind}`);
  }
  return [...new Set(points)].toSorted();
}

export const measure: Measure = async (form) => {
  const all = await listKillPoints();
  const chosen = process.env['KILL_POINTS']?.split(',') ?? (form === 'short' ? SHORT : all);
  const trials = process.env['KILL_STEERED'] ? [] : await disturb(chosen, { perGoal: KILLS_PER_GOAL });
  const quiet = chosen.filter((point) => !trials.some(({ reached }) => reached.includes(point)));
  // What only people's commands lead to.
  if (form === 'long') trials.push(...(await disturb(quiet, { perGoal: 2 * KILLS_PER_GOAL, steered: true })));
  const reached = trials.flatMap((trial) => trial.reached);
  const bad = trials.filter(({ faults }) => faults.length > 0);
  for (const { plan, faults } of bad) process.stderr.write(`${plan.points.join(' ')}: ${faults.join('; ')}\n`);
  const unreached = chosen.filter((point) => !reached.includes(point));
  if (unreached.length > 0) process.stderr.write(`not reached: ${unreached.join(' ')}\n`);
  return [
    named(all),
    {
      name: 'Kill -9 at a named point: points reached',
      target: 'all of them',
      measured: `${reached.length} of ${chosen.length}`,
      met: unreached.length === 0 ? true : 'not run',
    },
    {
      name: 'Goals killed at their points that end as without a kill',
      target: `${trials.length} of ${trials.length}`,
      measured: `${trials.length - bad.length} of ${trials.length}, ${reached.length} kills`,
      met: bad.length === 0,
    },
  ];
};

function disturb(points: string[], { perGoal, steered = false }: { perGoal: number; steered?: boolean }) {
  const groups = divide(points, Math.ceil(points.length / perGoal));
  return tryInWorlds(
    groups.map((group, index) => ({
      name: `${steered ? 'steered ' : ''}${index}`,
      points: group,
      delaysMs: [],
      steered,
    })),
  );
}

function named(all: string[]): Figure {
  return { name: 'Named kill points', target: '>= 60', measured: String(all.length), met: all.length >= 60 };
}
