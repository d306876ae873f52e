import { treesOf, under, within, type Entry } from './yaml-tree.ts';

type Text = { path: string; text: string; partial?: boolean };

/** An object of Kubernetes, its pods' settings if it has any, and the containers in them. */
export type KubernetesObject = { kind: string; root: Entry; pod: Entry | undefined; containers: readonly Entry[] };

/** The objects of Kubernetes that a file describes; none if it is something else. */
export function objectsOf(source: Text): KubernetesObject[] {
  return treesOf(source).flatMap((root) => {
    const kind = under(root, 'kind')?.text;
    if (kind === undefined || under(root, 'apiVersion') === undefined) return [];
    const pod = podOf(root, kind);
    const containers = ['containers', 'initContainers'].flatMap((key) => under(pod, key)?.children ?? []);
    return [{ kind, root, pod, containers }];
  });
}

function podOf(root: Entry, kind: string): Entry | undefined {
  if (kind === 'Pod') return under(root, 'spec');
  if (kind === 'CronJob') return under(root, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
  return under(root, 'spec', 'template', 'spec');
}

/** The services of a compose file. */
export function servicesOf(source: Text): readonly Entry[] {
  if (!/(^|\/)(?:docker-)?(?:compose|stack)[^/]*\.ya?ml$/.test(source.path)) return [];
  return under(treesOf(source)[0], 'services')?.children ?? [];
}

/** The tasks of a playbook or a role, wherever they are nested. */
export function tasksOf(source: Text): Entry[] {
  const isPlaybook =
    /(^|\/)(?:playbooks?|roles|tasks|handlers|ansible)\//.test(source.path) ||
    /(^|\/)(?:site|playbook)[^/]*\.ya?ml$/.test(source.path);
  return treesOf(source).flatMap((root) => {
    const plays = root.children.some((play) => under(play, 'hosts') !== undefined);
    if (!isPlaybook && !plays) return [];
    return [...within(root)].filter(
      (entry) => /^\d+$/.test(entry.key) && entry.children.some(({ key }) => MODULE.test(key)),
    );
  });
}

const MODULE =
  /^(?:[a-z_]+\.[a-z_]+\.[a-z_]+|command|shell|raw|script|apt|yum|dnf|package|pip|npm|file|copy|template|get_url|uri|git|service|systemd|user|group|lineinfile|blockinfile|unarchive|cron|docker_container|mysql_\w+|postgresql_\w+)$/;
