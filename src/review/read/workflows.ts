import type { SourceFile } from './reading.ts';
import { isTouched, treesOf, under, type Entry } from './yaml-tree.ts';

/** A job of a pipeline and what it runs. */
export type Job = { name: string; entry: Entry; steps: readonly Step[] };

/** A step: what it runs in a shell, or the action it uses. */
type Step = { entry: Entry; run: string; uses: string };

/** A pipeline of GitHub or GitLab. */
export type Workflow = { source: SourceFile; kind: 'github' | 'gitlab'; root: Entry; jobs: readonly Job[] };

/** The pipeline that a changed file holds, if it is one that parses. */
export function workflowOf(source: SourceFile): Workflow | undefined {
  const kind = kindOf(source.path);
  const [root] = kind === undefined || source.change.status === 'deleted' ? [] : treesOf(source);
  if (!root || kind === undefined) return undefined;
  return { source, kind, root, jobs: kind === 'github' ? githubJobs(root) : gitlabJobs(root) };
}

/** Whose pipeline a file of this path is. */
export function kindOf(path: string): Workflow['kind'] | undefined {
  if (/(^|\/)\.github\/workflows\/[^/]+\.ya?ml$/.test(path)) return 'github';
  return /(^|\/)\.?gitlab-ci[^/]*\.ya?ml$|(^|\/)\.gitlab\/.*\.ya?ml$/.test(path) ? 'gitlab' : undefined;
}

function githubJobs(root: Entry): Job[] {
  return (under(root, 'jobs')?.children ?? []).map((entry) => ({
    name: entry.key,
    entry,
    steps: (under(entry, 'steps')?.children ?? []).map((step) => ({
      entry: step,
      run: under(step, 'run')?.text ?? '',
      uses: under(step, 'uses')?.text ?? '',
    })),
  }));
}

const GITLAB_WORDS =
  /^(?:stages|variables|default|include|workflow|image|services|before_script|after_script|cache|spec)$/;

function gitlabJobs(root: Entry): Job[] {
  return root.children
    .filter(({ key, children }) => !GITLAB_WORDS.test(key) && children.length > 0)
    .map((entry) => ({
      name: entry.key,
      entry,
      steps: ['before_script', 'script', 'after_script'].flatMap((key) => {
        const list = under(entry, key);
        if (!list) return [];
        const run = list.text ?? list.children.map(({ text }) => text ?? '').join('\n');
        return [{ entry: list, run, uses: '' }];
      }),
    }));
}

/** A value under a key that the change set or changed. */
export function newValue(entry: Entry, key: string, source: SourceFile): Entry | undefined {
  const found = under(entry, key);
  return found && isTouched(found, source) ? found : undefined;
}

/** The changed lines took away what the pattern names. */
export function wasThere(pattern: RegExp, { change }: SourceFile): boolean {
  return change.removed.some(({ text }) => pattern.test(text));
}
