import { posix } from 'node:path';
import { packageRules } from './anti-slop/packages.ts';
import { importRules } from './anti-slop/imports.ts';
import { inventedRules } from './anti-slop/invented.ts';
import { putOffRules } from './anti-slop/put-off.ts';
import { shapeRules } from './anti-slop/shape.ts';
import { unrelatedRules } from './anti-slop/unrelated.ts';
import { hollowSlop } from './anti-slop/hollow.ts';
import { suppressedRules } from './anti-slop/suppressed.ts';
import { commentRules } from './anti-slop/comments.ts';
import type { LanguageName } from './read/language.ts';
import type { Block } from './read/blocks.ts';
import type { SourceLine } from './read/lexer.ts';
import type { SourceFile } from './read/reading.ts';
import { undoneCare } from './undone.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from './rules.ts';

/** Upstream's weights of what a finding adds to the confidence, and ours for the rules it did not have. */
export const SLOP_WEIGHTS: Readonly<Record<string, number>> = {
  'anti-slop/file-too-long': 0.15,
  'anti-slop/panic': 0.2,
  'anti-slop/placeholder': 0.2,
  'anti-slop/elision': 0.2,
  'anti-slop/invented-import': 0.2,
  'anti-slop/todo': 0.1,
  'anti-slop/commented-out': 0.1,
  'anti-slop/addresses-reader': 0.1,
  'anti-slop/retelling': 0.1,
  'anti-slop/broad-catch': 0.1,
  'anti-slop/emoji': 0.1,
  'anti-slop/needless-file': 0.1,
  'anti-slop/reformatting': 0.1,
};

const LONG_FILE = 400;

