import { addedCommands, spoken } from './read/commands.ts';
import type { SourceFile } from './read/reading.ts';
import { shorten, type Hit, type Rule } from './rules.ts';

/** What an option of a program was good for, told when the program is called without it where it stood. */
type Option = readonly [name: RegExp, option: RegExp, message: string];

const LANGUAGES = ['shell', 'dockerfile', 'yaml'] as const;

function lostOption(rule: Pick<Rule, 'id' | 'severity' | 'remedy'>, options: readonly Option[]): Rule {
  return {
    ...rule,
    ignoresMoves: true,
    languages: LANGUAGES,
    async find(reading) {
      return (await addedCommands(reading)).flatMap((command) => {
        const { source, line, name, text } = command;
        const said = `${name} ${spoken(command)}`;
        const lost = options.find(
          ([program, option]) => program.test(name) && !option.test(said) && stood(name, said, { option, source }),
        );
        return lost ? [{ file: source.path, line, message: `${lost[2]}: \`${shorten(text)}\`` } satisfies Hit] : [];
      });
    },
  };
}

/** The same call stood here with the option, and no other call of the change has it. */
function stood(name: string, said: string, { option, source }: { option: RegExp; source: SourceFile }): boolean {
  const called = new RegExp(`(?:^|[\\s;&|"'/(])${name.replace(/[^\w]/g, '.')}\\s`);
  return (
    source.change.removed.some(({ text }) => called.test(text) && option.test(text) && resembles(text, said)) &&
    !source.added.some(({ raw }) => called.test(raw) && option.test(raw))
  );
}

/** Most words of the call stood in the line before. */
function resembles(old: string, said: string): boolean {
  const words = said.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-'));
  return words.filter((word) => old.includes(word)).length >= words.length * 0.5;
}

/** Options that were given before and are not any more, by the pass that cares. */
export const lostOptionRules: Readonly<Record<'performance' | 'code' | 'security', readonly Rule[]>> = {
  performance: [
    lostOption(
      { id: 'performance/unbounded-work', severity: 'medium', remedy: 'Keep what bounded or shared this work.' },
      [
        [/^git$/, /\s(?:--depth|--filter|--single-branch|--shallow-\w+)\b/, 'The whole history is fetched again'],
        [
          /^(?:g?make|ninja|cmake|ctest|xargs|parallel|bazel|mvn|mvnw|gradlew?|cargo|pytest|jest|go)$/,
          /\s(?:-j\S*|-P\s*\S+|-T\s*\S+|--parallel|--jobs\b|-n auto|--workers\b)/,
          'One thing is done after the other again',
        ],
        [
          /^(?:curl|wget|nc|ssh|http|ping|rsync|psql)$/,
          /\s(?:--max-time|-m\s*\d|--connect-timeout|--timeout|-T\s*\d|-w\s*\d|-o\s*ConnectTimeout)/,
          'This may wait for ever again',
        ],
        [
          /^(?:npm|pnpm|yarn|pip3?|apt-get|apk|docker|podman|go|cargo)$/,
          /\s(?:--prefer-offline|--no-install-recommends|--no-cache-dir|--no-cache|--cache-from|--cache-to|--offline|--omit=dev|--production|--no-dev|-short)\b/,
          'More is fetched, kept or done than before',
        ],
      ],
    ),
  ],
  code: [
    lostOption({ id: 'code/swallowed-error', severity: 'medium', remedy: 'Keep the option that makes it fail.' }, [
      [/^curl$/, /\s(?:-\w*f\w*|--fail\S*)(?=\s|$)/, 'An answer that tells of an error is taken for the file'],
      [/^psql$/, /ON_ERROR_STOP/, 'A failed statement does not stop the others any more'],
      [/^(?:rsync|scp|cp|mv|ln)$/, /\s(?:--no-clobber|-n|--backup)\b/, 'What is there is overwritten now'],
      [/^read$/, /\s-\w*r/, 'Backslashes in the input are lost'],
    ]),
  ],
  security: [
    lostOption({ id: 'security/guard-removed', severity: 'medium', remedy: 'Keep the option that guards.' }, [
      [/^npm$/, /\bnpm (?:ci|clean-install)\b/, 'Packages may be others than those that are locked'],
      [
        /^(?:npm|pnpm|yarn|bun|composer)$/,
        /\s(?:--ignore-scripts|--frozen-lockfile|--immutable|--no-scripts)\b/,
        'Packages may run scripts, or be others than those that are locked',
      ],
      [
        /^(?:cargo|uv|poetry|bundle|dotnet|helm)$/,
        /\s(?:--locked|--frozen|--verify|--locked-mode)\b/,
        'Packages may be others than those that are locked',
      ],
      [/^pip3?$/, /\s--require-hashes\b/, 'The hashes of packages are not checked any more'],
      [
        /^(?:docker|podman|nerdctl)$/,
        /\s(?:--read-only|--cap-drop|--user|-u|--network[= ]none|--security-opt[= ]no-new-privileges|--password-stdin)\b/,
        'A container gets more rights than before, or its secret is seen',
      ],
      [/^(?:kubectl|oc)$/, /\s(?:--validate|--dry-run=server)\b/, 'Nothing looks at what is applied any more'],
      [/^(?:git)$/, /\s(?:--verify|--verify-signatures|-S|--signoff)\b/, 'Signatures are not asked for any more'],
      [
        /^(?:bandit|semgrep|trivy|grype|snyk|gitleaks|npm|cargo|osv-scanner|codeql|zizmor|checkov)$/,
        /\s(?:--exit-code[= ][1-9]|--error|--severity-threshold|--fail-on|--audit-level)\b/,
        'What the scan finds does not fail the run any more',
      ],
    ]),
  ],
};
