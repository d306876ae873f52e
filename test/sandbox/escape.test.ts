import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { omkFolder } from '../../src/sandbox/host.ts';
import type { RoomSpec } from '../../src/sandbox/sandbox.ts';
import { inSandbox, makeStage, run } from './stage.ts';

/**
 * Each attack prints ESCAPED when it worked. Those marked `control` must do so without a sandbox: they prove that the
 * attack is a real one. The others would harm the host, or need what this host may not have.
 */
type Attack = { name: string; control?: true } & ({ sh: string } | { node: string } | { python: string });

const connects = (target: string): string =>
  `const s = require('net').connect(${target}, () => { console.log('ESCAPED'); process.exit() }); s.on('error', () => process.exit(1))`;
const fills = (folder: string, megabytes: number): string =>
  `dd if=/dev/zero of=${folder}/fill bs=1M count=${megabytes} 2>/dev/null && echo ESCAPED; rm -f ${folder}/fill`;

const attacks: Attack[] = [
  { name: 'reads a file of the host', sh: 'grep -q canary "$OUT/secret" && echo ESCAPED', control: true },
  { name: 'reads it through process 1', sh: 'grep -q canary "/proc/1/root$OUT/secret" && echo ESCAPED' },
  { name: 'reads it through its working folder', sh: 'grep -q canary "../../../../..$OUT/secret" && echo ESCAPED' },
  {
    name: 'reads it through a link',
    sh: 'ln -sf "$OUT/secret" link; grep -q canary link && echo ESCAPED',
    control: true,
  },
  { name: 'makes a hard link to it', sh: 'ln "$OUT/secret" hard && echo ESCAPED', control: true },
  { name: 'reads another worktree', sh: 'grep -q other "$OUT/other/file" && echo ESCAPED', control: true },
  { name: 'lists the folder of the worktrees', sh: 'ls "$OUT" | grep -q other && echo ESCAPED', control: true },
  {
    name: "reads omk's home folder",
    sh: 'cat "$HOST_HOME/.bashrc" "$HOST_HOME/.profile" "$HOST_HOME/.npmrc" 2>/dev/null | grep -q . && echo ESCAPED',
  },
  {
    name: 'reads keys of the host',
    sh: 'ls "$HOST_HOME/.ssh" /etc/ssh /etc/ssl/private /etc/shadow 2>/dev/null | grep -q . && echo ESCAPED',
  },
  {
    name: 'finds the rest of the file system',
    sh: 'ls -d /var/lib /home /run /sys /boot /srv /mnt 2>/dev/null | grep -q . && echo ESCAPED',
    control: true,
  },
  {
    name: "reads omk's repository and data",
    sh: 'ls "$OMK/.git" "$OMK/data" "$OMK/.env" "$OMK/src/run" 2>/dev/null | grep -q . && echo ESCAPED',
    control: true,
  },
  {
    name: 'reads the environment of other processes',
    sh: 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -q "^OMK_CANARY=" && echo ESCAPED',
    control: true,
  },
  {
    name: 'reads the command lines of other processes',
    sh: 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n" | grep -q "^86400.""$MARK$" && echo ESCAPED',
    control: true,
  },
  {
    name: 'sees a process of the host',
    sh: 'test "$(tr "\\0" " " <"/proc/$HOST_PID/cmdline")" = "sleep 86400.$MARK " && echo ESCAPED',
    control: true,
  },
  {
    name: 'may signal a process of the host',
    sh: 'kill -0 "$HOST_PID" && test "$HOST_PID" -gt 200 && echo ESCAPED',
    control: true,
  },
  { name: 'reads the memory of process 1', sh: 'head -c 1 /proc/1/mem >/dev/null && echo ESCAPED' },
  {
    name: 'traces a process of the host',
    python:
      'import ctypes, os; print("ESCAPED" if ctypes.CDLL(None).ptrace(16, int(os.environ["HOST_PID"]), 0, 0) == 0 else "")',
    control: true,
  },
  { name: 'writes beside its worktree', sh: 'echo x >"$OUT/written" && echo ESCAPED', control: true },
  { name: 'writes through a link', sh: 'ln -sfn "$OUT" out; echo x >out/written && echo ESCAPED', control: true },
  {
    name: 'writes into the system',
    sh: 'for d in / /usr /usr/local/bin /etc /dev /lib; do touch "$d/omk-escape" 2>/dev/null && echo ESCAPED; done',
  },
  {
    name: 'writes into what it runs on',
    sh: 'for d in $(echo "$PATH" | tr : " ") "$OMK" "$OMK/node_modules" "$OMK/src" "$OMK/src/bridge.ts"; do touch "$d/omk-escape" 2>/dev/null && [ "$(stat -f -c %T "$d")" != tmpfs ] && echo ESCAPED; done; true',
  },
  { name: 'swaps its own worktree', sh: 'cd /room && mv work elsewhere && echo ESCAPED' },
  {
    name: 'reaches a server on the loopback of the host',
    node: connects("Number(process.env.PORT), '127.0.0.1'"),
    control: true,
  },
  {
    name: 'reaches it over IPv6 mapping',
    node: connects("Number(process.env.PORT), '::ffff:127.0.0.1'"),
    control: true,
  },
  {
    name: 'reaches it over UDP',
    node: "const s = require('dgram').createSocket('udp4'); s.on('message', () => { console.log('ESCAPED'); process.exit() }); s.on('error', () => process.exit(1)); s.send('x', Number(process.env.UDP_PORT), '127.0.0.1'); setTimeout(() => process.exit(1), 300)",
    control: true,
  },
  { name: 'reaches an abstract socket of the host', node: connects("'\\0' + process.env.ABSTRACT"), control: true },
  { name: 'reaches a socket file of the host', node: connects("process.env.OUT + '/host.sock'"), control: true },
  { name: 'reaches the internet', node: connects("443, '1.1.1.1'") },
  { name: 'reaches the metadata service', node: connects("80, '169.254.169.254'") },
  { name: 'resolves a name', sh: 'getent hosts example.com && echo ESCAPED' },
  { name: 'has a network interface', sh: 'tail -n +3 /proc/net/dev | grep -v "^ *lo:" | grep -q . && echo ESCAPED' },
  { name: 'learns the name of the host', sh: 'test "$(uname -n)" = "$HOST_NAME" && echo ESCAPED', control: true },
  { name: 'has a capability', sh: 'grep "^Cap" /proc/self/status | grep -qv "0000000000000000$" && echo ESCAPED' },
  { name: 'may gain privileges', sh: 'grep -q "^NoNewPrivs:.*0$" /proc/self/status && echo ESCAPED', control: true },
  { name: 'mounts a file system', sh: 'mount -t tmpfs none /room/home && echo ESCAPED' },
  {
    name: 'makes a mount writable again',
    sh: 'mount -o remount,rw / && echo ESCAPED; mount -o remount,bind,rw /usr && echo ESCAPED',
  },
  { name: 'unmounts what hides the host', sh: 'umount /room/work && echo ESCAPED; umount -l / && echo ESCAPED' },
  { name: 'makes a user namespace', sh: 'unshare --user true && echo ESCAPED', control: true },
  {
    name: 'makes a mount namespace',
    sh: 'unshare --mount true && echo ESCAPED; unshare --map-root-user --mount true && echo ESCAPED',
  },
  {
    name: 'enters the namespaces of process 1',
    sh: 'nsenter --target 1 --mount grep -q canary "$OUT/secret" && echo ESCAPED',
  },
  { name: 'changes its root', sh: '/usr/sbin/chroot /usr true && echo ESCAPED' },
  { name: 'makes a device', sh: 'mknod dev b 254 0 && echo ESCAPED; mknod /tmp/dev c 1 1 && echo ESCAPED' },
  {
    name: 'reads a disk or the memory',
    sh: 'for f in /dev/vda /dev/sda /dev/mem /dev/kmsg /proc/kcore /proc/kmsg; do head -c 1 "$f" >/dev/null 2>&1 && echo ESCAPED; done',
  },
  { name: 'sets the handler of core dumps', sh: 'echo "|/tmp/x" >/proc/sys/kernel/core_pattern && echo ESCAPED' },
  { name: 'presses the magic key', sh: 'echo h >/proc/sysrq-trigger && echo ESCAPED' },
  { name: 'finds control groups', sh: 'ls /sys/fs/cgroup && echo ESCAPED', control: true },
  {
    name: 'opens a raw socket',
    python: 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print("ESCAPED")',
  },
  { name: 'finds the terminal of omk', sh: 'true </dev/tty && echo ESCAPED' },
  {
    name: 'inherits an open file of omk',
    sh: 'for f in /proc/self/fd/*; do case $(readlink "$f") in pipe:*|socket:*|/proc/*|"") ;; *) echo ESCAPED;; esac; done',
  },
  { name: 'inherits the environment of omk', sh: 'env | grep -q "^OMK_CANARY\\|^NODE_OPTIONS\\|JEST" && echo ESCAPED' },
  { name: 'gives a file to root', sh: 'touch f; chown 0:0 f && echo ESCAPED' },
  { name: 'fills the temporary folder', sh: fills('"$TMPDIR"', 8), control: true },
  { name: 'fills the shared memory', sh: fills('/dev/shm', 8), control: true },
  { name: 'fills /dev', sh: fills('/dev', 8) },
  { name: 'fills the root', sh: `${fills('/', 8)}; mkdir /room/x && echo ESCAPED` },
  { name: 'writes a file beyond the limit', sh: fills('.', 32), control: true },
  {
    name: 'starts processes beyond the limit',
    node: "const { spawn } = require('child_process'); const c = Array.from({ length: 150 }, () => spawn('sleep', ['60'])); c.forEach((p) => p.on('error', () => {})); console.log(c.every((p) => p.pid) ? 'ESCAPED' : ''); c.forEach((p) => p.pid && p.kill()); process.exitCode = 0",
    control: true,
  },
  {
    name: 'takes memory beyond the limit',
    node: "require('buffer').Buffer.alloc(1.5 * 2 ** 30, 1); console.log('ESCAPED')",
    control: true,
  },
  {
    name: 'raises its own limits',
    sh: 'prlimit --pid $$ --nproc=100000 && echo ESCAPED; ulimit -c unlimited && echo ESCAPED',
  },
  { name: 'shields itself from the memory killer', sh: 'echo -500 >/proc/self/oom_score_adj && echo ESCAPED' },
];

