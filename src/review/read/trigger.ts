/** What a line must hold for a pattern to match it: at least one of these pieces of two to four characters, by their slots. */
export type Trigger = readonly number[];

/**
 * The trigger of a pattern; undefined if a line may match it without holding any literal of two characters.
 * With it a rule looks only at the few lines that can concern it. Each trigger takes its slots for good: ask when rules are made.
 */
export function triggerOf(pattern: RegExp): Trigger | undefined {
  const literals = alternatives({ source: pattern.source, at: 0 });
  if (!literals || literals.length === 0 || shortest(literals) < PAIR) return undefined;
  return [...new Set(literals.map((literal) => slotOf(literal)))];
}

type Cursor = { source: string; at: number };

const PAIR = 2;

/** `a|b` needs a literal of each branch; a branch without one makes the whole say nothing. */
function alternatives(cursor: Cursor): string[] | undefined {
  let all: string[] | undefined = [];
  for (;;) {
    const branch = sequence(cursor);
    all = all && branch ? [...all, ...branch] : undefined;
    if (cursor.source[cursor.at] !== '|') return all;
    cursor.at += 1;
  }
}

/** Of all that a branch needs, the set whose shortest literal is longest. */
function sequence(cursor: Cursor): string[] | undefined {
  let best: string[] | undefined;
  let run = '';
  const offer = (literals: string[] | undefined) => {
    if (literals && shortest(literals) >= PAIR && shortest(literals) > shortest(best ?? [''])) best = literals;
  };
  while (cursor.at < cursor.source.length && !'|)'.includes(cursor.source[cursor.at] ?? '')) {
    const atom = readAtom(cursor);
    const optional = skipQuantifier(cursor);
    if (atom.kind === 'char' && !optional) run += atom.char.toLowerCase();
    else if (atom.kind !== 'edge') {
      offer([run.trim()]);
      run = '';
      if (atom.kind === 'group' && !optional) offer(atom.literals);
    }
  }
  offer([run.trim()]);
  return best;
}

function shortest(literals: string[]): number {
  return Math.min(...literals.map((literal) => literal.length));
}

type Atom =
  | { kind: 'char'; char: string }
  | { kind: 'edge' }
  | { kind: 'any' }
  | { kind: 'group'; literals: string[] | undefined };

function readAtom(cursor: Cursor): Atom {
  const char = cursor.source[cursor.at] ?? '';
  cursor.at += 1;
  if (char === '(') return readGroup(cursor);
  if (char === '[') return readClass(cursor);
  if (char === '\\') return readEscape(cursor);
  if (char === '^' || char === '$') return { kind: 'edge' };
  return char === '.' ? { kind: 'any' } : { kind: 'char', char };
}

/** Looking around holds no place in the line; only what a look ahead asks for is needed. */
function readGroup(cursor: Cursor): Atom {
  const opened = /^\?(?:<?[=!]|<\w+>|[\w-]*:)/.exec(cursor.source.slice(cursor.at, cursor.at + 40))?.[0] ?? '';
  cursor.at += opened.length;
  const literals = alternatives(cursor);
  cursor.at += 1;
  return opened !== '?=' && /[=!]$/.test(opened) ? { kind: 'edge' } : { kind: 'group', literals };
}

function readClass(cursor: Cursor): Atom {
  while (cursor.at < cursor.source.length && cursor.source[cursor.at] !== ']')
    cursor.at += cursor.source[cursor.at] === '\\' ? 2 : 1;
  cursor.at += 1;
  return { kind: 'any' };
}

function readEscape(cursor: Cursor): Atom {
  const char = cursor.source[cursor.at] ?? '';
  cursor.at += 1;
  if (char === 'b' || char === 'B') return { kind: 'edge' };
  const long = /^(?:x[\da-f]{2}|u\{[\da-f]+\}|u[\da-f]{4}|[pP]\{[^}]*\}|k<\w+>)/i.exec(
    char + cursor.source.slice(cursor.at, cursor.at + 30),
  )?.[0];
  cursor.at += long === undefined ? 0 : long.length - 1;
  return long !== undefined || /\w/.test(char) ? { kind: 'any' } : { kind: 'char', char };
}

/** True if what stands before the quantifier may be absent. What may repeat ends a literal too. */
function skipQuantifier(cursor: Cursor): boolean {
  const found = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(cursor.source.slice(cursor.at, cursor.at + 20))?.[0];
  cursor.at += found?.length ?? 0;
  return found !== undefined;
}

