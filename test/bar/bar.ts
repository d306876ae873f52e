import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Figure, Measure } from './figure.ts';

/*
 * `npm run bar [-- --json] [-- --only NAME]`: measures every promise in its long form and prints target beside figure.
 * A family is a file `<name>.bar.ts` in this folder that exports `measure`. `npm run bench` does the same with the
 * families `<name>.bench.ts`: how long omk takes beside the bare thing. Exit 1 if a promise is not kept.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    only: { type: 'string' },
    short: { type: 'boolean' },
    speed: { type: 'boolean' },
  },
});

const ending = values.speed ? '.bench.ts' : '.bar.ts';
const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(ending)).toSorted();
const figures: Figure[] = [];
for (const file of files.filter((name) => values.only === undefined || name.startsWith(`${values.only}.`))) {
  const { measure } = (await import(`./${file}`)) as { measure: Measure };
  const found = await measure(values.short ? 'short' : 'long');
  figures.push(...found);
  for (const figure of values.json ? [] : found) process.stdout.write(`${line(figure)}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
process.exitCode = figures.some((figure) => figure.met === false) ? 1 : 0;

function line({ name, target, measured, met }: Figure): string {
  const mark = met === 'not run' ? 'not run' : met ? 'met' : 'NOT MET';
  return `${mark.padEnd(8)} ${name.padEnd(60)} target ${target.padEnd(28)} measured ${measured}`;
}
