import { posix } from 'node:path';
import { lineNear } from '../read/diff.ts';
import type { Instruction } from '../read/docker.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { imageRule, imagesOf, isAdded, LANGUAGES, newLine } from './images.ts';

/** What an instruction names and the image does not have. */
const lost = imageRule(
  { id: 'code/dangling-reference', severity: 'high', remedy: 'Name what is there.' },
  function* ({ source, all }) {
    for (const at of all) {
      if (!isAdded(at, source)) continue;
      const from = at.flags.map((flag) => /^--from=([\w.-]+)$/.exec(flag)?.[1]).find(Boolean);
      const stages = all.filter(({ name, start }) => name === 'FROM' && start < at.start).map(({ stage }) => stage);
      if (
        from !== undefined &&
        !/^\d+$/.test(from) &&
        stages.length > 1 &&
        !stages.some(({ alias }) => alias?.toLowerCase() === from.toLowerCase())
      )
        yield { at, message: `There is no stage \`${shorten(from)}\`` };
    }
    const [first] = all.filter(({ name }) => name === 'FROM');
    for (const early of all.filter(({ name, start }) => name === 'ARG' && first && start < first.start)) {
      const name = early.words.split('=')[0] ?? '';
      for (const at of all) {
        if (
          at.name === 'FROM' ||
          at.start <= (first?.start ?? 0) ||
          !isAdded(at, source) ||
          !new RegExp(`\\$\\{?${name}\\b`).test(at.words)
        )
          continue;
        const again = all.some(
          (other) =>
            /^(?:ARG|ENV)$/.test(other.name) &&
            other.stage === at.stage &&
            other.start <= at.start &&
            other !== early &&
            new RegExp(`\\b${name}\\b`).test(other.words.split('=')[0] ?? ''),
        );
        if (!again) yield { at, message: `\`${name}\` is empty here: it was declared before FROM and not again` };
      }
    }
  },
);

/** Instructions that do not do what they seem to. */
const idle = imageRule(
  {
    id: 'code/shell-slip',
    severity: 'medium',
    remedy: 'Use WORKDIR, the list form of commands, and a shell with pipefail.',
  },
  function* ({ source, all }) {
    for (const at of all) {
      if (!isAdded(at, source)) continue;
      if (at.name === 'RUN' && /^cd\s+\S+$/.test(at.words))
        yield { at, message: 'The next instruction does not run in this folder' };
      if (at.name === 'RUN' && /^(?:export\s+)?[A-Za-z_]\w*=\S+$/.test(at.words))
        yield { at, message: 'The next instruction does not know this variable' };
      if (at.name === 'ENTRYPOINT' && !at.words.startsWith('[') && !/^(?:exec|\/bin\/sh)\b/.test(at.words))
        yield {
          at,
          severity: all.some(({ name, stage }) => name === 'CMD' && stage === at.stage) ? 'medium' : 'low',
          message: 'In this form neither CMD nor signals reach the program',
        };
      if (at.name === 'RUN' && /\b(?:curl|wget)\b[^|;&]*\|(?!\|)/.test(at.words) && !/pipefail/.test(source.text))
        yield { at, severity: 'low', message: 'A download that fails is not noticed before the pipe' };
    }
  },
);

