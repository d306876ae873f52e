import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure, Measure } from './figure.ts';
import { runTests } from './run-tests.ts';

/** A defence, how it is switched off in the sources, the one test file that must notice, and where one test is enough its name. */
type Defence = { name: string; file: string; from: string; to: string; test: string; only?: string };

const AUDIT = { file: 'src/goal/audit.ts', test: 'test/goal/audit.test.ts' };
const REDACT = { file: 'src/goal/redact.ts', test: 'test/goal/redact.test.ts' };
const WHO = { file: 'src/goal/permission.ts', test: 'test/run/security-matrix.test.ts' };
const HIDDEN = { file: 'src/goal/visible.ts', test: 'test/goal/visible.test.ts' };
const TEXT = { file: 'src/goal/text.ts', test: 'test/goal/text.test.ts' };

const CALLS = { file: 'src/goal/approval.ts', test: 'test/goal/approval.test.ts' };
const ASKED = { file: 'src/kimi/tool-calls.ts', test: 'test/kimi/session.test.ts' };
const PROXY = { file: 'src/kimi/model-proxy.ts', test: 'test/kimi/model-proxy.test.ts' };
const SINKS = { file: 'src/run/secrets.ts', test: 'test/run/secrets.test.ts' };
const PROVE = { file: 'src/run/prove.ts', test: 'test/run/prove.test.ts' };
const RESOURCES = { file: 'src/sandbox/excess.ts', test: 'test/sandbox/resources.test.ts' };
const PAGES = { file: 'src/web/routes.ts', test: 'test/web/routes.test.ts' };
const EGRESS = { file: 'src/sandbox/egress-rule.ts', test: 'test/sandbox/egress.test.ts' };
const BOX = { file: 'src/sandbox/bwrap.ts', test: 'test/sandbox/bwrap.test.ts' };
const REF = { file: 'src/git/ref.ts', test: 'test/git/push.test.ts' };

