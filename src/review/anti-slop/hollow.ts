import type { Block } from '../read/blocks.ts';
import { instructionsOf } from '../read/docker.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const ADMITS =
  /\b(?:placeholder|stub(?:bed)?|not (?:yet )?implemented(?: yet)?|unimplemented|dummy|fake|mock(?:ed)?|hard-?coded|no-?op for now|for now|to be implemented|implement (?:me|later|this)|coming soon|temporary)\b/i;

/** A function that only gives a fixed answer, and a comment in it that says so. */
const admitted: Rule = {
  id: 'anti-slop/placeholder',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Write the body, or leave the function out.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const block of source.language.programs ? source.blocks().all : []) {
        if (block.kind !== 'function' || !isNew(block, source) || block.end - block.open > 8) continue;
        const body = source.lines.slice(block.open, source.language.blocks === 'indent' ? block.end : block.end - 1);
        const code = body.map((line) => line.code.trim()).filter((text) => text !== '' && !/^['"]/.test(text));
        const says = body.find(({ comment }) => ADMITS.test(comment));
        if (
          says &&
          code.length <= 1 &&
          /^(?:return\b.{0,40}|pass|\.\.\.|[\w:]+(?:\(\))?|Ok\(\(\)\)|)$/.test(code[0] ?? '')
        )
          yield {
            file: source.path,
            line: block.start,
            message: `The body is a placeholder: \`${shorten(says.comment)}\``,
            text: block.header,
          } satisfies Hit;
      }
  },
};

function isNew(block: Block, source: SourceFile): boolean {
  return source.isAdded(block.start) && source.isAdded(block.end);
}

/** A new function of a program that holds nothing at all. */
const nothing: Rule = {
  id: 'anti-slop/placeholder',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Write the body, or leave the function out.',
  languages: [...SCRIPTS, 'go', 'shell', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, nothing.languages, ['product', 'script'])) {
      if (source.language.name === 'shell') {
        yield* admittedInShell(source);
        for (const line of source.added)
          if (
            /^\s*(?:function\s+)?[\w-]+\s*(?:\(\))?\s*\{\s*$/.test(line.code) &&
            /^\s*(?::|true|echo\s+["']?(?:not (?:yet )?implemented|todo|coming soon)[^|;]*)\s*$/i.test(
              source.lineAt(line.number + 1)?.text ?? '',
            ) &&
            /^\s*\}/.test(source.lineAt(line.number + 2)?.code ?? '')
          )
            yield {
              file: source.path,
              line: line.number,
              severity: 'medium',
              message: `The function does nothing: \`${shorten(line.code)}\``,
            } satisfies Hit;
        continue;
      }
      for (const line of empties(source)) {
        const name = EMPTY.exec(line.code)?.slice(1).find(Boolean);
        if (
          name !== undefined &&
          line.comment.trim() === '' &&
          !/noop|nop|ignore|empty|default|^_/i.test(name) &&
          !source.isTestLine(line.number)
        )
          yield { file: source.path, line: line.number, message: `\`${name}\` does nothing` } satisfies Hit;
      }
    }
  },
};

/** A function of a shell that only says that all is well, and a comment in it that says why. */
function* admittedInShell(source: SourceFile): Iterable<Hit> {
  for (const { number, code } of source.added) {
    if (!SHELL_HEAD.test(code)) continue;
    const end = source.lines.find((line) => line.number > number && /^\s*\}/.test(line.code))?.number ?? number;
    const body = source.lines.slice(number, end - 1);
    const acts = body.filter((line) => line.code.trim() !== '');
    const says = body.find(({ comment }) => ADMITS.test(comment));
    if (says && acts.length <= 1 && /^\s*(?:return(?: \d)?|true|:|echo\b.*|)$/.test(acts[0]?.text ?? ''))
      yield {
        file: source.path,
        line: says.number,
        message: `The body is a placeholder: \`${shorten(says.comment)}\``,
      };
  }
}

