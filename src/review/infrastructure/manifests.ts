import { lineNear, type HunkLine } from '../read/diff.ts';
import type { Severity } from '../../goal/wall.ts';
import { objectsOf, servicesOf, tasksOf, type KubernetesObject } from '../read/manifests.ts';
import type { SourceFile } from '../read/reading.ts';
import { isTouched, treesOf, under, within, type Entry } from '../read/yaml-tree.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

type Fault = { at: Entry; message: string; severity?: Severity };

/** A rule about what clusters, compose files and playbooks say: it is told where a line of the value is new. */
export function manifestRule(
  rule: Pick<Rule, 'id' | 'severity' | 'remedy'>,
  faults: (source: SourceFile) => Iterable<Fault>,
): Rule {
  return {
    ...rule,
    languages: ['yaml'],
    *find(reading) {
      for (const source of reading.files) {
        if (source.language.name !== 'yaml' || source.change.status === 'deleted' || source.role === 'test') continue;
        for (const { at, message, severity } of faults(source))
          if (isTouched(at, source))
            yield {
              file: source.path,
              line: newLine(at, source),
              message,
              ...(severity ? { severity } : {}),
            } satisfies Hit;
      }
    },
  };
}

/** A rule about settings of containers that stood and are gone: the line was not moved, and its key is not written anew beside it. */
export function lostRule(
  rule: Pick<Rule, 'id' | 'severity' | 'remedy'>,
  { pattern, what }: { pattern: RegExp; what: string },
): Rule {
  return {
    ...rule,
    languages: ['yaml'],
    *find(reading) {
      for (const source of reading.files) {
        if (source.language.name !== 'yaml' || source.change.status !== 'modified') continue;
        if (objectsOf(source).length + servicesOf(source).length === 0) continue;
        const moved = new Set(source.added.map(({ text }) => itemOf(text)));
        for (const hunk of source.change.hunks) {
          const gone = hunk.lines.find(
            ({ kind, text }) => kind === 'removed' && pattern.test(text) && !moved.has(itemOf(text)),
          );
          const key = gone && /^[\w-]+:/.exec(itemOf(gone.text))?.[0];
          const anew = ({ kind, text }: HunkLine) =>
            kind === 'added' && key !== undefined && itemOf(text).startsWith(key);
          if (gone && !hunk.lines.some(anew))
            yield {
              file: source.path,
              line: lineNear(hunk, gone),
              message: `${what} is gone: \`${shorten(gone.text)}\``,
              text: gone.text,
            } satisfies Hit;
        }
      }
    },
  };
}

/** The line without its indent, and without the dash of a list. */
const itemOf = (text: string) => text.trim().replace(/^-\s+/, '');

function newLine({ start, end }: Entry, source: SourceFile): number {
  for (let line = start; line <= end; line += 1) if (source.isAdded(line)) return line;
  return start;
}

/** Every value below an entry that is a text. */
export const scalars = (entry: Entry | undefined): Entry[] =>
  entry ? [...within(entry)].filter(({ text }) => text !== undefined) : [];

/** Names of a manifest that lead nowhere. */
const dangling = manifestRule(
  { id: 'code/dangling-reference', severity: 'high', remedy: 'Name what is there.' },
  function* (source) {
    for (const object of objectsOf(source)) yield* lostIn(object);
    const services = servicesOf(source);
    const names = new Set(services.map(({ key }) => key));
    const [root] = treesOf(source);
    const declared = (key: string) => new Set(under(root, key)?.children.map((entry) => entry.key));
    for (const service of services) {
      const depends = under(service, 'depends_on');
      for (const entry of depends?.children ?? []) {
        const name = entry.text ?? entry.key;
        if (!names.has(name) && under(root, 'include') === undefined)
          yield { at: entry, message: `There is no service \`${shorten(name)}\`` };
      }
      for (const key of ['networks', 'secrets', 'configs'])
        for (const entry of under(service, key)?.children ?? []) {
          const name = entry.text ?? (/^\d+$/.test(entry.key) ? under(entry, 'source')?.text : entry.key);
          if (name !== undefined && name !== 'default' && !declared(key).has(name) && !name.includes('$'))
            yield { at: entry, message: `No ${key.slice(0, -1)} \`${shorten(name)}\` is declared` };
        }
      for (const entry of under(service, 'volumes')?.children ?? []) {
        const name = /^([a-z][\w-]*):/i.exec(entry.text ?? '')?.[1];
        if (name !== undefined && !declared('volumes').has(name))
          yield { at: entry, message: `No volume \`${shorten(name)}\` is declared` };
      }
    }
  },
);

