/** One instruction of a Dockerfile. `words` is what follows its name and flags, on one line. */
export type Instruction = {
  name: string;
  flags: string[];
  words: string;
  /** 1-based, both inclusive. */
  start: number;
  end: number;
  stage: Stage;
};

/** What stands from one FROM to the next. `isFinal`: this is what the image is made of. */
type Stage = { from: string; alias: string | undefined; index: number; isFinal: boolean };

/** The instructions of a Dockerfile, with continued lines joined, comments dropped and texts of `<<END` belonging to theirs. */
export function instructionsOf(source: { text: string }): readonly Instruction[] {
  const found = known.get(source) ?? read(source.text.split('\n'));
  known.set(source, found);
  return found;
}

/** The words of an instruction with what ARG and ENV above it give in the place of their names. */
export function filledIn({ words, start }: Instruction, all: readonly Instruction[]): string {
  return words.replace(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (whole, name: string, otherwise?: string) => {
    const giver = givers(name, all).findLast((one) => one.start < start);
    return giver?.value ?? otherwise ?? whole;
  });
}

type Giver = { value: string; at: Instruction; start: number };

/** Where a name is given a value, in order. */
export function givers(name: string, all: readonly Instruction[]): Giver[] {
  return all.flatMap((at) => {
    if (at.name !== 'ARG' && at.name !== 'ENV') return [];
    const given = new RegExp(`(?:^|\\s)${name}(?:=|\\s+(?=\\S+$))("[^"]*"|'[^']*'|\\S*)`).exec(at.words)?.[1];
    return given === undefined ? [] : [{ value: given.replace(/^["']|["']$/g, ''), at, start: at.start }];
  });
}

const known = new WeakMap<object, readonly Instruction[]>();

function read(lines: readonly string[]): Instruction[] {
  const found: Instruction[] = [];
  let stage: Stage = { from: '', alias: undefined, index: -1, isFinal: false };
  for (let at = 0; at < lines.length; at += 1) {
    const head = /^\s*([A-Za-z]+)\s+(.*)$/.exec(lines[at] ?? '');
    if (!head || /^\s*#/.test(lines[at] ?? '')) continue;
    const start = at + 1;
    const parts = [head[2] ?? ''];
    while (/\\\s*$/.test(parts.at(-1) ?? '') && at + 1 < lines.length) {
      at += 1;
      const next = lines[at] ?? '';
      parts.push(/^\s*#|^\s*$/.test(next) ? '\\' : next);
    }
    const end = /<<-?\s*["']?(\w+)["']?/.exec(parts.join(' '))?.[1];
    if (end !== undefined)
      while (at + 1 < lines.length && parts.at(-1)?.trim() !== end) parts.push(lines[(at += 1)] ?? '');
    const joined = parts.map((part) => part.replace(/\\\s*$/, '').trim()).join(' ');
    const flags = /^(?:--[\w-]+(?:=\S+)?\s+)*/.exec(joined)?.[0] ?? '';
    const instruction = { name: (head[1] ?? '').toUpperCase(), flags: flags.split(/\s+/).filter(Boolean) };
    const words = joined.slice(flags.length).trim();
    if (instruction.name === 'FROM') stage = stageOf(words, stage.index + 1);
    found.push({ ...instruction, words, start, end: at + 1, stage });
  }
  stage.isFinal = true;
  return found;
}

function stageOf(words: string, index: number): Stage {
  const [from = '', alias] = words.split(/\s+as\s+/i);
  return { from: from.trim(), alias: alias?.trim(), index, isFinal: false };
}