/** The slot of each piece that some rule asks for, by its hash; 0 for the others. Pieces of four characters, of three and of two stand apart. */
const slots = { four: new Uint16Array(1 << 16), three: new Uint16Array(1 << 16), two: new Uint16Array(1 << 12) };
let slotsTaken = 0;

/** The slot of the piece of a literal that other texts are least likely to hold. */
function slotOf(literal: string): number {
  const piece = rarestPiece(literal);
  const codes = piece.split('').reduce((sum, char) => (sum << 6) | codeOf(char.charCodeAt(0)), 0);
  const [table, at] =
    piece.length === 4
      ? [slots.four, hashOf(codes)]
      : piece.length === 3
        ? [slots.three, hashOf(codes)]
        : [slots.two, codes];
  if (table[at] === 0) table[at] = slotsTaken += 1;
  return table[at] ?? 0;
}

/** Two pieces may share a hash; then more lines are looked at. */
function hashOf(codes: number): number {
  return Math.imul(codes, 0x9e3779b1) >>> 16;
}

const SIGNS = ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const COMMON = ' etaoinsrhldcumfpgwybvkxjqz';

/** Six bits a character: letters and signs apart, all else in four lots. */
const CODES = Uint8Array.from({ length: 128 }, (_, char) => {
  const letter = String.fromCharCode(char).toLowerCase().charCodeAt(0) - 96;
  if (letter >= 1 && letter <= 26) return letter;
  const sign = SIGNS.indexOf(String.fromCharCode(char));
  return sign === -1 ? 27 + (char & 3) : 31 + sign;
});

function codeOf(char: number): number {
  return char < 128 ? (CODES[char] ?? 0) : 27 + (char & 3);
}

/** The piece of at most four characters whose letters are the least common in English. */
function rarestPiece(literal: string): string {
  const rarity = (text: string) => text.split('').reduce((sum, char) => sum + ((COMMON.indexOf(char) + 27) % 27), 0);
  const length = Math.min(literal.length, 4);
  const pieces = Array.from({ length: literal.length - length + 1 }, (_, at) => literal.slice(at, at + length));
  return pieces.reduce((best, piece) => (rarity(piece) > rarity(best) ? piece : best));
}

/** Where texts that hold what a trigger asks for stand in their list, in order; all of them, or those from one place to before another. */
export type Index = { candidates(trigger: Trigger, from?: number, to?: number): readonly number[] };

/** Notes in one walk which texts hold which pieces that rules ask for. Texts longer than `longest` characters are left out. */
export function indexOf(texts: readonly { raw: string }[], longest: number): Index {
  const places: number[][] = Array.from({ length: slotsTaken + 1 }, () => []);
  const { four, three, two } = slots;
  const note = (slot: number, index: number) => {
    const list = places[slot] ?? [];
    if (list[list.length - 1] !== index) list.push(index);
  };
  for (const [index, { raw }] of texts.entries()) {
    if (raw.length > longest) continue;
    let codes = 0;
    for (let at = 0; at < raw.length; at += 1) {
      codes = ((codes << 6) | codeOf(raw.charCodeAt(at))) & 0xffffff;
      const inFour = four[hashOf(codes)] ?? 0;
      const inThree = three[hashOf(codes & 0x3ffff)] ?? 0;
      const inTwo = two[codes & 0xfff] ?? 0;
      if (inFour !== 0) note(inFour, index);
      if (inThree !== 0) note(inThree, index);
      if (inTwo !== 0) note(inTwo, index);
    }
  }
  return {
    candidates(trigger, from = 0, to = Infinity) {
      let found: readonly number[] = NONE;
      for (const slot of trigger) {
        const list = part(places[slot] ?? NONE, from, to);
        if (list.length > 0) found = found.length === 0 ? list : union(found, list);
      }
      return found;
    },
  };
}

const NONE: readonly never[] = [];

/** Of a list in order what lies from one number to before another. */
function part(list: readonly number[], from: number, to: number): readonly number[] {
  const first = list[0] ?? Infinity;
  if (first >= to || (list[list.length - 1] ?? -1) < from) return NONE;
  return first >= from && (list[list.length - 1] ?? 0) < to ? list : list.slice(lowest(list, from), lowest(list, to));
}

/** How many numbers of a list in order are smaller. */
function lowest(list: readonly number[], than: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) < than) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of two lists in order one in order. */
function union(one: readonly number[], other: readonly number[]): number[] {
  const all: number[] = [];
  let [a, b] = [0, 0];
  while (a < one.length || b < other.length) {
    const left = one[a] ?? Infinity;
    const right = other[b] ?? Infinity;
    all.push(left < right ? left : right);
    if (left <= right) a += 1;
    if (right <= left) b += 1;
  }
  return all;
}
