/** What a line must hold for a pattern to match it: at least one of these pieces of two or three characters, by their slots. */
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

const GRAM = 3;
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

const TABLE = 1 << 15;
/** The slot of each piece of three characters that some rule asks for; 0 for the others. */
const slots = new Uint16Array(TABLE);
/** The same for two characters, by their own codes since signs matter there: `if`, `==`, `&&`. */
const pairSlots = new Uint16Array(1 << 14);
let slotsTaken = 0;

/** The slot of the piece of a literal that other texts are least likely to hold. */
function slotOf(literal: string): number {
  const [table, piece] = literal.length < GRAM ? [pairSlots, pairOf(literal)] : [slots, rarestPiece(literal)];
  if (table[piece] === 0) table[piece] = slotsTaken += 1;
  return table[piece] ?? 0;
}

function pairOf(literal: string): number {
  return ((LOWER[literal.charCodeAt(0)] ?? 0) << 7) | (LOWER[literal.charCodeAt(1)] ?? 0);
}

/** Five bits a character: letters apart, all else in four lots. Two pieces may share a code; then more lines are looked at. */
const CODES = Uint8Array.from({ length: 128 }, (_, char) => {
  const letter = String.fromCharCode(char).toLowerCase().charCodeAt(0) - 96;
  return letter >= 1 && letter <= 26 ? letter : 27 + (char & 3);
});
const LOWER = Uint8Array.from({ length: 128 }, (_, char) => String.fromCharCode(char).toLowerCase().charCodeAt(0));

/** The piece of three characters whose letters are the least common in English. */
function rarestPiece(literal: string): number {
  const rarity = (text: string) => text.split('').reduce((sum, char) => sum + ((COMMON.indexOf(char) + 27) % 27), 0);
  const pieces = Array.from({ length: literal.length - GRAM + 1 }, (_, at) => literal.slice(at, at + GRAM));
  const rarest = pieces.reduce((best, piece) => (rarity(piece) > rarity(best) ? piece : best));
  return rarest.split('').reduce((piece, char) => (piece << 5) | codeOf(char.charCodeAt(0)), 0) & (TABLE - 1);
}

function codeOf(char: number): number {
  return char < 128 ? (CODES[char] ?? 0) : 27 + (char & 3);
}

const COMMON = ' etaoinsrhldcumfpgwybvkxjqz';

/** Finds texts by triggers. */
export type Index<Text> = { candidates(trigger: Trigger): readonly Text[] };

/** Notes in one walk which texts hold which pieces that rules ask for. Texts longer than `longest` characters are left out. */
export function indexOf<Text extends { raw: string }>(texts: readonly Text[], longest: number): Index<Text> {
  const places: (number[] | undefined)[] = [];
  const note = (slot: number, index: number) => {
    const list = places[slot];
    if (list === undefined) places[slot] = [index];
    else if (list[list.length - 1] !== index) list.push(index);
  };
  for (const [index, { raw }] of texts.entries()) {
    if (raw.length > longest) continue;
    let [piece, before] = [0, 0];
    for (let at = 0; at < raw.length; at += 1) {
      const char = raw.charCodeAt(at);
      const plain = char < 128 ? (LOWER[char] ?? 0) : 0;
      piece = ((piece << 5) | codeOf(char)) & (TABLE - 1);
      const slot = slots[piece] ?? 0;
      const pair = pairSlots[(before << 7) | plain] ?? 0;
      if (slot !== 0 && at >= GRAM - 1) note(slot, index);
      if (pair !== 0) note(pair, index);
      before = plain;
    }
  }
  return {
    candidates(trigger) {
      const found = merged(trigger, places);
      return found.length === 0 ? NONE : found.flatMap((index) => texts[index] ?? []);
    },
  };
}

const NONE: readonly never[] = [];

/** Most files hold nothing of what a rule asks for, and that must cost nothing. */
function merged(trigger: Trigger, places: readonly (readonly number[] | undefined)[]): readonly number[] {
  let found: readonly number[] = NONE;
  for (const slot of trigger) {
    const list = places[slot];
    if (list !== undefined) found = found.length === 0 ? list : union(found, list);
  }
  return found;
}

/** Of two lists in order one in order. */
function union(one: readonly number[], other: readonly number[]): number[] {
  const all: number[] = [];
  for (let [a, b] = [0, 0]; a < one.length || b < other.length;) {
    const [left, right] = [one[a] ?? Infinity, other[b] ?? Infinity];
    all.push(Math.min(left, right));
    if (left <= right) a += 1;
    if (right <= left) b += 1;
  }
  return all;
}