const mark = `${process.pid}${Date.now()}`;
const stage = await makeStage();
const server = createServer((socket) => socket.end());
const abstract = createServer((socket) => socket.end());
const file = createServer((socket) => socket.end());
const udp = createSocket('udp4');
let bystander: ChildProcess;
let knowledge: Record<string, string>;

beforeAll(async () => {
  await mkdir(join(stage.dir, 'other'));
  await writeFile(join(stage.dir, 'other', 'file'), 'other');
  await writeFile(join(stage.dir, 'secret'), 'canary');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await once(abstract.listen(`\0omk-${mark}`), 'listening');
  await once(file.listen(join(stage.dir, 'host.sock')), 'listening');
  udp.on('message', (_, { port }) => udp.send('seen', port, '127.0.0.1')).bind(0, '127.0.0.1');
  await once(udp, 'listening');
  bystander = spawn('sleep', [`86400.${mark}`], { env: { ...process.env, OMK_CANARY: 'seen' } });
  knowledge = {
    OUT: stage.dir,
    OMK: omkFolder,
    MARK: mark,
    HOST_PID: String(bystander.pid),
    HOST_HOME: homedir(),
    HOST_NAME: hostname(),
    PORT: String((server.address() as AddressInfo).port),
    UDP_PORT: String(udp.address().port),
    ABSTRACT: `omk-${mark}`,
  };
});

