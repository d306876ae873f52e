/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of the values. */
export function pick<T>(random: () => number, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

const WORDS =
  '@everyone @org/team a@b.com #1 owner/repo#5 GH-7 fixes closes https://github.com/o/r/issues/1 https://evil.example/?q www.evil.example ' +
  'ftp://x mailto:a@b.c [c](javascript:x) ![i](https://e/x.png) [x]: /y [^1] <b> </b> <!-- --> <script> < | || \\ \\| \\\\ ` `` ``` ~~~ ' +
  '`a|b` `x` * ** _ __ ~~ $ $x$ /omk /merge # ## - 1. > + --- === :-- &#64; &commat; &lt; &amp; &#x202e; & word naïve 漢字 ❤️ 👩‍👩‍👧 9 } ] ( ) ! " \'';
const PHRASES = [
  'fixes #12',
  '<!-- omk:status:deadbeef -->',
  '<img src=x>',
  '/omk run',
  '/omk cancel',
  '| --- |',
  '- [ ] x',
  '    ',
];
const BLANKS = ['\n', '\n\n', '\r\n', '\t', ' ', '\u00a0'];
const INVISIBLE = ['\u0000', '\u001b[31m', '\u202e', '\u200b', '\u{e0041}', '\ufe0f', '\ud800'];
const SHARDS = [...WORDS.split(' '), ...PHRASES, ...BLANKS, ...BLANKS, ...INVISIBLE];

/** A text of hostile shards with blanks here and there. */
export function hostile(random: () => number, most = 12): string {
  return Array.from(
    { length: 1 + Math.floor(random() * most) },
    () => pick(random, SHARDS) + pick(random, ['', '', ' ', 'a']),
  ).join('');
}