function* lostIn({ root, pod, containers }: KubernetesObject): Iterable<Fault> {
  const wanted = under(root, 'spec', 'selector', 'matchLabels');
  const given = under(root, 'spec', 'template', 'metadata', 'labels');
  if (wanted && given)
    for (const label of wanted.children)
      if (under(given, label.key)?.text !== label.text)
        yield {
          at: isNearer(label, given),
          message: `No pod of this template has the label \`${label.key}: ${label.text ?? ''}\``,
        };
  const volumes = new Set([
    ...(under(pod, 'volumes')?.children ?? []).map((volume) => under(volume, 'name')?.text),
    ...(under(root, 'spec', 'volumeClaimTemplates')?.children ?? []).map(
      (claim) => under(claim, 'metadata', 'name')?.text,
    ),
  ]);
  for (const container of containers)
    for (const mount of under(container, 'volumeMounts')?.children ?? []) {
      const name = under(mount, 'name');
      if (name?.text !== undefined && !volumes.has(name.text))
        yield { at: mount, message: `There is no volume \`${shorten(name.text)}\`` };
    }
}

/** The wanted label, or all that are given: either may be what changed. */
function isNearer(label: Entry, given: Entry): Entry {
  return { ...label, start: Math.min(label.start, given.start), end: label.end < given.start ? label.end : given.end };
}

/** A failure of a task or a step is not heeded. */
const unheeded = manifestRule(
  {
    id: 'code/swallowed-error',
    severity: 'medium',
    remedy: 'Say which failure is meant with failed_when, or let it fail.',
  },
  function* (source) {
    for (const task of tasksOf(source))
      for (const [key, value] of [
        ['ignore_errors', /^(?:true|yes)$/i],
        ['failed_when', /^(?:false|no)$/i],
        ['ignore_unreachable', /^(?:true|yes)$/i],
      ] as const) {
        const found = under(task, key);
        if (found && value.test(found.text ?? ''))
          yield { at: found, message: `Whatever goes wrong in this task is left aside: \`${key}\`` };
      }
    if (/(^|\/)\.github\/workflows\//.test(source.path))
      for (const entry of treesOf(source).flatMap((root) => [...within(root)]))
        if (entry.key === 'continue-on-error' && entry.text === 'true' && /^\d+$/.test(entry.parent?.key ?? ''))
          yield { at: entry, severity: 'low', message: 'This step may fail and nobody hears of it' };
  },
);

/** What containers take of their host, and how often they are asked. */
const appetite = manifestRule(
  {
    id: 'performance/limits',
    severity: 'medium',
    remedy: 'Say how much memory and time it may take, and ask no more often than the answer matters.',
  },
  function* (source) {
    for (const { kind, containers, root } of objectsOf(source)) {
      if (source.oldText === undefined && /^(?:Deployment|StatefulSet|DaemonSet)$/.test(kind))
        for (const container of containers)
          if (under(container, 'resources') === undefined)
            yield {
              at: container,
              severity: 'low',
              message: 'This may take all the memory and time of its host: it has no limits',
            };
      const probes = containers.flatMap((container) =>
        ['livenessProbe', 'readinessProbe'].flatMap((key) => under(container, key) ?? []),
      );
      for (const probe of probes) {
        const period = under(probe, 'periodSeconds');
        if (period && /^[12]$/.test(period.text ?? ''))
          yield { at: period, severity: 'low', message: 'It is asked every second or two whether it lives' };
      }
      const replicas = under(root, 'spec', 'replicas');
      if (replicas && Number(replicas.text) >= 50)
        yield { at: replicas, severity: 'low', message: `${replicas.text ?? ''} of them run, whatever there is to do` };
    }
    for (const service of servicesOf(source)) {
      const interval = under(service, 'healthcheck', 'interval');
      if (interval && /^(?:[12]s|\d+ms)$/.test(interval.text ?? ''))
        yield { at: interval, severity: 'low', message: 'It is asked every second or two whether it lives' };
    }
    for (const task of tasksOf(source)) {
      const loop = under(task, 'loop') ?? under(task, 'with_items');
      const module = task.children.find(({ key }) =>
        /(?:^|\.)(?:apt|yum|dnf|package|pip|apk|npm|pacman|zypper)$/.test(key),
      );
      if (
        loop &&
        module &&
        /\{\{\s*item\b/.test(
          scalars(module)
            .map(({ text }) => text)
            .join(' '),
        )
      )
        yield { at: loop, message: 'One installation for each package: the module takes a list' };
    }
  },
);

/** Limits that stood and are gone. */
const unlimited = lostRule(
  { id: 'performance/limits', severity: 'medium', remedy: 'Keep the limit, or say why it must go.' },
  { pattern: /^\s*(?:limits:|mem_limit:|cpus:|memory:|cpu:|resources:|deploy:)/, what: 'A limit' },
);

/** What in clusters, compose files and playbooks refers to nothing or hides a failure. */
export const manifestSlips: readonly Rule[] = [dangling, unheeded];
/** What containers cost. */
export const manifestCosts: readonly Rule[] = [appetite, unlimited];
