import { shorten, type Hit, type Rule } from '../rules.ts';
import { TESTS } from './disarmed.ts';
import { instructionsOf } from '../read/docker.ts';
import { lineNear, type Hunk, type HunkLine } from '../read/diff.ts';
import type { Reading, SourceFile } from '../read/reading.ts';

/** How builds and runners are told not to run tests, or not to mind when they fail. */
const OFF =
  /-DskipTests\b(?!=false)|-Dmaven\.test\.skip(?!=false)|<(?:skipTests|maven\.test\.skip|testFailureIgnore|skipITs)>\s*true|\bgradlew?\b.*\s-x\s+(?:test|check)\b|\bignoreFailures\s*=\s*true|\btest\.enabled\s*=\s*false|\btasks\.(?:test|withType<Test>)\b.*enabled\s*=\s*false|\b(?:passWithNoTests|allowOnly)\b['"]?\s*:\s*true|\bforbidOnly\b['"]?\s*:\s*false/;

/** Words that leave some tests out of a run. */
const LEAVES_OUT =
  /\s(?:-k\s+["']?not\b|-m\s+["']?not\b|--deselect\b|--ignore(?:-glob)?[= ]|-short\b|--exclude\b|--testPathIgnorePatterns\b|--skip\b|-skip\b|--invert\b|-E\s+["']?not\b|--no-run\b|--collect-only\b|--co\b|--list-?[tT]ests\b|--dry-run\b|--last-failed\b|--lf\b|-run\s+\S|--onlyChanged\b|--changed\b|--shard[= ]\S)/;

/** Words that make a run stricter. */
const STRICT =
  /--cov-fail-under[= ]\d+|--coverage\b|--check-coverage\b|\s-race\b|--fail-under[= ]\d+|--strict-markers\b|--ci\b|--fail-on-\w+|-Werror\b|--forbid-only\b|--all-features\b|--workspace\b/;

/** Settings of runners that name what is no test. */
const IGNORES =
  /\b(?:testPathIgnorePatterns|modulePathIgnorePatterns|norecursedirs|collect_ignore|deselect|excludedGroups)\b/;
const SETTINGS =
  /(^|\/)(?:jest|vitest|vite|karma|playwright|cypress)\.config\.\w+$|(^|\/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|conftest\.py|package\.json|\.mocharc\.\w+|pom\.xml|build\.gradle(?:\.kts)?)$/;

/** Runs of tests that were made smaller or milder. */
const milder: Rule = {
  id: 'test/disarmed',
  severity: 'medium',
  remedy: 'Run all tests, and let a failed one fail the run.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (
        source.role === 'docs' ||
        (source.language.programs && source.language.name !== 'shell' && !SETTINGS.test(source.path))
      )
        continue;
      for (const hunk of source.change.hunks)
        for (const line of hunk.lines) {
          const why = line.kind === 'added' ? whyMilder(line, hunk, source) : undefined;
          if (why !== undefined && !cameFrom(line, reading))
            yield {
              file: source.path,
              line: line.newLine,
              message: `${why}: \`${shorten(line.text)}\``,
              text: line.text,
              ...(runsElsewhere(line.text, source, reading) ? { severity: 'low' as const } : {}),
            } satisfies Hit;
        }
      yield* runGone(source);
    }
  },
};

/** The setting only moved from another file, whatever that writes around it. */
function cameFrom({ text }: HunkLine, { change }: Reading): boolean {
  const bare = (line: string) => line.replace(/[\s"',]+/g, '');
  return (
    bare(text).length >= 12 && change.files.some(({ removed }) => removed.some((old) => bare(old.text) === bare(text)))
  );
}

/** What this run leaves out, another file names from now on: the run was split. */
function runsElsewhere(text: string, { path }: SourceFile, reading: Reading): boolean {
  const left = /--(?:ignore|exclude|deselect)[= ]["']?([\w-]+(?:\/[\w.-]+)+)/.exec(text)?.[1];
  return (
    left !== undefined &&
    reading.change.files.some((file) => file.path !== path && file.added.some((line) => line.text.includes(left)))
  );
}

function whyMilder({ text }: HunkLine, hunk: Hunk, source: SourceFile): string | undefined {
  if (/^\s*(?:#|\/\/|\*)/.test(text)) return undefined;
  const [isOff, isIgnored, command] = [OFF.test(text), IGNORES.test(text), TESTS.exec(text)?.[0]];
  if (!isOff && !isIgnored && command === undefined) return undefined;
  const removed = hunk.lines.filter(({ kind }) => kind === 'removed').map((line) => line.text);
  if (isOff && !removed.some((old) => OFF.test(old)) && source.oldText !== undefined)
    return 'Tests are not run, or may fail';
  if (
    isIgnored &&
    SETTINGS.test(source.path) &&
    removed.every((old) => !IGNORES.test(old) || old.length < text.length) &&
    source.oldText !== undefined
  )
    return 'Some tests are left out';
  const before =
    command === undefined
      ? undefined
      : likest(
          text,
          removed.filter((old) => runs(command, old)),
        );
  if (command === undefined || before === undefined || !runs(command, text)) return undefined;
  if (LEAVES_OUT.test(text) && !LEAVES_OUT.test(before)) return 'Some tests are left out';
  const dropped = STRICT.exec(before)?.[0].trim();
  return dropped !== undefined && !STRICT.test(text) ? `The run asks for less, \`${dropped}\` is gone` : undefined;
}

/** The very command, not one whose name begins so. */
function runs(command: string, text: string): boolean {
  return new RegExp(`${command.replace(/[^\w\s]/g, '\\$&')}(?![\\w:-])`).test(text);
}

/** The line that shares most words. */
function likest(text: string, lines: readonly string[]): string | undefined {
  const words = new Set(text.match(/[\w-]+/g));
  const alike = (line: string) => {
    const own = line.match(/[\w-]+/g) ?? [];
    const shared = own.filter((word) => words.has(word)).length;
    return shared / (own.length + words.size - shared);
  };
  return lines.toSorted((a, b) => alike(b) - alike(a))[0];
}

/** An image whose build ran the tests does not run them any more. */
function* runGone(source: SourceFile): Iterable<Hit> {
  if (source.language.name !== 'dockerfile' || source.change.status !== 'modified') return;
  if (instructionsOf(source).some(({ words }) => TESTS.test(words))) return;
  for (const hunk of source.change.hunks) {
    const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && /^\s*RUN\b/i.test(text) && TESTS.test(text));
    if (gone)
      yield {
        file: source.path,
        line: lineNear(hunk, gone),
        message: `Tests are not run any more: \`${shorten(gone.text)}\``,
        text: gone.text,
      };
  }
}

/** How tests are run. */
export const configRules: readonly Rule[] = [milder];
