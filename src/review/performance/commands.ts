import { addedCommands, commandsIn, type Command, type Loop } from '../read/commands.ts';
import { lineNear } from '../read/diff.ts';
import type { SourceFile } from '../read/reading.ts';
import { lostOptionRules } from '../lost-options.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

const LANGUAGES = ['shell', 'dockerfile', 'yaml'] as const;

const REQUEST =
  /^(?:curl|wget|http|https|psql|mysql|mariadb|sqlite3|mongosh?|redis-cli|ssh|scp|rsync|kubectl|oc|aws|gcloud|az|gh|glab|helm|ldapsearch|dig|nslookup|host)$|^(?:git (?:clone|fetch|pull|push|ls-remote)|docker (?:pull|push|exec|run|build)|npm (?:view|info|install|i)|pip3? install|apt-get (?:install|update)|apt install|apk add|(?:yum|dnf|brew|gem|cargo|go) install)$/;

/** One request, query or installation for each element. */
const requests: Rule = {
  id: 'performance/query-in-loop',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Ask once for all: several addresses, names or rows in one call.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const command of await addedCommands(reading)) {
      const { source, line, loop } = command;
      const asks = [command, ...command.runs].find(isRequest);
      if (!loop || isRepeated(loop) || !asks || !usesElement(command, loop)) continue;
      hits.push({
        file: source.path,
        line,
        severity:
          isOpenEnded(loop) && !isLasting(asks) && !isMachinery(source) && !isRewritten(asks) ? 'medium' : 'low',
        message: `One request or installation for each element: \`${shorten(command.text)}\``,
      });
    }
    return hits;
  },
};

function isRequest({ name, args }: Command): boolean {
  return REQUEST.test(name) || REQUEST.test(`${name} ${args.find((arg) => !arg.startsWith('-')) ?? ''}`);
}

/** As many such commands go as come: it was asked before, in other words. */
function isRewritten({ name, source: { change } }: Command): boolean {
  const asks = (lines: readonly { text: string }[]) =>
    lines.filter(({ text }) => new RegExp(`(?<![\\w./-])${name.replace(/\W/g, '\\$&')}\\s`).test(text)).length;
  return asks(change.removed) > 0 && asks(change.removed) >= asks(change.added);
}

/** A line of nearly the same words stood in its place. */
function isReworded({ source, line }: Command): boolean {
  const hunk = source.change.hunks.find(({ lines }) => lines.some(({ newLine }) => newLine === line));
  const words = new Set(source.lineAt(line)?.raw.match(/\w+/g));
  return (
    hunk?.lines.some(({ kind, text }) => {
      const own = text.match(/\w+/g) ?? [];
      const shared = own.filter((word) => words.has(word)).length;
      return kind === 'removed' && shared >= 4 && shared >= 0.7 * Math.max(own.length, words.size);
    }) ?? false
  );
}

/** A hidden script of the repository's own, which runs now and then. */
function isMachinery({ role, language }: SourceFile): boolean {
  return role === 'data' && language.name === 'shell';
}

