import { UserError } from '../errors.ts';
import { listFilesAt, readFileAt } from '../git/mirror.ts';
import { fetchBranch, type Mirror } from '../git/mirror.ts';
import { detectGates, manifestsToRead } from '../goal/detect.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Gates, Goal, Sha } from '../goal/goal.ts';
import type { Policy } from '../goal/policy.ts';
import { POLICY_PATH, readPolicy } from '../goal/policy-file.ts';
import { oracleQuestion } from '../goal/slice-plan.ts';
import { readOrgConfig } from '../github/repository.ts';
import { getRepository } from '../github/repository.ts';
import { hasProgram } from '../sandbox/host.ts';
import { assertHeld } from './room.ts';
import { mirrorOf, type Tools } from './tools.ts';

/** Fixes what the goal is about before anything is spent: base commit, settings, gates, and whether it can be tested at all. */
export async function accept(goal: Goal, tools: Tools): Promise<GoalEvent[]> {
  const question = oracleQuestion(goal.ask.title, goal.ask.text);
  if (question) {
    const reason = { text: question, next: '/omk answer <what must be true when it is done>' };
    return [{ kind: 'finished', status: 'blocked_on_human', reason }];
  }
  const github = await tools.connect(goal.repository);
  await github.assertGranted();
  const branch = goal.options.base ?? goal.repository.defaultBranch ?? (await getRepository(github)).defaultBranch;
  const mirror = await mirrorOf(goal, tools);
  const sha = await fetchBranch(mirror, branch, await tools.gitToken(goal.repository));
  if (!sha) throw noBase(goal, branch);
  const own = await readFileAt(mirror, sha, POLICY_PATH);
  const text = own ?? (await readOrgConfig(github));
  const read = readPolicy(text);
  if (read.kind === 'faults') {
    const list = read.faults.map((line) => `- ${line}`).join('\n');
    throw new UserError(
      `\`${POLICY_PATH}\` ${own === undefined ? "of the organisation's `.github` repository" : `on \`${branch}\``} is not valid:\n${list}`,
      'mend the file, then /omk run',
    );
  }
  const merge = goal.options.merge ?? read.policy.merge;
  assertHeld(goal, merge, tools);
  const gates = await findGates(mirror, sha, read.policy);
  const source = gates.source === 'config' && own === undefined ? 'organisation' : gates.source;
  return [{ kind: 'accepted', base: { branch, sha }, policy: read.policy, gates: { ...gates, source } }];
}

function noBase(goal: Goal, branch: string): UserError {
  return goal.options.base
    ? new UserError(`There is no branch \`${branch}\` to start from.`, '/omk run --base <an existing branch>')
    : new UserError(
        'The repository is empty: there is no commit to start from.',
        'give it a first commit, then /omk run',
      );
}

async function findGates(mirror: Mirror, sha: Sha, policy: Policy): Promise<Gates> {
  const files = (await listFilesAt(mirror, sha)).map((file) => file.path);
  const manifests = new Map<string, string | undefined>();
  for (const path of manifestsToRead(files)) manifests.set(path, await readFileAt(mirror, sha, path));
  const detected = detectGates({ files, read: (path) => manifests.get(path), has: hasProgram });
  const setup = policy.setup?.map((step) => ({ run: step.run, timeoutMs: step.timeout, dir: step.dir }));
  const gates = policy.gates?.map(({ timeout, ...gate }) => ({ ...gate, timeoutMs: timeout }));
  const notes = gates ? gates.map((gate) => `${gate.name}: ${gate.run}`) : detected.notes;
  return {
    setup: setup ?? detected.setup,
    gates: gates ?? detected.gates,
    source: gates ? 'config' : 'detected',
    notes,
    ...(gates ? {} : { folders: detected.folders }),
  };
}
