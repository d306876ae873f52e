import { posix } from 'node:path';
import { filledIn, givers, instructionsOf, type Instruction } from '../read/docker.ts';
import { lineNear } from '../read/diff.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** What these rules read. */
export const LANGUAGES = ['dockerfile'] as const;

type Image = { source: SourceFile; all: readonly Instruction[] };

/** Every Dockerfile of the change that is there. */
export function imagesOf(reading: Reading): Image[] {
  return reading.files
    .filter(
      ({ language, partial, change }) => language.name === 'dockerfile' && !partial && change.status !== 'deleted',
    )
    .map((source) => ({ source, all: instructionsOf(source) }));
}

/** Some line of it is new. */
export function isAdded({ start, end }: Instruction, source: SourceFile): boolean {
  for (let line = start; line <= end; line += 1) if (source.isAdded(line)) return true;
  return false;
}

/** The line of an instruction that a finding points at: the first one that is new. */
export function newLine({ start, end }: Instruction, source: SourceFile): number {
  for (let line = start; line <= end; line += 1) if (source.isAdded(line)) return line;
  return start;
}

type Fault = { at: Instruction; message: string; severity?: Hit['severity'] };

/** A template: what it will say is not known yet. */
function isFilledIn({ words }: Instruction): boolean {
  return /\{\{(?!\.|json\b|\})|\{%/.test(words.replace(/(?:-f|--format)[= ]?(["'])\{\{.*?\1/g, ''));
}

/** A rule about the instructions of an image. */
export function imageRule(
  rule: Pick<Rule, 'id' | 'severity' | 'remedy'>,
  faults: (image: Image) => Iterable<Fault>,
): Rule {
  return {
    ...rule,
    ignoresMoves: true,
    languages: LANGUAGES,
    *find(reading) {
      for (const image of imagesOf(reading))
        for (const { at, message, severity } of faults(image))
          if (!isFilledIn(at))
            yield {
              file: image.source.path,
              line: newLine(at, image.source),
              message,
              ...(severity ? { severity } : {}),
            } satisfies Hit;
    },
  };
}

/** What a RUN installs from a list that stands in the sources. */
const FROM_LIST =
  /\b(?:npm (?:ci|install|i)(?=\s*(?:$|&&|;|--?\w))|yarn(?: install)?(?=\s*(?:$|&&|;|--))|pnpm (?:install|i)\b(?!\s+\w)|bun install|pip3? install (?:.*\s)?(?:-r|--requirement)|poetry install|pipenv (?:install|sync)|uv (?:sync|pip install -r)|bundle install|composer install|go mod download|mvn\b.*dependency:|gradlew?\b.*dependencies|cargo fetch|mix deps\.get|dotnet restore)/;
const COPIES_ALL = /^(?:COPY|ADD)$/;

/** All sources, to wherever they go. */
const WHOLE = /^\.\/?\s/;

/** All sources are copied, and then packages are installed: each change of a source installs them anew. It is moving that does it. */
const { ignoresMoves: _moves, ...cacheBroken } = imageRule(
  {
    id: 'performance/image-cache',
    severity: 'medium',
    remedy: 'Copy the lists of packages first, install, then copy the sources.',
  },
  function* ({ source, all }) {
    for (const install of all) {
      if (
        install.name !== 'RUN' ||
        !FROM_LIST.test(install.words) ||
        /--mount=type=(?:cache|bind)/.test(install.flags.join(' '))
      )
        continue;
      const before = all.filter((other) => other.stage === install.stage && other.end < install.start);
      const whole = before.find(
        ({ name, words, flags }) =>
          COPIES_ALL.test(name) && WHOLE.test(words) && !flags.some((flag) => flag.startsWith('--from')),
      );
      const earlier = before.some(({ name, words }) => name === 'RUN' && FROM_LIST.test(words));
      if (whole && !earlier && (isAdded(whole, source) || isAdded(install, source)))
        yield {
          at: isAdded(whole, source) ? whole : install,
          message: 'Packages are installed anew whenever any source changes',
        };
    }
  },
);

/** What a package manager leaves behind, and how it is kept out of the layer. */
const LEAVINGS: readonly { install: RegExp; clean: RegExp; what: string; severity: Hit['severity'] }[] = [
  {
    install: /\bapt(?:-get)?\b[^&;|]*\binstall\b/,
    clean: /rm\s+-\w+\s+[^&;]*\/var\/lib\/apt\/lists|apt-get (?:dist)?clean.*rm|\brm\b.*\/var\/lib\/apt/,
    what: 'apt',
    severity: 'medium',
  },
  {
    install: /\bapk\b[^&;|]*\badd\b/,
    clean: /--no-cache|rm\s+-\w+\s+[^&;]*\/var\/cache\/apk/,
    what: 'apk',
    severity: 'medium',
  },
  {
    install: /\b(?:yum|dnf|microdnf)\b[^&;|]*\binstall\b/,
    clean: /\bclean all\b|rm\s+-\w+\s+[^&;]*\/var\/cache\/(?:yum|dnf)|--setopt=keepcache=0/,
    what: 'the package manager',
    severity: 'medium',
  },
  {
    install: /\bpip3?\b[^&;|]*\binstall\b/,
    clean: /--no-cache-dir|PIP_NO_CACHE_DIR|rm\s+-\w+\s+[^&;]*\.cache/,
    what: 'pip',
    severity: 'low',
  },
];

/** Lists and downloads of packages that stay in the image. */
const leavings = imageRule(
  {
    id: 'performance/image-size',
    severity: 'medium',
    remedy: 'Clean up in the same RUN, or mount the folder as a cache.',
  },
  function* ({ source, all }) {
    for (const run of all) {
      if (
        run.name !== 'RUN' ||
        !isAdded(run, source) ||
        run.flags.some((flag) => flag.startsWith('--mount=type=cache'))
      )
        continue;
      const found = LEAVINGS.find(({ install, clean }) => install.test(run.words) && !clean.test(run.words));
      if (!found || !run.stage.isFinal || /PIP_NO_CACHE_DIR/.test(source.text)) continue;
      const stood = source.change.removed.some(({ text }) => found.install.test(text) && !found.clean.test(text));
      const isOwnStyle =
        source.oldText !== undefined && found.install.test(source.oldText) && !found.clean.test(source.oldText);
      yield {
        at: run,
        severity: stood || isOwnStyle || isDevelopment(source) ? 'low' : (found.severity ?? 'low'),
        message: `What ${found.what} downloads stays in the image`,
      };
    }
  },
);

function isDevelopment({ path }: SourceFile): boolean {
  return /(^|\/)\.devcontainer\/|(?:dev|test|ci|build)[^/]*$|(^|\/)(?:tests?|ci|dev|examples?)\//i.test(path);
}

/** The image gets what it did without before. */
const fatter: Rule = {
  id: 'performance/image-size',
  severity: 'low',
  remedy: 'Keep the small base, and leave out what only builds need.',
  languages: LANGUAGES,
  *find(reading) {
    for (const { source, all } of imagesOf(reading))
      for (const at of all) {
        if (!isAdded(at, source) || (!at.stage.isFinal && at.name === 'FROM')) continue;
        const small = at.name === 'FROM' ? SMALL : at.name === 'RUN' ? LEAN : undefined;
        const bare =
          at.name === 'FROM'
            ? at.stage.from.replace(/[:@].*$/, '')
            : (/\b(?:npm (?:ci|install)|yarn install|yarn|pnpm install|composer install|bundle install|pip3? install|poetry install|uv sync)\b/.exec(
                at.words,
              )?.[0] ?? '');
        const before =
          small && bare !== ''
            ? source.change.removed.find(({ text }) => small.test(text) && text.includes(bare))
            : undefined;
        if (before && small && !small.test(at.words))
          yield {
            file: source.path,
            line: newLine(at, source),
            message: `The image was smaller with \`${shorten(before.text)}\``,
            text: at.words,
          } satisfies Hit;
      }
  },
};

const SMALL = /-(?:slim|alpine)\b|:alpine\b|distroless|\bscratch\b/;
const LEAN =
  /--omit[= ]dev|--production\b|--prod\b|--no-dev\b|--without (?:dev|test)|--only[= ]main|--no-install-recommends|--no-cache-dir/;

/** A layer of its own for each step that belongs to one. */
const layers = imageRule(
  {
    id: 'performance/image-size',
    severity: 'medium',
    remedy: 'Do both in one RUN.',
  },
  function* ({ source, all }) {
    for (const [at, run] of all.entries()) {
      if (run.name !== 'RUN' || !isAdded(run, source)) continue;
      const before = all.slice(0, at).filter(({ stage }) => stage === run.stage);
      const last = before.at(-1);
      if (/\bapt(?:-get)?\s+(?:-\S+\s+)*update\b/.test(run.words) && !/\binstall\b|\bupgrade\b/.test(run.words))
        yield {
          at: run,
          message: 'The list of packages is kept in a layer of its own, and is old when the next one installs',
        };
      else if (
        /^rm\s+-\w*[rf]\w*\s+(?:-\S+\s+)*\S+(?:\s+\S+)*$/.test(run.words) &&
        before.some((other) => makes(other, run))
      )
        yield { at: run, message: 'What an earlier layer holds does not get smaller when a later one removes it' };
      else if (
        /^(?:chown|chmod)\s+(?:-\w+\s+)*-?\w*R/.test(run.words) &&
        last?.name === 'COPY' &&
        !last.flags.some((flag) => /^--ch(?:own|mod)/.test(flag))
      )
        yield {
          at: run,
          severity: 'low',
          message: 'Every file is kept twice; COPY --chown or --chmod does it in one layer',
        };
      else if (last?.name === 'RUN' && managerOf(last) !== undefined && managerOf(last) === managerOf(run))
        yield {
          at: run,
          severity: last.words.length + run.words.length < 200 ? 'medium' : 'low',
          message: `Two layers install with ${managerOf(run) ?? ''}, one after the other`,
        };
    }
  },
);

function makes(earlier: Instruction, removal: Instruction): boolean {
  if (!['RUN', 'COPY', 'ADD'].includes(earlier.name)) return false;
  return (
    removal.words
      .split(/\s+/)
      .slice(1)
      .filter((word) => word.startsWith('/') && word.length > 3)
      .some((path) => earlier.words.includes(path.replace(/\/?\*?$/, ''))) ||
    (/\/var\/lib\/apt|\/var\/cache/.test(removal.words) && managerOf(earlier) !== undefined)
  );
}

/** What made builds fast or images small, and is gone: a mounted cache, a setting, a last stage that takes only what runs. */
const slower: Rule = {
  id: 'performance/image-size',
  severity: 'medium',
  remedy: 'Keep it.',
  languages: LANGUAGES,
  *find(reading) {
    for (const source of reading.files.filter(({ change }) => change.status === 'modified')) {
      if (posix.basename(source.path).endsWith('.dockerignore')) yield* unignored(source);
      if (source.language.name !== 'dockerfile' || source.partial) continue;
      const all = instructionsOf(source);
      for (const [pattern, message] of FASTER) {
        const hunk = source.change.hunks.find(({ lines }) =>
          lines.some(({ kind, text }) => kind === 'removed' && pattern.test(text)),
        );
        const gone = hunk?.lines.find(({ kind, text }) => kind === 'removed' && pattern.test(text));
        if (
          !hunk ||
          !gone ||
          pattern.test(source.text) ||
          !all.some(({ name, words }) => name === 'RUN' && managed(words))
        )
          continue;
        yield { file: source.path, line: lineNear(hunk, gone), message, text: gone.text } satisfies Hit;
      }
      const last = all.findLast(({ name }) => name === 'FROM');
      const before = instructionsOf({ text: source.oldText ?? '' }).filter(({ name }) => name === 'FROM');
      const hunk = source.change.hunks.find(({ lines }) =>
        lines.some(({ kind, text }) => kind === 'removed' && /^\s*FROM\s/i.test(text)),
      );
      const gone = hunk?.lines.find(({ kind, text }) => kind === 'removed' && /^\s*FROM\s/i.test(text));
      if (
        last &&
        hunk &&
        gone &&
        BUILDER.test(last.stage.from) &&
        before.length > 1 &&
        before.at(-1)?.stage.from !== last.stage.from
      )
        yield {
          file: source.path,
          line: lineNear(hunk, gone),
          message: 'What only builds need is a part of the image now',
          text: gone.text,
        } satisfies Hit;
    }
  },
};

const FASTER: readonly (readonly [RegExp, string])[] = [
  [/--mount=type=cache/, 'What was fetched or built before is fetched and built anew'],
  [/\b(?:PIP_NO_CACHE_DIR|UV_NO_CACHE|NPM_CONFIG_CACHE)\b/, 'What is downloaded stays in the image'],
];
const BUILDER =
  /^(?:[\w./-]*\/)?(?:golang|rust|maven|gradle|node|gcc|eclipse-temurin|openjdk|elixir|haskell|swift|dotnet\/sdk)(?::(?!.*(?:jre|slim|alpine|runtime))|$)/;

function managed(words: string): boolean {
  return /\b(?:pip3?|uv|npm|yarn|pnpm|cargo|go|apt-get|apk|mvn|gradle|bundle|composer|poetry)\b/.test(words);
}

function* unignored(source: SourceFile): Iterable<Hit> {
  for (const hunk of source.change.hunks) {
    const gone = hunk.lines.find(
      ({ kind, text }) =>
        kind === 'removed' &&
        /^\/?(?:node_modules|\.git|target|dist|build|\.venv|venv|vendor|\*\*\/\w+|__pycache__|\.next|coverage|data)\/?\s*$/.test(
          text,
        ),
    );
    if (gone && !source.text.includes(gone.text.trim()))
      yield {
        file: source.path,
        line: lineNear(hunk, gone),
        message: `All of \`${shorten(gone.text)}\` is sent to the build now`,
        text: gone.text,
      };
  }
}

function managerOf({ name, words }: Instruction): string | undefined {
  if (name !== 'RUN' || !/\b(?:install|add)\b/.test(words)) return undefined;
  return /\b(apt-get|apt|apk|yum|dnf|microdnf|pip3?|npm|gem)\b[^&;|]*\b(?:install|add)\b/.exec(words)?.[1];
}

/** A check of health that is a process every few seconds. */
const asksOften = imageRule(
  { id: 'performance/polling', severity: 'medium', remedy: 'Ask every 30 seconds or so.' },
  function* ({ source, all }) {
    for (const at of all)
      if (
        at.name === 'HEALTHCHECK' &&
        isAdded(at, source) &&
        at.flags.some((flag) => /^--interval=(?:[1-4]s|\d+ms)$/.test(flag))
      )
        yield { at, message: 'A process is started every few seconds' };
  },
);

/** The base image: which one it is, and whether it stays the same tomorrow. */
const moving = imageRule(
  {
    id: 'security/unpinned',
    severity: 'medium',
    remedy: 'Name a version, or better a digest.',
  },
  function* ({ source, all }) {
    const aliases = all.flatMap(({ stage }) => stage.alias ?? []);
    for (const at of all) {
      const taken = at.flags.find((flag) => flag.startsWith('--from='))?.slice(7);
      if (taken !== undefined && /[/:]/.test(taken) && isAdded(at, source) && isMoving(taken) && !isDevelopment(source))
        yield { at, message: `What is copied may be something else tomorrow: \`${shorten(taken)}\`` };
    }
    for (const from of all) {
      if (from.name !== 'FROM') continue;
      const giver = newGiver(from, all, source);
      if (!giver && !isAdded(from, source)) continue;
      const image = giver ? (filledIn(from, all).split(/\s+/)[0] ?? '') : from.stage.from;
      if (image === 'scratch' || image.includes('$') || aliases.includes(image) || !isMoving(image)) continue;
      if (giver) {
        yield { at: giver, message: `The base image may be another one tomorrow: \`${shorten(image)}\`` };
        continue;
      }
      const bare = image.replace(/:[^/]*$/, '');
      const pinned = source.change.removed.some(
        ({ text }) => /^\s*FROM\s/i.test(text) && text.includes(bare) && !isMoving(text.trim().split(/\s+/)[1] ?? ''),
      );
      const same = source.change.removed.some(({ text }) => text.includes(bare));
      if (pinned || !same)
        yield {
          at: from,
          severity: pinned || !isDevelopment(source) ? 'medium' : 'low',
          message: `The base image may be another one tomorrow: \`${shorten(image)}\``,
        };
    }
  },
);

/** The new ARG or ENV that says what an instruction works with. */
function newGiver(at: Instruction, all: readonly Instruction[], source: SourceFile): Instruction | undefined {
  const names = [...at.words.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
  return names
    .flatMap(
      (name) =>
        givers(name, all)
          .filter(({ start }) => start < at.start)
          .at(-1)?.at ?? [],
    )
    .find((giver) => isAdded(giver, source));
}

/** An image without a tag or a digest, or of the newest whatever it is. */
function isMoving(image: string): boolean {
  if (image.includes('@sha256:')) return false;
  const tag = /:([^/]+)$/.exec(image)?.[1];
  return tag === undefined || /^(?:latest|edge|nightly|main|master|dev|unstable)$/.test(tag);
}

const SECRET_NAME = /(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?|AUTH)$/i;

/** A secret that is handed over at build time stays in the image's history. */
const kept = imageRule(
  {
    id: 'security/secret-in-image',
    severity: 'medium',
    remedy: 'Mount it for the one RUN that needs it: --mount=type=secret.',
  },
  function* ({ source, all }) {
    for (const at of all) {
      if (!['ARG', 'ENV'].includes(at.name) || !isAdded(at, source)) continue;
      const name = at.words
        .split(/\s+/)
        .map((word) => word.split('=')[0] ?? '')
        .find((word) => SECRET_NAME.test(word));
      if (
        name === undefined ||
        /=(?:""|'')?$/.test(at.words) ||
        (at.name === 'ARG' && !at.stage.isFinal && all.at(-1)?.stage !== at.stage)
      )
        continue;
      yield { at, message: `\`${name}\` can be read from the image by whoever has it` };
    }
  },
);

/** A new image that runs as root although nothing in it asks for that. */
const runsAsRoot = imageRule(
  {
    id: 'security/exposure',
    severity: 'low',
    remedy: 'Add a USER before the command.',
  },
  function* ({ source, all }) {
    if (source.oldText !== undefined || isDevelopment(source)) return;
    const final = all.filter(({ stage }) => stage.isFinal);
    const starts = final.findLast(({ name }) => name === 'CMD' || name === 'ENTRYPOINT');
    if (
      starts &&
      !final.some(({ name }) => name === 'USER') &&
      !/nonroot|rootless|distroless|unprivileged/.test(starts.stage.from)
    )
      yield { at: starts, message: 'The container runs as root' };
  },
);

/** Root under another name: a number, or a value that says so. */
const rootByName = imageRule(
  { id: 'security/exposure', severity: 'medium', remedy: 'Run as somebody who is not root.' },
  function* ({ source, all }) {
    for (const at of all) {
      if (at.name !== 'USER') continue;
      const giver = newGiver(at, all, source);
      const later = all.some((other) => other.start > at.start && (other.name === 'USER' || other.name === 'FROM'));
      if (!later && (giver || isAdded(at, source)) && /^(?:root|0)(?::\S+)?$/.test(filledIn(at, all).trim()))
        yield { at: giver ?? at, message: 'The container runs as root' };
    }
  },
);

/** What an image opens: files that everybody may write, a login, a debugger, a build with the rights of its machine. */
const opens = imageRule(
  { id: 'security/exposure', severity: 'medium', remedy: 'Open only what is needed, to whom it is needed.' },
  function* ({ source, all }) {
    for (const at of all) {
      if (!isAdded(at, source)) continue;
      const whole = `${at.flags.join(' ')} ${at.words}`;
      const found = OPENS.find(([names, pattern]) => names.test(at.name) && pattern.test(whole));
      if (found && !source.change.removed.some(({ text }) => found[1].test(text)))
        yield { at, message: `${found[2]}: \`${shorten(whole)}\`` };
    }
  },
);

const OPENS: readonly (readonly [names: RegExp, pattern: RegExp, message: string])[] = [
  [/^(?:COPY|ADD)$/, /--chmod=(?:0?777|0?666|0?77[267]|[ugoa]*\+?=?\w*o\+w)/, 'Everybody may write this'],
  [
    /^RUN$/,
    /\binstall\b[^&;|]*\bopenssh-server\b|\bchpasswd\b|\bpasswd -d root\b/,
    'Somebody may log into the container',
  ],
  [/^RUN$/, /^--security=insecure|^--network=host/, 'The build has rights of its machine'],
  [
    /^(?:CMD|ENTRYPOINT|ENV|RUN)$/,
    /--inspect(?:-brk)?=(?:0\.0\.0\.0|\*|\[?::)|address=(?:\*|0\.0\.0\.0):\d+|--remote-debugging-address=0\.0\.0\.0|debugpy\b.*--listen\s*(?:0\.0\.0\.0|")|\bdlv\b.*--listen=(?:0\.0\.0\.0)?:\d+|FLASK_DEBUG[= ]["']?1/,
    'Whoever reaches the debugger may do everything',
  ],
];

/** How fast an image is built, and how large it gets. */
export const imageCosts: readonly Rule[] = [cacheBroken, leavings, fatter, layers, slower, asksOften];

/** What an image is made from, and what it holds. */
export const imageRisks: readonly Rule[] = [moving, kept, runsAsRoot, rootByName, opens];
