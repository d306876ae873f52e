import { parseArgsStringToArgv } from 'string-argv';

/** One option of a command. `set` stores the value and says whether it is allowed; a flag gets no value. */
type Option<T> = { flag?: true; allowed: string; set(into: T, value: string): boolean };

export type OptionTable<T> = Record<string, Option<T>>;

type Token = { raw: string; value: string; index: number };

function tokenize(text: string): Token[] {
  const tokens = text.matchAll(/--[\w-]+=(?:"[^"]*"|'[^']*')|"[^"]*"|'[^']*'|\S+/g);
  return [...tokens].map(({ 0: raw, index }) => ({ raw, index, value: unquote(raw) }));
}

/** An argument without its quotes, or without the backticks it was copied with. */
export function unquote(raw: string): string {
  return parseArgsStringToArgv(raw.replace(/^`([^`]+)`$/, '$1')).join(' ');
}

/**
 * Reads the options before the free text and those at the end of its first line, and returns the text between. After `--` all
 * is text. An option's fault is added to `faults` with what is allowed.
 */
export function takeOptions<T>(line: string, table: OptionTable<T>, into: T, faults: string[]): string {
  const tokens = tokenize(line);
  const taker = { table, into, faults, seen: new Set<string>() };
  let at = 0;
  while (at < tokens.length && optionName(tokens[at]) !== undefined) at = takeOne(tokens, at, taker);
  const start = tokens[at];
  if (!start) return '';
  if (start.raw === '--') return line.slice(start.index + 2).trim();
  const end = findTail(tokens, at + 1, table);
  for (let next = end; next < tokens.length;) next = takeOne(tokens, next, taker);
  return line.slice(start.index, tokens[end]?.index).trim();
}

/** The name of an option, which a phone may have begun with a long dash; undefined for anything else. */
function optionName(token: Token | undefined): string | undefined {
  return /^(?:--|[—–])([a-z][\w-]*)/i.exec(token?.raw ?? '')?.[1]?.toLowerCase();
}

/** Where a tail of nothing but known or nearly known options begins. */
function findTail<T>(tokens: readonly Token[], from: number, table: OptionTable<T>): number {
  for (let start = from; start < tokens.length; start += 1) {
    let at = start;
    while (at < tokens.length) {
      const name = optionName(tokens[at]);
      if (name === undefined || nearest(name, Object.keys(table)) === undefined) break;
      at += takesNext(tokens, at, table[name]) ? 2 : 1;
    }
    if (at >= tokens.length) return start;
  }
  return tokens.length;
}

function takesNext<T>(tokens: readonly Token[], at: number, option: Option<T> | undefined): boolean {
  const next = tokens[at + 1];
  const alone = !tokens[at]?.raw.includes('=');
  return option !== undefined && !option.flag && alone && next !== undefined && optionName(next) === undefined;
}

type Taker<T> = { table: OptionTable<T>; into: T; faults: string[]; seen: Set<string> };

/** Reads the option at `at` and returns where the next token is. */
function takeOne<T>(tokens: readonly Token[], at: number, { table, into, faults, seen }: Taker<T>): number {
  const name = optionName(tokens[at]) ?? '';
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  const separate = takesNext(tokens, at, option);
  const token = separate ? tokens[at + 1] : tokens[at];
  const value = separate ? token?.value : /=(.*)$/s.exec(token?.value ?? '')?.[1];
  const fault = judge(name, value, { option, twice: seen.has(name), known: Object.keys(table) });
  if (fault !== undefined) faults.push(fault);
  else if (!option?.set(into, value ?? ''))
    faults.push(`\`--${name}\` must be ${option?.allowed}, not \`${(value ?? '').slice(0, 60)}\`.`);
  seen.add(name);
  return at + (separate ? 2 : 1);
}

type Known<T> = { option: Option<T> | undefined; twice: boolean; known: string[] };

function judge<T>(name: string, value: string | undefined, { option, twice, known }: Known<T>): string | undefined {
  if (!option) {
    const begun = known.filter((one) => one.startsWith(`${name}-`));
    const close = nearest(name, known) ?? (begun.join('`, `--') || undefined);
    const all =
      known.length > 0 ? `The options are ${known.map((one) => `\`--${one}\``).join(', ')}.` : 'It takes no options.';
    const hint = close ? `Did you mean \`--${close}\`?` : all;
    return `There is no option \`--${name.slice(0, 40)}\` here. ${hint} If it belongs to the text, put \`--\` before the text.`;
  }
  if (twice) return `\`--${name}\` stands there twice.`;
  if (option.flag && value !== undefined) return `\`--${name}\` takes no value.`;
  if (!option.flag && !value) return `\`--${name}\` needs a value: ${option.allowed}.`;
  return undefined;
}

/** The word among `words` that a typing error could have turned into `word`: at most two edits behind the first letter, fewer for short words. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const ranked = words
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  if (!best || best.edits > Math.min(2, Math.ceil(best.candidate.length / 3))) return undefined;
  return best.edits < 2 || best.candidate[0] === word[0] ? best.candidate : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (older[j - 2] ?? Infinity) + 1);
      row.push(cost);
    }
    older = old;
    old = row;
  }
  return old[b.length] ?? 0;
}
