import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessWorld } from '../../world/process.ts';
import type { Answer, ModelRequest, ScriptedModel, Turn } from '../../world/scripted-model.ts';
import { building, fixing, planning, write } from '../../world/scripts.ts';

/** One goal that is played: its issue, and the word that all its names begin with. */
export type Scene = { world: ProcessWorld; issue: number; tag: string };

/** What a person does when the goal is at this status. A command is `said`: its answer ends the deed, else leaving the status does. */
export type Deed = {
  at: string;
  said: boolean;
  act: (scene: Scene) => Promise<void> | void;
  /** What must be seen first. */
  ready?: (scene: Scene) => boolean;
};

/** A goal and everything around it. Played twice with nobody in its way it ends in the same state. */
export type Story = {
  name: string;
  command: string;
  script(model: ScriptedModel, tag: string): void;
  deeds: Deed[];
  /** It does something to the whole world, so nothing is played beside it. */
  alone?: true;
};

/** Every story has its own files, so that many fit into one repository. */
const textFile = (id: string) => `words/${id}.txt`;
const codeFile = (id: string) => `words/${id}.js`;
const untilFile = (id: string) => `words/${id}.until`;

/** The gate `machine` fails for a reason of its own until the time in a file. */
const POLICY = `review: { reviewer: off, rounds: 2 }
checks: { first_check_grace: 1s, quiet: 1s }
setup:
  - { run: "mkdir -p node_modules" }
gates:
  - { name: words, run: "! grep -rn wrong words", kind: test }
  - { name: machine, run: "for f in words/*.until; do test ! -e $f || test $(date +%s) -gt $(cat $f) || { echo no space left on device; exit 1; }; done", kind: test }
`;

export const FILES = {
  '.github/omk.yml': POLICY,
  '.gitignore': 'node_modules\n',
  'words/one.txt': 'one\n',
  'README.md': '# Words\n',
};

/** How CI ends: once by its machine's fault, where a word says so; badly, as long as one says that. */
export const CI_WORDS = { slow: 'timed_out', red: 'failure' } as const;

function plan(model: ScriptedModel, tag: string, turn: Turn): void {
  const when = (prompt: string) =>
    prompt.trimStart().startsWith('Plan the goal as slices.') && prompt.includes(titleOf(tag));
  model.will({ name: `plan ${tag}`, when, turns: [turn] });
}

/** The title of the goal's issue. */
export function titleOf(tag: string): string {
  return `Add the words of ${tag}.`;
}

/** The plan with these slices; each may wait for the one before it. */
function slices(ids: string[], { inOrder = false } = {}): Turn {
  const planned = ids.map((id, index) => ({
    id,
    title: `Add ${id}`,
    writeScope: [textFile(id), codeFile(id), untilFile(id)],
    dependsOn: inOrder ? ids.slice(0, index).slice(-1) : [],
  }));
  const [turn] = planning(planned).turns;
  if (!turn) throw new Error('A plan has one turn');
  return turn;
}

/** What the agent does at each prompt of a slice: the first of these whose sign is in the prompt, else `otherwise`. */
type Acts = { otherwise: Answer; when?: [RegExp, Answer][]; says?: (request: ModelRequest) => string };

function build(model: ScriptedModel, slice: string, { otherwise, when = [], says = () => 'Done.' }: Acts): void {
  const acts: Turn = ({ prompt }) => when.find(([sign]) => sign.test(prompt))?.[1] ?? otherwise;
  const turns: Turn[] = [acts, (request) => ({ say: says(request) })];
  model.will({ ...building(slice, turns), times: 99 });
  model.will({ ...fixing(slice, turns), times: 99 });
}

const writes = (path: string, text: string): Answer => ({ tools: [write(path, text)] });

function say(at: string, command: string): Deed {
  return { at, said: true, act: ({ world, issue }) => void world.github.comment('ada', issue, command) };
}

function sayOnPull(command: string): Deed {
  return {
    at: 'blocked_on_human',
    said: true,
    act: ({ world, issue }) => void world.github.comment('ada', pullOf(world, issue), command),
  };
}

/** The newest open pull request of the goal. */
function pullOf({ github }: ProcessWorld, issue: number) {
  const pull = github.pulls().findLast(({ head, state }) => state === 'open' && head.ref.startsWith(`omk/${issue}/`));
  if (!pull) throw new Error(`The goal of #${issue} has no open pull request`);
  return pull;
}

function review(body: string): Deed {
  return {
    at: 'blocked_on_human',
    said: false,
    async act({ world, issue, tag }) {
      const comments = [{ path: textFile(tag), line: 1, body }];
      await world.github.review('ada', pullOf(world, issue), { state: 'COMMENTED', comments });
    },
  };
}

/** Does something first. */
function after(first: Deed['act'], deed: Deed): Deed {
  const { act } = deed;
  return {
    ...deed,
    async act(scene) {
      await first(scene);
      await act(scene);
    },
  };
}

function rename(name: string): Deed['act'] {
  return ({ world }) => world.github.rename(name);
}

const MERGE = sayOnPull('/omk merge');

