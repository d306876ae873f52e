import { addedCommands, type Command } from '../read/commands.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const LANGUAGES = ['shell', 'dockerfile', 'yaml'] as const;

type Slip = { is: (command: Command) => boolean; message: string; severity?: Hit['severity'] };

const NUMERIC = /^-(?:eq|ne|gt|lt|ge|le)$/;
/** Programs that take their arguments as names of files. */
const FILES = /^(?:rm|cp|mv|ls|cat|chmod|chown|wc|head|tail|source|\.|touch|mkdir|rmdir|ln|stat|install|scp|rsync)$/;
/** Programs that read no dollar of their own. */
const PLAIN = /^(?:curl|wget|cp|mv|cd|mkdir|rm|git|scp|cat|touch|ls|export|tar|source|\.)$/;

const SLIPS: readonly Slip[] = [
  {
    is: ({ name, args }) => name === 'test' && args.some((arg) => /^\$\w+$/.test(arg)),
    message: 'An empty value makes this test succeed or fail by accident',
  },
  {
    is: ({ name, text }) =>
      /^\[\[?$|^test$/.test(name) &&
      /\s-(?:eq|ne|gt|lt|ge|le)\s+(["'])(?![\d$-])[\w./-]+\1/.test(text) &&
      NUMERIC.test(/\s(-\w\w)\s+["']/.exec(text)?.[1] ?? ''),
    message: 'A text is compared as a number',
  },
  {
    is: ({ text }) => /^\[\[\s.*\s[<>]\s+["']?\d+["']?\s*(?:\]\]|&&|\|\|)/.test(text),
    message: 'A number is compared as a text',
  },
  {
    is: ({ name, args }) => /^[A-Za-z_]\w*$/.test(name) && args[0] === '=' && args.length <= 2,
    message: 'With spaces this is a command and no assignment',
  },
  {
    is: ({ name, text }) =>
      /^\[\[?$/.test(name) && /^\[\[?\s+(?:"[^"]*"|\$\{?\w+\}?)={1,2}(?:"[^"]*"|[\w$-]+)\s+\]\]?$/.test(text),
    message: 'Without spaces this always holds',
  },
  {
    is: ({ name, args }) =>
      FILES.test(name) && args.some((arg) => /^"[^"$]*[*][^"]*"$/.test(arg) || /^(["'])~\/[^"']*\1$/.test(arg)),
    message: 'In quotes this is the name itself, and no pattern or home folder',
  },
  {
    is: ({ name, args }) => PLAIN.test(name) && args.some((arg) => /^'[^']*\$\{?[A-Za-z_]\w+[^']*'$/.test(arg)),
    message: 'In single quotes the name stands for itself, and not for its value',
  },
  {
    is: ({ args, name }) =>
      !/^(?:echo|printf|\[\[?|for|let|case|local|log\w*|read|shift|declare|typeset|eval|set|test)$/.test(name) &&
      args.some((arg) => /^\$(?:[@*]|\{\w+\[@\]\})$/.test(arg)),
    message: 'Values with spaces fall apart here',
  },
];

/** A word of a command that does not mean what it seems to. */
const slips: Rule = {
  id: 'code/shell-slip',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Quote values, and compare numbers as numbers and texts as texts.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap((command) => {
      const slip = SLIPS.find(({ is }) => is(command));
      return slip
        ? [{ file: command.source.path, line: command.line, message: `${slip.message}: \`${shorten(command.text)}\`` }]
        : [];
    });
  },
};

type Told = { number: number; message: string };

/** Slips that a line of a script shows, with the lines around it. */
const LINES: readonly ((text: string, at: { number: number; source: SourceFile }) => string | undefined)[] = [
  (text) =>
    /\b(?:if|elif|while|until)\s+[A-Za-z_]\w*=(?!["']?\$\()[^\s;]*\s*;\s*(?:then|do)\b/.test(text)
      ? 'A condition assigns instead of comparing'
      : undefined,
  (text) =>
    /^\s*(?:\w+=|export \w+=|local \w+=)(["'])~\//.test(text)
      ? 'In quotes this is the name itself, and no home folder'
      : undefined,
  (text) => {
    const target = /(?<![>\d&])>\s*("?[\w./${}-]+"?)\s*$/.exec(text)?.[1];
    if (target === undefined || target.startsWith('/dev/') || /^\s*(?:echo|printf|:|true)\b/.test(text))
      return undefined;
    const before = text.slice(0, text.lastIndexOf('>'));
    return /^\s*(?:sort|uniq|jq|yq|sed|grep|awk|tr|cut|cat|head|tail|envsubst|python3?)\b/.test(before) &&
      before.split(/\s+/).includes(target)
      ? 'The file is emptied before it is read'
      : undefined;
  },
  (text, { number, source }) => {
    const name = /^\s*(?:local|declare|export|readonly)\s+(?:-\w+\s+)?(\w+)="?\$\(/.exec(text)?.[1];
    const next = [1, 2].map((ahead) => source.lineAt(number + ahead)?.text ?? '').find((line) => line.trim() !== '');
    return name !== undefined && /\$\?/.test(next ?? '')
      ? 'The code that is asked for next is that of the declaration'
      : undefined;
  },
  (text, { number, source }) => (/\|\s*while\b.*\bread\b/.test(text) ? lostAfter(number, source) : undefined),
  (text, { number, source }) => {
    if (!/^\s*pushd\s+[^|&;]*\$[^|&;]*$/.test(text.trimEnd()) || stops(source)) return undefined;
    return [1, 2, 3, 4].some((ahead) => /\b(?:rm|mv)\b/.test(source.lineAt(number + ahead)?.code ?? ''))
      ? 'If this folder is not there, what follows works in another one'
      : undefined;
  },
];

function stops({ text }: SourceFile): boolean {
  return /^\s*set\s+-\w*e|\bset -o errexit|^#!.*\s-\w*e/m.test(text);
}

/** What the loop after a pipe counts or collects is gone when it ends; `lastpipe` aside. */
function lostAfter(number: number, source: SourceFile): string | undefined {
  const indent = source.lineAt(number)?.code.search(/\S/) ?? 0;
  const end = source.lines.find(
    ({ number: at, code }) => at > number && code.search(/\S/) === indent && /^\s*done\b/.test(code),
  );
  if (!end || /lastpipe/.test(source.text)) return undefined;
  const body = source.lines.slice(number, end.number - 1).map(({ text }) => text);
  const names = new Set(
    body
      .flatMap((text) => /(?:^|[;&]\s*)\s*(\w+)\+?=(?!=)|\(\(\s*(\w+)(?:\+\+|\s*\+=)/.exec(text)?.slice(1) ?? [])
      .filter(Boolean),
  );
  for (const line of source.lines.slice(end.number)) {
    if (/^\s*[}]/.test(line.code) && line.code.search(/\S/) < indent) return undefined;
    for (const name of names) {
      if (new RegExp(`(?:^|\\s)${name}=`).test(line.text)) names.delete(name);
      else if (new RegExp(`\\$\\{?#?${name}\\b`).test(line.text))
        return `\`${name}\` is lost when the loop ends: after a pipe it runs in a shell of its own`;
    }
  }
  return undefined;
}

const lines: Rule = {
  id: 'code/shell-slip',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Let the loop read from `< <(…)`, write to another file, and declare before assigning.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script']))
      for (const { text, number, startsIn } of source.added) {
        if (startsIn !== 'code') continue;
        for (const judge of LINES) {
          const message = judge(text, { number, source });
          if (message !== undefined) yield { file: source.path, line: number, message } satisfies Hit;
        }
      }
  },
};

/** A branch that is always taken or never, and code that no way leads to. */
const dead: Rule = {
  id: 'code/dead-branch',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Remove what never runs, or write the condition that was meant.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script']))
      for (const { number, message } of deadIn(source))
        yield { file: source.path, line: number, message } satisfies Hit;
  },
};

function* deadIn(source: SourceFile): Iterable<Told> {
  for (const { number, code, text } of source.added)
    if (
      /^\s*(?:if|elif)\s+(?:true|false|:|\[\s*(\d+)\s+(?:-eq|=|-ne)\s+\d+\s*\])\s*(?:;|$)|^\s*while\s+false\b/.test(
        text,
      ) &&
      /\S/.test(code)
    )
      yield { number, message: `The condition is always the same: \`${shorten(text)}\`` };
  for (const { number, code } of source.lines) {
    if (!/^\s*while\s+(?:true|:)\s*(?:;\s*do)?\s*$/.test(code)) continue;
    const indent = code.search(/\S/);
    const end = source.lines.find(
      (line) => line.number > number && line.code.search(/\S/) === indent && /^\s*done\b/.test(line.code),
    );
    if (!end || /[|&]/.test(end.code.replace(/&&.*/, ''))) continue;
    const body = source.lines.slice(number, end.number - 1).map((line) => line.code);
    if (body.some((line) => /\b(?:break|exit|return|exec|die|fail\w*|quit|abort)\b|set -e/.test(line)) || stops(source))
      continue;
    const next = source.lines.find((line) => line.number > end.number && line.code.trim() !== '');
    if (
      next &&
      next.code.search(/\S/) === indent &&
      /^\s*[\w./"$]/.test(next.code) &&
      !/^\s*(?:fi|done|esac|else)\b/.test(next.code) &&
      (source.isAdded(next.number) || source.isAdded(number))
    )
      yield { number: next.number, message: 'This never runs: nothing ends the loop above' };
  }
}

/** Output and stops that only the author needed. */
const debugging: Rule = {
  id: 'code/debug-print',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Remove it, or turn it on by a variable.',
  languages: ['shell'],
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, line, name, args, use, text, fn }) => {
      const told = args.find((arg) => !arg.startsWith('-'))?.replace(/^["']|["']$/g, '') ?? '';
      const prints = /^(?:echo|printf)$/.test(name) && DEBUG.test(told) && use === 'plain';
      const dumps = /^(?:declare|typeset)$/.test(name) && args[0] === '-p' && use === 'plain' && fn !== undefined;
      const waits =
        name === 'read' &&
        /debug|press (?:enter|any key)|continue\?/i.test(text) &&
        /-\w*p/.test(text) &&
        source.oldText !== undefined;
      if ((!prints && !dumps && !waits) || isAsked(line, source) || source.language.name !== 'shell') return [];
      return [
        {
          file: source.path,
          line,
          ...(waits || (fn !== undefined && /^\d+$/.test(told)) ? { severity: 'low' as const } : {}),
          message: `Left in from debugging: \`${shorten(text)}\``,
        },
      ];
    });
  },
};

const DEBUG =
  /^[^\w$]{0,4}(?:debug(?:ging)?\b(?! mode| log)|(?:got |i am |we are )?here\b|reached\b|xxx+|wtf|asdf|foo ?bar\b|test(?:ing)? ?\d*$|\d{1,3}$|[-=*#>!]{3,}\s*\$)/i;

/** Somebody asked for it: a variable or an option decides. */
function isAsked(line: number, source: SourceFile): boolean {
  return [0, 1, 2].some((back) =>
    /DEBUG|VERBOSE|TRACE|\bif\b.*debug/i.test(
      (source.lineAt(line - back)?.text ?? '').replace(/^\s*(?:echo|printf).*/, ''),
    ),
  );
}

/** Words of commands that mean something else, branches that never run, and what was left in from debugging. */
export const shellCommandRules: readonly Rule[] = [slips, lines, dead, debugging];
