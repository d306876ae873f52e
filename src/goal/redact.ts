const MARK = '(redacted)';
/** So many characters of a secret in a row are a leak: whatever cuts, wraps or joins a text leaves such a piece. */
const PIECE = 16;
const LEAST = 8;
/** Tokens live an hour; so many at most are remembered. */
const MOST_TOKENS = 24;

/** What secrets look like whoever they belong to. Installation tokens may have 520 characters and dots (docs.github.com, token formats). */
const PATTERNS: readonly RegExp[] = [
  /gh[oprsu]_[A-Za-z0-9_.-]{20,}/g,
  /github_pat_[A-Za-z0-9_]{20,}/g,
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN )[^])*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,}/g,
  /\bsk-(?:[a-z]+-)?[A-Za-z0-9_-]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bgl(?:pat|ptt|dt|rt|soat|cbt)-[A-Za-z0-9_-]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /(?<=\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?(?:basic|bearer|token)\s{1,4})[A-Za-z0-9._~+/=-]{16,}/gi,
  /(?<=:\/\/[^\s:/@]{0,64}:)[^\s/@:]{8,600}(?=@)/g,
];

/** Takes secrets out of everything that leaves omk. */
export type Redactor = {
  /** Takes this secret out from now on, in every form. Anything under 8 characters is no secret. */
  know(secret: string): void;
  /** The same for a token that lives an hour: the oldest of many are forgotten. */
  knowToken(token: string): void;
  redact(text: string): string;
  /** A copy in which every string is redacted; keys, dates and what is no plain data stay. */
  redactAll<T>(value: T): T;
  stream(): RedactedStream;
};

/** Redacts a text that comes in parts; what `take` and at last `end` give is to be joined. */
type RedactedStream = { take(text: string): string; end(): string };

/** A redactor that knows these secrets, and what secrets of others look like. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const lasting = new Pieces();
  const tokens: string[] = [];
  let passing = new Pieces();
  const redact = (text: string): string =>
    PATTERNS.reduce((left, pattern) => left.replaceAll(pattern, MARK), cut(text, [lasting, passing]));
  const redactor: Redactor = {
    know: (secret) => lasting.add(secret),
    knowToken(token) {
      if (tokens.includes(token)) return;
      tokens.push(token);
      if (tokens.length > MOST_TOKENS) tokens.shift();
      passing = new Pieces();
      for (const one of tokens) passing.add(one);
    },
    redact,
    redactAll: (value) => mapStrings(value, redact),
    stream: () => openStream(redact),
  };
  for (const secret of secrets) redactor.know(secret);
  return redactor;
}

/** So much of a stream is looked at together at the least, in characters. */
const HELD = 8_192;
/** An unended private key is waited for no longer than this. */
const MOST_HELD = 65_536;

/** Cuts a stream at ends of lines: a token has no line break, and of a known secret too little is left on either side to be of use. */
function openStream(redact: (text: string) => string): RedactedStream {
  let held = '';
  return {
    take(text) {
      held += text;
      if (held.length < 2 * HELD) return '';
      const key = held.lastIndexOf('-----BEGIN ');
      const open = key >= 0 && !held.includes('-----END ', key) && held.length < MOST_HELD;
      const end = held.lastIndexOf('\n', open ? Math.min(key, held.length - HELD) : held.length - HELD) + 1;
      const cutAt = end > 0 || held.length < MOST_HELD ? end : held.length - HELD;
      const ready = held.slice(0, cutAt);
      held = held.slice(cutAt);
      return redact(ready);
    },
    end() {
      const rest = held;
      held = '';
      return redact(rest);
    },
  };
}

const GRAM = 4;
const GRAMS = 1 << 20;

/** Every piece of every form of some secrets, by its length: forms shorter than a piece are one. */
class Pieces {
  readonly #byLength = new Map<number, Set<string>>();
  /** Marks which four characters occur in a piece at all, by a hash: most of a text is passed over by one look in so many characters. */
  readonly #grams = new Uint8Array(GRAMS);
  #shortest = PIECE;

