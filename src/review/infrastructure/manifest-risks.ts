import { isDevSetup } from '../read/file-role.ts';
import { objectsOf, servicesOf, tasksOf } from '../read/manifests.ts';
import { under } from '../read/yaml-tree.ts';
import { shorten, type Rule } from '../rules.ts';
import { lostRule, manifestRule, scalars } from './manifests.ts';

/** Rights that a container or an account has. */
const rights = manifestRule(
  { id: 'security/exposure', severity: 'medium', remedy: 'Give what is needed, to whom it is needed.' },
  function* (source) {
    for (const { kind, root, pod } of objectsOf(source)) {
      for (const volume of under(pod, 'volumes')?.children ?? []) {
        const path = under(volume, 'hostPath', 'path');
        if (path)
          yield {
            at: path,
            severity: /^\/(?:$|etc|root|home|var\/run|proc|sys|boot|dev$)/.test(path.text ?? '') ? 'high' : 'medium',
            message: `The container reads and writes \`${shorten(path.text ?? '')}\` of its host`,
          };
      }
      if (kind.endsWith('Role'))
        for (const rule of under(root, 'rules')?.children ?? []) {
          const all = (key: string) => under(rule, key)?.children.some(({ text }) => text === '*') ?? false;
          if (
            all('verbs') &&
            (all('resources') || under(rule, 'resources')?.children.some(({ text }) => text === 'secrets'))
          )
            yield { at: rule, severity: 'high', message: 'This role may do everything to everything' };
          else if (all('verbs') || all('resources')) yield { at: rule, message: 'This role may do more than it names' };
        }
      const role = kind.endsWith('RoleBinding') ? under(root, 'roleRef', 'name') : undefined;
      if (role && /^(?:cluster-admin|admin|system:masters)$/.test(role.text ?? ''))
        yield {
          at: role,
          severity: 'high',
          message: `Whoever is bound here may do everything: \`${role.text ?? ''}\``,
        };
      for (const entry of scalars(root)) {
        const bad = LOOSE.find(([key, value]) => key.test(entry.key) && value.test(entry.text ?? ''));
        if (bad) yield { at: entry, message: bad[2] };
      }
      if (
        kind === 'Service' &&
        under(root, 'spec', 'type')?.text === 'LoadBalancer' &&
        /(?:db|database|redis|mongo|postgres|mysql|elastic|admin|internal)/i.test(
          under(root, 'metadata', 'name')?.text ?? '',
        )
      )
        yield { at: under(root, 'spec', 'type') ?? root, message: 'What belongs inside can be reached from outside' };
    }
    for (const service of servicesOf(source)) {
      for (const [key, value, message] of COMPOSE)
        for (const entry of scalars(under(service, key)))
          if (value.test(entry.text ?? ''))
            yield {
              at: entry,
              ...(entry.text?.includes('docker.sock') && isDevSetup(source.path) ? { severity: 'low' as const } : {}),
              message: `${message}: \`${shorten(entry.text ?? '')}\``,
            };
      for (const port of scalars(under(service, 'ports')))
        if (/^(?:0\.0\.0\.0:)?(?:\d+:)(?:5432|3306|6379|27017|9200|11211|2375|1433)$/.test(port.text ?? ''))
          yield {
            at: port,
            severity: 'low',
            message: `The database can be reached from every network: \`${port.text ?? ''}\``,
          };
    }
    for (const task of tasksOf(source))
      for (const entry of scalars(task)) {
        if (
          /^(?:validate_certs|verify_ssl|gpgcheck|disable_gpg_check)$/.test(entry.key) &&
          /^(?:false|no)$/i.test(entry.text ?? '') !== (entry.key === 'disable_gpg_check')
        )
          yield {
            at: entry,
            severity: 'high',
            message: `The other side is not checked: \`${entry.key}: ${entry.text ?? ''}\``,
          };
        if (
          entry.key === 'mode' &&
          /^['"]?0?(?:777|666)['"]?$|^(?:u=rwx,)?[ago]*\+w|o=rwx|a=rwx/.test(entry.text ?? '')
        )
          yield { at: entry, message: 'Everybody may write here' };
      }
  },
);

const LOOSE: readonly (readonly [key: RegExp, value: RegExp, message: string])[] = [
  [/^runAsNonRoot$/, /^false$/, 'The container may run as root'],
  [/^readOnlyRootFilesystem$/, /^false$/, 'The container may change its own programs'],
  [/^procMount$/, /^Unmasked$/, 'The container sees more of its host than it should'],
  [/^automountServiceAccountToken$/, /^true$/, 'Every pod gets a key to the cluster'],
  [/^insecureSkipTLSVerify$|^insecure-skip-tls-verify$/, /^true$/, 'Certificates are not checked'],
];

const COMPOSE: readonly (readonly [key: string, value: RegExp, message: string])[] = [
  ['cap_add', /^(?:ALL|SYS_ADMIN|SYS_PTRACE|NET_ADMIN|SYS_MODULE)$/, 'The container has rights of its host'],
  ['network_mode', /^host$/, 'The container stands in the network of its host'],
  ['pid', /^host$/, 'The container sees the processes of its host'],
  ['ipc', /^host$/, 'The container shares memory with its host'],
  ['security_opt', /unconfined|label[:=]disable/, 'A protection of the container is off'],
  [
    'volumes',
    /^\/(?:etc|root|var\/run\/docker\.sock|proc|sys)?(?:\/)?:/,
    'The container reads and writes the files of its host',
  ],
];

/** An image that may be another one tomorrow. */
const unpinned = manifestRule(
  { id: 'security/unpinned', severity: 'medium', remedy: 'Name a version, or better a digest.' },
  function* (source) {
    const images = [
      ...objectsOf(source).flatMap(({ containers }) => containers),
      ...servicesOf(source).filter((service) => under(service, 'build') === undefined),
    ].flatMap((entry) => under(entry, 'image') ?? []);
    for (const image of images) {
      const name = image.text ?? '';
      if (
        name === '' ||
        /[${]|@sha256:/.test(name) ||
        !/(?::(?:latest|edge|nightly|main|master|dev)|^[^:]+|\/[^:/]+)$/.test(name)
      )
        continue;
      const pinned = source.change.removed.some(
        ({ text }) => text.includes(name.replace(/:[^/:]*$/, '')) && /:[\w.-]*\d|@sha256:/.test(text),
      );
      yield {
        at: image,
        severity: pinned ? 'medium' : 'low',
        message: `The image may be another one tomorrow: \`${shorten(name)}\``,
      };
    }
  },
);

const PROTECTS =
  /^\s*(?:-\s*)?(?:runAsNonRoot:\s*true|readOnlyRootFilesystem:\s*true|allowPrivilegeEscalation:\s*false|automountServiceAccountToken:\s*false|seccompProfile:|drop:\s*\[?\s*["']?ALL|cap_drop:|read_only:\s*true|no-new-privileges:?\s*(?:true)?|user:\s*\S|runAsUser:\s*[1-9]|policyTypes:|securityContext:)/;

/** A protection of a container that stood and is gone. */
const lostProtection = lostRule(
  { id: 'security/guard-removed', severity: 'medium', remedy: 'Keep it.' },
  { pattern: PROTECTS, what: 'A protection' },
);

/** What containers may do, and which they are. */
export const manifestRisks: readonly Rule[] = [rights, unpinned, lostProtection];
