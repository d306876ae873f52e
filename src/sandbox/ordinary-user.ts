import type { Box } from './bwrap.ts';

/** Whom programs belong to on the host when omk is root: a number that no distribution gives to anybody. */
const ORDINARY_UID = 61_015;
const STAGE = '/run/omk-room';

/**
 * Mounts each source on a folder that everybody may reach, gives those marked `own` to the ordinary user, and becomes
 * that user. All of it in a mount namespace of its own that ends with the process. Files of others than root keep
 * their owner, and links are not followed.
 */
const SCRIPT = `
set -eu
user=$1 stage=$2; shift 2
mkdir -p "$stage"
mount -t tmpfs -o mode=755 omk "$stage"
cd "$stage"
place=0 folders= owned=
for word; do
  case $word in
    own) own=yes; continue ;;
    as-is) own=; continue ;;
    --) break ;;
  esac
  if [ -d "$word" ]; then folders="$folders $place"; else : >"$place"; fi
  if [ "$own" ]; then owned="$owned $place"; fi
  place=$((place + 1))
done
mkdir $folders
place=0
while [ "$1" != -- ]; do
  mount --rbind "$2" "$place"
  place=$((place + 1)); shift 2
done
shift
chown -Rh --from=0 "$user:$user" $owned
cd /
exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
`;

/**
 * For omk running as root: the same box with its sources where an ordinary user reaches them, and the words to put
 * before bubblewrap so that it starts as that user. The kernel does not limit root's processes, and what breaks out of
 * a sandbox that root started is root.
 */
export function asOrdinaryUser(box: Box): { box: Box; prefix: string[] } {
  const staged = box.binds.filter(({ host }) => !isOpenToAll(host));
  const sources = staged.flatMap(({ host, own }) => [own ? 'own' : 'as-is', host]);
  const prefix = ['unshare', '--mount', 'sh', '-c', SCRIPT, 'sh', String(ORDINARY_UID), STAGE, ...sources, '--'];
  const binds = box.binds.map((bind) => {
    const place = staged.indexOf(bind);
    return place === -1 ? bind : { ...bind, host: `${STAGE}/${place}` };
  });
  return { box: { ...box, binds }, prefix };
}

function isOpenToAll(path: string): boolean {
  return path === '/usr' || path.startsWith('/usr/') || path.startsWith('/etc/');
}