const DEFENCES: readonly Defence[] = [
  { ...CALLS, name: 'turns that only read', from: "if (turn.tools === 'read-only') return { kind: 'safe' };", to: '' },
  { ...CALLS, name: 'files beside the worktree', from: '(?!(?:.*/)?\\.\\.(?:/|$))', to: '' },
  {
    ...CALLS,
    name: 'commands in the background',
    from: "${run_in_background === true ? ' in the background' : ''}",
    to: '',
  },
  {
    ...ASKED,
    name: 'one decision for each id',
    from: '    this.#arguments.delete(toolCallId);\n    return',
    to: '    return',
  },
  { ...ASKED, name: 'arguments that agree with what is shown', from: 'args && agrees(args, shown)', to: 'args' },
  {
    ...ASKED,
    name: 'what came out of a call is no argument',
    from: "if (status === 'completed' || status === 'failed')",
    to: 'if (false)',
  },
  {
    ...PROXY,
    name: 'the budget at the model',
    from: 'if (refusal !== undefined) return refuse(',
    to: 'if (false) return refuse(',
  },
  { ...PROXY, name: 'the key stays with omk', from: 'authorization: `Bearer ${apiKey}`,', to: '' },
  {
    ...PROXY,
    name: 'who hangs up pays',
    from: '(response.destroyed ? guess(call, 0) : undefined)',
    to: 'undefined',
  },
  {
    name: 'the breaker of an issue',
    file: 'src/goal/flood.ts',
    from: "if (here <= FLOOD_LIMIT) return 'heard';",
    to: "return 'heard';",
    test: 'test/goal/flood.test.ts',
  },
  {
    name: 'the breaker of one who writes',
    file: 'src/goal/flood.ts',
    from: 'if (own <= FLOOD_LIMIT)',
    to: 'if (own > 0)',
    test: 'test/goal/flood.test.ts',
  },
  {
    ...SINKS,
    name: 'stored webhooks',
    from: 'payload: redactWords(webhook.payload, redactor)',
    to: 'payload: webhook.payload',
  },
  { ...SINKS, name: 'gate logs', from: 'redactor.stream()', to: "({ take: (text: string) => text, end: () => '' })" },
  { ...SINKS, name: 'the log', from: 'stream?.write(redactor.redact(line))', to: 'stream?.write(line)' },
  { ...SINKS, name: 'what is written on GitHub', from: 'if (!NOT_TEXT.has(name)) Object', to: 'if (false) Object' },
  {
    ...SINKS,
    name: 'events',
    from: 'store.record(goalId, redactor.redactAll(events), options)',
    to: 'store.record(goalId, events, options)',
  },
  { ...SINKS, name: 'tokens of GitHub', from: "if (typeof token === 'string') redactor.knowToken(token);", to: '' },
  { ...REDACT, name: 'secrets in a stream', from: 'return redact(ready);', to: 'return ready;' },
  { ...REF, name: 'names of branches', from: 'if (!isBranchName(branch)) throw', to: 'if (false) throw' },
  {
    ...REF,
    name: 'names of commits',
    from: 'if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(sha)) throw',
    to: 'if (false) throw',
  },
  {
    name: 'replace refs of git',
    file: 'src/git/git.ts',
    from: "GIT_NO_REPLACE_OBJECTS: '1',",
    to: '',
    test: 'test/git/hostile.test.ts',
    only: 'replace',
  },
  {
    name: 'repositories in submodules',
    file: 'src/git/commit.ts',
    from: ', ...(await excludeRepositories(worktree, submodules))',
    to: '',
    test: 'test/git/hostile.test.ts',
    only: 'the very commit that the base names',
  },
  { ...AUDIT, name: 'protected paths', from: 'if (isProtected(path, policy.protected_paths))', to: 'if (false)' },
  { ...AUDIT, name: 'write scope', from: 'if (isInScope(path, slice.writeScope)) return [];', to: 'return [];' },
  {
    ...AUDIT,
    name: 'symbolic links',
    from: 'if (mode === SYMLINK)',
    to: 'if (mode === SYMLINK) return [];\n  if (false)',
  },
  { ...AUDIT, name: 'submodules', from: 'if (mode === GITLINK || oldMode === GITLINK)', to: 'if (false)' },
  { ...AUDIT, name: 'executable bits', from: 'if (oldMode === EXECUTABLE || isScript || isAsked)', to: 'if (true)' },
  { ...AUDIT, name: 'collisions of names', from: 'if (other !== undefined) return other;', to: '' },
  { ...AUDIT, name: 'control characters in names', from: 'if (/[\\p{Cc}\\ufffd]/u.test(path))', to: 'if (false)' },
  { ...AUDIT, name: 'options as names', from: "segment.startsWith('-')", to: 'false' },
  { ...AUDIT, name: 'lock files alone', from: '...judgeLocks(commit), ', to: '' },
  { ...AUDIT, name: 'sizes', from: ', ...judgeSize(commit)', to: '' },
  {
    ...AUDIT,
    name: 'bidirectional controls in lines',
    file: 'src/goal/deceptive.ts',
    from: 'if (BIDI.test(text)',
    to: 'if (false',
  },
  {
    ...AUDIT,
    name: 'scripts mixed in a word',
    file: 'src/goal/deceptive.ts',
    from: 'LATIN.test(word) && LOOKS_LATIN.test(word)',
    to: 'false',
  },
  {
    ...AUDIT,
    name: 'disguised protected paths',
    file: 'src/goal/scope.ts',
    from: '...PROTECTED_PATHS], { dot: true, nocase: true }',
    to: '...PROTECTED_PATHS], { dot: true }',
  },
  { ...REDACT, name: 'known secrets', from: 'if (set.has(', to: 'if (set.size < 0 && set.has(' },
  { ...REDACT, name: 'patterns of secrets', from: 'PATTERNS.reduce(', to: '([] as RegExp[]).reduce(' },
  { ...REDACT, name: 'base64 at three alignments', from: 'return [0, 1, 2].flatMap(', to: 'return [0].flatMap(' },
  { ...REDACT, name: 'hex', from: '...hexes, ...cased,', to: '' },
  { ...REDACT, name: 'secrets in pieces', from: 'const PIECE = 16;', to: 'const PIECE = 100_000;' },
  {
    ...WHO,
    name: 'permission to write',
    from: 'return commandInfo(command)',
    to: 'return true || commandInfo(command)',
  },
  {
    ...WHO,
    name: 'persons only',
    from: "if (!sender || sender.type !== 'User') return false;",
    to: 'if (!sender) return false;',
  },
  { ...WHO, name: 'names of bots', from: ' && !/\\[bot\\]\\s*$/i.test(sender.login)', to: '' },
  {
    ...WHO,
    name: 'new comments only',
    file: 'src/github/webhook.ts',
    from: "case 'issue_comment.created':",
    to: "case 'issue_comment.edited':\n    case 'issue_comment.created':",
  },
  {
    ...WHO,
    name: 'permission of the same account',
    file: 'src/github/repository.ts',
    from: "if (user?.id !== person.id) return 'unknown';",
    to: '',
    test: 'test/github/repository.test.ts',
  },
  { ...HIDDEN, name: 'hidden comments in Markdown', from: '(text) => judgeAll(text, UNSHOWN, DROP),', to: '' },
  {
    ...HIDDEN,
    name: 'what a diagram does not show',
    from: '(text) => judgeAll(text, DRAWN_INSIDE, readDrawnInside),',
    to: '',
  },
  { ...HIDDEN, name: 'maps and solids', file: 'src/goal/drawn.ts', from: 'if (PICTURES.has(kind))', to: 'if (false)' },
  { ...HIDDEN, name: 'letters too small to see', from: 'const TOO_SMALL = 4;', to: 'const TOO_SMALL = 100;' },
  {
    ...TEXT,
    name: 'invisible code points',
    from: "if (emoji === undefined) dropped += 1;\n      return emoji ?? '';",
    to: 'return _;',
  },
  {
    ...TEXT,
    name: 'forged fences in prompts',
    from: ".text.replaceAll(/<(?=\\s*\\/?\\s*untrusted)/gi, '&lt;')\n    ",
    to: '.text',
  },
  { ...BOX, name: 'a network of its own', from: ' --unshare-net', to: '' },
  { ...BOX, name: 'no capability', from: ' --cap-drop ALL', to: '' },
  { ...BOX, name: 'a cleared environment', from: "    '--clearenv',\n", to: '' },
  {
    ...PROXY,
    name: 'one model at the proxy',
    from: "path !== '/models' && call.model !== exchange.model",
    to: 'false',
    only: 'no other model',
  },
  { ...PROXY, name: 'one answer to one question', from: 'n: z.literal(1).nullish(),', to: '', only: 'one answer' },
  { ...PROXY, name: 'eight calls at once', from: 'if (under < most) under', to: 'if (true) under', only: 'overdraws' },
  {
    ...PROXY,
    name: 'connections of an agent',
    from: 'server.maxConnections = MOST_CONNECTIONS;',
    to: '',
    only: 'no more files',
  },
  {
    ...PROXY,
    name: 'what an agent puts in place of the socket',
    from: 'await rm(options.socketPath, { recursive: true, force: true });',
    to: '',
    only: 'of a proxy that died',
  },
  { ...PROVE, name: 'a new home for each commit', from: 'await removeTree(home);', to: '' },
  { ...PROVE, name: 'no ignored file from another commit', from: ", ignored: 'removed'", to: '', only: 'forges' },
  {
    ...RESOURCES,
    name: 'memory of a room as a whole',
    from: 'return left < 0',
    to: 'return false',
    only: 'memory, in many programs',
  },
  { ...RESOURCES, name: 'bytes on disk', from: 'if (bytes < 0)', to: 'if (false)', only: 'bytes on disk' },
  {
    ...RESOURCES,
    name: 'files on disk',
    from: 'if (files < 0)',
    to: 'if (false)',
    only: 'files on disk',
  },
  {
    ...PAGES,
    name: 'foreign names of the pages',
    from: 'isForeign(request.headers.host, path, site) ? MISDIRECTED :',
    to: '',
    only: 'are not shown under',
  },
  { ...PAGES, name: 'nothing runs on a page', from: "\"default-src 'none';", to: '"', only: 'run and load nothing' },
  {
    ...PAGES,
    name: 'what others wrote is no HTML',
    file: 'src/web/html.ts',
    from: 'ESCAPES[character] ?? character',
    to: 'character',
    only: 'is text on every page',
  },
  {
    ...PAGES,
    name: 'bodies that nobody signed',
    file: 'src/web/intake.ts',
    from: "if (held.bytes > MAX_HELD_BYTES) return { kind: 'no-room' };",
    to: '',
    only: 'hold no more memory',
  },
  {
    ...WHO,
    name: 'bots by the ids of their apps',
    from: 'OMK_BOTS.includes(sender.app)',
    to: 'true',
    only: 'with the bot of one app',
  },
  {
    ...WHO,
    name: 'omk never hears itself',
    from: ' || sender.app === APP_ID',
    to: '',
    only: 'with the bot of one app',
  },
  {
    ...EGRESS,
    name: 'hosts of the egress proxy',
    from: '!byOperator && !(port === 443',
    to: 'false && !(port === 443',
  },
  { ...EGRESS, name: 'private addresses', from: '!byOperator && !addresses.every', to: 'false && !addresses.every' },
  {
    name: 'the end of an agent’s talk',
    file: 'src/kimi/acp.ts',
    from: 'if (heard > TALK_LIMIT)',
    to: 'if (false)',
    test: 'test/kimi/acp.test.ts',
    only: 'in all end',
  },
  {
    name: 'the length of an answer',
    file: 'src/kimi/record.ts',
    from: 'text: this.#said.slice(-SAID_LIMIT)',
    to: 'text: this.#said',
    test: 'test/kimi/record.test.ts',
    only: 'endless text',
  },
  {
    name: 'floods of files and bytes to commit',
    file: 'src/git/commit.ts',
    from: '  await refuseFlood(worktree);\n',
    to: '',
    test: 'test/git/commit.test.ts',
    only: 'without number',
  },
  {
    name: 'changes that a rename would carry to another file',
    file: 'src/git/merge-tree.ts',
    from: 'strays.length === 0',
    to: 'strays.length >= 0',
    test: 'test/git/merge-tree.test.ts',
    only: 'to another name',
  },
  {
    ...WHO,
    name: 'reviews of people who may not write',
    file: 'src/run/respond.ts',
    from: 'if (!mayWrite(await getPermission(await tools.connect(repository), sender)))',
    to: 'if (false)',
    only: 'a review of the pull request',
  },
  {
    name: 'a comment is heard once, whatever it is delivered under',
    file: 'src/run/respond.ts',
    from: 'return !isOld && isFirst(',
    to: 'return !isOld || isFirst(',
    test: 'test/run/intake.test.ts',
    only: 'under another id',
  },
  {
    name: 'comments that are old',
    file: 'src/run/respond.ts',
    from: 'return !isOld && ',
    to: 'return ',
    test: 'test/run/intake.test.ts',
    only: 'under another id',
  },
  {
    name: 'the length of a comment',
    file: 'src/github/issues.ts',
    from: 'const body = capAnswer(marked);',
    to: 'const body = marked;',
    test: 'test/github/issues.test.ts',
    only: 'no more than GitHub takes',
  },
  {
    ...PROVE,
    name: 'rooms where nothing holds programs, after a start on another machine',
    file: 'src/run/room.ts',
    from: '  assertHeld(goal, termsOf(goal).merge, tools);\n',
    to: '',
    only: 'where nothing holds it',
  },
  {
    name: 'no run without a sandbox',
    file: 'src/sandbox/refusal.ts',
    from: 'return why.length === 0 ?',
    to: 'return why.length >= 0 ?',
    test: 'test/sandbox/refusal.test.ts',
  },
];

