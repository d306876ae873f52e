import { oddities, openSmallWorld } from '../run/small.ts';
import { seeded } from '../goal/seeded.ts';
import type { World } from '../world/world.ts';
import type { Figure, Measure } from './figure.ts';

const SEED = 20_260;
const SIZES = { short: { deliveries: 120, commands: 10 }, long: { deliveries: 10_000, commands: 250 } };
const DOUBLED = 0.3;
const LOST = 0.2;

/** Webhooks are doubled, lost and shuffled; a reconciliation finds the lost ones. Commands among them are answered once each. */
export const measure: Measure = async (form) => {
  const { deliveries, commands } = SIZES[form];
  const world = await openSmallWorld();
  try {
    const random = seeded(SEED);
    const counts = { sent: 0, lost: 0, doubled: 0 };
    world.github.deliveries.copies = () => {
      const dice = random();
      counts.sent += 1;
      if (dice < LOST) counts.lost += 1;
      else if (dice < LOST + DOUBLED) counts.doubled += 1;
      return dice < LOST ? 0 : dice < LOST + DOUBLED ? 2 : 1;
    };
    world.github.deliveries.hold();
    const issues = say(world, { deliveries, commands });
    world.github.deliveries.release((held) => shuffle(held, random));
    await world.idle();
    // Starting reconciles, as every fifth minute does.
    await world.restart();
    await untilKnown(world);
    await world.idle();
    return judge(world, issues, counts);
  } finally {
    await world.close();
  }
};

/** People talk: every so often it is a command, on an issue of its own. Gives the issues with a command. */
function say(world: World, { deliveries, commands }: { deliveries: number; commands: number }): number[] {
  const { github } = world;
  const hall = github.openIssue('ada', { title: 'Hall', body: 'People talk here.' }).number;
  const every = Math.floor(deliveries / commands);
  const issues: number[] = [];
  for (let spoken = 1; github.deliveries.count < deliveries; spoken++) {
    if (spoken % every !== 0 || issues.length >= commands) {
      github.comment('rob', hall, `Nothing for omk, number ${spoken}.`);
      continue;
    }
    const { number } = github.openIssue('ada', { title: `Question ${spoken}`, body: 'What can you do?' });
    github.comment('ada', number, '/omk help');
    issues.push(number);
  }
  return issues;
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Resolves when every delivery has been stored, however it came. */
async function untilKnown(world: World): Promise<void> {
  const guids = [...new Set(world.github.deliveries.list.map(({ guid }) => guid))];
  for (let round = 0; round < 600; round++) {
    await world.github.deliveries.settled();
    if ((await world.omk.store.listUnknownWebhooks(guids)).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

type Counts = { sent: number; lost: number; doubled: number };

async function judge(world: World, issues: number[], counts: Counts): Promise<Figure[]> {
  const { github, omk } = world;
  const guids = [...new Set(github.deliveries.list.map(({ guid }) => guid))];
  const unknown = await omk.store.listUnknownWebhooks(guids);
  const once = issues.filter((issue) => {
    const { comments } = github.issue(issue);
    return comments[0]?.reactions.length === 1 && comments.filter(({ app }) => app).length === 1;
  });
  const odd = oddities(world);
  return [
    {
      name: 'Deliveries lost for ever, after one reconciliation',
      target: '0',
      measured: `${unknown.length} of ${counts.sent} (${counts.lost} lost, ${counts.doubled} doubled, all shuffled, seed ${SEED})`,
      met: unknown.length === 0,
    },
    {
      name: 'Commands among them: one reaction and one answer each',
      target: `${issues.length} of ${issues.length}`,
      measured: `${once.length} of ${issues.length}`,
      met: once.length === issues.length,
    },
    {
      name: 'Requests that GitHub does not document',
      target: '0',
      measured: String(odd.length),
      met: odd.length === 0,
    },
  ];
}
