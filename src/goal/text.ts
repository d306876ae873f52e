const ANSI = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\-_]/g;

const INVISIBLE =
  /[[\p{Cc}--[\t\n\r]]\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/v;
const EMOJI_OR_INVISIBLE = new RegExp(`(\\p{RGI_Emoji})|${INVISIBLE.source}`, 'gv');

/** Whatever is beyond plain ASCII, with the character that may be the start of an emoji. The emoji are slow to look for. */
const UNUSUAL = /[#*\d]?[^\t\n\r -~]+/g;

/**
 * Drops every code point that a reader cannot see: controls, format and default-ignorable code points, tags, bidi,
 * variation selectors. Those inside an emoji that Unicode recommends stay. `dropped` counts code points.
 */
export function stripInvisible(text: string): { text: string; dropped: number } {
  if (!INVISIBLE.test(text)) return { text, dropped: 0 };
  let dropped = 0;
  const visible = text.replaceAll(UNUSUAL, (unusual) =>
    unusual.replaceAll(EMOJI_OR_INVISIBLE, (_, emoji: string | undefined) => {
      if (emoji === undefined) dropped += 1;
      return emoji ?? '';
    }),
  );
  return { text: visible, dropped };
}

const ENTITIES: Record<string, string> = Object.fromEntries(
  (
    'amp & lt < gt > quot " apos \' commat @ num # sol / colon : period . lsqb [ lbrack [ rsqb ] rbrack ] lpar ( rpar ) ' +
    'excl ! ast * lowbar _ grave ` vert | verbar | dollar $ bsol \\ shy \u00ad zwj \u200d zwnj \u200c lrm \u200e rlm \u200f'
  )
    .split(' ')
    .map((word, at, all) => [word, all[at + 1] ?? ''])
    .filter((_, at) => at % 2 === 0),
);

/** Text with numeric and the common named HTML entities resolved, once. */
export function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,16}));/g,
    (whole: string, decimal?: string, hex = '', name?: string) => {
      if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}

/** One line without escape sequences and invisible code points, single spaces. */
function flatten(text: string): string {
  return stripInvisible(text.replaceAll(ANSI, '')).text.replaceAll(/\s+/g, ' ').trim();
}

/**
 * A person's code span, or what GitHub or another bot acts on wherever it stands: mentions and addresses, references,
 * bare links, slash commands.
 */
const SPAN_OR_LIVE = /(?<!`)`(?!`)([^`]+)`(?!`)|@+|#(?=\d)|(?<=GH)-(?=\d)|:\/\/|(?<=www)\.|(?<=^|\s)\/+[a-z][\w./-]*/gi;

type Piece = { code: boolean; text: string };

/** Neighbours of one kind are one piece: two code spans side by side would read as one with other fences. */
function cutPieces(line: string): Piece[] {
  const pieces: Piece[] = [];
  const add = (code: boolean, text: string) => {
    const last = pieces.at(-1);
    if (last?.code === code) last.text += text;
    else if (text !== '') pieces.push({ code, text });
  };
  let end = 0;
  for (const match of line.matchAll(SPAN_OR_LIVE)) {
    const [whole, span] = match;
    add(false, line.slice(end, match.index));
    add(true, span?.trim() ?? whole);
    end = match.index + whole.length;
  }
  add(false, line.slice(end));
  return pieces;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '`': '&#96;',
  '|': '&#124;',
  $: '&#36;',
};

