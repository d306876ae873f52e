import { z } from 'zod';
import type { Sha } from '../goal/goal.ts';
import type { FailedCheck } from '../goal/settle.ts';
import { around } from '../kill-point.ts';
import { callGitHub, listAll, mayHaveApplied, ONCE, parseReply, statusOf, type GitHub } from './client.ts';
import { readJobLog } from './job-log.ts';

const MOST_CHECKS = 10;
const SUMMARY_CHARS = 2_000;
const MOST_ANNOTATIONS = 50;

function place({ repository }: GitHub) {
  return { owner: repository.owner, repo: repository.name };
}

const RED = ['failure', 'timed_out', 'cancelled', 'action_required', 'startup_failure', 'error'];

/** The names of checks and statuses that failed on this commit. What may not be read counts as not failed. */
export async function readRedChecks(github: GitHub, sha: Sha): Promise<Set<string>> {
  const { octokit } = github;
  const at = { ...place(github), ref: sha, per_page: 100 };
  const runs = await unlessHidden(() =>
    listAll('read the checks of the base', octokit.paginate.iterator(octokit.rest.checks.listForRef, at)),
  );
  const combined = await unlessHidden(() =>
    callGitHub('read the statuses of the base', () => octokit.rest.repos.getCombinedStatusForRef(at)),
  );
  const red = (runs ?? []).filter((run) => RED.includes(run.conclusion ?? '')).map((run) => run.name);
  const statuses = (combined?.data.statuses ?? []).filter((status) => RED.includes(status.state));
  return new Set([...red, ...statuses.map((status) => status.context)]);
}

const failedSchema = z.object({
  output: z.object({
    title: z.string().nullish(),
    summary: z.string().nullish(),
    annotations_count: z.number().default(0),
  }),
  app: z.object({ slug: z.string().nullish() }).nullish(),
});

const annotationSchema = z.object({
  path: z.string(),
  start_line: z.number(),
  annotation_level: z.string().nullish(),
  message: z.string().nullish(),
});

/**
 * For each failed check a text for the one who repairs it: name, result, summary, annotations and the end of the job's log.
 * At most ten checks. The words are GitHub's and the workflow's: untrusted. What may not be read is left out.
 */
export async function readFailedChecks(github: GitHub, failed: readonly FailedCheck[]): Promise<string[]> {
  const texts: string[] = [];
  for (const check of failed.slice(0, MOST_CHECKS)) {
    const details = check.id === undefined ? [] : await readDetails(github, check.id);
    const head = `Check "${check.name}"${check.required ? '' : ' (not required)'} ended ${check.says}.`;
    texts.push([head, ...(check.url ? [check.url] : []), ...details].join('\n'));
  }
  return texts;
}

async function readDetails(github: GitHub, id: number): Promise<string[]> {
  const run = await unlessHidden(() =>
    callGitHub('read a check', () => github.octokit.rest.checks.get({ ...place(github), check_run_id: id })),
  );
  if (!run) return [];
  const { output, app } = parseReply('read a check', failedSchema, run.data);
  const said = [output.title, output.summary].filter((text) => text).join('\n');
  const annotations = output.annotations_count > 0 ? await readAnnotations(github, id) : [];
  // The check run of an Actions job has the job's id.
  const log = app?.slug === 'github-actions' ? await unlessHidden(() => readJobLog(github, id)) : undefined;
  const tail = log ? `The log ends with:\n${log}` : '';
  return [said.slice(0, SUMMARY_CHARS), ...annotations, tail].filter((text) => text !== '');
}

async function readAnnotations(github: GitHub, id: number): Promise<string[]> {
  const page = { ...place(github), check_run_id: id, per_page: MOST_ANNOTATIONS };
  const list = await unlessHidden(() =>
    callGitHub('read annotations', () => github.octokit.rest.checks.listAnnotations(page)),
  );
  if (!list) return [];
  const annotations = parseReply('read annotations', z.array(annotationSchema), list.data);
  return annotations.map(({ path, start_line, annotation_level, message }) => {
    return `${path}:${start_line} ${annotation_level ?? 'note'}: ${(message ?? '').slice(0, 500)}`;
  });
}

