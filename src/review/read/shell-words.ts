import type { SgNode } from '@ast-grep/napi';

/** A word of a command, and the line on which it was written. */
export type Word = { text: string; line: number };

/** What each variable was given anywhere in the file, word by word. */
export type Given = Map<string, Word[]>;

/** `$name` and `"${names[@]}"` as what they were given; every other word as it stands. */
export function filled(word: Word, given: Given, depth = 0): Word[] {
  const name = /^\$\{?(\w+)(?:\[[@*]\])?\}?$/.exec(word.text)?.[1];
  const values = name === undefined || depth > 2 ? undefined : given.get(name);
  return values === undefined || values.length > 40
    ? [word]
    : values.flatMap((value) => filled(value, given, depth + 1));
}

/** A word without its quotes. */
export function bareOf(text: string): string {
  return text.replace(/^(["'])([^]*)\1$/, '$2');
}

/** The name of a program without its folder. */
export function baseOf(name: string): string {
  return name.replace(/^.*\//, '');
}

/** Programs that run what follows them, with the options of theirs that take a value. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
  command: /^$/,
  builtin: /^$/,
  nohup: /^$/,
  time: /^$/,
  sudo: /^-[ugpCh]$/,
  doas: /^-[uC]$/,
  env: /^-[uCS]$/,
  nice: /^-n$/,
  ionice: /^-[cn]$/,
  timeout: /^-[ks]$/,
  stdbuf: /^$/,
  setsid: /^$/,
};

/** `sudo -u app grep a` and `timeout 5 curl b` run what follows. */
export function unwrapped(name: string, args: SgNode[]): [string, SgNode[]] {
  const valued = WRAPPERS[baseOf(name)];
  if (!valued) return [name, args];
  let at = 0;
  while (at < args.length) {
    const text = args[at]?.text() ?? '';
    if (valued.test(text)) at += 2;
    else if (/^-|^\w+=/.test(text) || (baseOf(name) === 'timeout' && /^["']?[\d.$]/.test(text))) at += 1;
    else break;
  }
  const next = args[at];
  if (!next || (/^(?:command|builtin)$/.test(name) && at > 0)) return [name, args];
  return unwrapped(bareOf(next.text()), args.slice(at + 1));
}

/** The words of a text. */
export function split(text: string, line: number): Word[] {
  return bareOf(text)
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => ({ text: word, line }));
}

/** Where the program begins that is run once for each; -1 if there is none. */
export function innerAt(name: string, args: readonly string[]): number {
  if (name === 'alias') return args.length - 1;
  if (name === 'find')
    return args.some((arg) => /^\\;$|^["'];["']$/.test(arg))
      ? args.findIndex((arg) => /^-exec(?:dir)?$/.test(arg)) + 1 || -1
      : -1;
  if (name !== 'xargs' && name !== 'parallel') return -1;
  let [at, each] = [0, name === 'parallel'];
  for (; args[at]?.startsWith('-') === true; at += 1) {
    const option = args[at] ?? '';
    if (/^-\w*(?:n|L)1?$|^-\w*I|^--(?:replace|max-args|max-lines)/.test(option)) each = true;
    if (/^-\w*[nLIPdEsaj]$/.test(option)) at += 1;
  }
  return each ? at : -1;
}

/** The name holds what `mktemp` made, and the script would have ended if it had made nothing. */
export function isMadeHere(value: string, text: string): boolean {
  const name = /\w+/.exec(value)?.[0] ?? '';
  const given = [...text.matchAll(new RegExp(`(?:^|[\\s;])${name}=(.*)`, 'gm'))].map(([, from = '']) => from);
  return (
    /^\s*set\s+(?:-\w*e|-o\s+errexit)/m.test(text) &&
    given.length > 0 &&
    given.every((from) => /^"?(?:\$\(|`)mktemp\b/.test(from))
  );
}
