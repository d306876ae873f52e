import { givenTo, isBuilt, isFromRequest, type Place, type Value } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { isMadeHere } from '../read/shell-words.ts';
import type { Rule } from '../rules.ts';
import { isFixedScript, runsNoMore } from './installs.ts';
import { callRules, sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];
/** `const run = promisify(exec)`: the name is a shell under another name. */
function isShellAlias(code: string, text: string): boolean {
  return [...text.matchAll(/\b([\w$]+)\s*=\s*(?:util\.)?promisify\(\s*(?:[\w$]+\.)?exec\s*\)/g)].some(([, name = '']) =>
    code.includes(`${name}(`),
  );
}

/** `eval "set -- $words"`, where a program put each word in quotes for the shell. */
function isQuotedAlready(text: string, whole: string): boolean {
  const names = [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
  return (
    /\beval\s+"?set --/.test(text) &&
    names.length > 0 &&
    names.every((name) =>
      new RegExp(`\\b${name}=.*(?:@sh\\b|printf\\s+["']?%q|\\$\\{\\w+@Q\\}|--shell-quote|getopt\\b)`).test(whole),
    )
  );
}

/** Some value on the line comes from outside of the script: an argument, the environment, what was read or fetched. */
function isHandedIn(text: string, whole: string): boolean {
  return [...text.matchAll(/\$[{(]?([@*\w]+)/g)].some(([, name = '']) => {
    if (/^(?:[@*\d]|curl|wget|cat|head|tail)$/.test(name)) return true;
    const given = [...whole.matchAll(new RegExp(`(?<![\\w$])${name.replace(/\W/g, '')}\\+?=(.*)`, 'g'))].map(
      ([, value = '']) => value,
    );
    return given.length === 0
      ? /^[A-Z]/.test(name) || new RegExp(`\\bread\\b.*\\b${name}\\b`).test(whole)
      : given.some((value) => /\$\{?[\d@*]|\$\((?:curl|wget|cat|head)\b|\$\{\w+:?-/.test(value));
  });
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
      pattern: /(?<![\w.$])(?:new )?(?:globalThis\.|window\.)?Function\((?!\s*(['"`])·*\1\s*\)|\s*\))/,
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
      languages: [...SCRIPTS, 'python'],
      view: 'text',
      pattern:
        /['"]?\$(?:where|function|accumulator)['"]?\s*:\s*(?:`[^`]*\$\{|(['"])(?:(?!\1).)*\1\s*[+%]|f["']|[\w$.]*\b(?:req|request|ctx|body|query|params|input)\b)|\.\$where\(\s*(?:`[^`]*\$\{|(['"])(?:(?!\2).)*\2\s*\+|[\w$.]*\b(?:body|query|params)\b)/,
      message: 'The database runs this text as code: `$&`',
    },
    {
      languages: ['python'],
      pattern: /(?<![\w.])(?:eval|exec)\(\s*(?![rbu]?['"]|\))/,
      message: '`$&…` runs whatever text it is given',
    },
    {
      languages: ['python'],
      pattern: /\b(?:importlib\.import_module|__import__|getattr)\([^)]*\brequest\.\w+/,
      message: 'The request says which code is run',
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
        /(?<![\w$.])([A-Za-z_$][\w$]*)\(\s*(?:`[^`]*\$\{(?!\s*[\w$.?!]+\.(?:pid|length|size)\s*\})|['"]·*['"]\s*\+)/,
      where: ({ text }) => text.includes('promisify'),
      unless: (line, source) => !isShellAlias(line.code, source.text),
      message: 'A shell command is put together from values',
    },
    {
      languages: SCRIPTS,
      pattern:
        /\b(?:spawn|spawnSync|execFile|execa)\(\s*(?!['"]).*\bshell:\s*(?:true|['"])|\b(?:spawn|execa)\(\s*`[^`]*\$\{.*\bshell:\s*true/,
      message: 'A shell runs a command put together from values',
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
      pattern: /(?:^\s*|[;&|]\s*|\b(?:then|do|else)\s+)eval\s+["']?[^"']*[$·]|\b(?:ba|z|da)?sh\s+-c\s+"[^"]*[$·]/,
      unless: (line, { text }) =>
        /eval "?\$\((?:\w*env|ssh-agent|brew|direnv|starship|[\w./-]+ (?:init|env|shellenv|activate))/.test(
          line.text,
        ) ||
        isFixedScript(/\b(?:eval|sh\s+-c)\s+(.*)/s.exec(line.text)?.[1] ?? '$') ||
        isQuotedAlready(line.text, text),
      severityAt: (line, source) => (runsNoMore(source) || !isHandedIn(line.text, source.text) ? 'low' : undefined),
      severity: 'medium',
      message: 'eval runs whatever the variables hold',
    },
    {
      languages: ['shell'],
      pattern: /(?:^|[;&|]\s*|\bsudo\s+)rm\s+-\w*r\w*\s+(?:-\S+\s+)*(?:--\s+)?\$\{?\w+\}?\/?\*?(?=\s|$|;|\/\*)/,
      severityAt: (line, { text }) =>
        isMadeHere(/\brm\s.*?(\$\{?\w+)/.exec(line.text)?.[1] ?? '', text) ? 'low' : undefined,
      message: 'An empty or odd variable makes this remove something else',
      severity: 'medium',
      remedy: 'Quote it and stop when it is empty: "${name:?}".',
    },
    {
      languages: ['c'],
      pattern: /(?<![\w.>:])(?:system|popen)\(\s*(?!")[\w.]/,
      severity: 'medium',
      message: 'A shell command is put together from values',
    },
  ],
);

const COMMAND = {
  id: 'security/command-injection',
  severity: 'high',
  remedy: 'Pass the arguments as a list without a shell, and check what comes from outside.',
} as const;

const isCommand = (value: Value, place: Place) => isBuilt(value, place) || isFromRequest(value, place);

/** `"sh", "-c", script`: the argument after `-c` is no fixed text. */
function isAfterDashC(value: Value, place: Place): boolean {
  const script = /^[\s\S]*["'](?:-\w*c|\/c)["']\s*,\s*/i.exec(value.text)?.[0].length;
  if (
    script === undefined ||
    !/["'](?:\/(?:usr\/)?bin\/)?(?:(?:ba|z|da)?sh|cmd(?:\.exe)?|powershell)["']/i.test(value.text)
  )
    return false;
  const rest = { code: value.code.slice(script), text: value.text.slice(script) };
  return isOpen({ code: rest.code.replace(/[\])}\s]*$/, ''), text: rest.text }, place);
}

/** Anything but a fixed text. */
function isOpen(value: Value, place: Place): boolean {
  if (/^\s*[rbf]?["'`][^"'`]*["'`]/.test(value.code)) return isBuilt(value, place);
  const name = /^\s*&?([A-Za-z_$][\w$]*)\s*$/.exec(value.code)?.[1];
  const given = name === undefined ? undefined : givenTo(name, place);
  if (given && /^[rb]?["'`][^"'`]*["'`]$/.test(given.code)) return isBuilt(given, place);
  return /^\s*[&*]?[A-Za-z_$]/.test(value.code) && !/^\s*&?[A-Z][A-Z0-9_]*\s*$/.test(value.code);
}

const evaluated = callRules(
  {
    ...COMMAND,
    id: 'security/code-execution',
    remedy: 'Do not run text as code; use data, a table of functions or a parser.',
  },
  [
    {
      languages: [...SCRIPTS, 'python'],
      call: /(?<![\w.$])(?:eval|exec|Function)\(/,
      is: isBuilt,
      unless: (_statement, { source }) => source.language.name !== 'python' && /child_process/.test(source.text),
      message: 'Text put together from values is run as code',
    },
  ],
);

const shells = callRules(COMMAND, [
  {
    languages: SCRIPTS,
    call: /(?<![\w$.])(?:(?:child_process|childProcess|cp|child|cproc|proc|require\([^)]*\))\.)?(?:exec|execSync)\(/,
    many: 1,
    is: isCommand,
    unless: (_statement, { source }) => !/child_process/.test(source.text),
    message: 'A shell command is put together from values',
  },
  {
    languages: SCRIPTS,
    call: /(?<![\w$.])(?:spawn|spawnSync|execFile|execFileSync|execa|execaSync)\(/,
    whole: true,
    is: isAfterDashC,
    message: 'A shell runs a command put together from values',
  },
  {
    languages: ['python'],
    call: /\bos\.(?:system|popen)\(|\b(?:subprocess\.)?(?:getoutput|getstatusoutput|create_subprocess_shell)\(/,
    many: 1,
    is: (value, place) => isOpen(value, place) || isCommand(value, place),
    message: 'A shell command is put together from values',
  },
  {
    languages: ['python'],
    call: /\b(?:subprocess\.)?(?:run|call|Popen|check_output|check_call)\(/,
    many: 1,
    is: isCommand,
    unless: ({ code }) => !/shell\s*=\s*True/.test(code),
    message: 'shell=True with a command put together from values',
  },
  {
    languages: ['python'],
    call: /\b(?:subprocess\.)?(?:run|call|Popen|check_output|check_call)\(|\bos\.exec[lv]p?e?\(/,
    whole: true,
    is: isAfterDashC,
    message: 'A shell runs a command put together from values',
  },
]);

const others = callRules(COMMAND, [
  {
    languages: ['go'],
    call: /\bexec\.Command(?:Context)?\(/,
    whole: true,
    is: isAfterDashC,
    message: 'A shell command is put together from values',
  },
  {
    languages: JVM,
    call: /\bProcessBuilder\(|getRuntime\(\)\.exec\(|\.command\(/,
    whole: true,
    is: isAfterDashC,
    message: 'A shell runs whatever the value says',
  },
  {
    languages: JVM,
    call: /getRuntime\(\)\.exec\(/,
    many: 1,
    is: (value, place) => isCommand(value, place) || /^\s*[a-z]\w*\s*$/.test(value.code),
    message: 'A command line is put together from values',
  },
  {
    languages: ['rust'],
    call: /\.args?\(/,
    many: 1,
    is: (value, place) => isOpen(value, place) || /^\s*&?\[\s*["']\S*["']\s*,\s*(?!["'])/.test(value.code),
    unless: ({ text }, { line, source }) => {
      const script = source.lineAt(line)?.text.includes('"-c"') ? source.lineAt(line) : source.lineAt(line - 1);
      return !/"-\w*c"/.test(script?.text ?? '') || !/Command::new\(\s*"(?:\/bin\/)?(?:ba|z|da)?sh"/.test(text);
    },
    message: 'A shell runs whatever the value says',
  },
]);

/** Text that becomes code or a command. */
export const commandRules: readonly Rule[] = [...execution, ...evaluated, ...command, ...shells, ...others];
