import { lineNear } from '../read/diff.ts';
import type { SourceFile } from '../read/reading.ts';
import { addedCommands, type Command } from '../read/commands.ts';
import { isMadeHere } from '../read/shell-words.ts';
import { lostOptionRules } from '../lost-options.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

const LANGUAGES = ['shell', 'dockerfile', 'yaml'] as const;

/** `install … || true`: it failed, and what follows goes on as if it had not. */
const forgiven: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Let it fail, handle the failure, or say in a comment why it may be ignored.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const command of await addedCommands(reading)) {
      const fallback = command.fallback ?? '';
      const only = SPEAKS.test(fallback);
      if (!(only || FORGETS.test(fallback)) || command.use !== 'plain' || (mayFail(command) && !counted(command)))
        continue;
      if (isExplained(command) || stoodBefore(command) || (only && !isGrave(command))) continue;
      hits.push({
        file: command.source.path,
        line: command.end,
        severity: (isGrave(command) && !only) || counted(command) ? 'medium' : 'low',
        message: `A failure goes unheard: \`${shorten(command.text)} || ${command.fallback}\``,
      });
    }
    return hits;
  },
};

const FORGETS = /^\s*(?:true|:|exit 0|return 0|\/bin\/true)\s*;?\s*$/;

/** The failure is told to whoever watches, and the script goes on. */
const SPEAKS = /^\s*(?:echo|printf|warn\w*|log\w*)\s[^;&|]*$/;