/** A gate refuses the first work, and CI breaks down once. */
const plain: Story = {
  name: 'plain',
  command: '/omk run',
  script(model, tag) {
    plan(model, tag, slices([tag]));
    build(model, tag, {
      otherwise: writes(textFile(tag), 'wrong\n'),
      when: [[/Gate `/, writes(textFile(tag), 'slow\n')]],
    });
  },
  deeds: [],
};

/** The agent is right at once. */
export const STRAIGHT: Story = {
  name: 'straight',
  command: '/omk run',
  script(model, tag) {
    plan(model, tag, slices([tag]));
    build(model, tag, { otherwise: writes(textFile(tag), 'slow\n') });
  },
  deeds: [],
};

/** The plan is refused, changed and approved; the agent does nothing, then what a gate and then what the wall refuses. */
const approved: Story = {
  name: 'approved',
  alone: true,
  command: '/omk run --plan --merge manual',
  script(model, tag) {
    plan(model, tag, slices([tag]));
    const code = codeFile(tag);
    build(model, tag, {
      otherwise: { say: 'I looked at it.' },
      when: [
        [/upper case/, writes(textFile(tag), 'LOUD\n')],
        [/anti-slop\/todo/, writes(code, 'export const words = 1;\n')],
        [
          /Gate `/,
          { tools: [write(textFile(tag), 'soft\n'), write(code, '// TODO: write it\nexport const words = 1;\n')] },
        ],
        [/changed nothing/, writes(textFile(tag), 'wrong\n')],
      ],
    });
  },
  deeds: [
    say('awaiting_approval', '/omk pause'),
    after(rename('renamed'), say('paused', '/omk resume')),
    after(rename('words'), say('awaiting_approval', '/omk budget add --usd 1')),
    say('awaiting_approval', '/omk reject It is too long.'),
    say('not_ready', '/omk retry'),
    say('awaiting_approval', '/omk plan Make it shorter.'),
    say('awaiting_approval', '/omk approve'),
    sayOnPull('/omk fix Say it in upper case.'),
    after(({ world, tag }) => push(world, 'main', { [`others/${tag}.txt`]: 'other\n' }), sayOnPull('/omk rebase')),
    MERGE,
  ],
};

async function push({ github }: ProcessWorld, branch: string, files: Record<string, string>): Promise<void> {
  await github.push('bob', branch, files);
}

/** People review, the base gets in the way, and people push to the branch. */
const reviewed: Story = {
  name: 'reviewed',
  command: '/omk run --merge manual',
  script(model, tag) {
    plan(model, tag, slices([tag]));
    build(model, tag, {
      otherwise: writes(textFile(tag), 'tow\n'),
      when: [
        [/conflicts with the base/, writes(textFile(tag), 'two of ours\n')],
        [/Why this one/, { say: 'T0: declined: it is the second.' }],
        [/typing error/, writes(textFile(tag), 'two\n')],
      ],
      says: () => 'Done.\nT0: fixed',
    });
  },
  deeds: [
    review('A typing error.'),
    review('Why this one?'),
    after(({ world, tag }) => push(world, 'main', { [textFile(tag)]: 'two of theirs\n' }), sayOnPull('/omk rebase')),
    {
      at: 'blocked_on_human',
      said: false,
      act: ({ world, issue, tag }) =>
        push(world, pullOf(world, issue).head.ref, { [codeFile(tag)]: 'export const two = 2;\n' }),
    },
    MERGE,
  ],
};

/** A merged slice is taken back, and what waited for it is planned anew. */
const reverted: Story = {
  name: 'reverted',
  command: '/omk run --merge manual',
  script(model, tag) {
    const [first, second, third] = [`${tag}-a`, `${tag}-b`, `${tag}-c`];
    const [once, again] = [slices([first, second], { inOrder: true }), slices([third])];
    plan(model, tag, (request) => {
      const turn = /Plan anew/.test(request.prompt) ? again : once;
      return typeof turn === 'function' ? turn(request) : turn;
    });
    for (const id of [first, second, third]) build(model, id, { otherwise: writes(textFile(id), `${id}\n`) });
  },
  deeds: [
    MERGE,
    {
      ...say('blocked_on_human', ''),
      act: ({ world, issue, tag }) => void world.github.comment('ada', issue, `/omk revert ${tag}-a`),
    },
    MERGE,
    MERGE,
  ],
};

/** The gates refuse until a smaller plan is tried and a person asked, the disk is lost, the machine of the gates fails, and CI refuses what was delivered. */
const stuck: Story = {
  name: 'stuck',
  alone: true,
  command: '/omk run',
  script(model, tag) {
    const smaller = `${tag}-a`;
    plan(model, tag, (request) => {
      const turn = /smaller slices/.test(request.prompt) ? slices([smaller]) : slices([tag]);
      return typeof turn === 'function' ? turn(request) : turn;
    });
    for (const id of [tag, smaller]) buildStuck(model, id);
  },
  deeds: [
    after(
      async ({ world }) => {
        await world.end('SIGKILL');
        for (const lost of ['mirrors', 'worktrees'])
          await rm(join(world.dataDir, lost), { recursive: true, force: true });
      },
      say('blocked_on_human', '/omk answer There is no way around the gate.'),
    ),
  ],
};

