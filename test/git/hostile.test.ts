import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { access, chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commitAll, readPatch } from '../../src/git/commit.ts';
import { mergeCheck, rebaseCommit } from '../../src/git/merge-tree.ts';
import { fetchBranch, readFileAt } from '../../src/git/mirror.ts';
import { pushCommit } from '../../src/git/push.ts';
import { bringFilesTo, lendGit, openWorktree, resumeWorktree, type Worktree } from '../../src/git/worktree.ts';
import { AT, AUTHOR, type Bed, makeBed } from './bed.ts';
import { commitFiles, plainGit, TOKEN } from './remote.ts';

/** Where a vector may write: the files, the `.git` an agent has, and a script that leaves the marker. */
type Scene = { dir: string; git: string; script: string };

/** What a hostile agent plants, and the commands of plain git that it fires under. */
type Vector = { name: string; plant(scene: Scene): Promise<void>; control: string[][] };

async function put(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { recursive: true, force: true });
  await writeFile(path, text);
  await chmod(path, mode);
}

async function configure({ git }: Scene, ...lines: string[]): Promise<void> {
  const file = join(git, 'config');
  await writeFile(file, `${await readFile(file, 'utf8')}\n${lines.join('\n')}\n`);
}

const config = (name: string, lines: (scene: Scene) => string[], control: string[][]): Vector => ({
  name,
  plant: (scene) => configure(scene, ...lines(scene)),
  control,
});

/** A driver in the configuration, named by a `.gitattributes` of the tree. */
const driver = (name: string, attribute: string, lines: (scene: Scene) => string[], control: string[][]): Vector => ({
  name,
  async plant(scene) {
    await put(join(scene.dir, '.gitattributes'), `* ${attribute}\n`);
    await configure(scene, ...lines(scene));
  },
  control,
});

const hook = (name: string, control: string[][]): Vector => ({
  name: `the hook ${name}`,
  plant: ({ git, script }) => put(join(git, 'hooks', name), `#!/bin/sh\n${script}\n`, 0o755),
  control,
});

const evilRepository = (git: string, script: string): Promise<void>[] => [
  put(join(git, 'HEAD'), 'ref: refs/heads/main\n'),
  put(join(git, 'config'), `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = ${script}\n`),
  put(join(git, 'objects/info/x'), ''),
  put(join(git, 'refs/heads/x'), `${'0'.repeat(40)}\n`),
];

const ONLINE = ['push', 'fetch', 'pull', 'ls-remote'];
const STATUS = ['status'];
const ADD = ['add', '-A'];
const COMMIT = ['commit', '-q', '-a', '-m', 'x'];
const PUSH = ['push', 'origin', 'HEAD:refs/heads/omk/x'];
const RESTORE = ['checkout', '--', 'src'];
const HUB_FETCH = [['fetch', 'hub']];
const SIGN = ['[commit]', 'gpgSign = true'];
const HUB_PUSH = ['push', 'hub', 'HEAD:refs/heads/omk/x'];
const MERGE = [ADD, COMMIT, ['merge', 'origin/clash']];

