import { describe, expect, test } from '@jest/globals';
import type { Host } from '../../src/sandbox/host.ts';
import { roomArgv, type RoomSpec } from '../../src/sandbox/sandbox.ts';
import { omkFolder } from '../../src/sandbox/host.ts';
import { GATE_LIMITS } from '../../src/sandbox/limits.ts';

const host: Host = {
  isRoot: false,
  disableUserns: true,
  system: [
    { host: '/usr', inside: '/usr' },
    { host: '/srv/omk/etc/passwd', inside: '/etc/passwd' },
  ],
  links: [{ target: 'usr/bin', inside: '/bin' }],
  toolchains: { folders: ['/home/me/.cargo/bin'], path: ['/usr/bin'], env: {} },
  hardLimits: '',
};
const spec: RoomSpec = {
  profile: 'gate',
  work: '/data/work',
  writable: true,
  home: '/data/home',
  readOnly: [{ host: '/data/mirror/objects', inside: '/mirror/objects' }],
  limits: { ...GATE_LIMITS, processes: 10, openFiles: 20, fileBytes: 30, memoryBytes: 40, tmpBytes: 50 },
};
const env = { PATH: '/usr/bin', HOME: '/room/home' };

const UNSHARED = '--unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try';
const LIMITED = 'nice -n 10 choom -n 1000 -- prlimit --nproc=10 --nofile=20 --fsize=30 --data=40 --core=0 --';
const BASE = [
  `bwrap ${UNSHARED} --die-with-parent --new-session --cap-drop ALL --disable-userns`,
  '--uid 1500 --gid 1500 --hostname omk --proc /proc --dev /dev',
  '--perms 1777 --size 50 --tmpfs /dev/shm --perms 1777 --size 50 --tmpfs /tmp',
  '--symlink usr/bin /bin --ro-bind /usr /usr --ro-bind /srv/omk/etc/passwd /etc/passwd',
  '--ro-bind /home/me/.cargo/bin /home/me/.cargo/bin',
].join(' ');
const WORK = '--ro-bind /data/mirror/objects /mirror/objects --bind /data/work /room/work --bind /data/home /room/home';
const END =
  '--remount-ro /dev --remount-ro / --chdir /room/work --clearenv --setenv PATH /usr/bin --setenv HOME /room/home --';
const own = (...names: string[]): string =>
  names.map((name) => `--ro-bind ${omkFolder}/${name} ${omkFolder}/${name}`).join(' ');

describe('the command line of a room', () => {
  test.each<[string, RoomSpec, string]>([
    ['a gate gets the work and nothing of omk', spec, `${BASE} ${WORK} ${END} ${LIMITED} npm test`],
    [
      'an agent gets the packages of omk too, and its own git directory',
      { ...spec, profile: 'agent', readWrite: [{ host: '/data/agent.git', inside: '/agent.git' }] },
      [
        BASE,
        own('package.json', 'node_modules', 'src/bridge.ts'),
        `${WORK} --bind /data/agent.git /agent.git ${END} ${LIMITED} npm test`,
      ].join(' '),
    ],
    [
      'a setup step gets the socket of the egress proxy and runs behind the bridge',
      {
        ...spec,
        profile: 'setup',
        egress: { socket: '/data/net.sock', registries: { hosts: [], env: {}, folders: ['/opt/wheels'] } },
      },
      [
        BASE,
        own('package.json', 'src/bridge.ts'),
        `--ro-bind /opt/wheels /opt/wheels ${WORK} --bind /data/net.sock /room/egress.sock ${END} ${LIMITED}`,
        `${process.execPath} ${omkFolder}/src/bridge.ts /room/egress.sock -- env NODE_USE_ENV_PROXY=1 npm test`,
      ].join(' '),
    ],
    [
      'a work folder that may only be read is bound read-only',
      { ...spec, writable: false },
      `${BASE} ${WORK.replace('--bind /data/work', '--ro-bind /data/work')} ${END} ${LIMITED} npm test`,
    ],
  ])('%s', (_, spec, expected) => {
    expect(roomArgv({ spec, host }, ['npm', 'test'], env).join(' ')).toBe(expected);
  });

  test('bubblewrap before 0.8 is not asked to forbid nested namespaces', () => {
    const argv = roomArgv({ spec, host: { ...host, disableUserns: false } }, ['npm', 'test'], env);
    expect(argv.join(' ')).toBe(`${BASE.replace(' --disable-userns', '')} ${WORK} ${END} ${LIMITED} npm test`);
  });

  test('root hands everything outside the system to an ordinary user, who then starts the very same sandbox', () => {
    const argv = roomArgv({ spec, host: { ...host, isRoot: true } }, ['npm', 'test'], env);
    const start = argv.indexOf('bwrap');
    expect(argv.slice(0, 4)).toEqual(['unshare', '--mount', 'sh', '-c']);
    expect(argv.slice(6, start).join(' ')).toBe(
      [
        '61015 /run/omk-room as-is /srv/omk/etc/passwd as-is /home/me/.cargo/bin',
        'as-is /data/mirror/objects own /data/work own /data/home --',
      ].join(' '),
    );
    const places = ['/srv/omk/etc/passwd', '/home/me/.cargo/bin', '/data/mirror/objects', '/data/work', '/data/home'];
    const expected = roomArgv({ spec, host }, ['npm', 'test'], env).map((word, index, all) => {
      const isSource = ['--bind', '--ro-bind'].includes(all[index - 1] ?? '') && places.includes(word);
      return isSource ? `/run/omk-room/${places.indexOf(word)}` : word;
    });
    expect(argv.slice(start)).toEqual(expected);
  });
});
