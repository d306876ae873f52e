import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure, Measure } from './figure.ts';
import { runTests } from './run-tests.ts';

/** A defence, how it is switched off in the sources, and the one test file that must notice. */
type Defence = { name: string; file: string; from: string; to: string; test: string };

const AUDIT = { file: 'src/goal/audit.ts', test: 'test/goal/audit.test.ts' };
const REDACT = { file: 'src/goal/redact.ts', test: 'test/goal/redact.test.ts' };
const WHO = { file: 'src/goal/permission.ts', test: 'test/run/security-matrix.test.ts' };
const HIDDEN = { file: 'src/goal/visible.ts', test: 'test/goal/visible.test.ts' };
const TEXT = { file: 'src/goal/text.ts', test: 'test/goal/text.test.ts' };

const CALLS = { file: 'src/goal/approval.ts', test: 'test/goal/approval.test.ts' };
const ASKED = { file: 'src/kimi/tool-calls.ts', test: 'test/kimi/session.test.ts' };
const PROXY = { file: 'src/kimi/model-proxy.ts', test: 'test/kimi/model-proxy.test.ts' };
const SINKS = { file: 'src/run/secrets.ts', test: 'test/run/secrets.test.ts' };
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
    from: "if (count <= FLOOD_LIMIT) return 'heard';",
    to: "return 'heard';",
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
  },
  {
    name: 'repositories in submodules',
    file: 'src/git/commit.ts',
    from: ', ...(await excludeRepositories(worktree, submodules))',
    to: '',
    test: 'test/git/hostile.test.ts',
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
  { ...AUDIT, name: 'disguised protected paths', file: 'src/goal/scope.ts', from: 'nocase: true', to: 'nocase: false' },
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
    ...TEXT,
    name: 'invisible code points',
    from: "if (emoji === undefined) dropped += 1;\n    return emoji ?? '';",
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
    name: 'no run without a sandbox',
    file: 'src/sandbox/refusal.ts',
    from: 'return why.length === 0 ?',
    to: 'return why.length >= 0 ?',
    test: 'test/sandbox/refusal.test.ts',
  },
];

/** Switches each defence off in a copy of the sources and runs the test that must turn red. Long form only. */
export const measure: Measure = async (form) => {
  const name = 'Defences whose absence a test notices';
  const target = `${DEFENCES.length} of ${DEFENCES.length}`;
  if (form === 'short') return [{ name, target, measured: 'long form only', met: 'not run' }];
  const unnoticed: string[] = [];
  for (const defence of DEFENCES) if (!(await isNoticed(defence))) unnoticed.push(defence.name);
  const measured = `${DEFENCES.length - unnoticed.length}${unnoticed.length > 0 ? `; unnoticed: ${unnoticed.join(', ')}` : ''}`;
  return [{ name, target, measured, met: unnoticed.length === 0 } satisfies Figure];
};

async function isNoticed({ file, from, to, test }: Defence): Promise<boolean> {
  const root = join(import.meta.dirname, '../..');
  const copy = await mkdtemp(join(tmpdir(), 'omk-disarm-'));
  try {
    for (const part of ['src', 'test', 'package.json', 'tsconfig.json'])
      await cp(join(root, part), join(copy, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const source = await readFile(join(copy, file), 'utf8');
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
    await writeFile(
      join(copy, file),
      source.replace(from, () => to),
    );
    return (await runTests([test], { root: copy })).some(({ status }) => status === 'failed');
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