function buildStuck(model: ScriptedModel, id: string): void {
  let attempts = 0;
  const seconds = () => String(Math.floor(Date.now() / 1_000) + 20);
  const turns: Turn[] = [
    ({ prompt }) => {
      if (/ci \/ words/.test(prompt)) return writes(textFile(id), 'green\n');
      if (/no way/.test(prompt)) return { tools: [write(textFile(id), 'red\n'), write(untilFile(id), seconds())] };
      return writes(textFile(id), `wrong ${++attempts}\n`);
    },
    { say: 'Done.' },
  ];
  model.will({ ...building(id, turns), times: 99 });
  model.will({ ...fixing(id, turns), times: 99 });
}

/** The finding that the status comment names. */
function findingIn({ world, issue }: Scene): string | undefined {
  const texts = world.github.issue(issue).comments.filter(({ app }) => app);
  return texts.map(({ body }) => /\/omk accept ([0-9a-f]{8})/.exec(body)?.[1]).find((id) => id !== undefined);
}

/** The wall refuses something that a person then lets through, and the agents find more to do than was planned. */
const grown: Story = {
  name: 'grown',
  command: '/omk run',
  script(model, tag) {
    const more = `${tag}-more`;
    plan(model, tag, slices([tag]));
    const proposal = JSON.stringify({
      slices: [{ id: more, title: 'Add more', write_scope: [textFile(more)], acceptance: ['It is there.'] }],
    });
    build(model, tag, {
      otherwise: writes(codeFile(tag), 'export const words = (text) => eval(text);\n'),
      when: [[/\[[0-9a-f]/, writes(textFile(tag), 'more\n')]],
      says: () => `Done.\n${proposal}`,
    });
    build(model, more, { otherwise: writes(textFile(more), 'more\n'), says: () => 'Done.\n{"slices": []}' });
  },
  deeds: [
    {
      at: 'blocked_on_human',
      said: true,
      ready: (scene) => findingIn(scene) !== undefined,
      act: (scene) =>
        void scene.world.github.comment(
          'ada',
          scene.issue,
          `/omk accept ${findingIn(scene)} It reads only our own words.`,
        ),
    },
  ],
};

/** What the model answers again, `plan` or `build` of a tag. */
const mended = new Set<string>();

/** Somebody sees that omk waits for the model, and mends it. */
function mend(at: string, task: 'plan' | 'build'): Deed {
  const isSeen = ({ world, issue, tag }: Scene) =>
    world.github
      .issue(issue)
      .comments.some(
        ({ app, body }) => app && body.includes('tried again at') && (task === 'plan' || body.includes(`| \`${tag}\``)),
      );
  return { at, said: false, ready: isSeen, act: ({ tag }) => void mended.add(`${task} ${tag}`) };
}

/** The model is away while it plans and while it builds, the agent asks for a command, and the issue is closed for a while. */
const away: Story = {
  name: 'away',
  command: '/omk run --merge manual',
  script(model, tag) {
    const planned = slices([tag]);
    plan(model, tag, (request) => {
      if (!mended.has(`plan ${tag}`)) return { fail: 500 };
      return typeof planned === 'function' ? planned(request) : planned;
    });
    const tools = [{ name: 'Bash', args: { command: 'ls words' } }, write(textFile(tag), 'slow\n')];
    const turns: Turn[] = [() => (mended.has(`build ${tag}`) ? { tools } : { fail: 500 }), { say: 'Done.' }];
    model.will({ ...building(tag, turns), times: 99 });
    model.will({ ...fixing(tag, turns), times: 99 });
  },
  deeds: [
    mend('planning', 'plan'),
    mend('running', 'build'),
    { at: 'blocked_on_human', said: false, act: ({ world, issue }) => world.github.closeIssue('bob', issue) },
    { at: 'paused', said: false, act: ({ world, issue }) => world.github.reopenIssue('bob', issue) },
    MERGE,
  ],
};

/** The base has a merge queue: it gets the slice, omk takes it out while the goal is held, and gives it back. */
const queued: Story = {
  name: 'queued',
  alone: true,
  command: '/omk run --plan',
  script(model, tag) {
    plan(model, tag, slices([tag]));
    build(model, tag, { otherwise: writes(textFile(tag), 'slow\n') });
  },
  deeds: [
    after(({ world }) => world.github.enableQueue('main'), say('awaiting_approval', '/omk approve')),
    { ...say('running', '/omk pause'), ready: isQueued },
    { ...say('paused', '/omk resume'), ready: (scene) => !isQueued(scene) },
    {
      at: 'running',
      said: false,
      ready: isQueued,
      async act({ world: { github } }) {
        await github.runQueue();
        github.repository.queues.clear();
      },
    },
  ],
};

function isQueued({ world: { github } }: Scene): boolean {
  return (github.repository.queues.get('main') ?? []).length > 0;
}

export const STORIES: readonly Story[] = [plain, approved, reviewed, reverted, stuck, grown, away, queued];
