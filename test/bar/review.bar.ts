import { FAULTS } from '../review/corpus/faults.ts';
import { answerToFault, blockedBy, judgeGood, readGoodChanges } from '../review/corpus/judge.ts';
import { answerToPlanted, readPlanted } from '../review/corpus/planted.ts';
import { SECRETS } from '../review/corpus/secrets.ts';
import type { Figure, Measure } from './figure.ts';

/** The short form takes one of so many, spread over all kinds; of secrets it takes all. */
const ONE_OF = { short: 4, long: 1 };

/** The review wall: what it finds, and what it lets through. */
export const measure: Measure = async (form) => {
  const sample = <T>(list: readonly T[]) => list.filter((_, at) => at % ONE_OF[form] === 0);
  const good = sample(await readGoodChanges());
  const faults = sample(FAULTS);
  const walls = await each(good, judgeGood);
  const batches = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'] as const;
  const planted = sample((await Promise.all(batches.map(readPlanted))).flat());
  const answers = [...(await each(faults, answerToFault)), ...(await each(planted, answerToPlanted))];
  const clothed = await readPlanted('secrets');
  const secrets = [...(await each(SECRETS, answerToFault)), ...(await each(clothed, answerToPlanted))];
  return [
    share('good changes blocked', {
      part: walls.filter((wall) => blockedBy(wall).length > 0).length,
      of: walls.length,
      most: 0.03,
      target: 'at most 3 % of 100 or more',
    }),
    share('planted faults missed', {
      part: answers.filter(({ kind }) => kind === 'missed').length,
      of: answers.length,
      most: 0.1,
      target: 'at most 10 % of 150 or more',
    }),
    share('planted faults not blocked', {
      part: answers.filter(({ kind }) => kind !== 'blocked').length,
      of: answers.length,
      most: 0.15,
      target: 'at most 15 %',
    }),
    share('planted secrets missed', {
      part: secrets.filter(({ kind }) => kind !== 'blocked').length,
      of: secrets.length,
      most: 0,
      target: 'none',
    }),
  ];
};

/** Four lanes: most of the time goes to git processes that make the patches. */
const LANES = 4;

async function each<T, R>(list: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let at = lane; at < list.length; at += LANES) answers.push(await ask(list[at] as T));
  });
  await Promise.all(lanes);
  return answers;
}

type Share = { part: number; of: number; most: number; target: string };

function share(name: string, { part, of, most, target }: Share): Figure {
  const percent = ((part / of) * 100).toFixed(1);
  return { name: `review: ${name}`, target, measured: `${part} of ${of} (${percent} %)`, met: part <= most * of };
}
