import { Lang, parse, type SgNode } from '@ast-grep/napi';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SRC = new URL('../../src', import.meta.url).pathname;
/** Where omk gives reasons. Prompts are for the agent, and what is in `report` is shown whole. */
const SPEAKS = /^(goal|run|github)\/(?!report\/|prompt\.ts|command\.ts|oracle\.ts).*\.ts$/;
const FEWEST_WORDS = 4;

/** The sentences in the code that omk gives as reasons or as the next thing to do, with `…` for what is filled in. */
export function listSentences(): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => SPEAKS.test(file));
  const texts = files.flatMap((file) => textsIn(readFileSync(join(SRC, file), 'utf8')));
  return [...new Set(texts)].toSorted((a, b) => (a < b ? -1 : 1));
}

function textsIn(source: string): string[] {
  const root = parse(Lang.TypeScript, source).root();
  const nodes = ['string', 'template_string'].flatMap((kind) => root.findAll({ rule: { kind } }));
  return nodes
    .filter((node) => !isOfABug(node))
    .map(wordsOf)
    .filter(isSaid);
}

/** What is thrown when omk itself is wrong stands in the log alone. */
function isOfABug(node: SgNode): boolean {
  const call = node.ancestors().find((one) => one.kind() === 'new_expression');
  return call?.field('constructor')?.text() === 'Error';
}

function wordsOf(node: SgNode): string {
  const filled = node.children().filter((child) => child.kind() === 'template_substitution');
  const text = filled.reduce((words, hole) => words.replace(hole.text(), '…'), node.text());
  return text.slice(1, -1).replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? ' ' : escaped));
}

function isSaid(text: string): boolean {
  return text.split(' ').length >= FEWEST_WORDS && /^[\p{Lu}`#…].*[.?]…?$/u.test(text);
}
