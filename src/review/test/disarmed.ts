import { posix } from 'node:path';
import { lineNear, type Hunk } from '../read/diff.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** A command that runs tests, in the usual tools. */
export const TESTS =
  /\b(?:(?:npm|pnpm|yarn|bun)(?:\s+(?:run\s+)?|:)(?:test|t)\b|(?:npm-run-all|run-[sp]|turbo(?:\s+run)?|lerna\s+run|wireit)\s(?:[^&|;]*\s)?test\b|(?:npx\s+)?(?:jest|vitest|mocha|ava|tap|playwright test|cypress run)\b|node\s+--test\b|(?:python\d?\s+-m\s+)?(?:pytest|unittest|tox|nox)\b|go\s+test\b|cargo\s+(?:nextest|test)\b|mvnw?\b.*\b(?:test|verify)\b|gradlew?\b.*\b(?:test|check)\b|make\s+(?:test|check)\b|bats\b|ctest\b|rspec\b|phpunit\b|dotnet\s+test\b|(?:scripts|bin|script)\/(?:run[-_]?)?tests?\b)/;
const FORGIVEN =
  /\|\|\s*(?:true\b|:(?=\s|$|["'])|exit 0\b|echo\b|printf\b)|;\s*(?:true|exit 0)\b|--passWithNoTests\b|--pass-with-no-tests\b/;
const PLACES =
  /(^|\/)(?:\.github\/|\.gitlab-ci|\.circleci\/|azure-pipelines|Jenkinsfile|Makefile|makefile|package\.json|tox\.ini|noxfile\.py|justfile|Taskfile|Dockerfile|Containerfile)|\.(?:sh|bash|ya?ml|mk)$/;

/** Tests that run and may fail, or do not run any more. */
const forgiven: Rule = {
  id: 'test/disarmed',
  severity: 'high',
  remedy: 'Let a failed test fail the run.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (!PLACES.test(source.path)) continue;
      for (const line of source.added) {
        const { text, number } = line;
        if (/^\s*(?:#|\/\/)/.test(line.raw)) continue;
        const told =
          (/^\t@?-/.test(line.raw) && /(?:^|\/)[Mm]akefile|\.mk$/.test(source.path) && TESTS.test(text)) ||
          (TESTS.test(text) && FORGIVEN.test(text) && !/\|\|.*\bTESTS?\b/.test(text));
        const step =
          /^\s*(?:-\s*)?(?:continue-on-error|allow_failure)\s*:\s*true\b/.test(text) &&
          stepAround(number, source).some((other) => TESTS.test(other));
        if (told || step)
          yield {
            file: source.path,
            line: number,
            message: `Tests may fail here and nobody hears of it: \`${shorten(line.raw)}\``,
          } satisfies Hit;
      }
      yield* emptiedScript(source);
      yield* goneFrom(
        source,
        reading.change.files.flatMap(({ added }) => added.map(({ text }) => text)),
      );
    }
  },
};

/** The lines of the step of a workflow, or of the job, that a line belongs to. */
function stepAround(number: number, source: SourceFile): string[] {
  const lines: string[] = [];
  const indent = (source.lineAt(number)?.text ?? '').search(/\S/);
  const isEdge = (text: string) =>
    text.trim() !== '' && (text.search(/\S/) < indent - 2 || (/^\s*-\s/.test(text) && text.search(/\S/) <= indent));
  for (let at = number; at > 0; at -= 1) {
    const text = source.lineAt(at)?.text ?? '';
    if (at !== number && text.trim() !== '' && text.search(/\S/) < indent - 2) break;
    lines.push(text);
    if (/^\s*-\s/.test(text) && text.search(/\S/) <= indent) break;
  }
  for (let at = number + 1; at <= source.lines.length; at += 1) {
    const text = source.lineAt(at)?.text ?? '';
    if (isEdge(text)) break;
    lines.push(text);
  }
  return lines;
}

/** `"test": "echo …"` where tests ran before. */
function* emptiedScript(source: SourceFile): Iterable<Hit> {
  if (posix.basename(source.path) !== 'package.json') return;
  for (const hunk of source.change.hunks)
    for (const line of hunk.lines) {
      const name =
        line.kind === 'added'
          ? /^\s*"(test[\w:-]*)"\s*:\s*"(?:echo\b[^"]*|exit 0|true|:)"/.exec(line.text.replaceAll('\\"', ''))?.[1]
          : undefined;
      if (
        name !== undefined &&
        hunk.lines.some(
          ({ kind, text }) => kind === 'removed' && text.includes(`"${name}"`) && !/"\s*:\s*"echo\b/.test(text),
        )
      )
        yield { file: source.path, line: line.newLine, message: `\`${name}\` runs no tests any more`, text: line.text };
    }
}

/** A step of a pipeline that ran tests or measured their coverage is gone, and no other came. */
function* goneFrom(source: SourceFile, added: readonly string[]): Iterable<Hit> {
  if (
    !/(^|\/)(?:\.github\/workflows\/|\.gitlab-ci|\.circleci\/|azure-pipelines)/.test(source.path) ||
    source.change.status !== 'modified'
  )
    return;
  if (added.some((text) => RUNS.test(text))) return;
  for (const hunk of source.change.hunks) {
    const gone = hunk.lines.find(
      (line) => line.kind === 'removed' && RUNS.test(line.text) && !/^\s*(?:-\s*)?name:/.test(line.text),
    );
    if (gone && !isCovered(source, gone.text))
      yield {
        file: source.path,
        line: lineNear(hunk, gone),
        ...(isJobGone(hunk) ? { severity: 'low' as const } : {}),
        message: `Tests are not run any more: \`${shorten(gone.text)}\``,
        text: gone.text,
      };
  }
}

const RUNS = new RegExp(String.raw`${TESTS.source}|\b(?:scripts|script)\/coverage\b|\bcoverage (?:report|run)\b`);

/** The file still runs the same command elsewhere. */
function isCovered(source: SourceFile, gone: string): boolean {
  const command = RUNS.exec(gone)?.[0] ?? gone.trim();
  return source.text.includes(command);
}

/** With a whole job its tests go too. */
function isJobGone({ lines }: Hunk): boolean {
  return lines.some(({ kind, text }) => kind === 'removed' && /^ {2}[\w-]+:\s*$/.test(text));
}

const HIDES =
  /(?:#\s*pragma:\s*no cover|\b(?:istanbul|c8|v8) ignore (?:next|file|start|if|else)\b|#\[(?:cfg_attr\([^)]*,\s*)?coverage\(off\)|#\[no_coverage\]|:nocov:|LCOV_EXCL)/;

/** What no test runs, by its nature. */
const NEVER_RUN =
  /\bif\s+(?:__name__\s*==|(?:typing\.)?TYPE_CHECKING\b)|\braise NotImplementedError\b|\bexcept (?:ImportError|ModuleNotFoundError)\b|@(?:\w+\.)?(?:abstractmethod|overload)\b|\bassert_never\(/;

/** Code that stood before is taken out of what coverage counts. */
const hidden: Rule = {
  id: 'test/coverage-hidden',
  severity: 'medium',
  remedy: 'Test the code instead of hiding it.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (source.role !== 'product' || !HIDES.test(source.text)) continue;
      for (const hunk of source.change.hunks)
        for (const [at, line] of hunk.lines.entries()) {
          if (line.kind !== 'added' || !HIDES.test(line.text) || source.isMoved(line.newLine)) continue;
          if (NEVER_RUN.test(line.text)) continue;
          const bare = line.text.replace(/\s*(?:#|\/[/*]).*$/, '').trim();
          const next = hunk.lines.slice(at + 1).find(({ kind }) => kind !== 'removed');
          const stood =
            bare === ''
              ? next?.kind === 'context' && next.text.trim() !== ''
              : hunk.lines.some(({ kind, text }) => kind === 'removed' && text.replace(/\s*#.*$/, '').trim() === bare);
          yield {
            file: source.path,
            line: line.newLine,
            severity: (stood && bare !== '') || /ignore (?:file|start)/.test(line.text) ? 'medium' : 'low',
            message: `Coverage does not see this any more: \`${shorten(line.text)}\``,
            text: line.text,
          } satisfies Hit;
        }
    }
  },
};

/** Runs of tests that cannot fail any more, and code hidden from coverage. */
export const disarmedRules: readonly Rule[] = [forgiven, hidden];