/** How many tests run at the same time. */
const AT_ONCE = 2;

/**
 * Switches each defence off in a copy of the sources and runs the tests that must turn red. With all defences in place they must be
 * green in that same copy, or red would prove nothing. The short form only looks for the defences.
 */
export const measure: Measure = async (form) => {
  const name = 'Defences whose absence a test notices';
  const control = 'The tests that must notice, with every defence in place';
  const target = `${DEFENCES.length} of ${DEFENCES.length}`;
  const notRun = { measured: 'long form only', met: 'not run' } as const;
  const found = await findDefences();
  if (form === 'short' || !found.met)
    return [found, { name: control, target: 'all', ...notRun }, { name, target, ...notRun }];
  const began = performance.now();
  const copies = await Promise.all(Array.from({ length: AT_ONCE }, makeCopy));
  try {
    const files = [...new Set(DEFENCES.map(({ test }) => test))];
    const ran = (await share(copies, files, (copy, file) => runTests([file], { root: copy }))).flat();
    const red = ran.filter(({ status }) => status === 'failed');
    const whole = ran.filter(({ status }) => status === 'passed').length;
    const noticed = await share(
      copies,
      DEFENCES,
      async (copy, defence) => [defence.name, await isNoticed(copy, defence)] as const,
    );
    const unnoticed = noticed.flatMap(([defence, isSeen]) => (isSeen ? [] : [defence]));
    const seconds = Math.round((performance.now() - began) / 1_000);
    const rest = unnoticed.length > 0 ? `; unnoticed: ${unnoticed.join(', ')}` : '';
    const measured = `${DEFENCES.length - unnoticed.length} of ${DEFENCES.length} in ${seconds} s${rest}`;
    const names = red.map((one) => `${one.file} ${one.name}`).join(', ');
    return [
      found,
      {
        name: control,
        target: 'all',
        measured: `${whole} hold, ${red.length} do not ${names}`.trim(),
        met: red.length === 0 && whole > 0,
      },
      { name, target, measured, met: unnoticed.length === 0 && red.length === 0 } satisfies Figure,
    ];
  } finally {
    await Promise.all(copies.map((copy) => rm(copy, { recursive: true, force: true })));
  }
};

