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
  /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g,
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
};

/** A redactor that knows these secrets, and what secrets of others look like. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const lasting = new Map<number, Set<string>>();
  const tokens: string[] = [];
  let pieces = lasting;
  const redact = (text: string): string =>
    PATTERNS.reduce((left, pattern) => left.replaceAll(pattern, MARK), cut(text, pieces));
  const redactor: Redactor = {
    know(secret) {
      addPieces(lasting, secret);
      pieces = merge(lasting, tokens);
    },
    knowToken(token) {
      if (tokens.includes(token)) return;
      tokens.push(token);
      if (tokens.length > MOST_TOKENS) tokens.shift();
      pieces = merge(lasting, tokens);
    },
    redact,
    redactAll: (value) => mapStrings(value, redact),
  };
  for (const secret of secrets) redactor.know(secret);
  return redactor;
}

type Pieces = Map<number, Set<string>>;

function merge(lasting: Pieces, tokens: readonly string[]): Pieces {
  const merged = new Map([...lasting].map(([length, set]) => [length, new Set(set)]));
  for (const token of tokens) addPieces(merged, token);
  return merged;
}

/** Every piece of every form, by its length: forms shorter than a piece are one. */
function addPieces(pieces: Pieces, secret: string): void {
  if (secret.length < LEAST) return;
  for (const form of formsOf(secret)) {
    const text = form.replaceAll(/\s/g, '');
    const length = Math.min(PIECE, text.length);
    if (length < LEAST) continue;
    const set = pieces.get(length) ?? new Set();
    for (let at = 0; at + length <= text.length; at += 1) set.add(text.slice(at, at + length));
    pieces.set(length, set);
  }
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

/** The text without the ranges in which pieces lie; white space inside a piece does not hide it. */
function cut(text: string, pieces: Pieces): string {
  if (pieces.size === 0) return text;
  const places: number[] = [];
  for (let at = 0; at < text.length; at += 1) if (!/\s/.test(text[at] ?? '')) places.push(at);
  const dense = places.length === text.length ? text : places.map((at) => text[at]).join('');
  const ranges: { from: number; to: number }[] = [];
  for (let at = 0; at < dense.length; at += 1) {
    for (const [length, set] of pieces) {
      if (!set.has(dense.slice(at, at + length))) continue;
      const from = places[at] ?? 0;
      const to = (places[at + length - 1] ?? 0) + 1;
      const last = ranges.at(-1);
      if (last && from <= last.to) last.to = Math.max(last.to, to);
      else ranges.push({ from, to });
    }
  }
  let left = '';
  let end = 0;
  for (const { from, to } of ranges) {
    left += text.slice(end, from) + MARK;
    end = to;
  }
  return left + text.slice(end);
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