/** What an instruction says and does not do: lists that are none, commands that leave nothing behind, failures that count as success. */
const hollow = imageRule(
  {
    id: 'code/shell-slip',
    severity: 'medium',
    remedy: 'Write lists with double quotes, one word an entry, and let a failed step fail the build.',
  },
  function* ({ source, all }) {
    for (const at of all) {
      if (!isAdded(at, source)) continue;
      const { name, words, stage } = at;
      const list = /^\[.*\]$/.test(words);
      if (list && /^\[\s*'/.test(words))
        yield { at, message: 'With single quotes this is no list but a text for the shell' };
      else if (list && /^(?:CMD|ENTRYPOINT|RUN)$/.test(name) && /^\[\s*"[\w./-]+\s+[^"]+"\s*\]$/.test(words))
        yield { at, message: 'The whole text is taken for the name of one program' };
      else if (
        list &&
        /^(?:CMD|ENTRYPOINT)$/.test(name) &&
        /"[^"]*\$\{?[A-Za-z_]/.test(words) &&
        !/"(?:-\w*c|\/bin\/\w*sh|\w*sh)"/.test(words)
      )
        yield { at, message: 'No shell puts the value in place of this name' };
      if (name === 'RUN' && /^(?:source|\.)\s+\S+$/.test(words))
        yield { at, message: 'The next instruction knows nothing of what this sets' };
      const volume = all.find(
        (other) => other.name === 'VOLUME' && other.stage === stage && other.start < at.start && isAdded(other, source),
      );
      const kept = volume?.words
        .replace(/[[\]",]/g, ' ')
        .trim()
        .split(/\s+/)
        .find((path) => path.length > 1 && new RegExp(`\\s${path.replace(/[^\w/]/g, '.')}(?:/|\\s|$)`).test(words));
      if (name === 'RUN' && volume && kept !== undefined)
        yield { at: volume, message: `What is written to \`${kept}\` after this is lost` };
      if (name === 'EXPOSE' && portLeft(words, { source, all }))
        yield { at, message: 'The program still listens on the port that stood here' };
    }
  },
);

const INSTRUCTION =
  /^\s*(?:FROM|COPY|ADD|ENV|CMD|ENTRYPOINT|USER|EXPOSE|RUN|ARG|LABEL|VOLUME|WORKDIR|HEALTHCHECK)\s+[^=(\s]/;

/** A line too many ends in a backslash, so that the next instruction is read as words of a command; and commands of which only the last counts. */
const swallowed = imageRule(
  { id: 'code/shell-slip', severity: 'high', remedy: 'Take the backslash away, or the command that does not count.' },
  function* ({ source, all }) {
    for (const at of all) {
      if (at.name === 'RUN' && !/<</.test(at.words))
        for (let number = at.start + 1; number <= at.end; number += 1) {
          const near = [number - 1, number].some((line) => source.isAdded(line));
          const before = source.lineAt(number - 1)?.raw ?? '';
          if (near && INSTRUCTION.test(source.lineAt(number)?.raw ?? '') && /[^&|;(\s]\s*\\\s*$/.test(before))
            yield {
              at: { ...at, start: number, end: number },
              message: 'This instruction is read as words of the command above',
            };
        }
      if (at.name !== 'CMD' && at.name !== 'ENTRYPOINT') continue;
      const later = all.find((other) => other.name === at.name && other.stage === at.stage && other.start > at.start);
      if (later && (isAdded(at, source) || isAdded(later, source)))
        yield {
          at: isAdded(at, source) ? at : later,
          severity: 'medium',
          message: `Only the last ${at.name} of an image counts`,
        };
    }
  },
);

function portLeft(words: string, { source, all }: { source: SourceFile; all: readonly Instruction[] }): boolean {
  const old = source.change.removed.flatMap(({ text }) => /^\s*EXPOSE\s+(\d+)\b/i.exec(text)?.[1] ?? [])[0];
  if (old === undefined || words.includes(old)) return false;
  const others = all
    .filter(({ name }) => /^(?:CMD|ENTRYPOINT|HEALTHCHECK|ENV)$/.test(name))
    .map((other) => other.words);
  return (
    others.some((text) => new RegExp(`\\b${old}\\b`).test(text)) && !others.some((text) => text.includes(words.trim()))
  );
}

/** A step of an image may fail now and nobody hears of it. */
const forgiven: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Join the commands with &&, or say set -e first.',
  languages: LANGUAGES,
  *find(reading) {
    for (const { source, all } of imagesOf(reading))
      for (const at of all) {
        if (!isAdded(at, source)) continue;
        const how = forgives(at, source);
        if (how !== undefined) yield { file: source.path, line: newLine(at, source), message: how } satisfies Hit;
      }
  },
};

function forgives({ name, words }: Instruction, source: SourceFile): string | undefined {
  if (name === 'HEALTHCHECK' && /\|\|\s*(?:exit 0|true|:)\s*"?\]?$/.test(words))
    return 'The container is healthy whatever it answers';
  if (name !== 'RUN') return undefined;
  if (/;\s*(?:exit 0|true)\s*$/.test(words)) return 'This step succeeds whatever happens';
  const removed = source.change.removed.map(({ text }) => text).join(' ');
  const flat = (text: string) => text.replace(/\\\s|&&|;|\s|^RUN/g, '');
  if (/;/.test(words) && !/\bset\s+-\w*e/.test(words) && /&&/.test(removed) && flat(removed).includes(flat(words)))
    return 'A command that fails does not stop the others any more';
  const sets = source.change.removed.some(({ text }) => /\bset\s+-\w*e/.test(text));
  if (sets && /;/.test(words) && !/\bset\s+-\w*e/.test(words) && !/^SHELL\b.*-\w*e/m.test(source.text))
    return 'A command that fails does not stop the others any more';
  return undefined;
}

/** What makes a container do nothing, or shows its insides while it is built: for the author alone. */
const debugging = imageRule(
  { id: 'code/debug-print', severity: 'medium', remedy: 'Remove it.' },
  function* ({ source, all }) {
    for (const at of all) {
      if (!isAdded(at, source)) continue;
      const parts = at.words.split(/&&|;|\|\|/).map((part) => part.trim());
      if (
        at.name === 'RUN' &&
        !/(?:^|\/)tests?\//.test(source.path) &&
        parts.every((part) => /^(?:ls|env|printenv|pwd|whoami|id|tree|cat \/(?:etc|proc)\S*|du)\b[^|>]*$/.test(part))
      )
        yield { at, message: `This only shows something: \`${shorten(at.words)}\`` };
      const idles =
        /^(?:\[\s*)?"?(?:sleep"?,?\s*"?(?:infinity|\d{4,})|tail"?,?\s*"?-f"?,?\s*"?\/dev\/null)|while true/.test(
          at.words,
        );
      if (
        /^(?:CMD|ENTRYPOINT)$/.test(at.name) &&
        idles &&
        source.change.removed.some(({ text }) => /^\s*(?:CMD|ENTRYPOINT)\b/i.test(text))
      )
        yield { at, message: 'The container does nothing any more' };
    }
  },
);

/** What an image did for the program that runs in it, and does not any more. */
const undone: Rule = {
  id: 'code/shell-slip',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Keep it, or show what takes its place.',
  languages: LANGUAGES,
  *find(reading) {
    for (const { source, all } of imagesOf(reading).filter(({ source: { change } }) => change.removed.length > 0))
      for (const hunk of source.change.hunks)
        for (const gone of hunk.lines.filter(({ kind }) => kind === 'removed')) {
          const message = lossOf(gone.text, all, source);
          if (message === undefined) continue;
          const now = hunk.lines.find(
            ({ kind, text }) => kind === 'added' && /^\s*(?:CMD|ENTRYPOINT|RUN)\b/i.test(text),
          );
          yield {
            file: source.path,
            line: now?.newLine ?? lineNear(hunk, gone),
            message,
            text: gone.text,
          } satisfies Hit;
        }
  },
};

function lossOf(old: string, all: readonly Instruction[], source: SourceFile): string | undefined {
  const runs = all.filter(({ name }) => /^(?:CMD|ENTRYPOINT)$/.test(name));
  const made = /\bchmod\s+(?:-R\s+)?\S*\+x\s+(\S+)/.exec(old)?.[1];
  if (
    made !== undefined &&
    !/chmod/.test(source.text) &&
    runs.some(({ words }) => words.includes(posix.basename(made)))
  )
    return `Nothing makes \`${shorten(made)}\` a program any more`;
  const was = /^\s*(CMD|ENTRYPOINT)\s+\[/i.exec(old)?.[1]?.toUpperCase();
  const now = runs.find(
    ({ name, words, start }) =>
      name === was && !words.startsWith('[') && !/^exec\b/.test(words) && source.isAdded(start),
  );
  if (now) return 'A shell stands before the program now: signals do not reach it';
  const built = /(?:-o|--output|>|\bto)\s+(\/[\w./-]+)/.exec(old)?.[1];
  const taken =
    built === undefined
      ? undefined
      : all.find(
          ({ flags, words }) => flags.some((flag) => flag.startsWith('--from=')) && words.split(/\s+/)[0] === built,
        );
  if (built !== undefined && taken && !all.some((at) => at !== taken && at.words.includes(built)))
    return `Nothing makes \`${built}\` any more, and a later stage copies it`;
  return undefined;
}

/** Files that an image copies and the repository does not have. */
const missingFile: Rule = {
  id: 'code/dangling-reference',
  severity: 'low',
  remedy: 'Copy what is there.',
  languages: LANGUAGES,
  *find(reading) {
    for (const { source, all } of imagesOf(reading))
      for (const at of all) {
        if (
          at.name !== 'COPY' ||
          !isAdded(at, source) ||
          at.flags.some((flag) => flag.startsWith('--from')) ||
          /^\[|<</.test(at.words)
        )
          continue;
        const folders = new Set([...reading.paths].map((path) => path.split('/')[0] ?? ''));
        const lostName = at.words
          .split(/\s+/)
          .slice(0, -1)
          .map((word) => word.replace(/^\.?\//, '').replace(/\/$/, ''))
          .find(
            (word) =>
              word !== '' &&
              !/[*?$[\]{}"']|^\.\.?$|^https?:|dist|build|target|out\b|bin\b|node_modules|\.next|publish/.test(word) &&
              ![...reading.paths].some(
                (path) =>
                  path === word ||
                  path.startsWith(`${word}/`) ||
                  path.endsWith(`/${word}`) ||
                  path.includes(`/${word}/`),
              ) &&
              !folders.has(word),
          );
        if (lostName !== undefined)
          yield {
            file: source.path,
            line: newLine(at, source),
            message: `The repository has no \`${shorten(lostName)}\``,
          } satisfies Hit;
      }
  },
};

/** Slips in images. */
export const imageSlips: readonly Rule[] = [swallowed, lost, idle, hollow, forgiven, debugging, undone, missingFile];
