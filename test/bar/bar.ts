import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Figure, Measure } from './figure.ts';

/*
 * `npm run bar [-- --json] [-- --only NAME]`: measures every promise in its long form and prints target beside figure.
 * A family is a file `<name>.bar.ts` in this folder that exports `measure`. `npm run bench` does the same with the
 * families `<name>.bench.ts`: how long omk takes beside the bare thing. Exit 1 if a promise is not kept.
 */
/** The whole of it is to be done in this time. */
const MOST_MS = 15 * 60_000;

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
const form = values.short ? 'short' : 'long';
const add = (found: Figure[]) => {
  figures.push(...found);
  for (const figure of values.json ? [] : found) process.stdout.write(`${line(figure)}\n`);
};
const startedAt = performance.now();
for (const file of files.filter((name) => values.only === undefined || name.startsWith(`${values.only}.`))) {
  const { measure } = (await import(`./${file}`)) as { measure: Measure };
  const familyAt = performance.now();
  add(await measure(form));
  process.stderr.write(`${file.replace(ending, '')}: ${minutes(familyAt)} min\n`);
}
if (values.only === undefined && !values.speed && form === 'long') {
  const met = performance.now() - startedAt <= MOST_MS;
  add([{ name: 'The whole bar', target: `<= ${MOST_MS / 60_000} min`, measured: `${minutes(startedAt)} min`, met }]);
}
if (values.json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
process.exitCode = figures.some((figure) => figure.met === false) ? 1 : 0;

function minutes(since: number): string {
  return ((performance.now() - since) / 60_000).toFixed(1);
}

function line({ name, target, measured, met }: Figure): string {
  const mark = met === 'not run' ? 'not run' : met ? 'met' : 'NOT MET';
  return `${mark.padEnd(8)} ${name.padEnd(60)} target ${target.padEnd(28)} measured ${measured}`;
}