/** Commands whose failure says that there was nothing to do, or is their answer. */
const MAY_FAIL =
  /^(?:\[|\[\[|test|grep|egrep|fgrep|rg|ag|diff|cmp|comm|expr|let|read|kill|pkill|killall|pgrep|rm|rmdir|unlink|umount|unset|unalias|type|which|command|hash|wait|id|getent|find|ls|stat|cat|head|tail|tty|stty|tput|trap|shopt|set|echo|printf|popd|pushd|ps|mkdir|ln|userdel|groupdel|useradd|groupadd|adduser|addgroup|usermod|dropdb|complete|compinit|zle|bindkey|alias|chown|chmod|sysctl|ulimit|renice|nice|sync|notify-send|timeout|open|xdg-open|deluser|modprobe|rmmod|iptables|ip|ifconfig|launchctl|systemctl|service|initctl|update-rc\.d|chkconfig|dpkg-divert|update-alternatives|eval|gpgconf|bc|xargs|sleep|disown|jobs|fg|bg|history|true|false|:|ldconfig|dmesg|logger|lsof|fuser|nc|ping|dig|host|nslookup|mount|touch|ssh-keygen|ssh-add|ssh-agent)$/;
/** Their ways to take away or look at what may not be there. */
const CLEARS =
  /\b(?:rm|remove|rmi|rmdir|stop|down|kill|delete|del|uninstall|unload|unlink|logout|disconnect|prune|clean|close|destroy|purge|disable|detach|drop|reset|abort|diff|status|show|describe|inspect|exists?|list|ls|get|log|logs|stash|--help|--version|-h|-V|branch -D|tag -d|rev-parse|config|unset|merge-base|symbolic-ref|network create|create namespace|create ns|volume create|worktree|update-index|check-ignore|ls-remote|rev-list|outdated|info|view|whoami|completions?|has|query|search|which|versions?|report|upload|notify|codecov|coveralls)\b/;

/** They are run for their answer, and nobody hears it: told where a person might still look at what they print. */
const JUDGES = /\b(?:audit|lint|check)\b/;

function mayFail({ name, args, text, source }: Command): boolean {
  if (MAY_FAIL.test(name) || name.startsWith('$') || name.startsWith('((')) return true;
  const plain = args
    .filter((arg) => !arg.startsWith('-'))
    .slice(0, 3)
    .join(' ');
  return (
    CLEARS.test(plain) ||
    (source.language.name === 'shell' && JUDGES.test(plain)) ||
    /(?:^|\s)--(?:help|version|delete|remove|quiet-if|ignore)\b/.test(text) ||
    /completion/.test(source.path)
  );
}

/** What it leaves undone is trusted afterwards: checks, installs, builds, downloads, loading what is used next. */
function isGrave({ name, args, source, text }: Command): boolean {
  const words = [name, ...args].join(' ');
  return (
    (GRAVE.test(words) && !JUDGES.test(words)) ||
    source.language.name === 'dockerfile' ||
    (/^(?:source|\.)$/.test(name) &&
      !/(?:rc|env|profile|local|completion)\b/i.test(text.replace(/"?\$\{?\w+\}?"?/, '')))
  );
}

const GRAVE =
  /\b(?:pg_dump|pg_restore|mysqldump|verify|--check|-c\b.*sums?|sha\d+sum|md5sum|gpg|cosign|install|ci\b|build|compile|make|cmake|tar|unzip|curl|wget|cp|mv|rsync|scp|migrate|deploy|apply|push|publish|release|upgrade|patch|commit|checkout|clone|fetch|pull|dump|restore|backup|mysql|psql|cargo|go|npm|pip|mvn|gradle|terraform|ansible-playbook|helm|kubectl|docker)\b/;

/** A comment on its line or above gives the reason. */
function isExplained({ source, line, end }: Command): boolean {
  return [line - 1, line, end].some((at) =>
    /\w+\s+\w+\s+\w+/.test(source.lineAt(at)?.comment.replace(/^\W*shellcheck .*/, '') ?? ''),
  );
}

/** The same command stood here before, and its failure counted. */
function counted({ source, text }: Command): boolean {
  return source.change.removed.some((line) => {
    const before = line.text.trim().replace(/^(?:RUN|- run:)\s+/, '');
    return before.startsWith(text) && HEEDED.test(before.slice(text.length));
  });
}

/** Nothing follows, or what is done when it fails. */
const HEEDED = /^\s*(?:\\|\|\|\s*(?!true\b|:|echo\b|exit 0|return 0)\S.*)?$/;

/** The same words stood there before. */
function stoodBefore({ source, text }: Command): boolean {
  const [first = ''] = text.split('\n');
  const forgives = (lines: readonly { text: string }[]) =>
    lines.filter((line) => /\|\|\s*(?:true|:)/.test(line.text)).length;
  return (
    source.change.removed.some((line) => line.text.includes(first) && /\|\|\s*(?:true|:)/.test(line.text)) ||
    (forgives(source.change.added) > 0 && forgives(source.change.removed) >= forgives(source.change.added))
  );
}

/** Errors stop the script, and from here on they do not. */
const careless: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Keep `set -e`, and handle the one command that may fail.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const command of await addedCommands(reading)) {
      const { source, line, name, args } = command;
      if (name !== 'set' || !/^\+\w*e|^\+o errexit/.test(args.join(' ')) || isExplained(command)) continue;
      const back = source.lines.some(({ number, code }) => number > line && /\bset\s+(?:-\w*e|-o errexit)/.test(code));
      const asks = source.lines.slice(line, line + 8).some(({ code }) => /\$\?|\$\{PIPESTATUS/.test(code));
      if (!back && !asks) hits.push({ file: source.path, line, message: 'From here on no failure stops the script' });
    }
    for (const source of reading.files) {
      const { language, role, change } = source;
      if (language.name !== 'shell' || !['product', 'script'].includes(role) || change.status !== 'modified') continue;
      for (const [sets, message] of STOPS) {
        const hunk = change.hunks.find(({ lines }) =>
          lines.some(({ kind, text }) => kind === 'removed' && sets.test(text)),
        );
        const gone = hunk?.lines.find(({ kind, text }) => kind === 'removed' && sets.test(text));
        if (hunk && !sets.test(source.text))
          hits.push({ file: source.path, line: lineNear(hunk, gone), message, text: gone?.text ?? '' });
      }
    }
    return hits;
  },
};

const removedFrom = ({ change }: SourceFile): string => change.removed.map(({ text }) => text).join('\n');

/** A failure is asked for, and nothing is done about it: an empty branch, a trap that ignores it. */
const ignored: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Let it fail, handle the failure, or say in a comment why it may be ignored.',
  languages: ['shell'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const { source, name, args, line } of await addedCommands(reading))
      if (
        name === 'trap' &&
        /^(?:''|""|:|true)$/.test(args[0] ?? '') &&
        args.includes('ERR') &&
        !/\btrap\b.*\berr\b/i.test(removedFrom(source))
      )
        hits.push({ file: source.path, line, message: 'No failure is heard of any more' });
    for (const source of reading.files.filter(({ language, role }) => language.name === 'shell' && role !== 'test'))
      for (const { number, code, comment } of source.added) {
        if (!/^\s*if\s+!\s+(?!\[|test\b|grep\b|command\b)\S.*;\s*then\s*$/.test(code) || comment.trim() !== '')
          continue;
        const [body, end] = [1, 2].map((ahead) => source.lineAt(number + ahead));
        if (
          /^\s*(?::|true)\s*$/.test(body?.code ?? '') &&
          /^\s*fi\b/.test(end?.code ?? '') &&
          body?.comment.trim() === ''
        )
          hits.push({ file: source.path, line: number, message: 'Nothing is done about this failure' });
      }
    return hits;
  },
};

