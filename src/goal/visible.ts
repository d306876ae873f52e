import { isHidingMath, readDrawn } from './drawn.ts';
import { decodeEntities, stripInvisible } from './text.ts';

/** What a reader sees, and how much they do not: comments, hidden elements, titles, invisible characters and the like. */
export type Visible = { text: string; hidden: number };

/**
 * The Markdown of an issue or comment without what GitHub does not show to a reader. Where it cannot be known for sure whether
 * something stands in code, it is dropped: fail closed. Collapsed details are kept in the open and counted.
 */
export function readVisible(markdown: string): Visible {
  let hidden = 0;
  const parts = cutFences(markdown.replaceAll(/\r\n?/g, '\n').replaceAll(MASK, '')).map((part) => {
    const seen = part.fence === undefined ? readProse(part.text) : readFence(part.fence, part.text);
    hidden += seen.hidden;
    return seen.text;
  });
  const { text, dropped } = stripInvisible(parts.join('\n'));
  return { text: text.replaceAll(/\n{3,}/g, '\n\n').trim(), hidden: hidden + dropped };
}

type Part = { fence: string | undefined; text: string };

/** Cuts out the code blocks that are code beyond doubt: fences at the start of a line while no raw HTML can be open. */
function cutFences(markdown: string): Part[] {
  const parts: Part[] = [];
  let open: { fence: string; info: string } | undefined;
  let html: RegExp | undefined;
  let doubt = false;
  let held: string[] = [];
  const flush = (fence?: string) => {
    if (held.length > 0) parts.push({ fence, text: held.join('\n') });
    held = [];
  };
  for (const line of markdown.split('\n')) {
    const start = /^(`{3,})([^`]*)$|^(~{3,})(.*)$/.exec(line);
    if (open) {
      held.push(line);
      if (!closes(line, open.fence)) continue;
      flush(open.info);
      open = undefined;
    } else if (start && !html && !doubt) {
      flush();
      open = { fence: start[1] ?? start[3] ?? '', info: (start[2] ?? start[4] ?? '').trim() };
      held.push(line);
    } else {
      if (start) doubt = true;
      html = htmlAfter(line, html);
      held.push(line);
    }
  }
  flush(open?.info);
  return parts;
}

function closes(line: string, fence: string): boolean {
  const close = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
  return close !== undefined && close[0] === fence[0] && close.length >= fence.length;
}

/** What opens raw HTML that goes on over lines, and what ends it. */
const UNTIL: [opens: RegExp, closes: RegExp][] = [
  [/<!--/g, /-->/],
  [/<\?/g, /\?>/],
  [/<!\[CDATA\[/g, /\]\]>/],
  [/<![a-z]/gi, />/],
  [/<(?:script|pre|style|textarea)\b/gi, /<\/(?:script|pre|style|textarea)>/i],
];

/** What would end the raw HTML that may be open after this line; undefined if none is. */
function htmlAfter(line: string, open: RegExp | undefined): RegExp | undefined {
  if (open && !open.test(line)) return open;
  const until = UNTIL.find(([opens, ends]) => staysOpen(line, opens, ends))?.[1];
  if (until) return until;
  return /^[\s>*+\d.)-]*<[a-z/!?]/i.test(line) || /<[a-z][^>]*$/i.test(line) ? /^\s*$/ : undefined;
}

/** Whether nothing ends what the last of the openings opens. */
function staysOpen(line: string, opens: RegExp, ends: RegExp): boolean {
  const last = [...line.matchAll(opens)].at(-1);
  return last !== undefined && !ends.test(line.slice(last.index + last[0].length));
}

/** Of what stands behind the language of a block nothing is shown. */
function readFence(info: string, text: string): Visible {
  const [, kind = '', rest = ''] = /^(\S*)(.*)$/.exec(info) ?? [];
  const shown = rest === '' ? text : text.replace(rest, '');
  const drawn = readDrawn(/^[\w-]*/.exec(kind)?.[0].toLowerCase() ?? '', shown) ?? { text: shown, hidden: 0 };
  return { ...drawn, hidden: drawn.hidden + (rest === '' ? 0 : 1) };
}