/** The loop tries again, waits, or stops at the first that fits. */
function isRepeated({ list, head, body, kind }: Loop): boolean {
  if (/\b(?:sleep|break|retry|attempt)\b/.test(body + head)) return true;
  if (kind === 'while') return !/\bread\b|\$#|\$\{#/.test(head);
  return /^(?:\{\d+\.\.\d+\}|\$\(seq\b.*|`seq\b.*|[\d\s]+)$/.test(list);
}

function usesElement({ text }: Command, { head }: Loop): boolean {
  const names = [...head.matchAll(/\bfor\s+(\w+)|\bread\b((?:\s+-\w+(?:\s+\S)?)*)((?:\s+\w+)+)/g)].flatMap((match) => [
    ...(match[1] === undefined ? [] : [match[1]]),
    ...(match[3]?.trim().split(/\s+/) ?? []),
  ]);
  return names.length === 0 || names.some((name) => new RegExp(`\\$\\{?!?${name}\\b`).test(text)) || /\$/.test(text);
}

/** Nobody knows how many there are. */
function isOpenEnded({ list, kind }: Loop): boolean {
  return kind === 'while' || /\$/.test(list) || /[*?`]/.test(list) || list === '';
}

/** It fetches or brings a whole file or image, which takes its time however it is asked for. */
function isLasting({ name, args, text }: Command): boolean {
  return (
    !/^(?:curl|psql|mysql|mariadb|sqlite3|mongosh?|redis-cli|gh|http|apt-get|apt|apk|pip3?|yum|dnf)$/.test(name) ||
    args.some((arg) => /^(?:-\w*[oOT]|--output|--upload-file|--remote-name)$/.test(arg)) ||
    /-X\s*(?:PUT|POST|DELETE|PATCH)|--request/.test(text)
  );
}

const TEXT_TOOLS =
  /^(?:grep|egrep|fgrep|sed|awk|gawk|cut|tr|wc|head|tail|jq|yq|expr|bc|basename|dirname|sort|uniq|date|python3?|perl|ruby|node|xargs|cat|rev|column|paste|tac|nl)$/;

/** A program started, or a file read from its beginning, for each line. */
const processes: Rule = {
  id: 'performance/process-in-loop',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Let one awk, grep -f or join read everything once, or use the expansions of the shell.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    const told = new Set<string>();
    for (const command of await addedCommands(reading)) {
      const { source, line, loop, name } = command;
      if (!loop || !TEXT_TOOLS.test(name) || !isPerLine(loop, command)) continue;
      const whole = readsWholeFile(command, loop);
      const cuts =
        (/^(?:echo|printf)$/.test(command.fed[0] ?? '') && command.fed.length > 0) ||
        /<<<\s*["']?\$/.test(around(command));
      if (told.has(`${source.path}:${line}`)) continue;
      told.add(`${source.path}:${line}`);
      hits.push({
        file: source.path,
        line,
        severity: (whole || (cuts && command.use === 'captured')) && !isReworded(command) ? 'medium' : 'low',
        message: whole
          ? `The whole file is read again for each line: \`${shorten(command.text)}\``
          : `A process is started for each line: \`${shorten(command.text)}\``,
      });
    }
    return hits;
  },
};

/** The line of a command, with the redirections that are no part of it. */
function around({ source, line, end }: Command): string {
  return `${source.lineAt(line)?.raw ?? ''} ${line === end ? '' : (source.lineAt(end)?.raw ?? '')}`;
}

function isPerLine({ kind, head, list }: Loop, { source }: Command): boolean {
  const filled = /^["']?\$\{(\w+)\[@\]\}["']?$/.exec(list)?.[1];
  if (filled !== undefined && new RegExp(`\\b(?:mapfile|readarray)\\b.*\\b${filled}\\b`).test(source.text)) return true;
  return kind === 'while'
    ? /\bread\b/.test(head)
    : /\$\(\s*(?:cat|<|grep|sed|awk|cut|sort|git (?:log|ls-files|diff))\b|`cat\b/.test(list);
}

/** `grep "$name" file`, where the file is neither the line nor what the loop reads. */
function readsWholeFile({ name, args, fed, loop }: Command, around: Loop): boolean {
  if (!/^(?:grep|egrep|fgrep|sed|awk|cat|jq)$/.test(name) || fed.length > 0 || loop === undefined) return false;
  if (name === 'sed' && args.some((arg) => /^-\w*i/.test(arg))) return true;
  const plain = args.filter((arg) => !arg.startsWith('-'));
  const file = name === 'cat' ? plain[0] : plain.length >= 2 ? plain.at(-1) : undefined;
  const names = [...around.head.matchAll(/\bfor\s+(\w+)|\s(\w+)\b/g)].map((match) => match[1] ?? match[2] ?? '');
  return file !== undefined && !names.some((own) => new RegExp(`\\$\\{?${own}\\b`).test(file));
}

/** A search that begins at the root of the machine. */
const searches: Rule = {
  id: 'performance/unbounded-read',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Begin at the folder it can be in, or bound the search with -maxdepth, -xdev or -prune.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, line, name, args, text }) => {
      const roots = args.filter((arg) => /^["']?\/\*?["']?$/.test(arg)).length;
      const recursive =
        name === 'find' ||
        name === 'du' ||
        (/^(?:grep|ls|rg)$/.test(name) && args.some((arg) => /^-\w*[rRa]/.test(arg)));
      return recursive && roots > 0 && !/-maxdepth|-xdev|-mount|-prune|--one-file-system|--max-depth/.test(text)
        ? [{ file: source.path, line, message: `The whole machine is searched: \`${shorten(text)}\`` } satisfies Hit]
        : [];
    });
  },
};

