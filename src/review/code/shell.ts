import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { shellCommandRules } from './shell-commands.ts';
import { shellUndoneRules } from './shell-undone.ts';
import { lineRule, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';

type Words = Pick<LineRule, 'message' | 'remedy' | 'unless'>;

const slip = (severity: Rule['severity'], pattern: RegExp, words: Words): Rule =>
  lineRule({
    id: 'code/shell-slip',
    severity,
    languages: ['shell'],
    roles: ['product', 'script'],
    view: 'text',
    pattern,
    ...words,
  });

/** Whatever the script gives this name is a word of its own, a number that it counts, or has another in its place when it is empty. */
function hasValue(name: string, lines: readonly SourceLine[]): boolean {
  const given = lines.flatMap(({ text }) => new RegExp(`(?:^|[\\s;])${name}=(\\S*)`).exec(text)?.[1] ?? []);
  return given.length > 0 && given.every((value) => /^"?(?:[\w.-]+"?;?$|\$\(\(|\$[#?]|\$\{\w+:-[^}])/.test(value));
}

const lines: Rule[] = [
  slip('medium', /(?<!\[)\[ [^\]]*\$\{?\w+\}?"?\s+[<>]\s+"?\$?\w+"?\s*\](?!\])/, {
    message: 'Between single brackets this writes a file: `$&`',
    remedy: 'Use -lt, -gt, or double brackets.',
  }),
  slip('medium', /(?<!\[)\[ (?:-[nz] )?\$\w+ (?:=|==|!=|-eq|-ne|-gt|-lt) /, {
    message: 'An empty value makes this test fail: `$&`',
    remedy: 'Put the variable in double quotes.',
    unless: ({ text }, { lines: all }) => hasValue(/\[ (?:-[nz] )?\$(\w+)/.exec(text)?.[1] ?? '', all),
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

const expansions: Rule[] = [
  slip('medium', /\bin [^;]*\{[\w$]*\.\.\$|\{\$\{?\w+\}?\.\.[^}]*\}/, {
    message: 'Braces are spread before names are filled in, so this is one word: `$&`',
    remedy: 'Use seq, or for ((…)).',
    unless: (_line, { text }) => /^#!.*\bzsh\b/.test(text),
  }),
  slip('medium', /\bfor \w+ in "?\$(\w+)"?\s*(?:;|$)/, {
    message: 'Only the first element of the list is meant here: `$&`',
    remedy: 'Write "${name[@]}".',
    unless: ({ text }, { text: whole }) => {
      const name = /\bin "?\$(\w+)/.exec(text)?.[1] ?? '$^';
      const given = [
        ...whole.matchAll(new RegExp(`(?:^|[\\s;])(?:local |declare -a |readonly )?${name}\\+?=(.?)`, 'gm')),
      ];
      return given.length === 0 || given.some(([, first]) => first !== '(') || /^#!.*\bzsh\b/.test(whole);
    },
  }),
  slip('low', /\bfind\b.*\s-i?(?:name|path)\s+(?!['"\\])[^\s'"]*\*/, {
    message: 'The shell fills this in before find sees it: `$&`',
    remedy: 'Quote the pattern.',
  }),
];

/** What only bash understands, in a script that another shell may run. */
const bashism = lineRule({
  id: 'code/shell-slip',
  severity: 'medium',
  languages: ['shell'],
  roles: ['product', 'script'],
  view: 'text',
  where: ({ text }) => /^#!\s*\/(?:usr\/)?bin\/(?:env )?(?:sh|dash|ash)\b/.test(text),
  pattern:
    /(?:^|[;&|]|\b(?:if|while|until|elif)\b|!)\s*\[\[ |^\s*(?:declare|typeset|shopt|pushd|popd|function \w+)\b|^\s*\w+\+?=\((?!\()|<<<|\$\{\w+(?:\/\/?|,,?|\^\^?|\[@\]|:\d)[^}]*\}|\s&>\s?\S|\bset -o pipefail\b|(?:^|[;&|])\s*source\s/,
  message: 'The shell named at the top need not understand this: `$&`',
  remedy: 'Name bash at the top, or write what every shell understands.',
});

const more: Rule[] = [
  bashism,
  slip('medium', /\bsudo\s+(?:echo|cat|printf|tee\s+<)\b[^|]*>>?\s*\/(?!dev\/|tmp\/)/, {
    message: 'The redirection runs without the rights of sudo: `$&`',
    remedy: 'Pipe into sudo tee.',
  }),
  slip('low', /(?:^|[;&|]|\bwhile\s+(?:IFS=\S*\s+)?)\s*read\s+(?!-\w*r)(?:-[a-qs-zA-Z]+\s+\S+\s+)*[a-z_]/, {
    message: 'Backslashes in the input are lost: `$&`',
    remedy: 'Use read -r.',
  }),
];

/** `'… $name'`: in single quotes the name is shown and not its value. */
const plainQuotes: Rule = {
  id: 'code/plain-quotes',
  severity: 'low',
  remedy: 'Use double quotes.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script']))
      for (const line of source.added) {
        const name = /^\s*(?:echo|printf|die|log|warn|info|error)\s+(?:-\w+\s+)?'[^']*\$\{?([A-Za-z_]\w*)/.exec(
          line.text,
        )?.[1];
        if (name !== undefined && /^\s*(?:echo|printf|\w+)\s/.test(line.code) && !/[|>]/.test(line.code))
          yield {
            file: source.path,
            line: line.number,
            message: `This shows \`$${name}\` and not its value`,
          } satisfies Hit;
      }
  },
};

/** `local` at the top of a script, where it is an error. */
const localOutside: Rule = {
  id: 'code/shell-slip',
  severity: 'medium',
  remedy: 'Leave `local` out, or put the lines into a function.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script']))
      for (const line of source.added)
        if (
          /^local\s+\w/.test(line.code) &&
          line.startsIn === 'code' &&
          source.text.startsWith('#!') &&
          !source.partial &&
          source.blocks().around(line.number).length === 0 &&
          !/^\s*(?:function\s+)?[\w-]+\s*\(\)/m.test(lastOpen(line.number, source))
        )
          yield { file: source.path, line: line.number, message: '`local` works in a function alone' } satisfies Hit;
  },
};

/** What stands between the last closing brace at the left edge and a line. */
function lastOpen(line: number, source: SourceFile): string {
  const above = source.lines.slice(0, line - 1).map(({ code }) => code);
  return above.slice(above.findLastIndex((code) => /^[})]/.test(code)) + 1).join('\n');
}

/** `$?` after something that has its own exit code. */
const otherCode: Rule = {
  id: 'code/shell-slip',
  severity: 'medium',
  remedy: 'Ask right after the command, or keep its code in a variable.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script']))
      for (const line of source.added) {
        if (!/\$\?|\$\{PIPESTATUS/.test(line.text) || line.startsIn !== 'code') continue;
        const above = source.lines.findLast(({ number, code }) => number < line.number && code.trim() !== '');
        if (
          above &&
          source.lines.length > 0 &&
          /^\s*(?:echo|printf|local|export)\s(?!.*(?:\$\(|\||&&|;))/.test(above.text) &&
          !/^\s*local \w+\s*$/.test(above.text)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `This is the code of \`${shorten(above.text)}\``,
          } satisfies Hit;
      }
  },
};

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
        if (
          line.startsIn !== 'code' ||
          !/^\s*(?:(?:exit|return|break|continue)(?:\s+[^\s;&|#][^;&|#]*)?|exec\s+[^<>&|;\d](?:[^<>&|;]|2>&1|[<>]{1,2}\s?"?[$/\w])*)\s*$/.test(
            line.code,
          )
        )
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
export const shellRules: readonly Rule[] = [
  localOutside,
  ...lines,
  ...expansions,
  ...more,
  plainQuotes,
  otherCode,
  uncheckedFolder,
  afterExit,
  ...shellCommandRules,
  ...shellUndoneRules,
];
