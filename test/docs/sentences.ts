import { Lang, parse, type SgNode } from '@ast-grep/napi';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SRC = new URL('../../src', import.meta.url).pathname;
/** Where omk gives reasons. Prompts are for the agent, and what is in `report` is shown whole. */
const SPEAKS = /^(goal|run|github)\/(?!report\/|prompt\.ts|command\.ts|oracle\.ts).*\.ts$/;
const FEWEST_WORDS = 4;

/** The sentences in the code that omk gives as reasons or as the next thing to do, with `…` for what is filled in. */
export function listSentences(): string[] {
  return sorted(
    readSpeaking()
      .flatMap((root) =>
        stringsIn(root)
          .filter((node) => !isOfABug(node))
          .map(wordsOf),
      )
      .filter(isSaid),
  );
}

/**
 * The words that omk says in the middle of a sentence: why it waits, and other reasons that are given as a bare `reason`. A name that is
 * handed to a wait stands for what it was set to in the same file, a constant in any.
 */
export function listClauses(): string[] {
  const roots = readSpeaking();
  const constants = roots.flatMap(declaratorsIn).filter((node) => /^[A-Z_]+$/.test(nameOf(node)));
  return sorted(
    roots
      .flatMap((root) => {
        const waits = ['wait($$$ALL)', 'waiting($$$ALL)', 'waitForModel($$$ALL)'].flatMap((pattern) =>
          root.findAll(pattern),
        );
        const passed = waits.flatMap((call) => call.field('arguments')?.children() ?? []);
        const names = new Set(passed.flatMap(identifiersIn).map((node) => node.text()));
        const set = [...declaratorsIn(root), ...constants].filter((node) => names.has(nameOf(node)));
        return [...passed, ...set.flatMap((node) => node.field('value') ?? []), ...bareReasonsIn(root)];
      })
      .flatMap(stringsIn)
      .map(wordsOf)
      .filter(isClause),
  );
}

function bareReasonsIn(root: SgNode): SgNode[] {
  const pairs = root.findAll({ rule: { kind: 'pair', has: { field: 'key', regex: '^reason$' } } });
  const values = pairs.flatMap((pair) => pair.field('value') ?? []);
  return values.filter((node) => ['string', 'template_string', 'ternary_expression'].includes(String(node.kind())));
}

function declaratorsIn(root: SgNode): SgNode[] {
  return root.findAll({ rule: { kind: 'variable_declarator' } });
}

function nameOf(declarator: SgNode): string {
  return declarator.field('name')?.text() ?? '';
}

function identifiersIn(node: SgNode): SgNode[] {
  return [...(node.kind() === 'identifier' ? [node] : []), ...node.findAll({ rule: { kind: 'identifier' } })];
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted((a, b) => (a < b ? -1 : 1));
}

function readSpeaking(): SgNode[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => SPEAKS.test(file));
  return files.map((file) => parse(Lang.TypeScript, readFileSync(join(SRC, file), 'utf8')).root());
}

function stringsIn(node: SgNode): SgNode[] {
  const kinds = ['string', 'template_string'];
  return [
    ...(kinds.includes(String(node.kind())) ? [node] : []),
    ...kinds.flatMap((kind) => node.findAll({ rule: { kind } })),
  ];
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

function isClause(text: string): boolean {
  return (text.match(/[\p{L}’']+/gu) ?? []).length >= 3 && /^[\p{L}`#…]/u.test(text) && !isSaid(text);
}
