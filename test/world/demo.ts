import { execa } from 'execa';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { kimiVersion } from '../../src/cli/doctor.ts';
import type { Output } from '../../src/cli/omk.ts';
import { UserError } from '../../src/errors.ts';
import { describeEvent } from '../../src/goal/telling.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { renderSandbox } from '../../src/sandbox/sandbox.ts';
import type { Progress } from '../../src/run/tools.ts';
import type { Conclusion, Pull } from './fake-github.ts';
import { playAnyRepository, playSample, SAMPLE_GOAL } from './scripts.ts';
import { openWorld, type World } from './world.ts';

export type DemoOptions = { repo: string | undefined; goal: string | undefined; json: boolean; keep: boolean };

const SAMPLE = new URL('./samples/stats', import.meta.url).pathname;
const ANY_GOAL = {
  title: 'Say in the README how the project is checked',
  body: 'Acceptance: the README names each command that checks the project; every gate still passes.',
};

/** One goal from issue to merge, told line by line as it happens. Gives the exit code: 0 when the goal became ready. */
export async function runDemo(options: DemoOptions, output: Output): Promise<number> {
  const from = options.repo === undefined ? SAMPLE : await checkRepository(options.repo);
  const tell = teller(options.json ? output.stderr : output.stdout);
  const world = await openDemoWorld(from, options, tell);
  try {
    const goal = await play(world, options, tell);
    const pulls = world.github.pulls();
    if (options.json) output.stdout(`${JSON.stringify(summary(world, goal), undefined, 2)}\n`);
    else output.stdout(ending(world, goal, pulls));
    return goal.status === 'ready' ? 0 : 1;
  } finally {
    if (options.keep)
      tell(`kept: omk's folders in ${world.dataDir}, GitHub's repository in ${world.github.repository.gitDir}`);
    await (options.keep ? world.leave() : world.close());
  }
}

type Tell = (text: string) => void;

function teller(write: Tell): Tell {
  const began = Date.now();
  return (text) => {
    const seconds = Math.floor((Date.now() - began) / 1_000);
    const time = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
    write(`${time}  ${text}\n`);
  };
}

async function checkRepository(path: string): Promise<string> {
  const dir = resolve(path);
  const { failed } = await execa('git', ['-C', dir, 'rev-parse', '--verify', '--quiet', 'HEAD'], { reject: false });
  if (failed)
    throw new UserError(
      `${dir} is no git repository with a commit.`,
      'npm run demo -- --repo <folder of a git repository>',
    );
  return dir;
}

async function openDemoWorld(from: string, options: DemoOptions, tell: Tell): Promise<World> {
  const key = process.env['KIMI_API_KEY'];
  const real = ['KIMI_API_KEY', 'KIMI_BASE_URL', 'KIMI_MODEL'].flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value] as const] : [];
  });
  const env: Record<string, string> = Object.fromEntries(
    key ? [['KIMI_BASE_URL', 'https://api.moonshot.ai/v1'], ...real] : [],
  );
  const level = await probeSandbox();
  // Whoever runs the demo runs the server too: where there is no sandbox, it says so and goes on.
  if (level.kind === 'none') env['OMK_SANDBOX'] = 'off';
  const gitDir = { value: '' };
  const world = await openWorld({
    repository: {
      name: basename(from),
      fromPath: from,
      checks: [
        {
          app: 'github-actions',
          name: 'ci / test',
          conclusion: (sha) => runCi(gitDir.value, sha, options.repo === undefined),
        },
      ],
    },
    env,
    tell: (progress) => tell(progressLine(progress)),
  });
  gitDir.value = world.github.repository.gitDir;
  if (!key) (options.repo === undefined ? playSample : playAnyRepository)(world.model);
  const { sandbox } = world.omk;
  tell(`sandbox   ${renderSandbox(sandbox)}`);
  if (level.kind === 'none') {
    tell(`          WITHOUT A SANDBOX (${level.why}): agent and gates run as you. Only the demo goes on like this.`);
  }
  tell(
    `kimi      ${kimiVersion()}, ${key ? `model ${world.config.KIMI_MODEL} at ${world.config.KIMI_BASE_URL}` : 'a scripted model (set KIMI_API_KEY for a real one)'}`,
  );
  tell(
    `github    a double on ${world.github.url}, repository ${world.github.repository.owner.login}/${world.github.repository.name}`,
  );
  return world;
}

