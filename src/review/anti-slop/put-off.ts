import type { Block } from '../read/blocks.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const later = (severity: Rule['severity'], pattern: RegExp): Rule =>
  lineRule({
    id: 'anti-slop/todo',
    severity,
    languages: 'all',
    roles: ['product', 'script', 'data'],
    view: 'comment',
    pattern,
    severityAt: (line) =>
      /\?|\b(?:if|when|once|maybe|consider|should|could|might|would)\b/i.test(line.comment) ? 'low' : undefined,
    unless: (line, source) =>
      source.language.name === 'prose' || /#\d+|https?:\/\/|\b[A-Z]{2,}-\d+\b/.test(line.comment),
    message: 'Work is put off: `$&`',
    remedy: 'Do it now, or open an issue and name it here.',
  });

const lines: Rule[] = [
  later('medium', /^\W*(?:todo|fixme|to-do|tbd|wip)\b\s*(?:[:\-–—]|\(\w+\)\s*:?|$)|^\W*(?:TO DO|TBD|WIP)\b/),
  later(
    'low',
    /\b(?:quick|ugly|dirty|temporary|nasty) (?:and dirty )?(?:hack|fix|workaround|solution)\b|\bwill be (?:removed|replaced|implemented|fixed|added|done) (?:later|soon)\b|\bnot (?:yet )?(?:implemented|supported|handled|done) yet\b|\bneeds? (?:to be )?(?:implemented|refactor(?:ed|ing)|cleaned up|fixed|rewritten)\b|\bimplement (?:this|me|properly)\b|\bfill (?:this )?in later\b|\bclean(?:ed)? (?:this )?up later\b/i,
  ),
  later(
    'medium',
    /\b(?:(?:the )?(?:actual |real )?(?:implementation|logic|code) (?:goes|comes|will go|belongs) here|(?:your|insert|put|write|add) (?:your )?(?:own )?(?:code|logic|implementation) here|rest of (?:the )?(?:code|implementation|function) (?:here|unchanged|remains|stays)|(?:stub|placeholder|dummy)(?:bed)? (?:implementation|body|for now)|fill in the (?:rest|details|implementation)|existing code (?:here|unchanged|stays))\b/i,
  ),
  later(
    'low',
    /\bin a real(?:-world)? (?:implementation|app(?:lication)?|scenario|world|system|project)\b|\bfor now,? (?:just |simply |we (?:just |simply )?)?returns?\b|\bsimplified (?:version|implementation) (?:for|of)\b|\bthis is (?:just )?a (?:stub|placeholder|mock-?up)\b/i,
  ),
  lineRule({
    id: 'anti-slop/placeholder',
    severity: 'low',
    languages: [...SCRIPTS, 'python', 'go', 'java', 'rust'],
    view: 'text',
    pattern:
      /["'`][^"'`]*\b(?:coming soon|not (?:yet )?implemented(?: yet)?|to be implemented|lorem ipsum|John Doe|Jane Doe|your[-_ ](?:api[-_ ]?key|token|secret|password|name|domain)(?:[-_ ]here)?|replace[-_ ]me|some[-_ ]?value[-_ ]?here|dummy (?:data|value|user|text))\b/i,
    unless: (line, source) =>
      line.code[line.text.search(/["'`]/)] === '·' ||
      /example|sample|demo|placeholder|fixture|mock|stor(?:y|ies)|seed/i.test(source.path) ||
      /placeholder\s*[=:]/.test(line.code),
    message: 'A text stands for what is not there: `$&`',
    remedy: 'Put the real thing in its place.',
  }),
  lineRule({
    id: 'anti-slop/placeholder',
    severity: 'medium',
    languages: ['python'],
    pattern: /^\s*return NotImplemented\s*$/,
    unless: (line, source) =>
      source
        .blocks()
        .around(line.number)
        .some(({ header }) => /\bdef __\w+__\(/.test(header) || /^if\b/.test(header)),
    message: 'The body is a placeholder: `$&`',
    remedy: 'Write the body, or leave the function out.',
  }),
];

const NAMED_SO =
  /noop|no_op|nop\b|stub|mock|fake|dummy|empty|default|null|void\b.*=|ignore|unsupported|disabled|abstract|@Override|override|overload|\bdeclare\b|constructor|\bon[A-Z]\w*\b|__\w+__|\bfn (?:drop|fmt|default|new)\b/i;
const ANSWERS_NOTHING =
  /^(?:return(?: (?:None|null|undefined|nil|false|False|true|True|0|-1|""|''|``|\[\]|\{\}|void 0|Promise\.resolve\(\)|Optional\.empty\(\)|(?:List|Map|Set)\.of\(\)|nil, nil|"", nil|0, nil|false, nil|\w+\{\}, nil|Ok\(\(\)\)))?|None|Ok\(\(\)\)|false|true|0|String::new\(\)|Vec::new\(\)|vec!\[\]|pass|\.\.\.|)?;?$/;

/** A new function that takes something and neither does anything with it nor says anything of it. */
const hollow: Rule = {
  id: 'anti-slop/placeholder',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Write the body, or leave the function out.',
  languages: [...SCRIPTS, 'python', 'go', 'java', 'rust'] as readonly LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, hollow.languages))
      for (const block of source.blocks().all) {
        if (
          block.kind !== 'function' ||
          block.end - block.open > 4 ||
          !source.isAdded(block.start) ||
          !source.isAdded(block.end)
        )
          continue;
        if (!takesSomething(block) || source.isTestLine(block.start) || NAMED_SO.test(headOf(block, source))) continue;
        const body = bodyOf(block, source);
        if (body !== undefined && ANSWERS_NOTHING.test(body))
          yield {
            file: source.path,
            line: source.language.name === 'python' ? block.end : block.start,
            message: `Nothing is done with what is handed over: \`${shorten(block.header)}\``,
            text: block.header,
          } satisfies Hit;
      }
  },
};

/** It is declared with a name and at least one parameter: a callback may well leave aside what it is given. */
function takesSomething({ header, parent }: Block): boolean {
  const list =
    /\b(?:function\*? [\w$]+|func (?:\([^)]*\) )?\w+|fn \w+(?:<[^>]*>)?|def \w+|(?:public|private|protected|static|async|final|void|[A-Z]\w*(?:<[^>]*>)?(?:\[\])?|int|long|boolean|byte\[\]|String) [\w$]+)\s*\(([^]*)$/.exec(
      header,
    )?.[1];
  const method =
    parent?.kind === 'class'
      ? /^(?:(?:public|private|protected|static|async) )*[a-z][\w$]*\(([^]*)$/.exec(header)?.[1]
      : undefined;
  const given = (list ?? method ?? ')').replace(/^\s*(?:&?(?:mut )?self|cls)\s*,?/, '');
  return /^\s*[A-Za-z_&*{[@]/.test(given) && !/^\s*_/.test(given) && parent?.kind !== 'function';
}

/** The header with what stands on the two lines above. */
function headOf(block: Block, source: SourceFile): string {
  const above = [1, 2]
    .map((back) => source.lineAt(block.start - back)?.code ?? '')
    .filter((code) => /^\s*[@#]/.test(code));
  const owner =
    block.parent?.kind === 'class' &&
    /\b(?:interface|trait|ABC|Protocol|abstract)\b|implements|extends|\bfor\b/.test(block.parent.header);
  return `${above.join(' ')} ${owner ? 'abstract' : ''} ${block.header}`;
}

/** What stands in it; undefined if a comment in it gives a reason. */
function bodyOf({ open, end }: Block, source: SourceFile): string | undefined {
  const indent = source.language.blocks === 'indent';
  if (open === end) return /\{\s*([^{}]*)\}\s*[;)]*$/.exec(source.lineAt(open)?.code ?? '')?.[1]?.trim();
  const lines = source.lines.slice(open, indent ? end : end - 1);
  if (lines.some(({ comment }) => /\w+ \w+ \w+/.test(comment))) return undefined;
  const code = lines
    .map((line) => line.code.trim())
    .filter(
      (text) => text !== '' && !/^[rRuU]?(?:"""|'''|["']·*["'])/.test(text) && !/^[·\s]*(?:"""|''')?$/.test(text),
    );
  return code.length <= 1 ? (code[0] ?? '') : undefined;
}

const TRIES = /^\}?\s*catch\b/;

/** Whatever was tried, whatever went wrong: one answer for all, and the error is not read. */
const oneAnswer: Rule = {
  id: 'anti-slop/broad-catch',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Catch what can happen and let the rest pass.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const block of source.blocks().all) {
        if (block.kind !== 'catch' || !TRIES.test(block.header) || !source.isAdded(block.start)) continue;
        const name = /\(\s*([\w$]+)/.exec(block.header)?.[1];
        const body = source.lines.slice(block.open, block.end - 1);
        const code = body.map((line) => line.code.trim()).join(' ');
        const tried = source.blocks().all.find(({ header, end }) => /^try$/.test(header) && end === block.start);
        if (!tried || tried.end - tried.open < 3 || body.some(({ comment }) => /\w+ \w+/.test(comment))) continue;
        if (
          /^return\b[^;]*;?$/.test(code) &&
          (name === undefined || !new RegExp(`(?<![\\w.])${name}(?![\\w])`).test(code))
        )
          yield {
            file: source.path,
            line: block.start,
            message: `One answer for every kind of error: \`${shorten(code)}\``,
          } satisfies Hit;
      }
  },
};

const quiet: Rule[] = [
  lineRule({
    id: 'anti-slop/broad-catch',
    severity: 'low',
    languages: ['rust'],
    pattern:
      /^\s*Err\(_\w*\)\s*=>\s*(?:None|\{\s*\}|\(\)|[\w:]+::(?:default|new)\(\)|false|continue|return\b.*),?;?\s*$|^\s*_\s*=>\s*\{\s*\},?\s*$/,
    unless: (line) => line.comment.trim() !== '' || /^\s*_/.test(line.code),
    message: 'One answer for every kind of error: `$&`',
    remedy: 'Name what can happen and let the rest pass.',
  }),
  lineRule({
    id: 'anti-slop/broad-catch',
    severity: 'low',
    languages: ['go'],
    pattern: /^\s*(?:if \w+ := recover\(\); \w+ != nil \{|(?:_ = )?recover\(\))\s*\}?\s*$/,
    unless: (line, source) =>
      /\b(?:log|panic|Error|err|fmt|debug)\b/.test(
        [1, 2, 3].map((step) => source.lineAt(line.number + step)?.code ?? '').join(' '),
      ),
    message: 'Every kind of panic is taken: `$&`',
    remedy: 'Report it, or let it end the program.',
  }),
];

/** Work that is put off, and care that was not taken. */
export const putOffRules: readonly Rule[] = [...lines, hollow, oneAnswer, ...quiet];