/** A defence that was written anew is switched off no more: its row must follow. */
async function findDefences(): Promise<Figure> {
  const lost = await Promise.all(
    DEFENCES.map(async ({ name, file, from }) => {
      const source = await readFile(join(ROOT, file), 'utf8');
      return source.split(from).length === 2 ? [] : [name];
    }),
  );
  const names = lost.flat();
  return {
    name: 'Defences that stand in the sources, each once',
    target: `${DEFENCES.length} of ${DEFENCES.length}`,
    measured: `${DEFENCES.length - names.length} of ${DEFENCES.length} ${names.join(', ')}`.trim(),
    met: names.length === 0,
  };
}

/** Does the work on every item, one at a time in each copy. */
async function share<T, R>(
  copies: readonly string[],
  items: readonly T[],
  work: (copy: string, item: T) => Promise<R>,
): Promise<R[]> {
  const left = [...items];
  const done: R[] = [];
  const one = async (copy: string): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) done.push(await work(copy, item));
  };
  await Promise.all(copies.map(one));
  return done;
}

const ROOT = join(import.meta.dirname, '../..');

async function makeCopy(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'omk-disarm-'));
  const parts = ['src', 'test', 'docs', 'README.md', 'app.yml', 'package.json', 'tsconfig.json', 'jest.config.js'];
  for (const part of parts) await cp(join(ROOT, part), join(copy, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether an expectation of a test fails; a file that cannot even be loaded notices nothing. */
async function isNoticed(copy: string, { file, from, to, test, only }: Defence): Promise<boolean> {
  const path = join(copy, file);
  const source = await readFile(path, 'utf8');
  await writeFile(
    path,
    source.replace(from, () => to),
  );
  try {
    const ran = await runTests([test], { root: copy, only });
    return ran.some(({ status, name }) => status === 'failed' && name !== '');
  } finally {
    await writeFile(path, source);
  }
}
