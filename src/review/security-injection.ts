import { SCRIPTS, type LanguageName } from './language.ts';
import type { Rule } from './rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];
const SQL = String.raw`(?:select\b.{1,200}?\bfrom|insert\s+into|update\s+[\w."\x60]+\s+set|delete\s+from|drop\s+table|where\s+[\w.]+\s*(?:=|like))\b`;
/** Interpolated names in capitals are constants. */
const DYNAMIC = String.raw`\$\{(?!(?-i:\s*[A-Z][A-Z0-9_]*\s*\}))`;

/** `const run = promisify(exec)`: the name is a shell under another name. */
function isShellAlias(code: string, text: string): boolean {
  if (!text.includes('promisify')) return false;
  return [...text.matchAll(/\b([\w$]+)\s*=\s*(?:util\.)?promisify\(\s*(?:[\w$]+\.)?exec\s*\)/g)].some(([, name = '']) =>
    code.includes(`${name}(`),
  );
}

const execution = sinkRules(
  {
    id: 'security/code-execution',
    severity: 'high',
    remedy: 'Do not run text as code; use data, a table of functions or a parser.',
  },
  [
    { languages: SCRIPTS, pattern: /(?<![\w.$])eval\(\s*(?!['"]|\))/, message: 'eval runs whatever text it is given' },
    {
      languages: SCRIPTS,
      pattern: /\bnew Function\((?!\s*(['"`])·*\1\s*\)|\s*\))/,
      message: 'new Function runs text as code',
    },
    {
      languages: SCRIPTS,
      pattern: /\bset(?:Timeout|Interval)\(\s*(?:['"]·*['"]\s*\+|`[^`]*\$\{)/,
      message: 'A timer is given text to run',
    },
    {
      languages: SCRIPTS,
      pattern: /\bvm\.runIn\w+\(\s*(?!['"])/,
      message: 'node:vm is no sandbox',
      severity: 'medium',
    },
    {
      languages: ['python'],
      pattern: /(?<![\w.])(?:eval|exec)\(\s*(?![rbu]?['"]|\))/,
      message: '`$&…` runs whatever text it is given',
    },
    {
      languages: ['ruby'],
      pattern: /(?<![\w.])(?:eval|instance_eval|class_eval)\(?\s*(?!['"]|do\b|\{)[\w@]/,
      message: 'eval runs whatever text it is given',
    },
    {
      languages: ['php'],
      pattern: /(?<![\w.>:])(?:eval|assert|create_function)\(\s*.*\$/,
      message: 'Text is run as code',
    },
  ],
);

const command = sinkRules(
  {
    id: 'security/command-injection',
    severity: 'high',
    remedy: 'Pass the arguments as a list without a shell, and check what comes from outside.',
  },
  [
    {
      languages: SCRIPTS,
      pattern:
        /(?<![\w$])(?:(?:child_process|cp|childProcess)\.)?(?<!\.)(?:exec|execSync)\(\s*(?:`[^`]*\$\{|['"]·*['"]\s*\+|[\w$.]+\s*\+)|\b(?:child_process|cp|childProcess)\.exec(?:Sync)?\(\s*(?!['"`])[\w$]/,
      unless: (_line, source) => !/child_process/.test(source.text),
      message: 'A shell command is put together from values',
    },
    {
      languages: SCRIPTS,
      pattern: /(?<![\w$.])([A-Za-z_$][\w$]*)\(\s*(?:`[^`]*\$\{|['"]·*['"]\s*\+)/,
      unless: (line, source) => !isShellAlias(line.code, source.text),
      message: 'A shell command is put together from values',
    },
    {
      languages: SCRIPTS,
      pattern:
        /\b(?:spawn|spawnSync|execFile|execa)\(\s*(?!['"]).*\bshell:\s*true|\b(?:spawn|execa)\(\s*`[^`]*\$\{.*\bshell:\s*true/,
      message: 'A shell runs a command put together from values',
    },
    {
      languages: ['python'],
      pattern: /\bos\.(?:system|popen)\(\s*(?!r?['"](?!.*['"]\s*[%+.]))/,
      message: 'A shell command is put together from values',
    },
    {
      languages: ['python'],
      pattern:
        /\b(?:subprocess\.)?(?:run|call|Popen|check_output|check_call|getoutput|create_subprocess_shell)\(\s*(?:f['"]|(?!['"[])[\w.]+.*shell\s*=\s*True|['"]·*['"]\s*(?:%|\+|\.format).*shell\s*=\s*True)/,
      unless: (line) => !/shell\s*=\s*True|getoutput|_shell\(/.test(line.code),
      message: 'shell=True with a command put together from values',
    },
    {
      languages: ['python'],
      pattern: /\bshell\s*=\s*True\b/,
      unless: (line) =>
        /\(\s*['"]·*['"]\s*,/.test(line.code) ||
        /\((?:f['"]|[\w.]+)/.test(line.code.slice(0, line.code.indexOf('shell'))),
      severity: 'medium',
      message: 'A command is given to a shell',
    },
    {
      languages: ['go'],
      view: 'text',
      pattern:
        /\bexec\.Command(?:Context)?\((?:\w+,\s*)?"(?:\/bin\/)?(?:(?:ba|z|da)?sh",\s*"-c|cmd",\s*"\/c)",\s*(?:"[^"]*"\s*\+|[\w.]+)/i,
      message: 'A shell command is put together from values',
    },
    {
      languages: JVM,
      pattern: /getRuntime\(\)\.exec\(\s*(?!["{]|new String\[\])|getRuntime\(\)\.exec\(.*"\s*\+/,
      message: 'A command line is put together from values',
    },
    {
      languages: ['rust'],
      view: 'text',
      pattern: /Command::new\(\s*"(?:\/bin\/)?(?:ba|z|da)?sh"\s*\).*"-c"\s*\)\s*\.arg\(\s*(?!")[&\w]/,
      message: 'A shell runs whatever the value says',
    },
    {
      languages: ['rust'],
      pattern: /\.arg\(\s*&?format!\(/,
      unless: (line, source) => !/"-c"/.test(line.text + (source.lineAt(line.number - 1)?.text ?? '')),
      message: 'A shell command is put together from values',
    },
    {
      languages: ['php'],
      pattern: /(?<![\w>:])(?:exec|shell_exec|system|passthru|popen|proc_open)\(.*\$/,
      unless: (line) => /escapeshell/.test(line.code),
      message: 'A shell command is put together from values',
    },
    {
      languages: ['ruby'],
      view: 'text',
      pattern: /(?<![\w.])(?:system|exec|spawn)\(?\s*"[^"]*#\{|`[^`]*#\{|%x[({[].*#\{/,
      message: 'A shell command is put together from values',
    },
    {
      languages: ['shell'],
      pattern: /(?:^|[;&|]\s*)eval\s+["']?[^"']*[$·]/,
      unless: (line) =>
        /eval "?\$\((?:\w*env|ssh-agent|brew|direnv|starship|[\w./-]+ (?:init|env|shellenv|activate))/.test(line.text),
      severity: 'medium',
      message: 'eval runs whatever the variables hold',
    },
    {
      languages: ['c'],
      pattern: /(?<![\w.>:])(?:system|popen)\(\s*(?!")[\w.]/,
      severity: 'medium',
      message: 'A shell command is put together from values',
    },
  ],
);

const sql = sinkRules(
  { id: 'security/sql-injection', severity: 'high', remedy: 'Use parameters of the database driver instead of text.' },
  [
    {
      languages: SCRIPTS,
      view: 'text',
      pattern: new RegExp(
        String.raw`(?<![\w)\]])\x60\s*${SQL}[^\x60]*${DYNAMIC}|(?<!\w)(["'])\s*${SQL}(?:(?!\1).)*\1\s*\+|\.(?:query|execute|raw|\$queryRawUnsafe)\(\s*\x60[^\x60]*${DYNAMIC}`,
        'i',
      ),
      unless: (line) => !new RegExp(SQL, 'i').test(line.text),
      message: 'A query is put together from values',
    },
    {
      languages: ['python'],
      view: 'text',
      pattern: new RegExp(
        String.raw`\bf(["'])\s*${SQL}(?:(?!\1).)*\{(?!(?-i:\s*[A-Z][A-Z0-9_]*\s*\}))|(["'])\s*${SQL}(?:(?!\2).)*\2\s*(?:%(?!\()|\+|\.format\()|\bf"""\s*${SQL}.*\{`,
        'i',
      ),
      message: 'A query is put together from values',
    },
    {
      languages: ['go'],
      view: 'text',
      pattern: new RegExp(
        String.raw`\bSprintf\(\s*["\x60]\s*${SQL}[^"\x60]*%[svdq]|["\x60]\s*${SQL}[^"\x60]*["\x60]\s*\+\s*\w`,
        'i',
      ),
      message: 'A query is put together from values',
    },
    {
      languages: [...JVM, 'csharp', 'c', 'swift'],
      view: 'text',
      pattern: new RegExp(
        String.raw`"\s*${SQL}[^"]*"\s*\+\s*(?!")[\w(]|\bformat\(\s*"\s*${SQL}[^"]*%s|\$"\s*${SQL}[^"]*\{`,
        'i',
      ),
      message: 'A query is put together from values',
    },
    {
      languages: ['rust'],
      view: 'text',
      pattern: new RegExp(String.raw`\bformat!\(\s*"\s*${SQL}[^"]*\{`, 'i'),
      message: 'A query is put together from values',
    },
    {
      languages: ['php'],
      view: 'text',
      pattern: new RegExp(String.raw`"\s*${SQL}[^"]*(?:\$\w|\{\$|"\s*\.\s*\$)|'\s*${SQL}[^']*'\s*\.\s*\$`, 'i'),
      message: 'A query is put together from values',
    },
    {
      languages: ['ruby'],
      view: 'text',
      pattern: new RegExp(String.raw`"\s*${SQL}[^"]*#\{`, 'i'),
      message: 'A query is put together from values',
    },
  ],
);

const markup = sinkRules(
  {
    id: 'security/markup-injection',
    severity: 'high',
    remedy: 'Set text instead of markup, or clean the markup first.',
  },
  [
    {
      languages: SCRIPTS,
      pattern:
        /\.(?:innerHTML|outerHTML)\s*\+?=(?!=)\s*(?!['"`]·*['"`]\s*;?\s*$|\s*(?:\w*[Pp]urify|sanitize|escape))\S/,
      unless: (line) => /purify|sanitiz|escape/i.test(line.code),
      message: 'Values are put into the page as markup',
    },
    {
      languages: SCRIPTS,
      pattern: /\bdangerouslySetInnerHTML=\{\{\s*__html:\s*(?!['"`]·*['"`])/,
      unless: (line) => /purify|sanitiz|escape/i.test(line.code),
      message: 'Values are put into the page as markup',
    },
    {
      languages: SCRIPTS,
      pattern: /\bdocument\.write(?:ln)?\(\s*(?!['"]·*['"]\s*\))|\.insertAdjacentHTML\([^,]+,\s*(?!['"`]·*['"`]\s*\))/,
      unless: (line) => /purify|sanitiz|escape/i.test(line.code),
      message: 'Values are put into the page as markup',
    },
    {
      languages: SCRIPTS,
      view: 'text',
      pattern:
        /\bres(?:ponse)?\.(?:send|write|end)\(\s*(?:["'`][^"'`]*<.*["'`]\s*\+\s*|`[^`]*<[^`]*\$\{)\s*req(?:uest)?\.(?:query|params|body)\b/,
      unless: (line) => /purify|sanitiz|escape|encode/i.test(line.code),
      message: 'Input is sent back as markup',
    },
    {
      languages: ['python'],
      pattern:
        /\b(?:mark_safe|Markup)\(\s*(?:f['"]|['"]·*['"]\s*(?:%|\+|\.format)|[\w.]+\s*[%+])|\brender_template_string\(\s*(?!['"])|\bautoescape\s*=\s*False\b/,
      message: 'Values are put into the page as markup',
    },
    {
      languages: ['go'],
      pattern: /\btemplate\.(?:HTML|JS|URL)\(\s*(?!["`])[\w.]/,
      message: 'Values are put into the page as markup',
    },
    {
      languages: ['php'],
      pattern: /\b(?:echo|print)\b.*\$_(?:GET|POST|REQUEST|COOKIE)\b/,
      unless: (line) => /htmlspecialchars|htmlentities|intval/.test(line.code),
      message: 'Input is printed as markup',
    },
  ],
);

const input = sinkRules(
  {
    id: 'security/untrusted-input',
    severity: 'high',
    remedy: 'Check the value against what is allowed before it is used.',
  },
  [
    {
      languages: SCRIPTS,
      pattern:
        /\b(?:readFile|readFileSync|createReadStream|sendFile|unlink|writeFile|writeFileSync|path\.(?:join|resolve))\([^)]*\breq(?:uest)?\.(?:query|params|body|url|path|headers)\b/,
      unless: (line) => /basename/.test(line.code),
      message: 'A path from the request reaches the file system',
    },
    {
      languages: SCRIPTS,
      pattern:
        /\b(?:fetch|axios(?:\.\w+)?|got(?:\.\w+)?|https?\.(?:get|request))\(\s*(?:`\$\{)?(?:String\(|new URL\(|decodeURIComponent\()*req(?:uest)?\.(?:query|params|body)\b/,
      message: 'The request says which address is called',
    },
    {
      languages: SCRIPTS,
      pattern: /\bredirect\(\s*(?:\d+,\s*)?(?:String\(|decodeURIComponent\()*\s*req(?:uest)?\.(?:query|params|body)\b/,
      message: 'The request says where people are sent',
      severity: 'medium',
    },
    {
      languages: SCRIPTS,
      pattern: /\bnew RegExp\(\s*req(?:uest)?\.(?:query|params|body)\b/,
      message: 'The request supplies a pattern',
      severity: 'medium',
    },
    {
      languages: ['python'],
      pattern:
        /(?<![\w.])(?:open|send_file|os\.path\.join|os\.remove)\([^)]*\brequest\.(?:args|form|values|GET|POST|json|query_params)\b/,
      message: 'A path from the request reaches the file system',
    },
    {
      languages: ['python'],
      pattern: /\b(?:requests|httpx)\.\w+\(\s*request\.(?:args|form|values|GET|POST|json)\b/,
      message: 'The request says which address is called',
    },
    {
      languages: ['php'],
      pattern:
        /\b(?:include|require)(?:_once)?\b.*\$_(?:GET|POST|REQUEST|COOKIE)\b|\b(?:file_get_contents|fopen|readfile|unlink)\(.*\$_(?:GET|POST|REQUEST)\b/,
      message: 'A path from the request reaches the file system',
    },
    {
      languages: ['go'],
      pattern:
        /\b(?:os\.(?:Open|ReadFile|Remove)|http\.ServeFile|filepath\.Join)\(.*\br\.(?:URL\.Query\(\)\.Get|FormValue)\(/,
      message: 'A path from the request reaches the file system',
    },
  ],
);

const deserialisation = sinkRules(
  {
    id: 'security/unsafe-deserialisation',
    severity: 'high',
    remedy: 'Use a format that holds data only, such as JSON, or the safe loader.',
  },
  [
    {
      languages: ['python'],
      pattern:
        /(?<![\w.])(?:c?[pP]ickle|dill|cloudpickle|marshal|jsonpickle|shelve|joblib)\.(?:loads?|decode|open|Unpickler)\(/,
      message: '`$&…)` can run code that its input names',
    },
    {
      languages: ['python'],
      pattern:
        /\byaml\.(?:load|load_all)\((?!.*(?:Safe|Base)Loader)|\byaml\.(?:unsafe_load|full_load)(?:_all)?\(|\bLoader\s*=\s*(?:yaml\.)?(?:Unsafe|Full)?Loader\b/,
      unless: (line, source) =>
        /SafeLoader|BaseLoader|YAML\(/.test(
          (source.lineAt(line.number + 1)?.code ?? '') + (source.lineAt(line.number + 2)?.code ?? ''),
        ),
      message: 'This YAML loader can make any object',
    },
    {
      languages: ['python'],
      pattern: /\btorch\.load\((?!.*weights_only\s*=\s*True)|\bnp\.load\(.*allow_pickle\s*=\s*True/,
      severity: 'medium',
      message: 'Loading this file can run code',
    },
    {
      languages: ['python'],
      pattern: /\.extractall\((?!.*\bfilter\s*=)/,
      unless: (_line, source) => !/\btarfile\b/.test(source.text),
      severity: 'medium',
      message: 'An archive may write outside of its folder',
      remedy: "Pass filter='data'.",
    },
    {
      languages: JVM,
      pattern:
        /\b(?:DocumentBuilderFactory|SAXParserFactory|XMLInputFactory|TransformerFactory|SchemaFactory)\.new(?:Instance|Factory|DefaultInstance)\(/,
      unless: (_line, source) =>
        /setFeature|ACCESS_EXTERNAL|SUPPORT_DTD|setExpandEntityReferences|SECURE_PROCESSING/.test(source.text),
      severity: 'medium',
      message: 'This parser follows what a document names outside of itself',
      remedy: 'Turn document types and external entities off.',
    },
    {
      languages: JVM,
      pattern: /\.readObject\(\)|\bnew XMLDecoder\(|\.enableDefaultTyping\(|activateDefaultTyping\(/,
      unless: (line, source) =>
        /private void readObject|defaultReadObject|ObjectInputStream in\)/.test(line.code) ||
        /private void readObject/.test(source.lineAt(line.number - 1)?.code ?? ''),
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: ['ruby'],
      pattern: /\bMarshal\.load\(|\bYAML\.(?:unsafe_load|load)\(/,
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: ['php'],
      pattern: /(?<![\w>:])unserialize\(\s*(?!.*allowed_classes)/,
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: ['csharp'],
      pattern:
        /\bnew (?:BinaryFormatter|SoapFormatter|NetDataContractSerializer|LosFormatter)\(|TypeNameHandling\.(?:All|Auto|Objects)/,
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: SCRIPTS,
      pattern: /\b(?:unserialize|node_serialize\.unserialize|serialize\.unserialize)\(/,
      unless: (_line, source) => !/node-serialize/.test(source.text),
      message: 'Objects are made from untrusted bytes',
    },
  ],
);

/** Places where text becomes code, a command, a query, markup, a path or an object. */
export const injectionRules: readonly Rule[] = [
  ...execution,
  ...command,
  ...sql,
  ...markup,
  ...input,
  ...deserialisation,
];
