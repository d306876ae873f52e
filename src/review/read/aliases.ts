import { SCRIPTS } from './language.ts';
import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';

/** Names that a file of JavaScript or Python gives to functions and modules of the platform: what it calls them, and what they are. */
export function aliasesOf(source: SourceFile): ReadonlyMap<string, string> {
  if (source.language.name === 'python') {
    const given = known.get(source) ?? readPython(source.text);
    known.set(source, given);
    return given;
  }
  if (!SCRIPTS.some((name) => name === source.language.name)) return NONE;
  const found = known.get(source) ?? read(source.text);
  known.set(source, found);
  return found;
}

const NONE: ReadonlyMap<string, string> = new Map();
const known = new WeakMap<SourceFile, ReadonlyMap<string, string>>();

/** What is worth following under another name. */
const FOLLOWED =
  /^(?:exec|execSync|spawn|spawnSync|eval|Function|readFileSync|writeFileSync|random|createHash|log|debug|dir|child_process|fs|fetch|readFile)$/;
const MODULES: Readonly<Record<string, string>> = { child_process: 'child_process', fs: 'fs', 'fs/promises': 'fs' };
const MAY = /\bas\b|=\s*(?:require|Math\b|console\b|eval\b|Function\b|globalThis\.)|\}\s*=/;

/** Calls of Python that are dangerous or of no use for secrets, under the names of their modules. */
const PYTHON_FOLLOWED =
  /^(?:(?:c?[pP]ickle|marshal|dill|cloudpickle)\.(?:loads?|Unpickler)|os\.(?:system|popen)|subprocess\.(?:run|call|Popen|check_output|check_call|getoutput)|hashlib\.(?:md5|sha1)|yaml\.(?:load|unsafe_load))$/;
const PYTHON_MODULES = /^(?:c?[pP]ickle|marshal|dill|cloudpickle|os|subprocess|hashlib|yaml)$/;

function readPython(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, module = '', list = ''] of text.matchAll(/^\s*from (\w+) import \(?([^()#\n]+)/gm))
    for (const [, name = '', alias = name] of list.matchAll(/(\w+)(?:\s+as\s+(\w+))?/g))
      if (PYTHON_FOLLOWED.test(`${module}.${name}`)) found.set(alias, `${module}.${name}`);
  for (const [, module = '', alias = ''] of text.matchAll(/^\s*import (\w+) as (\w+)\s*$/gm))
    if (PYTHON_MODULES.test(module)) found.set(alias, module);
  return found;
}

function read(text: string): Map<string, string> {
  const found = new Map<string, string>();
  if (!MAY.test(text)) return found;
  const note = (alias: string, name: string) => {
    if (alias !== name && FOLLOWED.test(name.replace(/^.*\./, ''))) found.set(alias, name);
  };
  for (const [, list = ''] of text.matchAll(/\bimport\s*\{([^}]*)\}\s*from\b/g))
    for (const [, name = '', alias = ''] of list.matchAll(/([\w$]+)\s+as\s+([\w$]+)/g)) note(alias, name);
  for (const [, list = '', owner = ''] of text.matchAll(
    /\{([^{}]*)\}\s*=\s*(Math|console|require\([^)]*\)|globalThis)/g,
  ))
    for (const [, name = '', alias = name] of list.matchAll(/([\w$]+)(?:\s*:\s*([\w$]+))?/g))
      note(alias, owner === 'Math' || owner === 'console' ? `${owner}.${name}` : name);
  for (const [, alias = '', module = ''] of text.matchAll(
    /\bimport\s+\*\s+as\s+([\w$]+)\s+from\s*['"](?:node:)?([\w/]+)['"]/g,
  ))
    note(alias, MODULES[module] ?? '');
  const required = text.includes('require(') ? text : '';
  for (const [, alias = '', module = ''] of required.matchAll(
    /\b([\w$]+)\s*=\s*require\(\s*['"](?:node:)?([\w/]+)['"]\s*\)\s*[;\n,]/g,
  ))
    note(alias, MODULES[module] ?? '');
  for (const [, alias = '', name = ''] of text.matchAll(
    /\b(?:const|let|var)\s+([\w$]+)\s*=\s*(?:globalThis\.|window\.)?(eval|Function|console\.(?:log|debug)|Math\.random|require\([^)]*\)\.\w+)\s*[;\n]/g,
  ))
    note(alias, name.replace(/^require\([^)]*\)\./, ''));
  return found;
}

/** The line as it would read without other names; undefined if it holds none. */
export function plainly(line: SourceLine, source: SourceFile): SourceLine | undefined {
  const aliases = aliasesOf(source);
  if (aliases.size === 0 || line.startsIn !== 'code' || /\b(?:import|require)\b/.test(line.code)) return undefined;
  const named = [...aliases].filter(([alias]) => line.code.includes(alias));
  if (named.length === 0) return undefined;
  const rewritten = (text: string) =>
    named.reduce(
      (now, [alias, name]) =>
        now.replace(new RegExp(`(?<![\\w$.])${alias.replaceAll('$', '\\$')}(?=\\s*[(.])`, 'g'), name),
      text,
    );
  const code = rewritten(line.code);
  return code === line.code ? undefined : { ...line, code, text: rewritten(line.text) };
}
