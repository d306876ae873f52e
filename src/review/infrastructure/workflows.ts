import { lineNear } from '../read/diff.ts';
import { TESTS } from '../test/disarmed.ts';
import type { Severity } from '../../goal/wall.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { newValue, wasThere, workflowOf, type Job, type Workflow } from '../read/workflows.ts';
import { isNew, isTouched, under, within, type Entry } from '../read/yaml-tree.ts';

type Fault = { line: number; message: string; severity?: Severity; text?: string };

function workflowRule(
  rule: Pick<Rule, 'id' | 'severity' | 'remedy'>,
  faults: (workflow: Workflow, paths: ReadonlySet<string>) => Iterable<Fault>,
): Rule {
  return {
    ...rule,
    languages: ['yaml'],
    *find(reading) {
      for (const source of reading.files) {
        const workflow = workflowOf(source);
        if (workflow)
          for (const fault of faults(workflow, reading.paths)) yield { file: source.path, ...fault } satisfies Hit;
      }
    },
  };
}

const JOB_KEYS =
  /^(?:name|permissions|needs|if|runs-on|environment|concurrency|outputs|env|defaults|steps|timeout-minutes|strategy|continue-on-error|container|services|uses|with|secrets|snapshot)$/;
const STEP_KEYS = /^(?:id|name|if|run|uses|with|env|shell|working-directory|continue-on-error|timeout-minutes)$/;
const TOP_KEYS = /^(?:name|run-name|on|true|permissions|env|defaults|concurrency|jobs|x-.*)$/;

/** Keys that mean nothing where they stand, and steps that do nothing or two things. */
const misplaced = workflowRule(
  { id: 'code/unknown-key', severity: 'high', remedy: 'Put it where the pipeline reads it.' },
  function* ({ source, kind, root, jobs }) {
    if (kind !== 'github') return;
    const strangers = (entry: Entry, known: RegExp) =>
      entry.children.filter(({ key }) => !known.test(key) && key !== '<<');
    const places = [
      ...strangers(root, TOP_KEYS),
      ...jobs.flatMap(({ entry, steps }) => [
        ...strangers(entry, JOB_KEYS),
        ...steps.flatMap((step) => strangers(step.entry, STEP_KEYS)),
      ]),
    ];
    for (const { key, start } of places)
      if (source.isAdded(start)) yield { line: start, message: `No pipeline reads \`${key}\` here` };
    for (const { entry, steps } of jobs)
      for (const step of steps) {
        const both = under(step.entry, 'run') && under(step.entry, 'uses');
        const none = !under(step.entry, 'run') && !under(step.entry, 'uses') && !/\*/.test(entry.key);
        if ((both || none) && isTouched(step.entry, source) && step.entry.children.length > 0)
          yield {
            line: step.entry.start,
            message: both ? 'A step either runs or uses' : 'This step neither runs nor uses anything',
          };
      }
  },
);

/** What refers to a job, a step or a file that is not there. */
const dangling = workflowRule(
  { id: 'code/dangling-reference', severity: 'high', remedy: 'Name what is there.' },
  function* ({ source, kind, root, jobs }, paths) {
    const names = new Set([...jobs.map(({ name }) => name), ...root.children.map(({ key }) => key)]);
    const open = kind === 'gitlab' && under(root, 'include') !== undefined;
    const stages = under(root, 'stages')?.children.map(({ text }) => text);
    for (const job of jobs) {
      const needs = under(job.entry, 'needs');
      const asked = needs?.text === undefined ? (needs?.children ?? []) : [needs];
      for (const need of asked) {
        const name = need.text ?? under(need, 'job')?.text;
        if (name !== undefined && !open && !names.has(name) && source.isAdded(need.start) && !name.includes('$'))
          yield { line: need.start, message: `There is no job \`${name}\`` };
      }
      const stage = under(job.entry, 'stage');
      if (
        stage?.text &&
        stages &&
        !open &&
        ![...stages, '.pre', '.post'].includes(stage.text) &&
        source.isAdded(stage.start)
      )
        yield { line: stage.start, message: `There is no stage \`${stage.text}\`` };
      if (kind === 'github') {
        yield* lostIn(job, asked, source);
        yield* unsetIn(job, jobs, source);
      }
      for (const { entry, uses } of job.steps)
        if (
          uses.startsWith('./') &&
          isTouched(entry, source) &&
          !leadsSomewhere(uses.slice(2), paths) &&
          !isFetched(uses, source)
        )
          yield { line: under(entry, 'uses')?.start ?? entry.start, message: `There is no action at \`${uses}\`` };
    }
  },
);

