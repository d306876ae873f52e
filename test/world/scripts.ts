import type { Script, ScriptedModel, Turn } from './scripted-model.ts';

/** The task whose prompt begins with this title. */
export function titled(title: string): (prompt: string) => boolean {
  return (prompt) => prompt.trimStart().startsWith(title);
}

type PlanSlice = {
  id: string;
  title: string;
  writeScope: string[];
  dependsOn?: string[];
  acceptance?: string[];
  description?: string;
};

/** Plans these slices. */
export function planning(slices: PlanSlice[]): Script {
  const plan = slices.map(
    ({ writeScope, dependsOn = [], description = '', acceptance = ['The tests pass.'], ...slice }) => ({
      ...slice,
      description: description || slice.title,
      read_scope: [],
      write_scope: writeScope,
      depends_on: dependsOn,
      risk: 'low',
      acceptance,
    }),
  );
  return { name: 'plan', when: titled('Plan the goal as slices.'), turns: [{ say: JSON.stringify({ slices: plan }) }] };
}

export function write(path: string, content: string): { name: string; args: Record<string, unknown> } {
  return { name: 'Write', args: { path, content } };
}

/** Builds a slice the first time with these turns. The last one says what was done. */
export function building(slice: string, turns: Turn[]): Script {
  return { name: `build ${slice}`, when: titled(`Build slice ${slice}.`), turns, times: 1 };
}

/** Answers one fix prompt of a slice. */
export function fixing(slice: string, turns: Turn[]): Script {
  return { name: `fix ${slice}`, when: titled(`Fix slice ${slice}.`), turns, times: 1 };
}

/** Every reviewer passes. */
export function approving(): Script {
  return { name: 'review', when: titled('Review pass: '), turns: [{ say: '{"verdict":"passed","findings":[]}' }] };
}

const MEDIAN_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from '../src/median.js';

test('the median of an odd count is the one in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
});