const SHELL_HEAD = /^\s*(?:function\s+)?[\w:-]+\s*(?:\(\s*\))?\s*\{\s*$/;

const EMPTY =
  /^(?:export )?(?:async )?function ([\w$]+)\([^()]*\)\s*\{\s*\}\s*$|^func ([A-Za-z]\w*)\([^()]*\)\s*\{\s*\}\s*$|^(?:pub )?fn (\w+)\([^()]*\)\s*\{\s*\}\s*$/;
const empties = linesLike(EMPTY);

const lines: Rule[] = [
  lineRule({
    id: 'anti-slop/broad-catch',
    severity: 'medium',
    languages: SCRIPTS,
    roles: ['product', 'script'],
    pattern: /\bcatch\s*\(\s*(\w+)\s*\)\s*\{\s*$/,
    unless: (line, source) => {
      const name = /\bcatch\s*\(\s*(\w+)/.exec(line.code)?.[1] ?? '';
      const [body, end] = [1, 2].map((ahead) => source.lineAt(line.number + ahead)?.code.trim() ?? '');
      return end !== '}' || !new RegExp(`^throw ${name};?$`).test(body ?? '');
    },
    message: 'What is caught is only thrown again',
    remedy: 'Leave the catch out.',
  }),
  lineRule({
    id: 'anti-slop/broad-catch',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /^\s*console\.(?:error|log|warn)\(\s*['"`·:\w\s,]*\b(?:e|err|error)\s*\);?\s*$/,
    unless: (line, source) =>
      !/\bcatch\b/.test(source.lineAt(line.number - 1)?.code ?? '') ||
      !/^\s*(?:\}|return\b[^(]*$)/.test(source.lineAt(line.number + 1)?.code ?? ''),
    message: 'Every kind of error is only written to the terminal',
    remedy: 'Handle what can happen, and let the rest pass.',
  }),
  lineRule({
    id: 'anti-slop/placeholder',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /^(?:export )?const \w+\s*=\s*(?:async\s*)?\(\w*\)\s*=>\s*\{\s*\};?\s*$/,
    unless: (line) => /noop|nop|ignore|empty|default/i.test(line.code),
    message: 'This does nothing: `$&`',
    remedy: 'Write the body, or leave it out.',
  }),
  lineRule({
    id: 'anti-slop/addresses-reader',
    severity: 'medium',
    languages: 'all',
    roles: ['product', 'script', 'test', 'data'],
    view: 'comment',
    pattern:
      /\b(?:generated|written|created|produced|refactored) (?:by|with|using) (?:an? )?(?:AI\b|LLM|Chat ?GPT|GPT-\d|Copilot|Claude|Gemini|Cursor|Codex|Kimi)/i,
    message: 'The comment says who wrote it and nothing of the code: `$&`',
    remedy: 'Leave the comment out.',
  }),
  lineRule({
    id: 'anti-slop/emoji',
    severity: 'low',
    languages: [...SCRIPTS, 'python', 'go', 'rust', 'java', 'shell'],
    roles: ['product', 'script'],
    view: 'text',
    pattern:
      /\b(?:log\w*|console|print\w*|echo|info|warn|error|debug|println!?)\b.*[\u{1F300}-\u{1FAFF}\u{2705}\u{274C}\u{2728}\u{26A0}]/u,
    message: 'A message is decorated with an emoji',
    remedy: 'Say it in words.',
  }),
  lineRule({
    id: 'anti-slop/placeholder',
    severity: 'medium',
    languages: ['yaml', 'dockerfile', 'toml', 'ini', 'json'],
    roles: ['product', 'script', 'data'],
    view: 'text',
    pattern:
      /\b(?:CHANGE[_-]?ME|REPLACE[_-]?ME|FIX[_-]?ME|TODO[_-]\w+|your[-_](?:name|email|domain|project|app|org|company|registry|image|username)|<your[- ]\w+>|example-value|foo-?bar|lorem ipsum)\b/i,
    unless: (line, source) => /(?:example|sample|template|\.dist|\.tmpl)/i.test(source.path) || /^\s*#/.test(line.raw),
    message: 'A value was left to be filled in: `$&`',
    remedy: 'Give the real value, or read it from the settings.',
  }),
  lineRule({
    id: 'anti-slop/placeholder',
    severity: 'medium',
    languages: ['yaml', 'dockerfile'],
    roles: ['product', 'script', 'data'],
    view: 'raw',
    pattern: /^\s*(?:- )?(?:run|RUN|CMD|ENTRYPOINT)\b:?\s*\[?\s*["']?echo["']?,?\s+["'][^"'|>&;$]*["']\s*\]?\s*$/,
    severityAt: (line) => (/not (?:yet )?implemented|todo|placeholder/i.test(line.raw) ? 'medium' : 'low'),
    message: 'This only says something: `$&`',
    remedy: 'Write the step, or leave it out.',
  }),
  lineRule({
    id: 'anti-slop/emoji',
    severity: 'low',
    languages: ['yaml', 'dockerfile'],
    roles: ['product', 'script', 'data'],
    view: 'raw',
    pattern: /^\s*(?:#.*|(?:- )?name:.*)[\u{1F300}-\u{1FAFF}\u{2705}\u{274C}\u{2728}\u{26A0}]/u,
    message: 'A name or a comment is decorated with an emoji',
    remedy: 'Say it in words.',
  }),
  lineRule({
    id: 'anti-slop/placeholder',
    severity: 'medium',
    languages: ['yaml', 'shell'],
    roles: ['product', 'script', 'data'],
    view: 'text',
    pattern:
      /\b(?:run:\s*|^\s*)(?:echo|printf)\s+["']?[^"'|>]*\b(?:goes here|not (?:yet )?implemented|placeholder|to be (?:done|implemented|added)|coming soon|TODO)\b/i,
    message: 'A step that only says that it is missing: `$&`',
    remedy: 'Write the step, or leave it out.',
  }),
];

const VERSIONED =
  /^(?:export )?(?:async )?(?:function|def|func|fn|const|class|(?=\w+ ?\(\) ?\{))\s*(\w+?)(?:_?[vV]?([2-9])|_?(?:New|Old|new|old|Copy|copy|Fixed|fixed|Improved|Updated|Final|final|Legacy|legacy|Alt|alt|Enhanced|improved|updated|backup|enhanced|optimi[sz]ed|Optimi[sz]ed|better|robust|Robust|safe_new|revised|refactored|Refactored|advanced))\s*[(=<:{]/;
/** Names whose number belongs to them. */
const NUMBERED = /^(?:base|log|exp|is|vec|mat|sha|utf|int|float|http|oauth|ipv|md|h)$/i;
const DECLARED = /^(?:export )?(?:async )?(?:function|def|func|fn|const|class|(?=\w+ ?\(\) ?\{))\s*(\w+)\s*[(=<:{]/;
const versioned = linesLike(/function|def |func |fn |const |class |\(\)/);

/** A second form of a function beside the first, told apart by a number. */
const secondForm: Rule = {
  id: 'anti-slop/second-form',
  severity: 'low',
  remedy: 'Change the first, or say by its name how it differs.',
  languages: [...SCRIPTS, 'python', 'go', 'rust', 'shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, secondForm.languages, ['product', 'script'])) {
      let declared: Set<string> | undefined;
      for (const line of versioned(source)) {
        const [, stem] = VERSIONED.exec(line.code) ?? [];
        if (stem === undefined || stem.length < 4 || source.isTestLine(line.number) || NUMBERED.test(stem)) continue;
        declared ??= new Set(source.lines.flatMap(({ code }) => DECLARED.exec(code)?.[1] ?? []));
        if (declared.has(stem))
          yield {
            file: source.path,
            line: line.number,
            message: `A second \`${stem}\` beside the first`,
          } satisfies Hit;
      }
    }
  },
};

const FILLERS: readonly (readonly [LanguageName, RegExp, RegExp])[] = [
  ['dockerfile', /^\W*(?:set|change|switch|go)\b.*\b(?:work(?:ing)? ?dir\w*|directory)\b/i, /^\s*WORKDIR\b/i],
  ['dockerfile', /^\W*(?:copy|add)\b/i, /^\s*(?:COPY|ADD)\b/i],
  ['dockerfile', /^\W*(?:install|run|execute|update|build)\b/i, /^\s*RUN\b/i],
  ['dockerfile', /^\W*expose\b/i, /^\s*EXPOSE\b/i],
  ['dockerfile', /^\W*(?:use|start from|base image|pull)\b/i, /^\s*FROM\b/i],
  [
    'dockerfile',
    /^\W*(?:start|run|launch|define|set|specify)\b.*\b(?:command|app\w*|server|entry ?point|container)\b/i,
    /^\s*(?:CMD|ENTRYPOINT)\b/i,
  ],
  ['dockerfile', /^\W*(?:set|define)\b.*\b(?:env\w*|variable\w*)\b/i, /^\s*ENV\b/i],
  ['shell', /^\W*(?:change|go|move|cd|switch|enter)\b.*\b(?:to|into|director\w*|folder)\b/i, /^\s*(?:cd|pushd)\b/],
  ['shell', /^\W*(?:run|execute|call|invoke)\s+(?:the\s+)?(\w+)\s*$/i, /^\s*\w+/],
  ['shell', /^\W*(?:remove|delete|clean)\b/i, /^\s*rm\b/],
  ['shell', /^\W*(?:create|make)\b.*\b(?:director\w*|folder)\b/i, /^\s*mkdir\b/],
  ['shell', /^\W*(?:print|echo|show|display|output)\b/i, /^\s*(?:echo|printf)\b/],
  ['shell', /^\W*(?:exit|quit)\b/i, /^\s*exit\b/],
  ['shell', /^\W*(?:install)\b/i, /^\s*(?:sudo )?(?:apt\S*|yum|npm|pip\S*|brew|apk)\s/],
  ['shell', /^\W*(?:copy)\b/i, /^\s*(?:cp|rsync|install)\b/],
  ['shell', /^\W*(?:move|rename)\b/i, /^\s*mv\b/],
  ['shell', /^\W*(?:loop|iterate|go)\b|^\W*for (?:each|every|all)\b/i, /^\s*(?:for|while)\b/],
  ['shell', /^\W*(?:check|test|verify|see)\b|^\W*if\b/i, /^\s*(?:if|elif|\[|test)\b|^\s*\[/],
  [
    'shell',
    /^\W*(?:set|define|assign|declare|store|save|initiali[sz]e|get)\b/i,
    /^\s*(?:local |export |readonly |declare )?\w+=/,
  ],
  [
    'shell',
    /^\W*(?:build|compile|start|stop|restart|push|pull|clone|download|fetch|extract|unpack|source|load)\b/i,
    /^\s*(?:sudo )?(?:make|docker|npm|go|cargo|systemctl|service|git|curl|wget|tar|unzip|source|\.)\s/,
  ],
];

/** A comment of a script or an image that says what the command below says. Two that surely do, in code that is shipped, block. */
const retold: Rule = {
  id: 'anti-slop/retelling',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Leave the comment out, or say why.',
  languages: ['shell', 'dockerfile', 'yaml'],
  *find(reading) {
    for (const source of reading.files) {
      if (!['shell', 'dockerfile', 'yaml'].includes(source.language.name) || source.role === 'test') continue;
      const told = source.added.flatMap((line) => {
        const how = retoldBy(line, source);
        return how === undefined ? [] : [{ line, how }];
      });
      const blocks =
        (source.role === 'product' || source.language.name === 'yaml') &&
        told.filter(({ how }) => how === 'surely').length >= 2;
      for (const { line, how } of told)
        yield {
          file: source.path,
          line: line.number,
          severity: blocks && how === 'surely' ? 'medium' : 'low',
          message: `The comment repeats the command: \`${shorten(line.raw.replace(/^\s*#\s*/, ''))}\``,
        } satisfies Hit;
    }
  },
};

function retoldBy({ raw, number }: SourceLine, source: SourceFile): 'surely' | 'perhaps' | undefined {
  if (
    !/^\s*#(?!!)/.test(raw) ||
    raw.trim().split(/\s+/).length > 9 ||
    /\b(?:because|so that|otherwise|instead|only|not|before|after|until|unless|must|needed|avoid|ensure)\b|[`():<>]/i.test(
      raw,
    )
  )
    return undefined;
  const said = raw.replace(/^\s*#\s*/, '');
  const below = source.lineAt(number + 1)?.text ?? '';
  const { name } = source.language;
  if (name === 'yaml') return echoes(said, `${below} ${source.lineAt(number + 2)?.text ?? ''}`) ? 'surely' : undefined;
  if (!FILLERS.some(([language, says, does]) => language === name && says.test(said) && does.test(below)))
    return undefined;
  return name === 'dockerfile' || named(said, below) ? 'surely' : 'perhaps';
}

/** Each telling word of the comment stands below it. */
function echoes(said: string, below: string): boolean {
  const words = (text: string) => (text.toLowerCase().match(/[a-z]{2,}/g) ?? []).map((word) => word.slice(0, 5));
  const [spoken, written] = [words(said).filter((word) => !YAML_FILL.test(word)), new Set(words(below))];
  const verb = YAML_VERBS.find(([says]) => says.test(said));
  if (spoken.length > 4 || (spoken.length === 0 && verb === undefined)) return false;
  return spoken.every((word) => written.has(word)) && (verb === undefined || verb[1].test(below));
}

const YAML_FILL =
  /^(?:the|an|of|to|for|and|our|your|this|up|with|code|sourc|repos|proje|use|uses|using|set|setup|run|runs|insta|depen|packa|build|expos|servi|step|job|image|envir|defin|confi|js|in|on|all|check|out|start|creat|add|port|ports)$/;
const YAML_VERBS: readonly (readonly [says: RegExp, does: RegExp])[] = [
  [/\bcheck ?out\b/i, /checkout@/],
  [/\bset ?up\b/i, /setup-\w+@/],
  [/\binstall\b/i, /run:\s*(?:npm (?:ci|i)|yarn|pnpm|pip|poetry|bundle|composer|apt|go mod)/],
  [/\brun\b.*\btests?\b/i, /\btest\b/],
  [/\bbuild\b/i, /\bbuild\b/],
  [/\bservice\b/i, /:\s*$|image:/m],
  [/\b(?:expose|map)\b.*\bports?\b|^\W*ports?$/i, /\bports:/],
  [/\buse\b.*\bimage\b/i, /\bimage:/],
  [/\benv(?:ironment)?\b.*\bvariables?\b/i, /\benv(?:ironment)?:/],
  [/\bvolumes?\b/i, /\bvolumes:/],
];

/** Some word of the command, or of what it works on, stands in the comment too. */
function named(said: string, command: string): boolean {
  const words = new Set(command.toLowerCase().match(/[a-z]{3,}/g));
  return (
    (said.toLowerCase().match(/[a-z]{3,}/g) ?? []).some((word) => words.has(word)) ||
    /^\s*(?:exit|echo|printf)\b/.test(command)
  );
}

/** Parts of files that hold settings, put out of use by comment marks. */
const deadSettings: Rule = {
  id: 'anti-slop/commented-out',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Delete it; git remembers.',
  languages: ['yaml', 'dockerfile'],
  *find(reading) {
    for (const source of reading.files) {
      if (
        source.language.name !== 'yaml' ||
        source.role === 'test' ||
        /example|sample|default|values|template|config\.ya?ml$|\.dist/i.test(source.path)
      )
        continue;
      let run = 0;
      for (const line of source.added) {
        const dead =
          /^\s*#\s*(?:- )?[\w.-]+:(?:\s+\S.{0,60})?$|^\s*#\s+- [\w"'{./$-]+$/.test(line.raw) &&
          !/https?:|\b(?:note|see|todo|e\.g|example|default|usage)\b/i.test(line.raw);
        run = dead && source.isAdded(line.number - 1) ? run + 1 : dead ? 1 : 0;
        if (run === 2)
          yield {
            file: source.path,
            line: line.number - 1,
            message: `Settings are commented out: \`${shorten(source.lineAt(line.number - 1)?.raw ?? '')}\``,
          } satisfies Hit;
      }
    }
  },
};

/** A stage, a service or a file made of nothing. */
const emptyImage: Rule = {
  id: 'anti-slop/needless-file',
  severity: 'medium',
  remedy: 'Leave the file out; git remembers.',
  languages: ['dockerfile'],
  *find(reading) {
    for (const source of reading.files)
      if (
        source.language.name === 'dockerfile' &&
        source.change.status === 'added' &&
        /[._-](?:old|bak|backup|orig|copy)$/i.test(source.path) &&
        instructionsOf(source).length > 0
      )
        yield {
          file: source.path,
          line: 0,
          message: 'A second version of an image, kept aside',
          text: '',
        } satisfies Hit;
  },
};

/** What looks like work and is none. */
export const hollowSlop: readonly Rule[] = [admitted, nothing, ...lines, secondForm, retold, deadSettings, emptyImage];