const SETS_E = /^\s*set\s+(?:-\w*e|.*-o errexit)|^#!.*\s-\w*e/m;
const STOPS: readonly (readonly [RegExp, string])[] = [
  [SETS_E, 'A failure stopped this script, and does not any more'],
  [/\bpipefail\b/, 'A failure before a pipe stopped this script, and does not any more'],
  [/^\s*set\s+(?:-\w*u|.*-o nounset)/m, 'A name without a value stopped this script, and does not any more'],
];

/** Tracing that was left on inside of a function. */
const tracing: Rule = {
  id: 'code/debug-print',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Remove it, or turn it on by a variable.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const { source, name, args, fn, line, use } of await addedCommands(reading)) {
      const words = args.join(' ');
      const alone = /^-(?:x|v)$|^-\w*o xtrace$/.test(words);
      if (name !== 'set' || !(alone || isTracedNow(words, source)) || use !== 'plain') continue;
      const before = source.lineAt(line - 1)?.code ?? '';
      const off = source.lines.some(
        ({ number, code }) => number > line && number < line + 30 && /\bset\s+\+x/.test(code),
      );
      const around = before + (source.lineAt(line)?.code ?? '').replace('xtrace', '');
      const traced = source.change.removed.some(({ text }) => /^\s*set\s+-\w*[xv]/.test(text));
      if (off || traced || /\bif\b|\bthen\b|&&|TRACE|DEBUG|VERBOSE/i.test(around)) continue;
      if (fn !== undefined || source.oldText !== undefined)
        hits.push({
          file: source.path,
          line,
          severity: source.language.name === 'shell' ? 'medium' : 'low',
          message: 'Tracing was left on',
        });
    }
    for (const source of reading.files) {
      const [first] = source.added;
      if (
        first?.number === 1 &&
        source.language.name === 'shell' &&
        /^#!.*\s-\w*x\w*\s*$/.test(first.raw) &&
        source.oldText
      )
        hits.push({ file: source.path, line: 1, message: 'Tracing was left on' });
    }
    return hits;
  },
};

/** `set -eux` where `set -eu` stood. */
function isTracedNow(words: string, { change, language }: SourceFile): boolean {
  if (language.name !== 'shell' || !/^-[a-wyz]*x[a-z]*(?:\s|$)/.test(words)) return false;
  return change.removed.some(({ text }) => /^\s*set\s+-[a-wyz]+(?:\s|$)/.test(text));
}

/** Removes what a value names, unquoted: a space in it, or nothing in it, removes something else. */
const looseRemoval: Rule = {
  id: 'code/shell-slip',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Quote it and stop when it is empty: "${name:?}".',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const { source, name, args, line, text } of await addedCommands(reading)) {
      if (name !== 'rm' || !args.some((arg) => /^-\w*[rR]/.test(arg) || arg === '--recursive')) continue;
      const loose = args.find((arg) => /^\$\{?[\w@*]+\}?(?:\/|$)/.test(arg));
      const empty = args.find((arg) => /^"?\$\{?\w+\}?"?\/"?\*?"?$/.test(arg));
      if (loose !== undefined || empty !== undefined)
        hits.push({
          file: source.path,
          line,
          severity:
            source.language.name === 'shell' && !isMadeHere(loose ?? empty ?? '', source.text) ? 'medium' : 'low',
          message: `A value that is empty or holds a space removes something else: \`${shorten(text)}\``,
        });
    }
    return hits;
  },
};

/** The state of the machine is shown, which helps whoever looks for a fault and nobody else. */
const shown: Rule = {
  id: 'code/debug-print',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Remove it.',
  languages: ['dockerfile', 'yaml'],
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, line, name, args, use, fed, text }) => {
      const words = args.join(' ');
      const shows =
        (/^(?:env|printenv)$/.test(name) && args.length === 0) ||
        (name === 'ls' && /^-\w*[aR]/.test(words)) ||
        (/^(?:echo|printf)$/.test(name) &&
          /^["']?(?:debug|here|got here|test(?:ing)?|xxx+|>+|=+|-{3,})\b/i.test(words)) ||
        (name === 'set' && words === '-x' && source.language.name === 'yaml');
      return shows && use === 'plain' && fed.length === 0 && ['dockerfile', 'yaml'].includes(source.language.name)
        ? [{ file: source.path, line, message: `Output for debugging was left in: \`${shorten(text)}\`` } satisfies Hit]
        : [];
    });
  },
};

/** What goes wrong unheard or by a slip in commands of a shell, wherever they stand. */
export const commandSlips: readonly Rule[] = [
  forgiven,
  ignored,
  careless,
  tracing,
  looseRemoval,
  shown,
  ...lostOptionRules.code,
];