const VECTORS: Vector[] = [
  config('core.fsmonitor', ({ script }) => ['[core]', `fsmonitor = ${script}`], [STATUS]),
  config('core.hooksPath', ({ dir }) => ['[core]', `hooksPath = ${dir}/.husky`], [COMMIT]),
  config('core.editor', ({ script }) => ['[core]', `editor = ${script}`], [['commit', '-a']]),
  config('core.sshCommand', ({ script }) => ['[core]', `sshCommand = ${script}`], [['fetch', 'ssh://h.invalid/r']]),
  config('core.gitProxy', ({ script }) => ['[core]', `gitProxy = ${script}`], [['fetch', 'git://h.invalid/r']]),
  config('core.askPass', ({ script }) => ['[core]', `askPass = ${script}`], [['fetch', 'hub']]),
  config('credential.helper', ({ script }) => ['[credential]', `helper = !${script}`], [['fetch', 'hub']]),
  config('gpg.program', ({ script }) => ['[gpg]', `program = ${script}`, '[commit]', 'gpgSign = true'], [COMMIT]),
  config('diff.external', ({ script }) => ['[diff]', `external = ${script}`], [['diff']]),
  config('include.path', ({ dir }) => ['[include]', `path = ${dir}/evil.config`], [STATUS]),
  config(
    'url.insteadOf',
    ({ script }) => ['[protocol "ext"]', 'allow = always', `[url "ext::${script} "]`, 'insteadOf = http://'],
    [['fetch', 'hub']],
  ),
  config(
    'url.pushInsteadOf',
    ({ script }) => ['[protocol "ext"]', 'allow = always', `[url "ext::${script} "]`, 'pushInsteadOf = http://'],
    [HUB_PUSH],
  ),
  config(
    'remote.origin.url',
    ({ script }) => ['[protocol "ext"]', 'allow = always', '[remote "origin"]', `pushurl = ext::${script}`],
    [PUSH],
  ),
  config(
    'remote.origin.receivepack',
    ({ script, dir }) => ['[remote "origin"]', `receivepack = ${script}`, `pushurl = ${dir}`],
    [PUSH],
  ),
  driver('filter.clean', 'filter=f', ({ script }) => ['[filter "f"]', `clean = ${script}`], [ADD]),
  driver('filter.process', 'filter=f', ({ script }) => ['[filter "f"]', `process = ${script}`], [ADD]),
  driver('filter.smudge', 'filter=f', ({ script }) => ['[filter "f"]', `smudge = ${script}`], [
    ['checkout', '--', 'src'],
  ]),
  driver('filter=lfs', 'filter=lfs', ({ script }) => ['[filter "lfs"]', `clean = ${script}`, 'required = true'], [ADD]),
  driver('diff.<driver>.textconv', 'diff=d', ({ script }) => ['[diff "d"]', `textconv = ${script}`], [['diff']]),
  driver('diff.<driver>.command', 'diff=d', ({ script }) => ['[diff "d"]', `command = ${script}`], [['diff']]),
  driver('merge.<driver>.driver', 'merge=m', ({ script }) => ['[merge "m"]', `driver = ${script}`], MERGE),
  hook('pre-commit', [COMMIT]),
  hook('post-commit', [COMMIT]),
  hook('post-index-change', [ADD]),
  hook('post-checkout', [['checkout', '-q', '-b', 'x']]),
  hook('reference-transaction', [['update-ref', 'refs/heads/x', 'HEAD']]),
  hook('pre-push', [PUSH]),
  hook('prepare-commit-msg', [COMMIT]),
  hook('commit-msg', [COMMIT]),
  hook('post-rewrite', [COMMIT, ['commit', '-q', '--amend', '--no-edit']]),
  hook('pre-rebase', [RESTORE, ['rebase', 'origin/clash']]),
  hook('post-merge', [RESTORE, ['merge', '-q', 'origin/clash']]),
  hook('pre-merge-commit', [
    RESTORE,
    ['commit', '-q', '--allow-empty', '-m', 'x'],
    ['merge', '-q', '--no-edit', 'origin/clash'],
  ]),
  config('sequence.editor', ({ script }) => ['[sequence]', `editor = ${script}`], [
    RESTORE,
    ['rebase', '-i', 'HEAD~1'],
  ]),
  config('gpg.openpgp.program', ({ script }) => ['[gpg "openpgp"]', `program = ${script}`, ...SIGN], [COMMIT]),
  config(
    'gpg.x509.program',
    ({ script }) => ['[gpg]', 'format = x509', '[gpg "x509"]', `program = ${script}`, ...SIGN],
    [COMMIT],
  ),
  config(
    'gpg.ssh.program',
    ({ script }) => [
      '[gpg]',
      'format = ssh',
      '[gpg "ssh"]',
      `program = ${script}`,
      '[user]',
      'signingKey = x',
      ...SIGN,
    ],
    [COMMIT],
  ),
  config(
    'gpg.ssh.defaultKeyCommand',
    ({ script }) => ['[gpg]', 'format = ssh', '[gpg "ssh"]', `defaultKeyCommand = ${script}`, ...SIGN],
    [COMMIT],
  ),
  config('remote.origin.uploadpack', ({ script }) => ['[remote "origin"]', `uploadpack = ${script}`], [['fetch']]),
  config('trailer.<token>.command', ({ script }) => ['[trailer "x"]', 'key = x', `command = ${script}`], [
    [...COMMIT, '--trailer', 'x: y'],
  ]),
  config('difftool.<tool>.cmd', ({ script }) => ['[difftool "x"]', `cmd = ${script}`], [['difftool', '-y', '-t', 'x']]),
  config('includeIf gitdir', ({ dir }) => ['[includeIf "gitdir:/**"]', `path = ${dir}/evil.config`], [STATUS]),
  config('includeIf onbranch', ({ dir }) => ['[includeIf "onbranch:**"]', `path = ${dir}/evil.config`], [STATUS]),
  config(
    'credential.<url>.helper',
    ({ script }) => [`[credential "${new URL(bed.remote.url).origin}"]`, `helper = !${script}`],
    HUB_FETCH,
  ),
  config('credential.helper as a path', ({ script }) => ['[credential]', `helper = ${script}`], HUB_FETCH),
  {
    name: 'a filter named by info/attributes',
    async plant(scene) {
      await put(join(scene.git, 'info/attributes'), '* filter=f\n');
      await configure(scene, '[filter "f"]', `clean = ${scene.script}`);
    },
    control: [ADD],
  },
  {
    name: 'a filter named by core.attributesFile',
    async plant(scene) {
      await put(join(scene.dir, 'ignored/attributes'), '* filter=f\n');
      await configure(scene, '[core]', `attributesFile = ${scene.dir}/ignored/attributes`);
      await configure(scene, '[filter "f"]', `clean = ${scene.script}`);
    },
    control: [ADD],
  },
  {
    name: 'a configuration that is a link into the tree',
    async plant({ dir, git }) {
      await rm(join(git, 'config'));
      await symlink(join(dir, 'evil.config'), join(git, 'config'));
    },
    control: [STATUS],
  },
  {
    name: 'a bare repository in a folder of the tree',
    plant: async ({ dir, script }) => {
      await Promise.all(evilRepository(join(dir, 'docs/site'), script));
      await configure({ dir, git: join(dir, 'docs/site'), script }, '[core]', 'bare = false', `worktree = ${dir}`);
    },
    control: [['-C', 'docs/site', 'status']],
  },
  {
    name: 'config.worktree',
    async plant(scene) {
      await configure(scene, '[core]', 'repositoryformatversion = 1', '[extensions]', 'worktreeConfig = true');
      await put(join(scene.git, 'config.worktree'), `[core]\n\tfsmonitor = ${scene.script}\n`);
    },
    control: [STATUS],
  },
  {
    name: 'commondir',
    async plant({ dir, git, script }) {
      await Promise.all(evilRepository(join(dir, 'sub/evil'), script));
      await put(join(git, 'commondir'), join(dir, 'sub/evil'));
    },
    control: [STATUS],
  },
  {
    name: 'the `.git` file swapped for another pointer',
    async plant({ dir, script }) {
      await Promise.all(evilRepository(join(dir, 'sub/evil'), script));
      await put(join(dir, '.git'), 'gitdir: sub/evil\n');
    },
    control: [STATUS],
  },
  {
    name: 'the `.git` file swapped for a folder',
    async plant({ dir, script }) {
      await rm(join(dir, '.git'), { recursive: true });
      await Promise.all(evilRepository(join(dir, '.git'), script));
    },
    control: [STATUS],
  },
  {
    name: 'a repository inside a submodule that the base has',
    async plant({ dir, script }) {
      await rm(join(dir, 'module'), { recursive: true, force: true });
      await mkdir(join(dir, 'module'));
      await plainGit(join(dir, 'module'), 'init', '-q');
      await commitFiles(join(dir, 'module'), { x: 'x' });
      await plainGit(join(dir, 'module'), 'config', 'core.fsmonitor', script);
    },
    control: [STATUS],
  },
  {
    name: 'the same, at the very commit that the base names',
    async plant({ dir, script }) {
      await Promise.all(evilRepository(join(dir, 'module/.git'), script));
      await put(join(dir, 'module/.git/HEAD'), `${bed.main}\n`);
    },
    control: [STATUS],
  },
];

