import { SCRIPTS } from '../read/language.ts';
import { givenTo } from '../read/flow.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';

/** What is read is the body of a request, by its own name or by one that it was given. */
const readsRequest: LineRule['unless'] = ({ code, text, number }, source) => {
  const name = /(?<![\w.])((?:self\.)?\w+)\.read\(/.exec(code)?.[1];
  const given =
    name === undefined ? text : name === 'self.rfile' ? 'rfile' : givenTo(name, { line: number, source })?.text;
  return /wsgi\.input|\brequest\.(?:stream|environ)\b|\brfile\b/.test(given ?? '');
};

const lines: Rule[] = [
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['go'],
    pattern: /\b(?:io|ioutil)\.ReadAll\(\s*(?:r|req|request|c\.Request|ctx\.Request)\.Body\s*\)/,
    unless: (_line, source) => /MaxBytesReader|LimitReader/.test(source.text),
    message: 'A request of any size is read into memory',
    remedy: 'Limit the reader with http.MaxBytesReader.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['python'],
    pattern: /\brequest\.(?:stream|environ\[[^\]]*\])\.read\(\s*\)/,
    unless: (_line, source) => /content_length|MAX_CONTENT_LENGTH|max_size/i.test(source.text),
    message: 'A request of any size is read into memory',
    remedy: 'Read at most as many bytes as are allowed.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['python'],
    pattern: /(?<![\w.])((?:self\.)?\w+)\.read\(\s*\)|\benviron\[[^\]]*\]\.read\(\s*\)/,
    unless: (line, source) =>
      /content_length|MAX_CONTENT_LENGTH|max_size|CONTENT_LENGTH/i.test(source.text) || !readsRequest(line, source),
    message: 'A request of any size is read into memory',
    remedy: 'Read at most as many bytes as are allowed.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['java', 'kotlin'],
    pattern:
      /\b(?:req|request|httpRequest|exchange)\.(?:getInputStream|getRequestBody)\(\)\.readAllBytes\(|\b(?:IOUtils\.to\w+|ByteStreams\.toByteArray|CharStreams\.toString|StreamUtils\.copyTo\w+)\(\s*(?:req|request|httpRequest|exchange)\.get\w+\(/,
    unless: (_line, source) => /limit|max|contentLength/i.test(source.text),
    message: 'A request of any size is read into memory',
    remedy: 'Read at most as many bytes as are allowed.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['rust'],
    pattern: /\bto_bytes\(\s*(?:req|request|body)\w*(?:\.into_body\(\))?\s*(?:,\s*usize::MAX\s*)?\)/,
    unless: (_line, source) => /Limited|limit/i.test(source.text),
    message: 'A request of any size is read into memory',
    remedy: 'Limit the body.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /\bfor await \(\s*(?:const|let) \w+ of (?:req|request|ctx\.req)\s*\)/,
    unless: (line, source) =>
      /length|size|limit|max|bytes|pipe|write\(/i.test(
        [1, 2, 3, 4].map((step) => source.lineAt(line.number + step)?.code ?? '').join(' '),
      ),
    message: 'A request of any size is kept in memory',
    remedy: 'Count what has come and refuse more than a limit.',
  }),
  lineRule({
    id: 'performance/pattern-in-loop',
    severity: 'medium',
    languages: ['go'],
    pattern: /\bregexp\.(?:MustCompile|Compile)\(\s*["`]/,
    unless: (line, source) =>
      !/http\.ResponseWriter|\*gin\.Context|echo\.Context/.test(
        source
          .blocks()
          .around(line.number)
          .find(({ kind }) => kind === 'function')?.header ?? '',
      ),
    message: 'The same pattern is compiled again for each request',
    remedy: 'Compile it once in a variable of the package.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'low',
    languages: 'all',
    view: 'text',
    pattern:
      /\bfindMany\(\s*\)|\.find\(\s*\{\s*\}\s*\)\.toArray\(\)|\b[A-Z]\w+\.objects\.all\(\)\s*\)?$|"SELECT \* FROM \w+;?"/,
    unless: (_line, source) => !source.language.programs,
    message: 'The whole table is read: `$&`',
    remedy: 'Ask for the columns and rows that are needed, with a limit.',
  }),
];

const gathers = linesLike(/\+=|\.push\(/);

/** `request.on('data', (chunk) => { body += chunk })`: whoever sends decides how much memory it takes. */
const collected: Rule = {
  id: 'performance/unbounded-read',
  severity: 'medium',
  remedy: 'Count what has come and refuse more than a limit.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS)) {
      for (const line of gathers(source)) {
        if (!/^\s*(?:\w+ \+= ?\w+;?|\w+\.push\(\w+\);?)\s*$|\bon\(['"]····['"],.*(?:\+=|\.push\()/.test(line.code))
          continue;
        const near = [line.number, line.number - 1, line.number - 2].map((at) => source.lineAt(at)?.text ?? '');
        const opens = near.find((text) => /\b(?:req|request|ctx\.req)\.on\(\s*['"]data['"]/.test(text));
        const handler = source.blocks().around(line.number)[0];
        const after = source.lines
          .filter(({ number }) => handler && number > handler.open && number <= handler.end)
          .map(({ code }) => code)
          .join(' ');
        if (opens === undefined || /length|size|limit|max|destroy|bytes/i.test(after + line.code)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: 'A request of any size is kept in memory',
        } satisfies Hit;
      }
    }
  },
};

/** Reads whose size somebody else decides. */
export const unboundedRules: readonly Rule[] = [...lines, collected];