test('the median of an even count is the mean of the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('no numbers have no median', () => {
  assert.throws(() => median([]), RangeError);
});
`;

const MEDIAN_WRONG = `/** The number in the middle of at least one number. Throws a RangeError for none. */
export function median(numbers) {
  if (numbers.length === 0) throw new RangeError('median needs at least one number');
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
`;

const MEDIAN_RIGHT = `import { mean } from './mean.js';

/** The number in the middle of at least one number. Throws a RangeError for none. */
export function median(numbers) {
  if (numbers.length === 0) throw new RangeError('median needs at least one number');
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : mean(sorted.slice(middle - 1, middle + 1));
}
`;

const COMMAND = (fallback: string) => `import { mean } from './mean.js';
import { median } from './median.js';

/** What the command line prints for its arguments: mean and median, or what is wrong with them. */
export function report(args) {
  const numbers = args.map(Number);
  if (numbers.some(Number.isNaN)) return 'Give numbers only.';
  try {
    return \`mean \${mean(numbers)}, median \${median(numbers)}\`;
  } catch (error) {
${fallback}
  }
}
`;

const COMMAND_WRONG = COMMAND('    // TODO: tell the person what went wrong');
const COMMAND_RIGHT = COMMAND(`    if (!(error instanceof RangeError)) throw error;
    return 'Give at least one number.';`);

const COMMAND_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from '../src/report.js';

test('mean and median are printed', () => {
  assert.equal(report(['1', '2', '6']), 'mean 3, median 2');
});

test('a word is refused', () => {
  assert.equal(report(['one']), 'Give numbers only.');
});
`;

const EMPTY_TEST = `
test('no numbers are refused', () => {
  assert.equal(report([]), 'Give at least one number.');
});
`;

/** The goal of the sample repository: two slices, one gate that fails once, one finding of the wall that blocks once. */
export const SAMPLE_GOAL = {
  title: 'Add a median, and a report that prints mean and median',
  body: 'People want the median beside the mean.\n\nAcceptance: `median([4, 1, 3, 2])` is 2.5; `report` prints both and refuses what is not a number; both are tested.',
};

/** Plays the sample goal. */
export function playSample(model: ScriptedModel): void {
  const scripts: Script[] = [
    planning([
      {
        id: 'median',
        title: 'Add the median',
        description: 'Add `median(numbers)` in src/median.js beside `mean`, with tests.',
        writeScope: ['src/median.js', 'test/median.test.js'],
        acceptance: ['median([4, 1, 3, 2]) is 2.5', 'median([]) throws a RangeError'],
      },
      {
        id: 'report',
        title: 'Add a report of mean and median',
        description: 'Add `report(args)` in src/report.js that prints mean and median of its arguments, with tests.',
        writeScope: ['src/report.js', 'test/report.test.js', 'README.md'],
        dependsOn: ['median'],
        acceptance: ["report(['1','2','6']) is 'mean 3, median 2'", 'what is not a number is refused'],
      },
    ]),
    building('median', [
      { say: 'I look at the mean first.', tools: [{ name: 'Read', args: { path: 'src/mean.js' } }] },
      { tools: [write('src/median.js', MEDIAN_WRONG), write('test/median.test.js', MEDIAN_TEST)] },
      { say: 'Added `median` with its tests.' },
    ]),
    fixing('median', [
      { say: 'An even count needs the mean of two.', tools: [write('src/median.js', MEDIAN_RIGHT)] },
      { tools: [{ name: 'Bash', args: { command: 'node --test' } }] },
      { say: 'Added `median` with its tests.\nAn even count gives the mean of the two numbers in the middle.' },
    ]),
    building('report', [
      { tools: [write('src/report.js', COMMAND_WRONG), write('test/report.test.js', COMMAND_TEST)] },
      {
        tools: [
          {
            name: 'Edit',
            args: {
              path: 'README.md',
              old_string: '- `mean(numbers)` in `src/mean.js`',
              new_string:
                '- `mean(numbers)` in `src/mean.js`\n- `median(numbers)` in `src/median.js`\n- `report(args)` in `src/report.js`',
            },
          },
        ],
      },
      { say: 'Added `report` with its tests and named it in the README.' },
    ]),
    fixing('report', [
      { tools: [write('src/report.js', COMMAND_RIGHT), write('test/report.test.js', COMMAND_TEST + EMPTY_TEST)] },
      { tools: [{ name: 'Bash', args: { command: 'node --test' } }] },
      { say: 'Added `report` with its tests and named it in the README.\nNo numbers are answered with a sentence.' },
    ]),
    approving(),
  ];
  for (const script of scripts) model.will(script);
}

/** Makes a small true change in whatever repository there is: it names the gates that were detected in the README. */
export function playAnyRepository(model: ScriptedModel): void {
  model.will(
    planning([
      {
        id: 'readme',
        title: 'Say in the README how the project is checked',
        writeScope: ['README*', 'Readme*', 'readme*'],
      },
    ]),
  );
  model.will({
    name: 'build readme',
    when: titled('Build slice readme.'),
    turns: [
      { say: 'I look which README there is.', tools: [{ name: 'Bash', args: { command: 'ls -1' } }] },
      ({ prompt }) => ({ tools: [{ name: 'Bash', args: { command: appendToReadme(gatesIn(prompt)) } }] }),
      { say: 'Named the commands that check the project in the README.' },
    ],
  });
  model.will(approving());
}

/** The commands of the list of gates in a build prompt. */
function gatesIn(prompt: string): string[] {
  const [, list = ''] = /\nGates: .*\n((?:- .*\n?)+)/.exec(prompt) ?? [];
  return [...list.matchAll(/^- `(.+?)`(?: in `(.+?)`)?/gm)].map(([, run = '', dir]) =>
    dir ? `${run} (in ${dir})` : run,
  );
}

function appendToReadme(gates: string[]): string {
  const lines = gates.length > 0 ? gates.map((gate) => `    ${gate}`) : ['    (no command was found)'];
  const text = ['', 'Checks', '------', '', 'These commands check the project:', '', ...lines].join('\n');
  return `f=$(ls -1 | grep -i '^readme' | head -n 1); cat >> "\${f:-README.md}" <<'OMK_END'\n${text}\nOMK_END`;
}
