import type { LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';

const elision = lineRule({
  id: 'anti-slop/elision',
  severity: 'high',
  languages: 'all',
  roles: ['product', 'script', 'test', 'data'],
  view: 'comment',
  pattern:
    /^\W*\.{2,3}\s*(?:\(?(?:the )?(?:rest|remaining|other|existing|previous|more)\b)|\b(?:rest|remainder) of (?:the |your )?(?:code|file|function|implementation|class|method|logic)(?: (?:here|remains|unchanged|stays|as before|goes))?\s*(?:\.{3}|…|\)|here|unchanged|as before|remains|stays|goes|$)|\b(?:existing|previous|original) (?:code|implementation|logic) (?:here|remains|unchanged|stays|continues|goes here)|\byour (?:code|logic|implementation) (?:goes )?here\b|\b(?:add|put|insert|implement) (?:your|the|actual|real) (?:\w+ ){0,2}(?:code|logic|implementation|handling|commands?|steps?|config\w*|settings|values?|tests?|scripts?) here\b|\bin a real(?:-world)? (?:implementation|application|app|scenario|system|project)\b|\bthis (?:is|would be) (?:just )?a (?:placeholder|stub|simplified (?:version|implementation)|mock implementation)\b|\bplaceholder (?:implementation|for now|until|logic)\b|\b(?:simplified|naive|temporary|dummy) (?:placeholder|implementation|stub)\b|\b(?:a|the) real implementation (?:would|should|will)\b|\bin production,? (?:this|you|we|it) (?:would|should)\b|\bimplement(?:ation)? (?:this )?later\b|\bfor now,? (?:just |we |simply )?(?:return|use a (?:dummy|fake|hard-?coded)|assume|hard-?code)\b|\b(?:remaining|rest of the|other) (?:implementation|code|logic|methods?|functions?|fields|imports|cases) (?:is |are |stays? |remains? )?(?:unchanged|omitted|the same|as before|here)\b|\b(?:code|implementation|logic) omitted\b|\bsimulate[sd]? (?:a |an |the )?(?:api|network|database|db) (?:call|request|response|delay)\b/i,
  unless: (_line, source) => source.language.name === 'prose',
  message: 'The comment stands for code that is not there: `$&`',
  remedy: 'Write the code.',
});

/** Documentation of a program speaks to those who use it, and says what they should do. */
const speaksToUsers: LineRule['severityAt'] = ({ raw, comment }) =>
  /^\s*(?:\/\*\*|\*|\/\/\/|\/\/!)/.test(raw) &&
  /\byou(?:r)?\b/i.test(comment) &&
  !/\b(?:requested|asked|actual|real|replace|change|updated|I(?:'ve| have)?)\b/i.test(comment)
    ? 'low'
    : undefined;

const reader = (severity: Rule['severity'], pattern: RegExp): Rule =>
  lineRule({
    id: 'anti-slop/addresses-reader',
    severity,
    severityAt: speaksToUsers,
    languages: 'all',
    roles: ['product', 'script', 'test', 'data'],
    view: 'comment',
    pattern,
    message: 'The comment speaks to the reader or of the edit, not of the code: `$&`',
    remedy: 'Say what the code is for, or leave the comment out.',
  });

const readers = [
  reader(
    'medium',
    /^\W*(?:(?:note|important|remember|tip|warning|nb)\b[:,]?\s*)?(?:that )?(?:please )?(?:make sure (?:to|you)|be sure to|don't forget to|remember to (?:change|replace|update|set|add)|you (?:(?:should|need to|must|may want to|might want to|will need to) (?:change|replace|adjust|customi[sz]e|modify|update|set|add|edit)|can (?:change|replace|adjust|customi[sz]e|modify))|(?:change|replace|adjust|update|edit) (?:this|these|it) (?:value |values )?(?:to|with|for|as|according))\b.*\b(?:your?|own|needs?|needed|necessary|actual|real)\b/i,
  ),
  reader(
    'medium',
    /\bas an? (?:AI|language model|assistant)\b|\bI(?:'ve| have) (?:just )?(?:added|updated|changed|fixed|implemented|refactored|removed|created|modified|replaced|moved)\b|\b(?:as|per) (?:you(?:r)?|the user'?s?) (?:requested|request|asked|instructions?|suggestion)\b|^\W*(?:as|like) requested\b|\bas you (?:asked|requested|wanted|can see)\b|\bhope this helps\b|\bhere(?:'s| is) the (?:updated|fixed|new|modified|complete|corrected)\b|^\W*(?:(?:a )?(?:note|message|hint|question) (?:to|for) (?:the |my |our )?|dear |hi |hey |hello |@)reviewers?\b|\b(?:as|because|since|like|what|which|that) (?:you|the (?:user|reviewer|prompt|issue|ticket)) (?:just |had |have )?(?:said|told|mentioned|suggested|specified|described|wanted|asked for|asked me)\b|\bI (?:kept|left|chose|decided|opted|went with|assumed|made sure|took the liberty|wasn't sure|was not sure|am not sure|did not|didn't)\b.*\b(?:you|your|reviewers?)\b/i,
  ),
  reader(
    'medium',
    /\b(?:bug|issue|problem|error|case|change|feature|behaviou?r|request|feedback|comment|review)s? (?:that |which )?you (?:mentioned|reported|described|asked|requested|pointed|raised|wanted|gave)\b|\byour (?:feedback|review|request|suggestion|instructions?)\b(?! form| url| header)/i,
  ),
  reader(
    'low',
    /^\W*(?:this|the) (?:\w+ ){0,3}(?:was|were|has been|have been) (?:updated|changed|modified|refactored|rewritten|renamed|improved|enhanced|simplified) (?:to|so that|in order to|for)\b/i,
  ),
  reader(
    'medium',
    /^\W*(?:NEW|CHANGED|UPDATED|MODIFIED|ADDED|FIXED|REMOVED|EDIT(?:ED)?)\s*:\s|^\W*(?:newly added|updated to|changed from|changed to|fixed by|refactored (?:from|to|by)|moved from|removed the|this was (?:changed|updated|added|modified|removed)(?! (?:to|because|since|so|by|in|for)\b))\b/i,
  ),
  reader(
    'medium',
    /^\W*(?:Changed|Updated|Modified|Moved|Replaced|Refactored|Renamed|Switched|Fixed|Improved|Simplified|Converted) (?:this|the|it|from|to|these|so|logic|code|in order)\b|^\W*(?:Previously|Before|Formerly|Used to),? (?:this|the|it|we)\b.*\bnow\b|\binstead of the (?:old|previous|original) (?:\w+ )?(?:loop|code|implementation|version|logic|approach|method|function|call|way)\b/,
  ),
  reader(
    'low',
    /\bfeel free to\b|\blet me know if\b|\bthe user (?:asked|requested) (?:us|me|for this)\b|^\W*(?:I added|I changed|Here we|Now we|First,? we|Then,? we|Next,? we|Finally,? we|Let's|Let us|We need to|We can now|You can now|This (?:function|method|class|code|line|variable) (?:is used to|will|simply))\b/i,
  ),
];

/** `// Handle error`, and then nothing of the kind. */
const unhandled = lineRule({
  id: 'anti-slop/elision',
  severity: 'medium',
  languages: 'all',
  roles: ['product', 'script'],
  view: 'comment',
  pattern:
    /^\W*(?:handle|process|deal with|log) (?:the |any |all )?(?:errors?|exceptions?|failures?)(?: here| appropriately| gracefully| properly)?\W*$/i,
  unless: (line, source) => !/^\s*(?:\}|pass\b|return\b[^(]*$)/.test(source.lineAt(line.number + 1)?.code ?? ''),
  message: 'The comment promises what no code does: `$&`',
  remedy: 'Write the code, or pass the error on.',
});

/** What a comment's verb says, and the code it then merely repeats. */
const RETELLINGS: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:increment|increase|add one to|bump)s?\b/, /\+\+|\+= ?1\b/],
  [/^(?:decrement|decrease|subtract one from)s?\b/, /--|-= ?1\b/],
  [/^returns?\b/, /^\s*return\b/],
  [/^(?:import|require|include)s?\b/, /^\s*(?:import|from|use|#include|const .*require)\b/],
  [/^(?:loop|iterate|go)s? (?:through|over|on)\b|^for each\b/, /^\s*(?:for|while)\b|\.(?:forEach|map|each)\b/],
  [/^(?:set|assign|store|save|update)s?\b/, /^[^=]*[^=!<>]=[^=>]|\.set\w*\(/],
  [
    /^(?:create|initiali[sz]e|instantiate|declare|define|init|make|build|construct|get|fetch|retrieve|read|load|calculate|compute)s?\b/,
    /^[^=]*[^=!<>]:?=[^=>]|^\s*(?:function|def|class|func|fn|interface|struct|enum)\b/,
  ],
  [/^(?:check|test|verify|see|ensure)s? (?:if|whether|that|for)\b|^if\b/, /^\s*(?:if|assert|\}? ?else if|elif)\b/],
  [/^(?:call|invoke|execute|run)s?\b/, /\w\(/],
  [/^(?:print|log|output|display|show)s?\b/, /\b(?:print\w*|console|log\w*|echo|puts|println!?)\b/],
  [/^(?:throw|raise)s?\b/, /^\s*(?:throw|raise)\b/],
  [/^(?:append|push|add)s?\b/, /\.(?:append|push|add|insert)\w*\(|\bappend\(/],
  [
    /^(?:constructor|class|function|method|getter|setter|import)\b/,
    /\b(?:constructor|class|function|def|__init__|get|set|import)\b/,
  ],
  [/^(?:close|open|clear|reset|delete|remove|start|stop|send|parse|convert|sort|filter)s?\b/, /\w\(/],
];
const SMALL = new Set(
  'through over loop iterate a an the this that these those to of in on for from with and or is are if it its by as at be we our new all each every into via using so then value values variable variables function method result results object instance list array string number data item items element elements constant field property class type file current given one up not whether exists exist valid empty onto upon under within some any back their store hold keep'.split(
    ' ',
  ),
);

const retelling: Rule = {
  id: 'anti-slop/retelling',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Leave the comment out, or say why.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script', 'test'])) {
      if (!source.language.programs) continue;
      const told = source.added.filter((line) => retells(line, source));
      const different = new Set(told.map(({ comment }) => comment.trim()));
      const severity = different.size >= 2 && source.role === 'product' && !isManner(source) ? 'medium' : 'low';
      for (const line of told)
        yield {
          file: source.path,
          line: line.number,
          severity,
          message: `The comment repeats the code: \`${shorten(line.comment)}\``,
        } satisfies Hit;
    }
  },
};

/** The file had such comments before: that is how its authors write. */
function isManner(source: SourceFile): boolean {
  return source.lines.filter((line) => !source.isAdded(line.number) && retells(line, source)).length >= 2;
}

function retells(line: SourceLine, source: SourceFile): boolean {
  if (line.comment === '' || /^\s*then\b/.test(line.comment)) return false;
  const trailing = line.code.trim() !== '';
  const code = trailing ? line.code : (source.lineAt(line.number + 1)?.code ?? '');
  if (code.trim() === '' || line.startsIn !== 'code' || /^\s*(\/\*\*|\*|\/\/\/|\/\/!)/.test(line.raw)) return false;
  if (isNamedDoc(line, source)) return false;
  const comment = line.comment
    .trim()
    .toLowerCase()
    .replace(/^(?:step \d+[:.]?|\d+[.)]|now|then|next|first|finally)[,:]?\s+/, '')
    .replace(/[.:!]+$/, '');
  const words = comment.match(/[a-z][a-z\d]*/g) ?? [];
  if (
    words.length === 0 ||
    words.filter((word) => !SMALL.has(word)).length > 6 ||
    words.length > 12 ||
    /[`(){}=<>]|https?:|because|otherwise|\bso\b|\bto avoid\b|\bmust\b|\bnot\b|\bonly\b|\bbefore\b|\bafter\b/.test(
      comment,
    )
  )
    return false;
  const pair = RETELLINGS.find(([says]) => says.test(comment));
  const verb = stem(words[0] ?? '');
  const called = verb.length >= 3 && wordsOf(code).some((word) => stem(word) === verb);
  if (!pair?.[1].test(code) && !called) return false;
  const spoken = words.slice(1).filter((word) => !SMALL.has(word));
  const told =
    source.language.name === 'shell' ? code : trailing ? line.text : (source.lineAt(line.number + 1)?.text ?? '');
  const names = new Set(wordsOf(told).map(stem));
  const known = (word: string) =>
    names.has(stem(word)) ||
    told.includes(SIGNS.get(word.replace(/s$/, '')) ?? '\0') ||
    (SHORT.get(word) ?? []).some((short) => names.has(short));
  if (spoken.length > 0) return spoken.filter(known).length / spoken.length >= (called ? 0.5 : 0.75);
  return called || (pair !== undefined && words.length >= 3);
}

/** Documentation of Go begins with the name of what it is about. */
function isNamedDoc(line: SourceLine, source: SourceFile): boolean {
  const [first = ''] = line.comment.trim().split(/[\s:]/);
  if (source.language.name !== 'go' || first === '') return false;
  const below = source.lines.find(({ number, code }) => number > line.number && code.trim() !== '');
  return new RegExp(`^\\s*(?:func (?:\\([^)]*\\) )?|type |var |const )?${first.replace(/\W/g, '')}\\b`, 'i').test(
    below?.code ?? '',
  );
}

/** Signs that code shows and comments spell out. */
const SIGNS = new Map<string, string>([
  ['colon', ':'],
  ['comma', ','],
  ['dot', '.'],
  ['period', '.'],
  ['slash', '/'],
  ['dash', '-'],
  ['hyphen', '-'],
  ['underscore', '_'],
  ['semicolon', ';'],
  ['space', "' '"],
  ['newline', '\\n'],
  ['zero', '0'],
  ['one', '1'],
  ['two', '2'],
]);

/** What names in code are short for. */
const SHORT = new Map<string, readonly string[]>([
  ['minimum', ['min']],
  ['maximum', ['max']],
  ['average', ['avg', 'mean']],
  ['length', ['len']],
  ['index', ['idx']],
  ['directory', ['dir']],
  ['argument', ['arg']],
  ['parameter', ['param']],
  ['temporary', ['tmp', 'temp']],
  ['character', ['char', 'ch']],
  ['previous', ['prev']],
  ['database', ['db']],
  ['configuration', ['config', 'cfg', 'conf']],
  ['request', ['req']],
  ['response', ['res', 'resp']],
  ['error', ['err']],
  ['context', ['ctx']],
  ['message', ['msg']],
  ['parameters', ['params', 'args']],
  ['directory', ['dir']],
  ['temporary', ['tmp', 'temp']],
  ['connection', ['conn']],
  ['index', ['idx', 'i']],
  ['number', ['num', 'n']],
  ['count', ['n', 'num']],
  ['string', ['str', 's']],
]);

function wordsOf(code: string): string[] {
  return (
    code
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[a-z]+/g) ?? []
  );
}

function stem(word: string): string {
  return word.replace(/(?:ies|es|s|ing|ed)$/, '').slice(0, 6);
}

/** What code looks like where it is a line of a program of another kind. */
const OTHER_CODE: Partial<Record<LanguageName, RegExp>> = {
  dockerfile: /^(?:RUN|COPY|ADD|ENV|ARG|WORKDIR|USER|EXPOSE|CMD|ENTRYPOINT|FROM|VOLUME)\s+\S/,
  yaml: /^(?:-\s*)?(?:name|uses|run|with|env|if|id|path|key|needs|steps|runs-on|on|jobs|script|image|ports|volumes|environment|command|restart|depends_on|build|services|strategy|matrix)\s*:.*$|^-\s+[\w$"'{./-]+$/,
  shell:
    /^(?:[\w:-]+\s*\(\)\s*\{|\}|(?:local|readonly|declare) \w+.*|[A-Za-z_]\w*=["'$`].*|if\b.*;\s*then|then|else|fi|for\b.*;\s*do|while\b.*;\s*do|do|done|esac|[A-Za-z_]\w*=\S*|export \w+=.*|(?:sudo |exec )?(?:cp|mv|rm|mkdir|cd|echo|printf|curl|wget|git|npm|docker|apt-get|chmod|chown|source|grep|sed|awk|tar|make|exit|return)\s+\S.*)$/,
};

const CODE =
  /^(?:(?:const|let|var|final|val)\s+[\w${[]+.*=.*|(?:return|throw|await|raise)\b\s*[\w('"[{].*[;)]|return [\w.#]+(?:\(.*\))?|(?:if|for|while|switch|else if|elif)\s*\(?.*\)?\s*[{:]|(?:if|for|while)\s*\(.*\)\s*\S.*;|(?:final )?[A-Za-z][\w.]*(?:<[^>]*>)?(?:\[\])? [a-z]\w* = .*;|\}?\s*else\s*[{:]|(?:def|class|func|fn|function|public|private|async function)\s+\w+.*[{:)]|[\w$.#[\]>-]+\s*(?:[+\-*/|&]|:|\?\?|\|\|)?=\s*[^=].*[;)\]}'"`\w]|[\w$.#]+(?:->|::|\.)?[\w$]+\(.*\)\s*[;,]?|import\s+[\w{*].*(?:from|;).*|from \S+ import .+|[}\])]+[;,]?|\w+\+\+;?|<\/?\w+[^>]*>|@\w+(?:\(.*\))?|\w+!\(.*\);|break;|continue;)$/;

const commentedOut: Rule = {
  id: 'anti-slop/commented-out',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Delete it; git remembers.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script', 'test', 'data'])) {
      if (!(source.language.programs || OTHER_CODE[source.language.name])) continue;
      if (source.language.name === 'yaml' && !/(^|\/)\.github\/|compose[^/]*\.ya?ml$/.test(source.path)) continue;
      let run: SourceLine[] = [];
      for (const line of [...source.added, undefined]) {
        const joins =
          line && isWholeComment(line) && (run.length === 0 || line.number === (run.at(-1)?.number ?? 0) + 1);
        if (joins) run.push(line);
        else {
          if (run.length > 0) yield* judgeRun(run, source);
          run = line && isWholeComment(line) ? [line] : [];
        }
      }
    }
  },
};

/** What ran before stands in a comment now; lines that follow each other are told once. */
const putAside: Rule = {
  id: 'anti-slop/commented-out',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Delete it; git remembers.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script', 'test', 'data'])) {
      const gone = new Set(source.change.removed.map(({ text }) => bare(text)));
      let last = -1;
      for (const line of gone.size === 0 ? [] : source.added) {
        const said =
          line.comment !== '' && line.code.trim() === ''
            ? bare(line.comment.replace(/^\{?\s*\/?\*|\*\/?\s*\}?$/g, ''))
            : '';
        if (said.length < 6 || !/[(=:;]|^\w+ \S/.test(said) || !gone.has(said)) continue;
        if (line.number !== last + 1)
          yield {
            file: source.path,
            line: line.number,
            ...(source.role === 'product' ? {} : { severity: 'low' as const }),
            message: `A line of code was put into a comment: \`${shorten(line.comment)}\``,
          } satisfies Hit;
        last = line.number;
      }
    }
  },
};

const bare = (text: string): string => text.trim().replace(/\s+/g, ' ');

function isWholeComment(line: SourceLine): boolean {
  return (
    line.comment !== '' &&
    line.code.trim() === '' &&
    line.comment.trim() !== '' &&
    line.startsIn === 'code' &&
    !/^\s*(?:\/\/\/|\/\/!|\/\*\*|#!|#:|\/\/go:|# type:)/.test(line.raw)
  );
}

/** A run of line comments is dead code if most of it reads as code and none of it as an explanation. */
function* judgeRun(run: readonly SourceLine[], source: SourceFile): Iterable<Hit> {
  const texts = run.map((line) => line.comment);
  const pattern = OTHER_CODE[source.language.name] ?? CODE;
  const isCode = (text: string) => pattern.test(text.trim()) && (pattern !== CODE || !isProse(text));
  const code = texts.filter(isCode);
  const first = run[texts.findIndex(isCode)];
  if (!first || code.length < 0.6 * texts.length) return;
  const shown = run[0] && isExample(run[0], source);
  if (shown || (source.language.name === 'shell' && code.every((text) => SETTING.test(text)))) return;
  const sure =
    pattern !== CODE ||
    code.some((text) =>
      /[;{}]\s*$|^\s*(?:return|const|let|var|import|def|if|for)\b|^\s*\w+ = [\w.]+\(.*\)\s*$/.test(text),
    );
  if (
    code.length === 1 &&
    !/[;{]\s*$/.test(code[0] ?? '') &&
    !/^\s*(?:const|let|var|return|await|import|[\w.]+\(.*\)$|[\w.]+ = )/.test(code[0] ?? '')
  )
    return;
  yield {
    file: source.path,
    line: first.number,
    severity: code.length >= 3 && sure ? 'medium' : 'low',
    message: `${code.length === 1 ? 'A line' : `${code.length} lines`} of code ${code.length === 1 ? 'is' : 'are'} commented out: \`${shorten(first.comment)}\``,
  };
}

/** A script says at its top which variables whoever runs it may set. */
const SETTING = /^\s*(?:export )?[A-Z][A-Z0-9_]*=(?:""|''|"[^"$`]*"|'[^']*'|[\w./:-]*)\s*$/;

function isProse(text: string): boolean {
  const words = text.trim().split(/\s+/);
  return words.filter((word) => /^[a-z]{2,}[,.]?$/i.test(word)).length >= 4 && !/[;{]\s*$/.test(text);
}

/** Indented text in a comment, and what follows a colon, is an example; so is code set in under the words above a declaration. */
function isExample(first: SourceLine, source: SourceFile): boolean {
  const above: string[] = [];
  for (let at = first.number - 1; at > Math.max(0, first.number - 12); at -= 1) {
    const line = source.lineAt(at);
    if (!line || line.code.trim() !== '' || line.raw.trim() === '') break;
    above.push(line.comment);
  }
  const words = above.find((comment) => comment.trim() !== '') ?? '';
  return (
    /^\t| {4,}/.test(first.comment.slice(0, 5)) ||
    /:\s*$|\b(?:e\.g|example|usage)\b/i.test(above[0] ?? '') ||
    /(?:example|usage|:)\W*$/i.test(words) ||
    (/^ {2,}/.test(first.comment) && above.some((comment) => /\b(?:example|usage|e\.g)\b/i.test(comment)))
  );
}

/** What comments say: code that is missing, the edit itself, the line below, code that is dead. */
export const commentRules: readonly Rule[] = [elision, unhandled, ...readers, retelling, commentedOut, putAside];
