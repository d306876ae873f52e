import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from '@jest/globals';
import { omkFolder } from '../../src/sandbox/host.ts';
import { openRoom, renderSandbox, type SandboxLevel } from '../../src/sandbox/sandbox.ts';
import { inSandbox, LIMITS, makeStage, run } from './stage.ts';

const stage = await makeStage();
afterAll(() => stage.remove());
const none: SandboxLevel = { kind: 'none', why: 'the test says so' };
const isRoot = process.getuid?.() === 0;

/** The processes of the host with this word in their command line. */
async function findProcesses(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => lines[index]!.split('\0').includes(word));
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) if (performance.now() > deadline) throw new Error('it never came true');
}

/** Which of the usual programs this host has. */
async function hostHas(command: readonly string[]): Promise<boolean> {
  const { exitCode } = await run(stage.open({}, none), ['sh', '-c', `command -v ${command[0]}`]);
  return exitCode === 0;
}

describe('in a room', () => {
  for (const [name, command] of Object.entries({
    node: ['node', '--version'],
    npm: ['npm', '--version'],
    git: ['git', '--version'],
    python: ['python3', '-m', 'pip', '--version'],
    cargo: ['cargo', '--version'],
    go: ['go', 'version'],
    java: ['java', '-version'],
    maven: ['mvn', '--version'],
    make: ['make', '--version'],
    'the C compiler': ['sh', '-c', 'echo "int main(){return 0;}" >a.c && cc a.c -o a && ./a'],
  }))
    inSandbox(`${name} starts, if the host has it`, async () => {
      if (!(await hostHas(command))) return console.info(`${name}: not on this host`);
      const { exitCode, stderr } = await run(stage.open({ limits: { ...LIMITS, processes: 500 } }), command);
      expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    });

  inSandbox("the agent finds omk's Node and packages at their own paths", async () => {
    const kimi = `${omkFolder}/node_modules/@moonshot-ai/kimi-code/package.json`;
    const { stdout } = await run(stage.open({ profile: 'agent' }), [process.execPath, '-p', `require('${kimi}').name`]);
    expect(stdout).toBe('@moonshot-ai/kimi-code\n');
  });

  inSandbox('a program has exactly the environment of the room', async () => {
    const room = stage.open();
    const { stdout } = await run(room, ['env', '-0'], '', { EXTRA: 'a b\n"c"' });
    const env = Object.fromEntries(
      stdout
        .split('\0')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(env).toEqual({ ...room.env, EXTRA: 'a b\n"c"', PWD: room.work });
    expect(room.env).toMatchObject({ HOME: room.home, LANG: 'C.UTF-8', CI: 'true', TMPDIR: '/tmp' });
  });

  inSandbox('a program is a plain user with a name and a home', async () => {
    const { stdout } = await run(stage.open(), ['sh', '-c', 'id -un; id -u; echo ~omk; pwd']);
    expect(stdout).toBe('omk\n1500\n/room/home\n/room/work\n');
  });

  inSandbox('a megabyte goes in and comes out unharmed', async () => {
    const input = Buffer.from(Array.from({ length: 2 ** 20 }, (_, index) => 32 + (index % 90))).toString();
    const { stdout, exitCode } = await run(stage.open(), ['cat'], input);
    expect(exitCode).toBe(0);
    expect(stdout === input).toBe(true);
  });

  inSandbox('work and home are kept on the host, under one owner, and never root', async () => {
    const room = stage.open();
    await run(room, ['sh', '-c', 'echo made >made; mkdir -p sub; echo kept >"$HOME/kept"']);
    expect(await readFile(join(room.hostWork, 'made'), 'utf8')).toBe('made\n');
    expect(await readFile(join(room.hostHome, 'kept'), 'utf8')).toBe('kept\n');
    const { uid } = await stat(join(room.hostWork, 'made'));
    expect(uid).toBe(isRoot ? 61_015 : process.getuid?.());
  });

  inSandbox('what omk writes later may be changed by the next program, however it was made', async () => {
    const room = stage.open();
    await mkdir(join(room.hostWork, 'later'), { mode: 0o700 });
    await writeFile(join(room.hostWork, 'later', 'file'), 'old', { mode: 0o600 });
    const { exitCode } = await run(room, ['sh', '-c', 'echo new >later/file && rm -r later']);
    expect(exitCode).toBe(0);
  });

  inSandbox('a work folder that is not writable can be read and git works in it, yet nothing changes', async () => {
    const room = stage.open({ writable: false });
    await writeFile(join(room.hostWork, 'readable'), 'text');
    const { stdout, exitCode } = await run(room, ['sh', '-c', 'cat readable; touch readable x; rm -f readable']);
    expect({ stdout, exitCode }).toEqual({ stdout: 'text', exitCode: 1 });
    expect(await readdir(room.hostWork)).toContain('readable');
  });

  inSandbox('further folders appear where they are asked for, to read or to write', async () => {
    const [objects, git] = [join(stage.dir, 'objects'), join(stage.dir, 'agent.git')];
    await Promise.all([mkdir(objects), mkdir(git)]);
    await writeFile(join(objects, 'pack'), 'packed');
    const room = stage.open({
      readOnly: [{ host: objects, inside: '/mirror/objects' }],
      readWrite: [{ host: git, inside: '/agent.git' }],
    });
    const { stdout } = await run(room, [
      'sh',
      '-c',
      'cat /mirror/objects/pack; touch /mirror/objects/x || touch /agent.git/HEAD',
    ]);
    expect(stdout).toBe('packed');
    expect([await readdir(objects), await readdir(git)]).toEqual([['pack'], ['HEAD']]);
  });

  inSandbox('the exit code is the program’s own, 128 and the signal, or 127 if there is no such program', async () => {
    const codes = await Promise.all(
      [['sh', '-c', 'exit 7'], ['sh', '-c', 'kill -SEGV $$'], ['no-such-program']].map((command) =>
        run(stage.open(), command),
      ),
    );
    expect(codes.map(({ exitCode }) => exitCode)).toEqual([7, 139, 127]);
  });

  inSandbox('processor time is bounded if asked for', async () => {
    const { exitCode } = await run(stage.open({ limits: { ...LIMITS, cpuSeconds: 1 } }), [
      'sh',
      '-c',
      'while :; do :; done',
    ]);
    expect(exitCode).toBe(137);
  });

  inSandbox('each room counts its own processes', async () => {
    const busy = stage.open().launch(['sh', '-c', 'for i in $(seq 50); do sleep 600 & done; echo ready; wait']);
    await once(busy.stdout, 'data');
    const { stdout } = await run(stage.open(), [
      'sh',
      '-c',
      'for i in $(seq 50); do sleep 0.1 & done; wait; echo done',
    ]);
    expect(stdout).toBe('done\n');
    await busy.kill();
  });
});

describe('killing a room', () => {
  inSandbox('ends daemons in sessions of their own, and what ignores signals, within three seconds', async () => {
    const word = `864.${process.pid}1`;
    const script = `trap '' TERM INT HUP; setsid nohup sleep ${word} >/dev/null 2>&1 & (setsid sh -c "trap '' TERM; sleep ${word}" &) ; echo ready; while :; do sleep ${word}; done`;
    const launched = stage.open().launch(['sh', '-c', script]);
    await once(launched.stdout, 'data');
    await eventually(async () => (await findProcesses(word)).length >= 3);
    const started = performance.now();
    await launched.kill();
    await eventually(async () => (await findProcesses(word)).length === 0);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  inSandbox('leaves no dead process behind for the system to collect', async () => {
    const launched = stage.open().launch(['sh', '-c', 'echo ready; sleep 600']);
    await once(launched.stdout, 'data');
    const [inner] = (await readFile(`/proc/${launched.pid}/task/${launched.pid}/children`, 'utf8')).split(' ');
    await launched.kill();
    await expect(stat(`/proc/${inner}`)).rejects.toThrow('ENOENT');
    expect(await launched.kill()).toEqual(await launched.exited);
  });

  inSandbox('works before the room has started, too', async () => {
    const word = `864.${process.pid}4`;
    await stage.open().launch(['sleep', word]).kill();
    await eventually(async () => (await findProcesses(word)).length === 0);
  });

  inSandbox('is not needed for daemons left behind: they end with the program', async () => {
    const word = `864.${process.pid}2`;
    await run(stage.open(), ['sh', '-c', `setsid nohup sleep ${word} >/dev/null 2>&1 & exit 0`]);
    await eventually(async () => (await findProcesses(word)).length === 0);
  });

  inSandbox('happens by itself when omk is killed with SIGKILL', async () => {
    const word = `864.${process.pid}3`;
    const program = `
      const { openRoom } = await import('${omkFolder}/src/sandbox/sandbox.ts');
      const room = openRoom({ kind: 'bwrap' }, ${JSON.stringify({ profile: 'gate', work: join(stage.dir, 'work'), writable: true, home: join(stage.dir, 'home'), readOnly: [], limits: LIMITS })});
      room.launch(['sh', '-c', 'setsid nohup sleep ${word} & sleep ${word}']);`;
    const omk = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    await eventually(async () => (await findProcesses(word)).length >= 2);
    omk.kill('SIGKILL');
    await eventually(async () => (await findProcesses(word)).length === 0);
  });
});

describe('a room without a sandbox', () => {
  test('runs on the host with the host’s paths and the same cleared environment', async () => {
    const room = stage.open({}, none);
    const { stdout } = await run(room, ['sh', '-c', 'pwd; echo "$HOME"; env | cut -d= -f1 | sort | tr "\\n" " "']);
    const names = [...Object.keys(room.env), 'PWD'].toSorted().join(' ');
    expect(stdout).toBe(`${room.hostWork}\n${room.hostHome}\n${names} `);
    expect({ work: room.work, home: room.home }).toEqual({ work: room.hostWork, home: room.hostHome });
  });
});

test('a room with a folder that does not exist is refused by its name', () => {
  const spec = {
    profile: 'gate',
    work: '/no/such',
    writable: true,
    home: stage.dir,
    readOnly: [],
    limits: LIMITS,
  } as const;
  expect(() => openRoom(none, { ...spec, readOnly: [] })).toThrow('/no/such');
});

test.each<[SandboxLevel, string]>([
  [{ kind: 'bwrap' }, 'bwrap'],
  [{ kind: 'partial', missing: ['a', 'b'] }, 'partial (not held: a, b)'],
  [none, 'none'],
])('the level %o reads %s', (level, expected) => expect(renderSandbox(level)).toBe(expected));

(isRoot ? inSandbox : test.skip)('an ordinary user gets the same room as root', async () => {
  await chmod(stage.dir, 0o755);
  const program = `const { probeSandbox } = await import('${omkFolder}/src/sandbox/probe.ts'); console.log(JSON.stringify(await probeSandbox()));`;
  const user = spawn(
    'setpriv',
    ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e', program],
    { env: { PATH: process.env.PATH, HOME: '/nonexistent' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  expect(JSON.parse(await text(user.stdout))).toEqual({ kind: 'bwrap' });
});