type Judge = (match: RegExpMatchArray) => Visible;

const DROP: Judge = () => ({ text: '', hidden: 1 });
const keep = ([whole]: RegExpMatchArray): Visible => ({ text: whole, hidden: 0 });

function judgeAll(text: string, pattern: RegExp, judge: Judge): Visible {
  let hidden = 0;
  let left = '';
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const seen = judge(match);
    hidden += seen.hidden;
    left += text.slice(end, match.index) + seen.text;
    end = match.index + match[0].length;
  }
  return { text: left + text.slice(end), hidden };
}

function readProse(markdown: string): Visible {
  const steps: ((text: string) => Visible)[] = [
    (text) => judgeAll(text, UNSHOWN, DROP),
    (text) => judgeAll(text, DRAWN_INSIDE, readDrawnInside),
    readTags,
    (text) => judgeAll(text, IMAGE, showImage),
    (text) => judgeAll(text, LINK_TITLE, ([, link]) => ({ text: `${link})`, hidden: 1 })),
    (text) => judgeAll(text, /\[\s*\]\([^)\n]*\)/g, DROP),
    (text) => judgeAll(text, DEFINITION, showDefinition(references(text))),
    (text) => judgeAll(text, FOOTNOTE, showFootnote(references(text))),
    (text) => judgeAll(text, /\$\$[^$]+\$\$|\$[^$\n]+\$/g, dropHidingMath),
  ];
  let seen: Visible = { text: maskCode(markdown), hidden: 0 };
  for (const step of steps) {
    const { text, hidden } = step(seen.text);
    seen = { text, hidden: seen.hidden + hidden };
  }
  return { text: decodeEntities(seen.text.replaceAll(MASK, '<')), hidden: seen.hidden };
}

/** Comments, processing instructions, CDATA and declarations; an unclosed one reaches to the end. */
const UNSHOWN = /<!--[^]*?(?:-->|$)|<\?[^]*?(?:\?>|$)|<!\[CDATA\[[^]*?(?:\]\]>|$)|<![a-z][^]*?(?:>|$)/gi;
const TITLE = String.raw`(?:"[^"]*"|'[^']*'|\([^()]*\))`;
const IMAGE = new RegExp(String.raw`!\[([^[\]]*)\](?:\([^\s()]*(\s+${TITLE})?\s*\)|\[[^[\]]*\])?`, 'g');
const LINK_TITLE = new RegExp(String.raw`(\]\(\s*(?:<[^<>\n]*>|[^\s()]+))\s+${TITLE}\s*\)`, 'g');
const DEFINITION = new RegExp(
  String.raw`^(?:[ \t>]|[-*+] |\d+[.)] )*\[(?!\^)((?:\\.|[^[\]\\\n])+)\]:[ \t]*\n?[ \t]*(<[^<>\n]*>|\S+)` +
    String.raw`((?:[ \t]+|[ \t]*\n[ \t]*)${TITLE})?[ \t]*$`,
  'gm',
);
const FOOTNOTE = /^[ >]{0,3}\[\^([^\]\s]+)\]:.*(?:\n+(?: {2,}|\t).*)*/gm;
function dropHidingMath(match: RegExpMatchArray): Visible {
  return isHidingMath(match[0]) ? DROP(match) : keep(match);
}

