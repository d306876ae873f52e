import bash from '@ast-grep/lang-bash';
import go from '@ast-grep/lang-go';
import java from '@ast-grep/lang-java';
import python from '@ast-grep/lang-python';
import rust from '@ast-grep/lang-rust';
import { Lang, parseAsync, registerDynamicLanguage, type SgNode } from '@ast-grep/napi';
import type { LanguageName } from './language.ts';

const GRAMMARS: Partial<Record<LanguageName, string>> = {
  javascript: Lang.JavaScript,
  typescript: Lang.TypeScript,
  tsx: Lang.Tsx,
  ...registered(),
};

/** The grammars that come as packages; on a machine they are not made for there are none, and brackets alone are judged. */
function registered(): Partial<Record<LanguageName, string>> {
  try {
    registerDynamicLanguage({ python, go, rust, java, bash });
    return { python: 'python', go: 'go', rust: 'rust', java: 'java', shell: 'bash' };
  } catch {
    // No prebuilt grammar for this machine.
    return {};
  }
}

/** Every grammar of tree-sitter has this number for what it could not read. */
const ERROR = 65_535;

/**
 * The 1-based line at which a text first breaks its language's grammar; undefined if it keeps it or there is no grammar.
 * Parses in another thread, so start early and await late.
 */
export async function findBreak(text: string, language: LanguageName): Promise<number | undefined> {
  const grammar = GRAMMARS[language];
  if (grammar === undefined) return undefined;
  if (OTHERS.test(text)) return undefined;
  const root = (await parseAsync(grammar, plain(text, language))).root();
  const signs = SIGNS[language];
  const error = root.kind() === 'ERROR' ? root : (root.find(ERROR) ?? (signs && missing(root, signs)));
  return error ? error.range().start.line + 1 : undefined;
}

/** Shells and dialects that have the name of the language and a grammar of their own. */
const OTHERS = /^#!.*\b(?:zsh|fish|ksh|csh|tcsh)\b|^(?:#!.*\n)?[\s*/]*@flow\b/;

/** What a language reads and its grammar does not yet, and the like of it that both read, on as many lines. */
const NEWER: Partial<Record<LanguageName, readonly (readonly [written: RegExp, alike: string])[]>> = {
  shell: [
    [
      /(>[ \t]*[^\s<>;&|]+[ \t]*)<<<[ \t]*\$?(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s;&|<>()"']+)(?=[ \t]*(?:[;&|)]|\n|$))/g,
      '$1',
    ],
    [/=~[ \t]*\\\n[ \t]*([^\n]*)\n/g, '=~ $1\n\n'],
    [/(?:\{\w+\}|\d)?<>(?=\s*\S)/g, '<'],
    [/(\$\{\w+[%#]{1,2})\\'/g, '$1.'],
  ],
  java: [
    [/^(\s*import\s+)module\s+/gm, '$1'],
    [/@[\w.]+\s*\.\.\./g, '...'],
    // Statements may stand before it.
    [/(?<=^[ \t]*|[;{][ \t]*)(?:super|this)\(/gm, 'called('],
  ],
  python: [[/^(\s*(?:class|(?:async\s+)?def)\s+\w+)\[(?=[^\n]*=)[^\n]*?\](?=[(:])/gm, '$1']],
  go: [[/\bnew\((?=\s*(?:["`\d]|(?!func\b|interface\b|struct\b|chan\b|map\b)[\w.]+\())/g, 'made(']],
  rust: [
    [/\basync(\s+move)?\s*(?=\|)/g, '$1 '],
    [/\b(?:try|str|char|bool|[iu](?:8|16|32|64|128|size)|f(?:32|64))!(?=\s*[([{])/g, 'attempt!'],
    [/\basync(?=\s*(?:[.;,)]|=(?!=)))/g, 'later'],
    [/\bsafe\s+(?=fn\b|static\b)|\bunsafe\s+(?=extern\s+"[^"]*"\s*\{)/g, ''],
    [/\bif let [^=\n]+ = ([^\n{]+?) =>/g, 'if $1 =>'],
  ],
  // In the text of an element it is a sign like others.
  tsx: [[/ & /g, ' | ']],
  javascript: [[/ & /g, ' | ']],
};

function plain(text: string, language: LanguageName): string {
  return (NEWER[language] ?? []).reduce((seen, [written, alike]) => seen.replace(written, alike), text);
}

/** Signs and words that some grammars put in where they are missing, instead of an error. */
const SIGNS: Partial<Record<LanguageName, readonly string[]>> = {
  java: [';', ')', '}', ']'],
  shell: ['fi', 'done', 'esac', 'then', 'do', ')', '}', ']', ']]', '"'],
};

function missing(root: SgNode, signs: readonly string[]): SgNode | undefined {
  return root.findAll({ rule: { regex: '^$' } }).find((node) => signs.includes(String(node.kind())));
}

/** The tree of a text; undefined if there is no grammar for its language on this machine. */
export async function treeOf(text: string, language: LanguageName): Promise<SgNode | undefined> {
  const grammar = GRAMMARS[language];
  return grammar === undefined ? undefined : (await parseAsync(grammar, text)).root();
}
