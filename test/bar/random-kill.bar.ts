import { seeded } from '../goal/seeded.ts';
import type { Measure } from './figure.ts';
import { tryInWorlds } from './kill/goal.ts';

const KILLS = { short: 4, long: 300 };
const KILLS_PER_GOAL = 20;
/** A start alone takes seconds, so some kills hit it and most hit the work. */
const LONGEST_MS = 9_000;

/** Kill -9 at random moments after each start. Each goal has a seed of its own, which brings the same moments again. */
export const measure: Measure = async (form) => {
  const kills = Number(process.env['KILLS'] ?? KILLS[form]);
  const seeds = Array.from({ length: Math.ceil(kills / KILLS_PER_GOAL) }, (_, index) => 1_000 + index);
  const plans = seeds.map((seed, index) => {
    const random = seeded(seed);
    const count = Math.min(KILLS_PER_GOAL, kills - index * KILLS_PER_GOAL);
    const delaysMs = Array.from({ length: count }, () => Math.floor(random() * LONGEST_MS));
    return { name: `seed ${seed}`, points: [], delaysMs };
  });
  const trials = await tryInWorlds(plans);
  const bad = trials.filter(({ faults }) => faults.length > 0);
  for (const { plan, faults } of bad) process.stderr.write(`${plan.name}: ${faults.join('; ')}\n`);
  const struck = trials.reduce((sum, { reached }) => sum + reached.length, 0);
  return [
    {
      name: 'Goals killed at random moments that end as without a kill',
      target: `${trials.length} of ${trials.length}, ${kills} kills`,
      measured: `${trials.length - bad.length} of ${trials.length}, ${struck} kills, seeds ${seeds[0]} to ${seeds.at(-1)}`,
      // A goal that ends early leaves kills over.
      met: bad.length === 0 && struck > 0,
    },
  ];
};
