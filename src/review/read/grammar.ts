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
  const root = (await parseAsync(grammar, language === 'shell' ? plainShell(text) : text)).root();
  const signs = SIGNS[language];
  const error = root.kind() === 'ERROR' ? root : (root.find(ERROR) ?? (signs && missing(root, signs)));
  return error ? error.range().start.line + 1 : undefined;
}

/** The text with the same lines, without what bash reads and its grammar does not: a here-string after a redirection, a pattern on a line of its own. */
function plainShell(text: string): string {
  return text
    .replace(
      /(>[ \t]*[^\s<>;&|]+[ \t]*)<<<[ \t]*\$?(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s;&|<>()"']+)(?=[ \t]*(?:[;&|)]|\n|$))/g,
      '$1',
    )
    .replace(/=~[ \t]*\\\n[ \t]*([^\n]*)\n/g, '=~ $1\n\n');
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
