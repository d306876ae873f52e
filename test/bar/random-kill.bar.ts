import { availableParallelism } from 'node:os';
import { seeded } from '../goal/seeded.ts';
import type { Measure } from './figure.ts';
import { playCourses, type Course } from './kill/try.ts';
import { undisturbed } from './kill/stage.ts';
import { STORIES, type Story } from './kill/stories.ts';

const KILLS = { short: 4, long: 300 };
/** Stories side by side: a kill hits all of them. */
const GROUP = 2;
const KILLS_PER_GROUP = 20;
/** So many worlds at a time, by the processors there are: much of a story is waiting. */
const WORLDS = Math.max(4, availableParallelism());
/** A start alone takes a second or two, so some kills hit it and most hit the work. */
const LONGEST_MS = Number(process.env['KILL_LONGEST_MS'] ?? 5_000);

/** Kill -9 at random moments after each start. Each group of stories has a seed of its own, which brings the same moments again. */
export const measure: Measure = async (form) => {
  const kills = Number(process.env['KILLS'] ?? KILLS[form]);
  const stories = form === 'short' ? STORIES.slice(0, 1) : STORIES;
  const groups = Array.from({ length: Math.ceil(kills / KILLS_PER_GROUP) }, (_, index) => {
    return groupOf(stories, 1_000 + index, Math.min(KILLS_PER_GROUP, kills - index * KILLS_PER_GROUP));
  });
  const courses = Array.from({ length: Math.min(WORLDS, groups.length) }, (_, world) =>
    groups.filter((_group, index) => index % WORLDS === world),
  );
  const { trials, struck } = await playCourses(stories, courses);
  const bad = trials.filter(({ faults }) => faults.length > 0);
  for (const { name, faults } of bad) process.stderr.write(`${name}: ${faults.join('; ')}\n`);
  return [
    {
      name: 'Kill -9 at a random moment: kills that struck',
      target: `${kills}`,
      measured: `${struck}, seeds 1000 to ${999 + groups.length}`,
      met: struck >= kills,
    },
    {
      name: 'Stories killed at random moments that end as without a kill',
      target: `${trials.length} of ${trials.length}`,
      measured: `${trials.length - bad.length} of ${trials.length}`,
      met: bad.length === 0,
    },
  ];
};

/** The next stories in turn that go side by side, and the moments of this seed. */
function groupOf(all: readonly Story[], seed: number, count: number): Course[number] {
  const random = seeded(seed);
  const delaysMs = Array.from({ length: count }, () => Math.floor(random() * LONGEST_MS));
  const stories = Array.from({ length: Math.min(GROUP, all.length) }, (_, place) => all[(seed + place) % all.length]);
  const [first] = stories;
  const group = stories
    .filter((story) => story !== undefined)
    .filter((story) => story === first || !(first?.alone ?? story.alone))
    .map((story) => ({ story, tag: `${story.name}-${seed}` }));
  return { group, fate: { ...undisturbed(), delaysMs } };
}