/** The note waits for something outside of this change, or only wonders. */
const WAITS =
  /\bfor (?:v|version )?\d+\.\d|\b(?:once|when|until|after|if|either|remove|consider|maybe|perhaps|probably|ideally|eventually|might|may|could|would|should|can(?:no|')t|known|limitation|in (?:the )?(?:next|future)|next major|deprecat\w*|upstream|drop)\b|\?/i;

/** What works could be done in a nicer way, or has something to mind: nothing is missing. */
const WISHES =
  /\b(?:TODO|HACK)\b(?:\([\w@.-]+\))?\W*(?:please |we |to |can |this can be |let's )*(?:optimi[sz]e|refactor|clean(?: ?up)?|simplif(?:y|ied)|normali[sz]e|improve|rename|rethink|revisit|reconsider|document|investigate|figure out|find out|look (?:into|at)|think about|merge|dedup\w*|unify|generali[sz]e|extract|reuse|speed up|tidy|use (?!the real|a real|real|actual|the actual|proper)|make (?:[\w ]+ )?(?:optional|configurable)|make (?:this|it|these) (?:\w+ )?(?:better|faster|nicer|cleaner|prettier|simpler)|(?:a )?(?:better|faster|nicer|cleaner|more efficient|simpler) )|\bcan\b.{0,20}\b(?:improved|simplified|optimi[sz]ed)\b|\bXXX:\s*(?:\w+\W+){5}/i;

/** Only the words of an old note changed. */
function stoodBefore({ comment }: SourceLine, { change }: SourceFile): boolean {
  const words = new Set(comment.toLowerCase().match(/\w{3,}/g));
  return change.removed.some(({ text }) => {
    const old = /TODO|FIXME|HACK|XXX/.test(text) ? (text.toLowerCase().match(/\w{3,}/g) ?? []) : [];
    return old.length > 0 && old.filter((word) => words.has(word)).length >= words.size / 2;
  });
}

/** The file has had such notes for long: that is how its authors keep them. */
function notesAlready({ oldText = '' }: SourceFile): boolean {
  return (oldText.match(/\b(?:TODO|FIXME|HACK|XXX)\b/g)?.length ?? 0) >= 2;
}

/** The lines of comment that go on below: who writes that much has thought about it. */
function restOf({ number }: SourceLine, source: SourceFile): string[] {
  const rest: string[] = [];
  for (let line = source.lineAt(number + 1); line && isProse(line); line = source.lineAt(line.number + 1))
    rest.push(line.comment);
  return rest;
}

/** A line of comment that is neither empty, nor code, nor a note of its own. */
function isProse({ code, comment }: SourceLine): boolean {
  return code.trim() === '' && /\w+ \w+|:\/\//.test(comment) && !/[;{}]\s*$|\b(?:TODO|FIXME|HACK)\b/.test(comment);
}

/** How a finding's message ends that is the way of its file: ten weigh no more than one. */
export const AS_ELSEWHERE = ', as elsewhere in this file';

const PANICS = /\.unwrap\(\)|\.expect\(|\bpanic!\(/;

function panicsAlready({ oldText }: SourceFile): boolean {
  return PANICS.test(oldText?.split('#[cfg(test)]')[0] ?? '');
}

function panics(ending: string, where: (source: SourceFile) => boolean): Rule {
  return lineRule({
    id: 'anti-slop/panic',
    severity: 'low',
    languages: ['rust'],
    where,
    pattern: PANICS,
    unless: (line) => /lock\(\)\.unwrap\(\)/.test(line.code),
    message: `\`$&\` ends the program on bad input${ending}`,
    remedy: 'Return the error.',
  });
}

const lines: Rule[] = [
  lineRule({
    id: 'anti-slop/todo',
    severity: 'medium',
    languages: 'all',
    roles: ['product', 'script', 'test', 'data'],
    view: 'comment',
    pattern: /(?<![\w/-])(TODO|FIXME|HACK|XXX(?=\s*[:(]|\s*$)|(?<=^\W*)XXX)(?![\w-])/,
    severityAt: (line, source) =>
      WAITS.test(line.comment) ||
      WISHES.test(line.comment) ||
      source.role === 'test' ||
      stoodBefore(line, source) ||
      notesAlready(source) ||
      restOf(line, source).length > 2
        ? 'low'
        : undefined,
    unless: (line, source) =>
      [line.comment, ...restOf(line, source)].some((said) => /#\d+|https?:\/\/|\b[A-Z]{2,}-\d+\b/.test(said)) ||
      /["'`]\s*(TODO|FIXME|HACK|XXX)/.test(line.comment),
    message: 'Work is put off: `$1`',
    remedy: 'Do it now, or open an issue and name it here.',
  }),
  panics('', (source) => !panicsAlready(source)),
  panics(AS_ELSEWHERE, panicsAlready),
  lineRule({
    id: 'anti-slop/emoji',
    severity: 'low',
    languages: 'all',
    roles: ['product', 'script', 'test'],
    view: 'comment',
    pattern: /[\u{1F300}-\u{1FAFF}\u{2705}\u{274C}\u{2728}\u{26A0}]/u,
    unless: (_line, source) => !source.language.programs,
    message: 'A comment is decorated with an emoji',
    remedy: 'Say it in words.',
  }),
];

const SCRIPT_STUB =
  /\bthrow (?:new )?\w*Error\(\s*(['"`])(?:[^'"`]*\b)?(?:not (?:yet )?implemented|unimplemented|todo|implement me)\b/i;
const STUBS: Partial<Record<LanguageName, RegExp>> = {
  javascript: SCRIPT_STUB,
  typescript: SCRIPT_STUB,
  tsx: SCRIPT_STUB,
  python: /^\s*raise NotImplementedError\b(?!\.)/,
  rust: /\b(?:todo|unimplemented)!\(/,
  go: /\bpanic\(\s*(?:fmt\.\w+\()?"(?:[^"]*\b)?(?:not (?:yet )?implemented|unimplemented|todo|implement me)\b|\berrors\.New\(\s*"(?:not (?:yet )?implemented|unimplemented|todo)"/i,
  java: /\bthrow new (?:UnsupportedOperationException|NotImplementedException|RuntimeException|IllegalStateException)\(\s*"(?:[^"]*\b)?(?:not (?:yet )?implemented|unimplemented|todo)\b/i,
  kotlin: /(?<![\w.])TODO\(/,
  csharp: /\bthrow new NotImplementedException\(/,
  php: /\bthrow new \\?\w*Exception\(\s*['"](?:[^'"]*\b)?(?:not (?:yet )?implemented|todo)\b/i,
  ruby: /\braise NotImplementedError\b|\braise ['"](?:not implemented|todo)/i,
  shell:
    /^\s*(?:echo|printf|die|fail|log\w*|warn\w*)\s+["'](?:[^"']*\b)?(?:not (?:yet )?implemented|unimplemented|todo:?|coming soon)\b/i,
  swift: /\bfatalError\(\s*"(?:[^"]*\b)?(?:not (?:yet )?implemented|todo)\b/i,
};

const STUBBED = Object.fromEntries(Object.entries(STUBS).map(([name, stub]) => [name, linesLike(stub)]));

const placeholder: Rule = {
  id: 'anti-slop/placeholder',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Write the body, or leave the function out.',
  languages: Object.keys(STUBS) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, 'all')) {
      const stub = STUBS[source.language.name];
      if (!stub) continue;
      for (const line of STUBBED[source.language.name]?.(source) ?? []) {
        const match = line.startsIn === 'code' && !source.isTestLine(line.number) ? stub.exec(line.text) : null;
        if (!match || line.code[match.index] === '·') continue;
        yield {
          file: source.path,
          line: line.number,
          message: `The body is a placeholder: \`${shorten(match[0])}\``,
          ...(isAbstract(line.number, source) ? { severity: 'low' } : {}),
        } satisfies Hit;
      }
      if (source.language.name === 'python') yield* emptyFunctions(source);
    }
  },
};

/** A method that says so on purpose: others override it, or it is one branch among others. */
function isAbstract(number: number, source: SourceFile): boolean {
  const around = source.blocks().around(number);
  const inClass = around.some((block) => block.kind === 'class' && !/^impl\b/.test(block.header));
  return (
    (source.language.name === 'python' || source.language.name === 'ruby' ? inClass : false) ||
    /\babstract\b/.test(source.text.slice(0, 20_000)) ||
    around[0]?.kind === 'condition'
  );
}

function* emptyFunctions(source: SourceFile): Iterable<Hit> {
  for (const block of source.blocks().all) {
    if (block.kind !== 'function' || !source.isAdded(block.start) || block.parent?.kind === 'class') continue;
    const above = source.lineAt(block.start - 1)?.code ?? '';
    const body = source.lines
      .slice(block.open, block.end)
      .filter((line) => line.code.trim() !== '' && line.startsIn === 'code');
    const acts = body.filter(({ code }) => !/^\s*[rRuU]?(?:"""|'''|"·*"$|'·*'$)/.test(code));
    const [only] = acts;
    if (
      /^\s*@/.test(above) ||
      !only ||
      acts.length > 1 ||
      !/^\s*(?:pass|\.\.\.)\s*$/.test(only.code) ||
      source.path.endsWith('.pyi')
    )
      continue;
    yield { file: source.path, line: only.number, message: `\`${shorten(block.header)}\` does nothing` };
  }
}

const broadCatch: Rule = {
  id: 'anti-slop/broad-catch',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Catch what can happen and let the rest pass.',
  languages: ['python', 'java', 'kotlin', 'csharp', 'ruby'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'java', 'kotlin', 'csharp', 'ruby'])) {
      for (const block of source.blocks().all) {
        if (block.kind !== 'catch' || !source.isAdded(block.start)) continue;
        const bare = /^except\s*$|^except BaseException\b|\bcatch \(\s*(?:final )?Throwable\b/.test(block.header);
        const broad =
          bare ||
          /^except \(?\s*(?:\w+, )*Exception\b|\bcatch \(\s*(?:final )?(?:Exception|RuntimeException)\b/.test(
            block.header,
          );
        const told = handles(block.open, block.end, source);
        if (!broad || (told && !answersLast(block, source))) continue;
        yield {
          file: source.path,
          line: block.start,
          message: `\`${shorten(block.header)}\` hides every kind of error`,
          severity:
            !told && !LEFT_ASIDE.test(block.header) && (bare || answers(block.open, block.end, source))
              ? 'medium'
              : 'low',
        } satisfies Hit;
      }
    }
  },
};

/** The name of the error says that it is left aside on purpose. */
const LEFT_ASIDE = /\(\s*(?:final )?\w+ (?:ignored?|expected|_\w*)\s*\)$/;

function handles(from: number, to: number, source: SourceFile): boolean {
  for (let number = from; number <= to; number += 1)
    if (
      /\b(raise|throw|rethrow|log\w*|LOG\w*|logger|warn\w*|error|exit|abort|print\w*|report|capture\w*|traceback|fail\w*|addSuppressed|set_exception|completeExceptionally|exc_info)\b/i.test(
        (source.lineAt(number)?.code ?? '').replace(/^.*\b(except|catch)\b.*$/, ''),
      )
    )
      return true;
  return false;
}

/** However it is told, the caller gets nothing and goes on. */
function answersLast({ open, end }: Block, source: SourceFile): boolean {
  const code = source.lines
    .slice(open, end)
    .map((line) => line.code.trim())
    .filter((text) => /\w/.test(text));
  return (
    code.length <= 2 &&
    /^return\b(?: (?:None|null|false|False|0|-1|\[\]|\{\}|""|Optional\.empty\(\)|Collections\.empty\w+\(\)|List\.of\(\)))?;?$/.test(
      code.at(-1) ?? '',
    )
  );
}

/** The handler does nothing but return a value, as if all had gone well. */
function answers(from: number, to: number, source: SourceFile): boolean {
  const body: string[] = [];
  for (let number = from + 1; number <= to; number += 1) body.push(source.lineAt(number)?.code.trim() ?? '');
  return /^(?:pass|continue|;)*return\b[^;]{0,30};?\}?$/.test(body.join('').replace(/\}$/, ''));
}

const fileTooLong: Rule = {
  id: 'anti-slop/file-too-long',
  severity: 'low',
  remedy: 'Split the file by what its parts are for.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all')) {
      const before = source.oldText?.split('\n').length ?? 0;
      if (!source.language.programs || source.partial || source.lines.length <= LONG_FILE || before > LONG_FILE)
        continue;
      yield {
        file: source.path,
        line: 0,
        message: `The file grew from ${before} to ${source.lines.length} lines, beyond ${LONG_FILE}`,
        text: '',
      } satisfies Hit;
    }
  },
};

const NEEDLESS =
  /^(?:(?:[A-Z]+_)*(?:SUMMARY|CHANGES_MADE|IMPLEMENTATION|IMPLEMENTATION_\w+|FIX_\w+|FIXES|REFACTOR\w*|REPORT|ANALYSIS|PROGRESS|COMPLETION\w*|VERIFICATION\w*|WALKTHROUGH|TASK_\w+|NEXT_STEPS|NOTES)(?:_[A-Z]+)*\.(?:md|txt)|(?:notes?|scratch(?:pad)?|todo|output|out|dump|result|results)\.(?:txt|log)|(?:tmp|temp|scratch|debug)[_-]\w+\.(?:js|ts|mjs|py|sh|go|rb|txt|json)|\w+[_-](?:tmp|temp|scratch|debug)\.(?:js|ts|py|sh|txt|log)|.+\.pyc(?:\.\w+)?|\.coverage|.+\.(?:orig|rej|bak|swp|swo)|\.DS_Store|Thumbs\.db|nohup\.out|(?:debug|tmp|temp|scratch|npm-debug|yarn-error)\.(?:log|txt|js|ts|py)|core\.\d+)$/;

const needlessFile: Rule = {
  id: 'anti-slop/needless-file',
  severity: 'medium',
  remedy: 'Leave the file out; what was done belongs into the pull request.',
  languages: 'all',
  *find(reading) {
    for (const file of reading.change.files)
      if (
        file.status === 'added' &&
        NEEDLESS.test(posix.basename(file.path)) &&
        !/(^|\/)(fixtures?|testdata|tests?)\//.test(file.path)
      )
        yield { file: file.path, line: 0, message: 'Nobody asked for this file', text: '' } satisfies Hit;
  },
};

const ASIDE =
  /^(.+?)(?:[._-](?:old|backup|bak|copy|orig|original|deprecated|unused|new|fixed|updated|improved|final|v\d|refactored|enhanced)| copy(?: \d+)?| ?\(\d+\))(\.\w+)$/;

/** A second version of a file beside the first. */
const asideFile: Rule = {
  id: 'anti-slop/needless-file',
  severity: 'medium',
  remedy: 'Leave the file out; git remembers.',
  languages: 'all',
  *find(reading) {
    for (const { path, status } of reading.change.files) {
      const parts = status === 'added' ? ASIDE.exec(path) : null;
      if (parts && reading.paths.has(`${parts[1]}${parts[2]}`))
        yield {
          file: path,
          line: 0,
          message: `A second version of \`${parts[1]}${parts[2]}\``,
          text: '',
        } satisfies Hit;
    }
  },
};

/** What nobody who cares would have written: things put off, things told twice, things not asked for. */
export const antiSlopRules: readonly Rule[] = [
  ...lines,
  placeholder,
  broadCatch,
  ...commentRules,
  ...importRules,
  ...inventedRules,
  ...putOffRules,
  ...packageRules,
  fileTooLong,
  needlessFile,
  asideFile,
  ...shapeRules,
  ...unrelatedRules,
  ...suppressedRules,
  ...hollowSlop,
  ...undoneCare,
];