  add(secret: string): void {
    if (secret.length < LEAST) return;
    for (const form of formsOf(secret)) {
      const text = form.replaceAll(SPACE, '');
      const length = Math.min(PIECE, text.length);
      if (length < LEAST) continue;
      const set = this.#byLength.get(length) ?? new Set();
      for (let at = 0; at + length <= text.length; at += 1) set.add(text.slice(at, at + length));
      for (let at = 0; at + GRAM <= text.length; at += 1) this.#grams[gramAt(text, at)] = 1;
      this.#byLength.set(length, set);
      this.#shortest = Math.min(this.#shortest, length);
    }
  }

  /** Where pieces lie in a text without white space, in order; ranges may overlap. */
  *find(dense: string): Generator<{ from: number; to: number }> {
    const step = this.#shortest - GRAM;
    if (this.#byLength.size === 0) return;
    for (let at = 0; at + this.#shortest <= dense.length;) {
      if (this.#grams[gramAt(dense, at + step)] === 0) {
        at += step + 1;
        continue;
      }
      for (const [length, set] of this.#byLength)
        if (set.has(dense.slice(at, at + length))) yield { from: at, to: at + length };
      at += 1;
    }
  }
}

function gramAt(text: string, at: number): number {
  const [low, high] = [
    text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8),
    text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 8),
  ];
  return (Math.imul(low ^ (high << 16), 0x9e3779b1) >>> 12) & (GRAMS - 1);
}

/**
 * The forms in which a secret is known: as it is, backwards, escaped for JSON, HTML, a URL or a shell, in hex, and in base64
 * at each of the three alignments, so inside a Basic header too, and base64 of that again.
 */
function formsOf(secret: string): string[] {
  const whole = [secret, secret.trim()];
  const escaped = [
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encodeURIComponent(secret),
    secret.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
    secret.replaceAll(/[&<>"']/g, (char) => HTML[char] ?? char),
    secret.replaceAll("'", String.raw`'\''`),
    secret.split('').toReversed().join(''),
  ];
  const hex = Buffer.from(secret).toString('hex');
  const bytes = hex.match(/../g) ?? [];
  const hexes = [
    hex,
    bytes.map((byte) => `%${byte}`).join(''),
    bytes.map((byte) => String.raw`\x${byte}`).join(''),
    bytes.join(':'),
  ];
  const once = base64Forms(secret);
  const twice = [Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url')].flatMap(
    base64Forms,
  );
  const cased = [...escaped.slice(2, 3), ...hexes].flatMap((form) => [
    form.toLowerCase(),
    form.replaceAll(/(?<!\\)[a-f]/g, upper),
  ]);
  return [...new Set([...whole, ...escaped, ...hexes, ...cased, ...once, ...twice])];
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const upper = (char: string) => char.toUpperCase();

/** What stays the same whatever stands before and after the secret. */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const text = bytes.toString('base64').replaceAll('=', '');
    const core = text.slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === 0 ? undefined : -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** White space, and as JSON writes it: none of it hides a secret. */
const SPACE = /(?:\s|(?<!\\)\\+[nrt])+/g;

/** The text without the ranges in which pieces lie. */
function cut(text: string, known: readonly Pieces[]): string {
  const dense = text.replaceAll(SPACE, '');
  const found = known.flatMap((pieces) => [...pieces.find(dense)]).toSorted((a, b) => a.from - b.from);
  if (found.length === 0) return text;
  const places = placesOf(text);
  let left = '';
  let end = 0;
  for (const range of found) {
    const from = places[range.from] ?? 0;
    if (end === 0 || from > end) left += text.slice(end, from) + MARK;
    end = Math.max(end, (places[range.to - 1] ?? 0) + 1);
  }
  return left + text.slice(end);
}

/** Where each character stands that is no white space. */
function placesOf(text: string): number[] {
  const places: number[] = [];
  let at = 0;
  for (const gap of [...text.matchAll(SPACE), { index: text.length, 0: '' }]) {
    for (; at < gap.index; at += 1) places.push(at);
    at += gap[0].length;
  }
  return places;
}

function mapStrings<T>(value: T, map: (text: string) => string): T;
function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item: unknown) => mapStrings(item, map));
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item as unknown, map)]));
}