/** CI of the double: the commit's own checkout with its own tests; for other repositories what git itself can check. */
async function runCi(gitDir: string, sha: string, hasTests: boolean): Promise<Conclusion> {
  const dir = await mkdtemp(join(tmpdir(), 'omk-ci-'));
  try {
    await execa('git', ['--git-dir', gitDir, '--work-tree', dir, 'checkout', '--force', sha, '--', '.'], {
      env: { GIT_INDEX_FILE: join(dir, '.index') },
    });
    if (!hasTests) {
      await execa('git', ['--git-dir', gitDir, 'fsck', '--no-dangling', sha]);
      return 'success';
    }
    await access(join(dir, 'package.json'));
    const { failed } = await execa('npm', ['test'], { cwd: dir, reject: false });
    return failed ? 'failure' : 'success';
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function progressLine({ stage, slice, text }: Progress): string {
  const line = text.replaceAll(/\s+/g, ' ').slice(0, 110);
  return `${stage.padEnd(18)} ${slice ? `[${slice}] ` : ''}${line}`;
}

async function play(world: World, { goal, repo }: DemoOptions, tell: Tell): Promise<Goal> {
  const ask = goal === undefined ? (repo === undefined ? SAMPLE_GOAL : ANY_GOAL) : { title: goal, body: '' };
  const told: Told = { count: 0, wait: '' };
  const unwatch = world.omk.store.watch((id) => void tellEvents(world, id, told, tell));
  world.onClock((seconds) => tell(`clock              moved ${seconds} s forward: nothing to do before`));
  world.github.openIssue('ada', ask);
  tell(`issue #1  "${ask.title}"`);
  world.github.comment('ada', 1, '/omk run');
  tell('ada       /omk run');
  try {
    const ended = await world.finish();
    await tellEvents(world, ended.id, told, tell);
    return ended;
  } finally {
    unwatch();
  }
}

/** What was told already: the number of the last event, and the last reason to wait. */
type Told = { count: number; wait: string };

async function tellEvents(world: World, id: string, told: Told, tell: Tell): Promise<void> {
  const events = (await world.omk.store.listEvents(id)).filter(({ seq }) => seq > told.count);
  for (const { seq, event } of events) {
    if (seq <= told.count) continue;
    told.count = seq;
    const text = describeEvent(event);
    if (text !== undefined) tell(`goal               ${text.replaceAll('`', '')}${because(event)}`);
    else if (event.kind === 'waiting' && event.wait.reason !== told.wait) {
      told.wait = event.wait.reason;
      tell(`goal               ${event.slice} waits: ${event.wait.reason}`);
    }
  }
}

/** What sent a slice back, in one line. */
function because(event: object): string {
  const first = 'feedback' in event ? (event.feedback as { text: string }[])[0] : undefined;
  return first ? `: ${first.text.split('\n')[0]}` : '';
}

function summary(world: World, goal: Goal) {
  return {
    goal: { id: goal.id, status: goal.status, reason: goal.reason },
    slices: goal.slices.map((slice) => ({
      id: slice.id,
      pull: slice.pull?.number,
      merged: slice.status === 'merged',
      sha: slice.mergedSha,
    })),
    kimi: { version: kimiVersion() },
    sandbox: world.omk.sandbox.kind,
    spend: goal.spend,
  };
}

function ending(world: World, goal: Goal, pulls: Pull[]): string {
  const rule = '─'.repeat(100);
  const bodies = pulls.map((pull) => {
    const state = pull.merged ? `merged as ${pull.merged.sha.slice(0, 7)}` : pull.state;
    return `${rule}\n#${pull.number} ${pull.title} (${state})\n\n${pull.body ?? ''}\n`;
  });
  const { usd, inputTokens, cachedTokens, outputTokens } = goal.spend;
  const spend = `${usd.toFixed(4)} USD, ${inputTokens} tokens in (${cachedTokens} cached), ${outputTokens} out`;
  const comment = world.ownComments()[0] ?? '';
  const reason = goal.reason ? `${goal.reason.text}\nnext: ${goal.reason.next}\n` : '';
  return `${bodies.join('')}${rule}\nThe status comment on the issue:\n\n${comment}\n${rule}\n${goal.id} is ${goal.status}. ${reason}Spend: ${spend}.\n`;
}