/** A loop that asks again and again. */
const polling: Rule = {
  id: 'performance/polling',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Wait for the event itself, or sleep between the tries and give up after a while.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    const told = new Set<string>();
    for (const { source, loop } of await commandsIn(reading)) {
      const paused = loop && pauseGone(loop, source);
      if (!loop || loop.kind !== 'while' || !(source.isAdded(loop.line) || paused)) continue;
      if (told.has(`${source.path}:${loop.line}`)) continue;
      told.add(`${source.path}:${loop.line}`);
      const { head, body } = loop;
      const waits = /\b(?:sleep|read|wait|inotifywait|select|accept|nc(?! -\w*z)|tail|timeout|usleep)\b/;
      const idle = /^do\s*(?::|true|continue|echo\b[^;\n]*|printf\b[^;\n]*)?[;\s]*(?:done)?$/.test(
        body.replace(/#.*$/gm, ''),
      );
      if (
        !waits.test(head + body) &&
        (idle || /^(?:while|until)\s+(?:true|:)$/.test(head)) &&
        !/\b(?:break|exit|return|shift)\b/.test(body)
      )
        hits.push({
          file: source.path,
          line: paused ?? loop.line,
          message: 'This loop asks again without a pause and takes a whole processor',
        });
      else if (/\bsleep\b/.test(body) && !BOUNDED.test(head + body))
        hits.push({
          file: source.path,
          line: loop.line,
          severity: 'low',
          message: 'This waits without an end if what it waits for never comes',
        });
    }
    return hits;
  },
};

/** Where a pause inside of the loop was taken out. */
function pauseGone({ line, body }: Loop, { change }: SourceFile): number | undefined {
  const last = line + body.split('\n').length;
  for (const hunk of change.hunks) {
    const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && /^\s*sleep\b/.test(text));
    const at = gone && lineNear(hunk, gone);
    if (at !== undefined && at >= line && at <= last) return at;
  }
  return undefined;
}

const BOUNDED =
  /-(?:lt|gt|le|ge)\b|\(\(|timeout|SECONDS|deadline|attempt|retr|tries|max|count|break|exit|return|\btrue\b/i;

/** `cat file | grep | wc -l`: programs that only hand on what the next one could have read itself. */
const needless: Rule = {
  id: 'performance/process-in-loop',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Give the file to the program that reads it; `grep -c` counts.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, line, name, args, fed, text }) => {
      const [first] = fed;
      const handsOn =
        first === 'cat' && fed.length === 1 && /^(?:grep|egrep|sed|awk|wc|head|tail|sort|cut|jq|while)$/.test(name);
      const counts = name === 'wc' && args.includes('-l') && /^e?grep$/.test(fed.at(-1) ?? '');
      return handsOn || counts
        ? [
            {
              file: source.path,
              line,
              message: `One program too many in this pipe, before \`${shorten(text)}\``,
            } satisfies Hit,
          ]
        : [];
    });
  },
};