let bed: Bed & AsyncDisposable;
let base: string;
let clash: string;
beforeAll(async () => {
  bed = await makeBed();
  const script = (name: string) => `#!/bin/sh\ntouch ${join(bed.data, name)}\n`;
  await put(join(bed.seed, '.husky/pre-commit'), script('via-husky'), 0o755);
  await put(join(bed.seed, 'evil.config'), `[core]\n\tfsmonitor = touch ${join(bed.data, 'via-include')}; #\n`);
  await plainGit(bed.seed, 'update-index', '--add', '--cacheinfo', `160000,${bed.main},module`);
  base = await commitFiles(bed.seed, {});
  await plainGit(bed.seed, 'update-index', '--add', '--cacheinfo', `160000,${bed.main},module`);
  await plainGit(bed.seed, 'commit', '-q', '-m', 'a submodule');
  base = await plainGit(bed.seed, 'rev-parse', 'HEAD');
  clash = await commitFiles(bed.seed, { 'src/a.ts': 'export const a = 3;\n' });
  await plainGit(bed.seed, 'push', '-q', 'origin', `${base}:refs/heads/main`, `${clash}:refs/heads/clash`);
  await fetchBranch(bed.mirror, 'main', TOKEN);
  await fetchBranch(bed.mirror, 'clash', TOKEN);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

const fired = async (marker: string) => {
  const markers = [marker, join(bed.data, 'via-husky'), join(bed.data, 'via-include')];
  const found = await Promise.all(
    markers.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  await Promise.all(markers.map((path) => rm(path, { force: true })));
  return found.includes(true);
};

async function makeScript(name: string): Promise<{ script: string; marker: string }> {
  const [script, marker] = [join(bed.data, `${name}.sh`), join(bed.data, `${name}.fired`)];
  await put(script, `#!/bin/sh\ntouch ${marker}\n`, 0o755);
  return { script, marker };
}

/** Everything omk does with a worktree, on what a hostile agent left; `online`: with what goes over the network. */
async function runOurs(worktree: Worktree, agentGit: string, { online }: { online: boolean }): Promise<void> {
  const { mirror } = worktree;
  await writeFile(join(worktree.dir, 'src/a.ts'), 'export const a = 2;\n');
  await resumeWorktree(mirror, { root: bed.root, name: worktree.name, base });
  const made = await commitAll(worktree, { message: 'm', author: AUTHOR, parent: base, at: AT });
  if (!made) throw new Error('The change was not seen');
  await readPatch(mirror, base, made.sha);
  await mergeCheck(mirror, clash, made.sha);
  await rebaseCommit(mirror, { commit: made.sha, from: base, onto: clash });
  if (online) {
    const branch = `omk/hostile/${worktree.name}`;
    const wanted = { sha: made.sha, branch, expected: undefined };
    expect(await pushCommit(mirror, wanted, TOKEN)).toEqual({ kind: 'pushed' });
    await fetchBranch(mirror, 'main', TOKEN);
  }
  await bringFilesTo(worktree, clash, ['src/a.ts', 'src/gone.ts']);
  await openWorktree(mirror, { root: bed.root, name: worktree.name, sha: made.sha });
  await openWorktree(mirror, { root: bed.root, name: worktree.name, sha: base });
  await lendGit(worktree, agentGit, { objects: join(mirror.gitDir, 'objects'), gitDir: agentGit });
}

describe('what a hostile agent plants fires under plain git and never under ours', () => {
  test('the table is long', () => {
    expect(VECTORS.length).toBeGreaterThanOrEqual(50);
  });

  test.each(VECTORS.map((vector, index) => [vector.name, vector, `v${index}`] as const))(
    '%s',
    async (_name, vector, id) => {
      const { script, marker } = await makeScript(id);
      const control = join(bed.data, `${id}.control`);
      await plainGit(bed.data, 'clone', '-q', join(bed.remote.folder, 'o/r.git'), control);
      await plainGit(control, 'remote', 'add', 'hub', bed.remote.url);
      await vector.plant({ dir: control, git: join(control, '.git'), script });
      await writeFile(join(control, 'src/a.ts'), 'export const a = 2;\n');
      for (const args of vector.control) await plainGit(control, ...args).catch(() => {});
      expect(await fired(marker)).toBe(true);

      const worktree = await openWorktree(bed.mirror, { root: bed.root, name: id, sha: base });
      const git = join(bed.data, `${id}.agent.git`);
      await lendGit(worktree, git, { objects: join(bed.mirror.gitDir, 'objects'), gitDir: git });
      await vector.plant({ dir: worktree.dir, git, script });
      await runOurs(worktree, git, { online: vector.control.some(([verb = '']) => ONLINE.includes(verb)) });
      expect(await fired(marker)).toBe(false);
    },
  );
});

describe('what hides a change from plain git hides nothing from ours', () => {
  type Hiding = { name: string; hide(dir: string, git: string): Promise<unknown> };
  const hidings: Hiding[] = [
    { name: 'skip-worktree', hide: (dir) => plainGit(dir, 'update-index', '--skip-worktree', 'src/a.ts') },
    { name: 'assume-unchanged', hide: (dir) => plainGit(dir, 'update-index', '--assume-unchanged', 'src/a.ts') },
    { name: 'info/exclude', hide: (_dir, git) => put(join(git, 'info/exclude'), '*\n') },
    { name: 'a commit of its own', hide: (dir) => plainGit(dir, 'commit', '-q', '-a', '-m', 'mine') },
    { name: 'an index.lock', hide: (_dir, git) => put(join(git, 'index.lock'), '') },
    {
      name: 'core.worktree elsewhere',
      hide: (_dir, git) => configure({ dir: '', script: '', git }, '[core]', `worktree = ${bed.seed}`),
    },
    {
      name: 'a sparse checkout',
      async hide(dir) {
        await plainGit(dir, 'sparse-checkout', 'set', '--no-cone', 'README.md');
        await mkdir(join(dir, 'src'), { recursive: true });
      },
    },
    {
      name: 'core.excludesFile and core.trustctime',
      async hide(dir, git) {
        await put(join(dir, 'ignored/all'), '*\n');
        await configure({ dir, git, script: '' }, '[core]', `excludesFile = ${dir}/ignored/all`, 'trustctime = false');
      },
    },
  ];

  test.each(hidings.map((hiding, index) => [hiding.name, hiding, `h${index}`] as const))(
    '%s',
    async (_name, hiding, id) => {
      const worktree = await openWorktree(bed.mirror, { root: bed.root, name: id, sha: base });
      const git = join(bed.data, `${id}.agent.git`);
      await lendGit(worktree, git, { objects: join(bed.mirror.gitDir, 'objects'), gitDir: git });
      await writeFile(join(worktree.dir, 'src/a.ts'), 'export const hidden = 1;\n');
      await hiding.hide(worktree.dir, git);
      await put(join(worktree.dir, 'src/a.ts'), 'export const hidden = 1;\n');
      await put(join(worktree.dir, 'new.ts'), 'n\n');
      const made = await commitAll(worktree, { message: 'm', author: AUTHOR, parent: base, at: AT });
      expect(made?.files.map(({ path }) => path)).toEqual(expect.arrayContaining(['new.ts', 'src/a.ts']));
      expect(await readPatch(bed.mirror, base, made?.sha ?? '')).toContain('+export const hidden = 1;');
    },
  );

  test('replace refs', async () => {
    await plainGit(bed.mirror.gitDir, 'update-ref', `refs/replace/${base}`, clash);
    expect(await plainGit(bed.mirror.gitDir, 'show', `${base}:src/a.ts`)).toBe('export const a = 3;');
    expect(await readFileAt(bed.mirror, base, 'src/a.ts')).toBe('export const a = 1;\n');
    await plainGit(bed.mirror.gitDir, 'update-ref', '-d', `refs/replace/${base}`);
  });

  test('objects borrowed from elsewhere never come into the mirror', async () => {
    const secret = join(bed.data, 'private');
    await mkdir(secret);
    await plainGit(secret, 'init', '-q');
    const stolen = await commitFiles(secret, { key: 'a secret of another repository' });
    const worktree = await openWorktree(bed.mirror, { root: bed.root, name: 'alternates', sha: base });
    const git = join(bed.data, 'alternates.agent.git');
    await lendGit(worktree, git, { objects: join(bed.mirror.gitDir, 'objects'), gitDir: git });
    await put(join(git, 'objects/info/alternates'), `${secret}/.git/objects\n`);
    await put(join(git, 'HEAD'), `${stolen}\n`);
    await runOurs(worktree, git, { online: true });
    await expect(plainGit(bed.mirror.gitDir, 'cat-file', '-e', stolen)).rejects.toThrow();
  });
});