/** A folder, a file, or the repository itself, which is an action if it says so. */
function leadsSomewhere(path: string, paths: ReadonlySet<string>): boolean {
  const bare = path.replace(/^\.?\/|\/$/g, '');
  if (bare === '') return ['action.yml', 'action.yaml', 'Dockerfile'].some((name) => paths.has(name));
  return [...paths].some((other) => other === bare || other.startsWith(`${bare}/`));
}

/** Another step of the pipeline puts a repository there. */
function isFetched(uses: string, { text }: Workflow['source']): boolean {
  const folder = uses.split('/')[1] ?? '';
  return [...text.matchAll(/^\s*path:\s*["']?(?:\.\/)?([\w.-]+)/gm)].some(([, path]) => path === folder);
}

/** Expressions about steps, jobs and the matrix that this job does not have. */
function* lostIn(job: Job, needs: readonly Entry[], source: Workflow['source']): Iterable<Fault> {
  const ids = new Set(job.steps.map(({ entry }) => under(entry, 'id')?.text));
  const needed = new Set(needs.map(({ text }) => text));
  const strategy = under(job.entry, 'strategy');
  const matrix = under(strategy, 'matrix');
  const axes =
    matrix?.text === undefined && !/\$\{\{/.test(JSON.stringify(matrix?.children.map(({ text }) => text) ?? ''))
      ? matrix
      : undefined;
  const known = new Set(
    axes
      ? [
          ...axes.children.map(({ key }) => key),
          ...(under(axes, 'include')?.children ?? []).flatMap((row) => row.children.map(({ key }) => key)),
        ]
      : [],
  );
  for (let line = job.entry.start; line <= job.entry.end; line += 1) {
    const text = source.lineAt(line)?.text ?? '';
    for (const [, what = '', name = ''] of text.matchAll(/(?<![\w.])(steps|needs|matrix)\.([\w-]+)/g)) {
      if (!/\$\{\{|\bif:/.test(text)) continue;
      const lost =
        (what === 'steps' && job.steps.length > 0 && !ids.has(name)) ||
        (what === 'needs' && !needed.has(name)) ||
        (what === 'matrix' &&
          (axes ? !known.has(name) : matrix === undefined && strategy?.text === undefined && job.steps.length > 0));
      const told = !lost ? undefined : source.isAdded(line) ? line : renamedAt(name, source);
      if (told !== undefined) yield { line: told, message: `This job has no \`${what}.${name}\`` };
    }
  }
}

/** Where the change took out what had this name: an id, an axis, an output. */
function renamedAt(name: string, { change }: Workflow['source']): number | undefined {
  for (const hunk of change.hunks) {
    const named = new RegExp(`(?:\\bid:\\s*["']?${name}\\b|^\\s*${name}:|\\b${name}=)`);
    const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && named.test(text));
    const stays = hunk.lines.some(({ kind, text }) => kind === 'added' && named.test(text));
    if (gone && !stays) return lineNear(hunk, gone);
  }
  return undefined;
}

/** Outputs that are read and that nothing sets: of another job, or of a step that writes others. */
function* unsetIn(job: Job, jobs: readonly Job[], source: Workflow['source']): Iterable<Fault> {
  for (let line = job.entry.start; line <= job.entry.end; line += 1) {
    const text = source.lineAt(line)?.text ?? '';
    for (const [whole, what = '', owner = '', name = ''] of text.matchAll(
      /(?<![\w.])(steps|needs)\.([\w-]+)\.outputs\.([\w-]+)/g,
    )) {
      const isSet =
        what === 'needs'
          ? offers(jobs.find((other) => other.name === owner))
          : writes(job.steps.find(({ entry }) => under(entry, 'id')?.text === owner)?.run ?? '');
      const told = isSet(name) ? undefined : source.isAdded(line) ? line : renamedAt(name, source);
      if (told !== undefined) yield { line: told, message: `Nothing sets \`${whole}\`` };
    }
  }
}

function offers(job: Job | undefined): (name: string) => boolean {
  const outputs = under(job?.entry, 'outputs');
  return (name) => !job || job.steps.length === 0 || under(outputs, name) !== undefined;
}

/** A step whose script plainly writes outputs, one `name=value` each. */
function writes(run: string): (name: string) => boolean {
  const isPlain = run
    .split('\n')
    .filter((text) => text.includes('GITHUB_OUTPUT'))
    .every((text) => /echo\s+["']?[\w-]+=/.test(text));
  return (name) => !isPlain || !run.includes('GITHUB_OUTPUT') || new RegExp(`\\b${name}=`).test(run);
}

/** `if: ${{ a }} == 'b'` is a text that is not empty, so it always holds. */
const alwaysTrue = workflowRule(
  {
    id: 'code/constant-condition',
    severity: 'high',
    remedy: 'Put the whole condition inside of the braces, or leave them out.',
  },
  function* ({ source, root }) {
    for (const entry of within(root))
      if (entry.key === 'if' && entry.text !== undefined && source.isAdded(entry.start)) {
        const text = entry.text.trim();
        if (/\$\{\{/.test(text) && !/^\$\{\{[^]*\}\}$/.test(text))
          yield { line: entry.start, message: `This always holds: \`${shorten(text)}\`` };
        else if (/^\$\{\{[^}]*\}\}[^]*\}\}$/.test(text) && /\}\}.+\$\{\{/.test(text))
          yield { line: entry.start, message: `This always holds: \`${shorten(text)}\`` };
      }
  },
);

const NEVER = /^(?:\$\{\{\s*)?(?:false|'false'|0|never\(\))(?:\s*\}\})?$/;

function runsTests({ name, steps }: Job): boolean {
  return (
    steps.some(({ run }) => TESTS.test(run)) ||
    (/(?:^|[-_ ])(?:unit|e2e|integration)?-?tests?(?:$|[-_ ])/i.test(name) && steps.some(({ run }) => run !== ''))
  );
}

/** Tests that a pipeline had run, and does not run or heed any more. */
const disarmed = workflowRule(
  { id: 'test/disarmed', severity: 'high', remedy: 'Let the tests run, and a failed test fail the run.' },
  function* ({ source, root, jobs }) {
    const told = (line: number, how: string, severity?: Severity): Fault => ({
      line,
      message: `Tests do not count here any more: ${how}`,
      ...(severity ? { severity } : {}),
    });
    for (const job of jobs.filter(runsTests)) {
      const places = [job.entry, ...job.steps.filter(({ run }) => TESTS.test(run)).map(({ entry }) => entry)];
      for (const place of places) {
        const condition = newValue(place, 'if', source);
        if (condition && NEVER.test(condition.text?.trim() ?? '')) yield told(condition.start, 'they never run');
        for (const key of ['continue-on-error', 'allow_failure']) {
          const forgiving = newValue(place, key, source);
          if (forgiving?.text === 'true') yield told(forgiving.start, 'they may fail');
        }
        const when = newValue(place, 'when', source);
        if (when && /^(?:manual|never)$/.test(when.text ?? '') && isGateBefore(source))
          yield told(when.start, 'somebody has to start them', 'medium');
      }
    }
    if (!jobs.some(runsTests) || source.change.status !== 'modified') return;
    const events = under(root, 'on') ?? under(root, 'true');
    const now = JSON.stringify(events?.text ?? events?.children.map(({ key, text }) => text ?? key) ?? '');
    for (const hunk of source.change.hunks) {
      const gone = hunk.lines.find(
        ({ kind, text }) => kind === 'removed' && /^\s*(?:on:.*\bpull_request\b|-?\s*pull_request:?\s*$)/.test(text),
      );
      if (gone && events && !/pull_request|merge_group|workflow_call/.test(now))
        yield { ...told(lineNear(hunk, gone), 'no pull request starts them', 'medium'), text: gone.text };
    }
  },
);

function isGateBefore({ oldText }: Workflow['source']): boolean {
  return oldText !== undefined;
}

/** Time and machines of a pipeline. */
const costs = workflowRule(
  {
    id: 'performance/pipeline',
    severity: 'medium',
    remedy: 'Keep what is cached, and run no more often than somebody looks.',
  },
  function* (workflow) {
    const { source, root, jobs } = workflow;
    for (const entry of within(root)) {
      if (!isNew(entry, source) || entry.text === undefined) continue;
      const found = COSTLY.find(([key, value]) => key.test(entry.key) && value.test(entry.text ?? ''));
      if (found && !wasThere(new RegExp(`\\b${entry.key}\\s*:\\s*['"]?${entry.text.replace(/[^\w]/g, '.')}`), source))
        yield { line: entry.start, message: found[2], ...(found[3] ? { severity: found[3] } : {}) };
    }
    for (const hunk of source.change.hunks) {
      const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && CACHES.test(text));
      if (
        gone &&
        !source.added.some(({ text }) => CACHES.test(text)) &&
        jobs.some(({ steps }) => steps.some(({ run }) => INSTALLS.test(run))) &&
        !isSourceGone(workflow, hunk.lines)
      )
        yield { line: lineNear(hunk, gone), message: 'What was cached is fetched anew for every run', text: gone.text };
    }
    for (const { steps } of jobs) {
      const seen = new Set<string>();
      for (const { run, entry } of steps) {
        const install =
          /^\s*(npm ci|npm install|yarn install|pnpm install|bundle install|pip install -r \S+|composer install)\s*$/m.exec(
            run,
          )?.[1];
        const place = `${install} ${under(entry, 'working-directory')?.text ?? ''} ${under(entry, 'if')?.text ?? ''}`;
        if (install !== undefined && seen.has(place) && isTouched(entry, source))
          yield { line: entry.start, message: `\`${install}\` runs twice in this job` };
        if (install !== undefined) seen.add(place);
      }
    }
  },
);

const CACHES =
  /^\s*(?:-\s*)?(?:uses:\s*['"]?actions\/cache(?:\/restore)?@|cache:\s*(?!false)['"]?\w|cache-(?:dependency-path|from|to):\s*\S|uses:\s*['"]?\S*(?:rust-cache|gradle-build-action|ccache-action|setup-gradle)@)/;
const INSTALLS =
  /\b(?:npm (?:ci|i|install)|yarn|pnpm|pip|poetry|uv|bundle|composer|cargo|go (?:build|test|mod)|mvn|gradlew?|make|docker build)\b/;
const COSTLY: readonly (readonly [key: RegExp, value: RegExp, message: string, severity?: Severity])[] = [
  [/^cron$/, /^(?:\*|\*\/[1-5])\s+\*\s/, 'This runs every few minutes, whether anything happened or not'],
  [/^max-parallel$/, /^1$/, 'The jobs wait for each other'],
  [/^no-cache$/, /^true$/, 'Every layer is built anew'],
  [/^cache$/, /^false$/, 'What could be cached is fetched anew for every run'],
  [/^fetch-depth$/, /^0$/, 'The whole history is fetched', 'low'],
  [/^timeout-minutes$/, /^(?:[4-9]\d\d|\d{4,})$/, 'A job that hangs takes hours', 'low'],
  [/^cancel-in-progress$/, /^false$/, 'Runs that nobody waits for go on', 'low'],
];

/** The step or job that was cached went as well. */
function isSourceGone({ source }: Workflow, lines: readonly { kind: string; text: string }[]): boolean {
  return (
    source.change.status !== 'modified' ||
    lines.filter(({ kind, text }) => kind === 'removed' && /^\s*(?:-\s*)?run:|^ {2}[\w-]+:\s*$/.test(text)).length > 0
  );
}

const SHA = /@[0-9a-f]{40}\b/;

/** Rights and actions of a pipeline. */
const risks = workflowRule(
  {
    id: 'security/workflow',
    severity: 'medium',
    remedy: 'Name the few permissions that the job needs, and pin what others wrote.',
  },
  function* ({ source, kind, root, jobs }) {
    if (kind !== 'github') return;
    for (const { entry, uses } of jobs.flatMap(({ steps }) => steps)) {
      const place = under(entry, 'uses');
      if (
        !place ||
        !source.isAdded(place.start) ||
        SHA.test(uses) ||
        uses.startsWith('./') ||
        uses.startsWith('docker:')
      )
        continue;
      const action = uses.replace(/@.*$/, '');
      const pinned = source.change.removed.some(({ text }) => text.includes(`${action}@`) && SHA.test(text));
      if (pinned) yield { line: place.start, message: `\`${action}\` was pinned to a commit` };
      else if (
        !/^(?:actions|github)\//.test(uses) &&
        !wasThere(new RegExp(`${action.replace(/[^\w]/g, '.')}@`), source)
      )
        yield { line: place.start, severity: 'low', message: `\`${shorten(uses)}\` may be another one tomorrow` };
    }
    if (
      under(root, 'permissions') === undefined &&
      jobs.every(({ entry }) => under(entry, 'permissions') === undefined)
    )
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.find(({ kind: side, text }) => side === 'removed' && /^\s*permissions:/.test(text));
        if (gone)
          yield { line: lineNear(hunk, gone), message: 'The workflow has the default rights again', text: gone.text };
      }
    for (const entry of within(root)) {
      if (!source.isAdded(entry.start)) continue;
      if (entry.key === 'ACTIONS_ALLOW_UNSECURE_COMMANDS' && entry.text === 'true')
        yield { line: entry.start, message: 'Whatever a program prints may set variables of the run' };
      if (
        entry.key === 'ref' &&
        /workflow_run\.head_(?:sha|branch)/.test(entry.text ?? '') &&
        /\bworkflow_run:/.test(source.text)
      )
        yield {
          line: entry.start,
          severity: 'high',
          message: 'workflow_run has the repository’s rights and checks out code of outsiders',
        };
    }
  },
);

/** What in a pipeline refers to nothing or means something else. */
/** A step or job that a constant turns off. */
const neverRun = workflowRule(
  { id: 'code/dead-branch', severity: 'medium', remedy: 'Remove it, or write the condition that was meant.' },
  function* ({ source }) {
    for (const { text, code, number } of source.added)
      if (
        /^\s*(?:-\s*)?if:\s*(?:false|\$\{\{\s*false\s*\}\}|always\(\)\s*&&\s*false)\s*$/.test(text) &&
        code.trim() !== ''
      )
        yield { line: number, message: 'This never runs' };
  },
);

export const workflowSlips: readonly Rule[] = [misplaced, dangling, alwaysTrue, neverRun];
/** Tests that a pipeline does not heed. */
export const workflowTests: readonly Rule[] = [disarmed];
/** What a pipeline costs. */
export const workflowCosts: readonly Rule[] = [costs];
/** What a pipeline may do, and whose code it runs. */
export const workflowRisks: readonly Rule[] = [risks];