/** A history or a state is asked for once for each file. */
const asked: Rule = {
  id: 'performance/process-in-loop',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Ask once for all of them.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap((command) => {
      const { source, line, name, args, loop, text } = command;
      return loop &&
        isPerLine(loop, command) &&
        name === 'git' &&
        /^(?:log|show|blame|diff|rev-list|cat-file|check-ignore|status)$/.test(args[0] ?? '')
        ? [
            {
              file: source.path,
              line,
              message: `A process is started for each of them: \`${shorten(text)}\``,
            } satisfies Hit,
          ]
        : [];
    });
  },
};

/** `find … -exec program {} \\;`: a process for each file, where `+` starts few. */
const eachFile: Rule = {
  id: 'performance/process-in-loop',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'End it with +, or use -delete or xargs.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, line, name, text }) =>
      name === 'find' && /-exec\s+(?!(?:sh|bash)\b).*(?:\\;|';'|";")\s*$/.test(text)
        ? [
            {
              file: source.path,
              line,
              message: `A process is started for each file: \`${shorten(text)}\``,
            } satisfies Hit,
          ]
        : [],
    );
  },
};

/** A file is kept whole in a variable. */
const keptWhole: Rule = {
  id: 'performance/unbounded-read',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Let the program that needs it read the file.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, line, name, words, use, fed }) =>
      name === 'cat' &&
      use === 'captured' &&
      fed.length === 0 &&
      words.some(({ text: arg }) => /\.(?:log|csv|json|txt|sql|xml|ndjson)\b|\/(?:syslog|messages)\b/.test(arg))
        ? [{ file: source.path, line, message: 'The whole file is kept in memory' } satisfies Hit]
        : [],
    );
  },
};

/** A file is read again from its beginning for each line of another. */
const crossedFiles: Rule = {
  id: 'performance/process-in-loop',
  severity: 'medium',
  remedy: 'Use join, grep -f, or one awk.',
  languages: ['shell'],
  *find(reading) {
    for (const source of reading.files)
      if (source.language.name === 'shell' && source.role !== 'test')
        for (const line of source.added) {
          if (!/^\s*while\s+(?:IFS=\S*\s+)?read\b/.test(line.code)) continue;
          const indent = line.code.search(/\S/);
          const outer = source.lines.findLast(
            ({ number, code }) => number < line.number && code.trim() !== '' && code.search(/\S/) < indent,
          );
          const end = source.lines.find(
            ({ number, code }) => number > line.number && code.search(/\S/) === indent && /^\s*done\b/.test(code),
          );
          if (
            outer &&
            /^\s*(?:while\s+(?:IFS=\S*\s+)?read\b|for\b.*\$\()/.test(outer.code) &&
            /<\s*[^<(\s]/.test(end?.code ?? '')
          )
            yield {
              file: source.path,
              line: line.number,
              message: 'The file is read again for each line of the other',
            } satisfies Hit;
        }
  },
};

/** Programs that are started all at once, as many as there are. */
const unboundedStarts: Rule = {
  id: 'performance/unbounded-work',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Start a few at a time: xargs -P, or wait -n.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap((command) => {
      const { source, line, end, loop, text } = command;
      const behind = (source.lineAt(end)?.code ?? '').trimEnd();
      return loop &&
        isOpenEnded(loop) &&
        !isRepeated(loop) &&
        /[^&]&\s*(?:done)?$/.test(behind) &&
        behind.includes(lastWord(text)) &&
        !/\bwait\b|\bjobs\b|\bsem\b/.test(loop.body)
        ? [{ file: source.path, line, message: `All are started at once: \`${shorten(text)}\`` } satisfies Hit]
        : [];
    });
  },
};

function lastWord(text: string): string {
  return /\w+\W*$/.exec(text)?.[0].replace(/\W+$/, '') ?? text;
}

/** What takes time in commands of a shell, wherever they stand. */
export const commandCosts: readonly Rule[] = [
  requests,
  processes,
  searches,
  polling,
  needless,
  asked,
  eachFile,
  keptWhole,
  crossedFiles,
  ...lostOptionRules.performance,
  unboundedStarts,
];