afterAll(async () => {
  for (const open of [server, abstract, file, udp]) open.close();
  bystander.kill('SIGKILL');
  await stage.remove();
});

async function attempt(attack: Attack, room: ReturnType<typeof stage.open>): Promise<string> {
  const program =
    'sh' in attack
      ? ['sh', '-c', attack.sh]
      : 'node' in attack
        ? [process.execPath, '-e', attack.node]
        : ['python3', '-c', attack.python];
  const { stdout, stderr, exitCode, failure } = await run(room, program, '', knowledge);
  // Without this a room that does not start would look like one that holds.
  if (
    failure !== undefined ||
    exitCode === 127 ||
    /^(bwrap|unshare|mount|setpriv|prlimit): .*(execute|execvp|stage)/m.test(stderr)
  )
    throw new Error(`the attack did not run: ${failure ?? stderr}`);
  return stdout;
}

describe.each<RoomSpec['profile']>(['agent', 'gate'])('a program in the room of the %s', (profile) => {
  for (const attack of attacks)
    inSandbox(`never ${attack.name}`, async () => {
      expect(await attempt(attack, stage.open({ profile }))).not.toContain('ESCAPED');
    });
});

describe('without a sandbox, to prove that the attack is one, a program', () => {
  for (const attack of attacks.filter(({ control }) => control))
    test(attack.name, async () => {
      const room = stage.open({}, { kind: 'none', why: 'control' });
      expect(
        await attempt(attack, {
          ...room,
          env: {},
          launch: (command, env) => room.launch(command, { TMPDIR: stage.dir, ...env }),
        }),
      ).toContain('ESCAPED');
    });
});

inSandbox('after all attacks the host is as it was', async () => {
  const attacked = attacks.length * 2;
  expect(bystander.exitCode).toBeNull();
  expect((await readdir(join(stage.dir, 'other'))).toSorted()).toEqual(['file']);
  console.info(
    `${attacked} escapes tried in two profiles, ${attacks.filter(({ control }) => control).length} of the attacks proven outside`,
  );
});