/** Undefined where GitHub says that it is not there or not for us. */
async function unlessHidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ([403, 404, 410].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

/** Asks for the check to run again. False if GitHub does not allow that for this check. */
export async function rerequestCheck(github: GitHub, id: number): Promise<boolean> {
  try {
    const order = { ...place(github), check_run_id: id, ...ONCE };
    await around('check:rerequest', () =>
      callGitHub('ask for a check again', () => github.octokit.rest.checks.rerequestRun(order)),
    );
    return true;
  } catch (error) {
    if ([403, 404, 422].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}

type Annotation = { path: string; line: number; level: 'notice' | 'warning' | 'failure'; message: string };

/** Our check on a commit. `key` is the same for every try, so that a lost reply is found again. */
export type OwnCheck = {
  name: string;
  head: Sha;
  key: string;
  conclusion: 'success' | 'failure' | 'neutral' | undefined;
  title: string;
  summary: string;
  annotations: Annotation[];
};

/** GitHub takes 50 annotations a call and 65,535 characters of summary. */
const BATCH = 50;
const SUMMARY_LIMIT = 65_000;

/**
 * Puts our check on the commit and returns its id, or the id of the one with this key: harmless twice. Without a conclusion it is in
 * progress. `isNew`: nobody ever tried to put it there, so there is nothing to look up. A lost reply is read back.
 */
export async function createCheckRun(github: GitHub, check: OwnCheck, { isNew = false } = {}): Promise<number> {
  const { name, head, key } = check;
  const known = isNew ? undefined : await findCheckRun(github, check);
  if (known !== undefined) return known;
  const start = {
    ...place(github),
    name,
    head_sha: head,
    external_id: key,
    ...resultOf(check),
    output: outputOf(check, 0),
    ...ONCE,
  };
  const id = await createOnce(github, check, start);
  await addAnnotations(github, id, check, BATCH);
  return id;
}

type Start = NonNullable<Parameters<GitHub['octokit']['rest']['checks']['create']>[0]>;

async function createOnce(github: GitHub, check: OwnCheck, start: Start): Promise<number> {
  try {
    const { data } = await around('check:create', () =>
      callGitHub('create the check', () => github.octokit.rest.checks.create(start)),
    );
    return parseReply('create the check', z.object({ id: z.number() }), data).id;
  } catch (error) {
    const id = mayHaveApplied(error) ? await findCheckRun(github, check) : undefined;
    if (id === undefined) throw error;
    return id;
  }
}

async function findCheckRun(github: GitHub, { name, head, key }: OwnCheck): Promise<number | undefined> {
  const { octokit, appId } = github;
  const wanted = {
    ...place(github),
    ref: head,
    check_name: name,
    app_id: appId,
    filter: 'latest' as const,
    per_page: 100,
  };
  const runs = await listAll('look for the check', octokit.paginate.iterator(octokit.rest.checks.listForRef, wanted));
  return runs.find((run) => run.external_id === key && run.app?.id === appId)?.id;
}

async function addAnnotations(github: GitHub, id: number, check: OwnCheck, from: number): Promise<void> {
  for (let start = from; start < check.annotations.length; start += BATCH) {
    const change = { ...place(github), check_run_id: id, output: outputOf(check, start), ...ONCE };
    await callGitHub('add annotations', () => github.octokit.rest.checks.update(change));
  }
}

function resultOf({ conclusion }: OwnCheck) {
  return conclusion ? { status: 'completed' as const, conclusion } : { status: 'in_progress' as const };
}

function outputOf({ title, summary, annotations }: OwnCheck, from: number) {
  const batch = annotations.slice(from, from + BATCH).map(({ path, line, level, message }) => ({
    path,
    start_line: Math.max(1, line),
    end_line: Math.max(1, line),
    annotation_level: level,
    message,
  }));
  return { title: title.slice(0, 255), summary: summary.slice(0, SUMMARY_LIMIT), annotations: batch };
}
