/** A file or folder of the host that is seen inside. `own`: the programs inside are its owners, whoever made it. */
export type Bind = { host: string; inside: string; writable?: boolean; own?: boolean };

/** Everything that tells one sandbox from another. What is not named here does not exist inside. */
export type Box = {
  binds: readonly Bind[];
  /** Links such as `/bin` to `usr/bin`. */
  links: readonly { target: string; inside: string }[];
  /** The size of `/tmp`, and again of `/dev/shm`. Both are memory. */
  tmpBytes: number;
  /** Whether this bubblewrap can forbid nested user namespaces (0.8 and later). */
  disableUserns: boolean;
  cwd: string;
};

/**
 * The full command line that runs `command` in `box` with exactly the environment `env`: no network, no other process,
 * no capability, nothing of the host but the binds, and nothing writable but those that say so and the sized `/tmp`.
 */
export function bwrapArgv(box: Box, command: readonly string[], env: Record<string, string>): string[] {
  const tmpfs = (path: string): string[] => ['--perms', '1777', '--size', String(box.tmpBytes), '--tmpfs', path];
  const words = (text: string): string[] => text.split(' ');
  return [
    ...words('bwrap --unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try'),
    ...words('--die-with-parent --new-session --cap-drop ALL'),
    ...(box.disableUserns ? ['--disable-userns'] : []),
    ...words('--uid 1500 --gid 1500 --hostname omk --proc /proc --dev /dev'),
    ...tmpfs('/dev/shm'),
    ...tmpfs('/tmp'),
    ...box.links.flatMap(({ target, inside }) => ['--symlink', target, inside]),
    ...box.binds.flatMap(({ host, inside, writable }) => [writable ? '--bind' : '--ro-bind', host, inside]),
    // The root and /dev are memory of the host too, and bubblewrap leaves them writable and without a size.
    ...words('--remount-ro /dev --remount-ro /'),
    '--chdir',
    box.cwd,
    '--clearenv',
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
    ...command,
  ];
}
