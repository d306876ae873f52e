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
export const imageSlips: readonly Rule[] = [lost, idle, missingFile];