/** A block inside a list or a quote that GitHub draws; one without an end reaches to the end. */
const DRAWN_INSIDE =
  /^[ \t>*+\d.)-]+(`{3,}|~{3,})[ \t]*(mermaid|math|geojson|topojson|stl)\b(?:[^](?!^[ \t>]*\1))*[^]?/gim;

function readDrawnInside([whole, , kind = '']: RegExpMatchArray): Visible {
  return readDrawn(kind.toLowerCase(), whole) ?? { text: whole, hidden: 0 };
}

/** The words behind an image are not on the page; three or fewer are what GitHub itself puts there. */
function showImage([, alt = '', title]: RegExpMatchArray): Visible {
  return { text: '(image)', hidden: title !== undefined || alt.trim().split(/\s+/).length > 3 ? 1 : 0 };
}

function showDefinition(used: ReadonlySet<string>): Judge {
  return (match) => {
    const [, label = '', target = '', title] = match;
    const isLink = /^<?(?:https?:\/\/|\.{0,2}\/|mailto:)/i.test(target) && used.has(label.toLowerCase());
    return isLink ? { text: `[${label}]: ${target}`, hidden: title === undefined ? 0 : 1 } : DROP(match);
  };
}

function showFootnote(used: ReadonlySet<string>): Judge {
  return (match) => (used.has(`^${match[1]}`.toLowerCase()) ? keep(match) : DROP(match));
}

/** The labels in brackets that something other than a definition uses, in lower case. */
function references(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/\[([^[\]\n]+)\](?!:)/g)].map(([, label = '']) => label.toLowerCase()));
}

const TAG = /<(\/?)([a-z][a-z0-9-]*)((?:\s+[^\s"'=<>`/]+(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*)\s*(\/?)>/gi;
const NEVER_SHOWN = new Set(
  'script style template title noscript iframe noembed noframes xmp plaintext textarea head object svg math select video audio rp'.split(
    ' ',
  ),
);
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
const KNOWN = new Set(
  (
    'a abbr article b bdo big blockquote body caption center cite code dd del details dfn div dl dt em figcaption figure ' +
    'font footer h1 h2 h3 h4 h5 h6 header html i ins kbd li main mark nav ol p picture pre q rt ruby s samp section small ' +
    'span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var'
  ).split(' '),
);
const HIDING =
  /\shidden\b|aria-hidden\s*=\s*["']?true|(?:display\s*:\s*none|visibility\s*:|opacity\s*:|font-size\s*:|color\s*:|text-indent\s*:|position\s*:|clip)/i;

/** Each of them inside another makes the letters a quarter smaller, until nobody sees them. */
const SHRINKING = new Set(['sub', 'sup', 'small']);
const TOO_SMALL = 4;

/** Text without tags. Elements that are never shown or that hide themselves go with all they hold. */
function readTags(text: string): Visible {
  let left = '';
  let hidden = 0;
  let end = 0;
  let inside: { name: string; depth: number } | undefined;
  let small = 0;
  for (const match of text.matchAll(TAG)) {
    const [whole, slash, tag = '', attributes = '', selfClosed] = match;
    const name = tag.toLowerCase();
    if (!inside) left += text.slice(end, match.index);
    end = match.index + whole.length;
    const single = VOID.has(name) || selfClosed === '/';
    if (inside) {
      if (name === inside.name && !single) inside.depth += slash ? -1 : 1;
      if (inside.depth === 0) inside = undefined;
    } else if (
      !slash &&
      (NEVER_SHOWN.has(name) || HIDING.test(attributes) || (SHRINKING.has(name) && small >= TOO_SMALL))
    ) {
      hidden += 1;
      if (!single) inside = { name, depth: 1 };
    } else if (name === 'details' && !slash && !/\sopen\b/i.test(attributes)) {
      hidden += 1;
    } else if (attributes === '' && !KNOWN.has(name) && !single) {
      left += whole;
    }
    if (!inside && SHRINKING.has(name)) small = Math.max(0, small + (slash ? -1 : 1));
  }
  return { text: inside ? left : left + text.slice(end), hidden };
}

/** Stands for `<` inside a code span; a private character that is dropped from the source beforehand. */
const MASK = '\ue000';

/** Protects what is in a code span beyond doubt: every paragraph whose `<` all stand in spans that begin and end on one line. */
function maskCode(text: string): string {
  return text.replaceAll(/(?:.+\n?)+/g, (paragraph) => {
    const outside = paragraph.replaceAll(CODE_SPAN, '');
    const doubtful =
      /[<`]/.test(outside) || /\\`|\$`/.test(paragraph) || (paragraph.includes('|') && paragraph.includes('<'));
    return doubtful ? paragraph : paragraph.replaceAll('<', MASK);
  });
}

const CODE_SPAN = /(?<!`)(`+)(?!`)(?:[^`\n]|(?!(?<!`)\1(?!`))`)+(?<!`)\1(?!`)/g;