function escapeProse(text: string): string {
  return text
    .replaceAll(/[\\*[\]~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, String.raw`\$&`)
    .replaceAll(/[&<>`|$]/g, (char) => ESCAPES[char] ?? char);
}

/** What would begin a heading, list, rule or table row at the start of a line. */
function escapeStart(line: string): string {
  return line.replace(/^(\d{1,9})(?=[.)](?:\s|$))|^[#+\-=:]/, (start, digits) =>
    digits ? `${digits}\\` : `\\${start}`,
  );
}

/** A comment cannot begin in code either: omk searches bodies for its marks without parsing them. */
function breakComments(text: string): string {
  return text.replaceAll('<!--', '<! --');
}

/** A code span around one line; its fence is longer than any run of backticks inside. */
function codeSpan(line: string): string {
  const runs: string[] = line.match(/`+/g) ?? [];
  let fence = '`';
  while (runs.includes(fence)) fence += '`';
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return line === '' ? '' : fence + pad + breakComments(line) + pad + fence;
}

/** A pipe cannot stand in every code span of a table, so it stands between two of them. */
function cellSpan(line: string): string {
  const parts = line.split('|').map((part) => part.replace(part.trim(), codeSpan(part.trim()).replaceAll('$', '$$$$')));
  return parts.join('&#124;');
}

function encodeLine(text: string, span: (code: string) => string): string {
  const pieces = cutPieces(flatten(decodeEntities(text)));
  return escapeStart(pieces.map((piece) => (piece.code ? span(piece.text) : escapeProse(piece.text))).join(''));
}

/**
 * Words of a person or a model as one line of Markdown prose that reads the same and does nothing: no mention, reference,
 * link, image, HTML, slash command, marker or structure. Their simple code spans stay; the character that would make
 * something live stands in a code span of its own.
 */
export function encodeInline(text: string): string {
  return encodeLine(text, codeSpan);
}

/** `encodeInline` for a cell of a table. */
export function encodeCell(text: string): string {
  return encodeLine(text, cellSpan);
}

/** Text as one inline code span, whatever it holds; nothing for nothing. */
export function encodeCode(text: string): string {
  return codeSpan(flatten(text));
}

/** `encodeCode` for a cell of a table. */
export function encodeCodeCell(text: string): string {
  return cellSpan(flatten(text));
}

/** One line for where no Markdown is read: titles and commit messages. GitHub finds no mention, reference, link or `[skip ci]` in it. */
export function encodePlain(text: string): string {
  return flatten(text)
    .replaceAll(/@(?=[\w-])|#(?=\d)|:(?=\/\/)/g, '$& ')
    .replaceAll(/\bGH-(?=\d)/gi, 'GH ')
    .replaceAll(/\[((?:skip|no|ci|actions?|checks?)[\s-]+(?:skip|ci|actions?|checks?))\]/gi, '($1)');
}

/** A code block whose fence is longer than any inside. A slash command of another bot inside is indented by one space. */
export function fenceBlock(text: string, info = ''): string {
  const body = stripInvisible(text.replaceAll(ANSI, '').replaceAll(/\r\n?/g, '\n')).text.replaceAll(
    /^(?=\/[a-z])/gim,
    ' ',
  );
  const longest = Math.max(2, ...(body.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${info.replaceAll(/[^\w+-]/g, '')}\n${body.replace(/(?<!\n)\n+$/, '')}\n${fence}`;
}

const GRAPHEMES = new Intl.Segmenter('en');

/** At most `max` UTF-16 units, ending in an ellipsis if cut, never inside a character. Cut before encoding, not after. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = GRAPHEMES.segment(text.slice(0, max + 50)).containing(max - 1)?.index ?? 0;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** A GFM table. Cells must be encoded already; an empty one becomes a dash. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell || '–').join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A hidden mark by which omk finds its own text again. `key` is lower-case hex, so that nothing can be smuggled in. */
export function marker(kind: string, key: string): string {
  if (!/^[a-z-]+$/.test(kind) || !/^[0-9a-f]+$/.test(key)) throw new Error(`Not a marker: ${kind} ${key}`);
  return `<!-- omk:${kind}:${key} -->`;
}

/**
 * Untrusted text for a prompt, between tags that carry `nonce`. Whatever looks like such a tag or holds the nonce inside is
 * defused, escape sequences and invisible code points are dropped. `label` says in a word or two what it is.
 */
export function fenceForPrompt(label: string, text: string, nonce: string): string {
  const inside = stripInvisible(text.replaceAll(ANSI, '').replaceAll(/\r\n?/g, '\n'))
    .text.replaceAll(/<(?=\s*\/?\s*untrusted)/gi, '&lt;')
    .replaceAll(nonce, '(removed)');
  return `<untrusted what="${label}" nonce="${nonce}">\n${inside.trimEnd()}\n</untrusted nonce="${nonce}">`;
}
