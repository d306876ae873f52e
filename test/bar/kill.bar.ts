import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Figure, Measure } from './figure.ts';
import { playCourses, type Course, type Trial } from './kill/try.ts';
import { undisturbed } from './kill/stage.ts';
import { STORIES } from './kill/stories.ts';

/** What the short form tries: before and after what only a push and a merge can double. */
const SHORT = ['before:push', 'after:merge'];
/** Every point is tried so often, each time in a world of its own and at another place of another story. */
const TRIES = { short: 1, long: 2 };
/** Worlds of one try, by the processors there are. What one of them struck is not struck again. */
const WORLDS = Math.max(2, Math.floor(availableParallelism() / 2));

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

/** Kill -9 at every named point, on the way of the stories that lead there; then every story must have ended as it does in peace. */
export const measure: Measure = async (form) => {
  const all = await listKillPoints();
  const points = process.env['KILL_POINTS']?.split(',') ?? (form === 'short' ? SHORT : all);
  const names =
    process.env['KILL_STORIES']?.split(',') ?? (form === 'short' ? ['plain'] : STORIES.map(({ name }) => name));
  const stories = STORIES.filter(({ name }) => names.includes(name));
  const left = Array.from({ length: TRIES[form] }, () => new Set(points));
  const courses = left.flatMap((due, number) => coursesOf(stories, number, due));
  const { trials } = await playCourses(stories, courses);
  const missed = left.flatMap((points) => [...points]);
  const bad = trials.filter(({ faults }) => faults.length > 0);
  for (const { name, faults, struck } of bad)
    process.stderr.write(`${name}, killed at ${struck.join(' ')}: ${faults.join('; ')}\n`);
  if (missed.length > 0) process.stderr.write(`not reached: ${missed.join(' ')}\n`);
  return figures({ all, due: points.length * left.length, left: missed.length, trials, bad });
};

/** The stories in so many worlds, in each one after the other: most of a story is waiting. Every second try goes the other way around, so that other stories meet the points that they share. */
function coursesOf(stories: typeof STORIES, number: number, points: Set<string>): Course[] {
  const order = number % 2 === 0 ? stories : stories.toReversed();
  return Array.from({ length: Math.min(WORLDS, stories.length) }, (_, world) =>
    order
      .filter((_story, index) => index % WORLDS === world)
      .map((story) => ({
        group: [{ story, tag: `${story.name}-${number}` }],
        fate: { ...undisturbed(), points },
      })),
  );
}

type Found = { all: string[]; due: number; left: number; trials: Trial[]; bad: Trial[] };

function figures({ all, due, left, trials, bad }: Found): Figure[] {
  return [
    { name: 'Named kill points', target: '>= 60', measured: String(all.length), met: all.length >= 60 },
    {
      name: 'Kill -9 at a named point: kills that struck',
      target: `${due} of ${due}`,
      measured: `${due - left} of ${due}`,
      met: left === 0,
    },
    {
      name: 'Stories killed at these points that end as without a kill',
      target: `${trials.length} of ${trials.length}`,
      measured: `${trials.length - bad.length} of ${trials.length}`,
      met: bad.length === 0,
    },
  ];
}
