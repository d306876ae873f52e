import { compareEndings, countTurns, listLeftovers, readEndings, type Ending } from './ending.ts';
import { openStage, play, undisturbed, type Fate, type Played } from './stage.ts';
import type { Story } from './stories.ts';

/** How a story ends when nobody is in its way. */
type Calm = { ending: Ending; turns: number };

/** Points at which a turn of the agent may be cut off, so that it is asked to go on. */
const IN_A_TURN = /kimi|spent|tools-asked|effect|lend|ms$/;

/** Plays every story once in peace: those that share a world side by side, each other one in a world of its own. */
async function playCalmly(stories: readonly Story[]): Promise<Map<string, Calm>> {
  const cast = stories.map((story) => ({ story, tag: `calm-${story.name}` }));
  const [alone, beside] = [cast.filter(({ story }) => story.alone), cast.filter(({ story }) => !story.alone)];
  const groups = [beside, ...alone.map((one) => [one])].filter((group) => group.length > 0);
  const calm = await Promise.all(groups.map((group) => playGroup(group)));
  return new Map(calm.flat());
}

async function playGroup(group: Course[number]['group']): Promise<[string, Calm][]> {
  const world = await openStage();
  try {
    const played = await play(world, group, undisturbed());
    const endings = await readEndings(world, played);
    return played.map((one, index) => [one.story.name, { ending: endings[index] ?? {}, turns: countTurns(one) }]);
  } finally {
    await world.close();
  }
}

/** One story that was played under kills, and what differs from a play in peace. */
export type Trial = { name: string; struck: string[]; faults: string[] };

/** The groups of stories, one after the other in one world; those of a group side by side, under one fate. */
export type Course = { group: { story: Story; tag: string }[]; fate: Fate }[];

/** Plays stories in peace and, in other worlds beside it, in each course, and compares every ending with the calm one. */
export async function playCourses(
  stories: readonly Story[],
  courses: readonly Course[],
): Promise<{ trials: Trial[]; struck: number }> {
  const calm = playCalmly(stories);
  const [, ...outcomes] = await Promise.all([calm, ...courses.map((course) => playCourse(course, calm))]);
  return {
    trials: outcomes.flatMap(({ trials }) => trials),
    struck: outcomes.reduce((sum, outcome) => sum + outcome.struck, 0),
  };
}

async function playCourse(
  course: Course,
  calm: Promise<ReadonlyMap<string, Calm>>,
): Promise<{ trials: Trial[]; struck: number }> {
  const world = await openStage();
  try {
    let struck = 0;
    const played: { one: Played; kills: string[] }[] = [];
    for (const { group, fate } of course) {
      const acts = await play(world, group, fate);
      struck += fate.struck.length;
      played.push(...acts.map((one) => ({ one, kills: fate.struck })));
    }
    const endings = await readEndings(
      world,
      played.map(({ one }) => one),
    );
    const peace = await calm;
    const trials = played.map(({ one, kills }, index) =>
      judge(one, { struck: kills, ending: endings[index] ?? {}, calm: peace }),
    );
    const leftovers = await listLeftovers(world);
    if (leftovers.length > 0) trials.push({ name: 'the data directory', struck: [], faults: leftovers });
    return { trials, struck };
  } finally {
    await world.close();
  }
}

type Evidence = { struck: string[]; ending: Ending; calm: ReadonlyMap<string, Calm> };

function judge(one: Played, { struck, ending, calm }: Evidence): Trial {
  const wanted = calm.get(one.story.name);
  if (!wanted) throw new Error(`${one.story.name} was not played in peace`);
  const faults = compareEndings(ending, wanted.ending);
  const cutOff = struck.filter((point) => IN_A_TURN.test(point)).length;
  const turns = countTurns(one);
  if (turns > wanted.turns + cutOff)
    faults.push(`${turns} turns of the model instead of ${wanted.turns} and ${cutOff} cut off`);
  return { name: one.tag, struck, faults };
}
