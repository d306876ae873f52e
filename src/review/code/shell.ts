import type { SourceFile } from '../read/reading.ts';
import { lineRule, sourcesOf, type Hit, type Rule } from '../rules.ts';

const slip = (severity: Rule['severity'], pattern: RegExp, words: { message: string; remedy: string }): Rule =>
  lineRule({
    id: 'code/shell-slip',
    severity,
    languages: ['shell'],
    roles: ['product', 'script'],
    view: 'text',
    pattern,
    ...words,
  });

const lines: Rule[] = [
  slip('medium', /(?<!\[)\[ [^\]]*\$\{?\w+\}?"?\s+[<>]\s+"?\$?\w+"?\s*\](?!\])/, {
    message: 'Between single brackets this writes a file: `$&`',
    remedy: 'Use -lt, -gt, or double brackets.',
  }),
  slip('medium', /(?<!\[)\[ (?:-[nz] )?\$\w+ (?:=|==|!=|-eq|-ne|-gt|-lt) /, {
    message: 'An empty value makes this test fail: `$&`',
    remedy: 'Put the variable in double quotes.',
  }),
  slip('low', /^\s*(?:local|export|readonly|declare)\s+(?:-\w+\s+)?\w+="?\$\(/, {
    message: 'The exit code of the command is lost: `$&`',
    remedy: 'Declare the name first and assign it on a line of its own.',
  }),
  slip('low', /(?:^|[;&|]\s*|\bsudo\s+)\s*(?:rm|mv|cp|cd)\s+(?:-\S+\s+)*\$\w/, {
    message: 'A name with spaces or none at all breaks this: `$&`',
    remedy: 'Put the variable in double quotes.',
  }),
  slip('low', /\bfor \w+ in (?:\$\(|`)\s*(?:ls|find|cat)\b/, {
    message: 'Names with spaces fall apart here: `$&`',
    remedy: 'Use a pattern, or read lines with `while IFS= read -r`.',
  }),
];

/** A folder that is not there, and the commands that follow run where they should not. */
const uncheckedFolder: Rule = {
  id: 'code/shell-slip',
  severity: 'medium',
  remedy: 'Write `cd … || exit 1`, or `set -e` at the top.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script'])) {
      if (/^\s*set\s+-\w*e|\bset -o errexit|^#!.*\s-\w*e/m.test(source.text)) continue;
      for (const line of source.added)
        if (
          /^\s*cd\s+[^|&;]*\$[^|&;]*$/.test(line.text.trimEnd()) &&
          !/\bif\b|\bsubshell\b/.test(line.code) &&
          destroysAfter(line.number, source)
        )
          yield {
            file: source.path,
            line: line.number,
            message: 'If this folder is not there, what follows works in another one',
          } satisfies Hit;
    }
  },
};

function destroysAfter(number: number, source: SourceFile): boolean {
  return [1, 2, 3, 4].some((ahead) =>
    /\b(?:rm|mv|git clean|git reset|find\b.*-delete)\b/.test(source.lineAt(number + ahead)?.code ?? ''),
  );
}

/** What stands behind `exit`, `return` or `exec` at the same depth. */
const afterExit: Rule = {
  id: 'code/unreachable',
  severity: 'medium',
  remedy: 'Remove the code that cannot run, or move it before the jump.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script', 'test']))
      for (const line of source.lines) {
        if (line.startsIn !== 'code' || !/^\s*(?:exit|return)(?:\s+(?:\d+|"?\$\??\w*"?))?\s*$/.test(line.code))
          continue;
        const next = source.lines.find(({ number, code }) => number > line.number && code.trim() !== '');
        if (!next || !(source.isAdded(line.number) || source.isAdded(next.number)) || next.startsIn !== 'code')
          continue;
        if (
          next.code.search(/\S/) !== line.code.search(/\S/) ||
          /^\s*(?:[})]|fi|done|esac|else|elif|;;|then|[\w-]+\s*\(\)|function\b|#)/.test(next.code)
        )
          continue;
        if (line.code.search(/\S/) === 0 && /^\s*\w[\w-]*\(\)/.test(next.code)) continue;
        yield { file: source.path, line: next.number, message: 'This never runs: the line above leaves' } satisfies Hit;
      }
  },
};

/** Slips of the shell. */
export const shellRules: readonly Rule[] = [...lines, uncheckedFolder, afterExit];
