import { SCRIPTS } from '../read/language.ts';
import type { Hunk } from '../read/diff.ts';
import { lineNear } from '../read/diff.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, type Hit, type Rule } from '../rules.ts';
import { isAnnounced, isReachable } from './api.ts';

type Change = { line: number; text: string; message: string; severity?: 'low' };

/** What callers of a module see that is written another way now, by the lines of a hunk. */
const CHANGES: readonly ((hunk: Hunk, source: SourceFile) => Iterable<Change>)[] = [
  function* (hunk) {
    for (const { old, now } of pairs(
      hunk,
      /^\s*export (?:default )?(?:async )?function\*? ([\w$]+)|^\s*(?:exports|module\.exports)\.([\w$]+) = (?:async )?(?:function|\()/,
    ))
      if (/\basync\b/.test(now.text) && !/\basync\b|Promise/.test(old.text))
        yield { ...at(now), message: 'Callers get a promise now' };
      else {
        const before = optionsIn(old.text);
        const gone = before.find((name) => !optionsIn(now.text).includes(name));
        if (gone !== undefined && !now.text.includes('...'))
          yield { ...at(now), message: `The option \`${gone}\` is not looked at any more` };
        if (/\bexport default\b/.test(old.text) && !/\bexport default\b/.test(now.text))
          yield { ...at(now), message: 'There is no default export any more' };
      }
  },
  function* (hunk, source) {
    const listed = (text: string) =>
      (/^\s*(?:module\.exports\s*=|export)\s*\{([^}]*)\}/.exec(text)?.[1] ?? '')
        .split(',')
        .map((part) =>
          part
            .trim()
            .replace(/\s*:.*$/, '')
            .replace(/^.* as /, ''),
        )
        .filter(Boolean);
    const removed = hunk.lines.filter(({ kind }) => kind === 'removed');
    for (const now of hunk.lines.filter(({ kind }) => kind === 'added')) {
      const kept = listed(now.text);
      const gone =
        kept.length === 0
          ? undefined
          : removed.flatMap(({ text }) => listed(text)).find((name) => !kept.includes(name));
      if (
        gone !== undefined &&
        !new RegExp(`\\bexports?\\b[^;]*\\b${gone.replaceAll('$', '\\$')}\\b`).test(source.text)
      )
        yield { ...at(now), message: `\`${gone}\` can be used from outside and is gone` };
    }
  },
  function* (hunk) {
    for (const { old, now } of pairs(hunk, /\.emit\(\s*/)) {
      const [before, after] = [old, now].map(({ text }) => /\.emit\(\s*['"]([\w:.-]+)['"]/.exec(text)?.[1]);
      if (before !== undefined && after !== undefined && before !== after)
        yield { ...at(now), message: `Whoever listens to \`${before}\` hears nothing any more` };
    }
  },
  function* (hunk) {
    for (const { old, now } of pairs(hunk, /^\s*return \{/)) {
      const keys = (text: string) => [...text.matchAll(/[{,]\s*([\w$]+)\s*(?=[:,}])/g)].map(([, key = '']) => key);
      const gone = keys(old.text).find((key) => !keys(now.text).includes(key));
      if (gone !== undefined && !now.text.includes('...'))
        yield { ...at(now), severity: 'low', message: `What is returned has no \`${gone}\` any more` };
    }
  },
];

type Line = Hunk['lines'][number];
const at = ({ newLine, text }: Line) => ({ line: newLine, text });

/** Lines of the hunk that are alike in what the pattern names, before and after. */
function pairs({ lines }: Hunk, pattern: RegExp): { old: Line; now: Line }[] {
  const key = (text: string) => pattern.exec(text)?.slice(1).find(Boolean) ?? (pattern.test(text) ? '' : undefined);
  return lines.flatMap((now) => {
    const name = now.kind === 'added' ? key(now.text) : undefined;
    const old =
      name === undefined ? undefined : lines.find(({ kind, text }) => kind === 'removed' && key(text) === name);
    return old ? [{ old, now }] : [];
  });
}

function optionsIn(text: string): string[] {
  return (/\(\s*(?:[^{]*,\s*)?\{([^}]*)\}/.exec(text)?.[1] ?? '')
    .split(',')
    .map((part) => part.trim().replace(/\s*[=:].*$/, ''))
    .filter((name) => /^[\w$]+$/.test(name));
}

const changed: Rule = {
  id: 'architect/changed-api',
  severity: 'medium',
  remedy: 'Let the old call go on working, or say in the change log that it does not.',
  languages: SCRIPTS,
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of reading.files) {
      if (
        !SCRIPTS.some((name) => name === source.language.name) ||
        source.role !== 'product' ||
        source.change.status !== 'modified'
      )
        continue;
      const reach = isReachable(source.path, reading);
      if (reach === 'no') continue;
      for (const hunk of source.change.hunks)
        for (const change of CHANGES)
          for (const hit of change(hunk, source))
            yield {
              file: source.path,
              ...hit,
              ...(reach === 'perhaps' ? { severity: 'low' as const } : {}),
            } satisfies Hit;
    }
  },
};

/** What package.json offers: ways in, programs, the oldest Node that runs it. */
const manifest: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it, or say in the change log that it goes.',
  removes: true,
  languages: ['json'],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of reading.files) {
      if (!/(^|\/)package\.json$/.test(source.path) || source.oldText === undefined) continue;
      const [before, now] = [offered(source.oldText), offered(source.text)];
      const gone = now && before?.find((name) => !now.includes(name) && !isSpelledOut(name, before, now));
      const hunk =
        gone === undefined
          ? undefined
          : source.change.hunks.find(({ lines }) =>
              lines.some(({ kind, text }) => kind === 'removed' && text.includes(gone.replace(/^\w+ /, ''))),
            );
      const line = hunk?.lines.find(
        ({ kind, text }) => kind === 'removed' && gone !== undefined && text.includes(gone.replace(/^\w+ /, '')),
      );
      if (
        gone !== undefined &&
        hunk &&
        !/"version"/.test(
          hunk.lines
            .filter(({ kind }) => kind === 'removed')
            .map(({ text }) => text)
            .join(),
        )
      )
        yield {
          file: source.path,
          line: lineNear(hunk, line),
          ...(gone.startsWith('node ') ? { severity: 'low' as const } : {}),
          message: `\`${gone.replace(/^\w+ /, '')}\` (${gone.split(' ', 1)[0]}) is not offered any more`,
          text: gone,
        } satisfies Hit;
    }
  },
};

/** A pattern of ways in that are now named one by one. */
function isSpelledOut(name: string, before: readonly string[], now: readonly string[]): boolean {
  const [start, end] = name.split('*');
  if (start === undefined || end === undefined) return false;
  return now.some((one) => !before.includes(one) && one.startsWith(start) && one.endsWith(end));
}

function offered(text: string): string[] | undefined {
  try {
    const json = JSON.parse(text) as { exports?: object; bin?: object | string; engines?: { node?: string } };
    const names = (what: string, value: unknown) =>
      typeof value === 'object' && value !== null ? Object.keys(value).map((key) => `${what} ${key}`) : [];
    return [
      ...names('exports', json.exports),
      ...names('bin', json.bin),
      ...(json.engines?.node === undefined ? [] : [`node ${json.engines.node}`]),
    ];
  } catch {
    // What is no JSON is told by the rule that parses.
    return undefined;
  }
}

const global = lineRule({
  id: 'architect/changed-api',
  severity: 'medium',
  languages: SCRIPTS,
  pattern:
    /^\s*(?:Array|Object|String|Number|Function|Promise|Date|RegExp|Map|Set)\.prototype\.\w+\s*=|^\s*globalThis\.\w+\s*=\s*(?:function|\()/,
  unless: (_line, { path }) => /polyfill|shim|setup|test/i.test(path),
  message: 'What belongs to all is changed by one module: `$&`',
  remedy: 'Export a function.',
});

/** What modules of JavaScript offer. */
export const scriptContract: readonly Rule[] = [changed, manifest, global];
