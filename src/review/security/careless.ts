import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

/** A value of the text is an argument of the script, or was read or made of one. */
function takesArguments(text: string, script: string): boolean {
  if (/\$\{?[1-9@*]/.test(text)) return true;
  return [...text.matchAll(/\$\{?([a-z_]\w*)/gi)].some(([, name = '']) =>
    new RegExp(`\\b${name}=["']?\\$\\{?[1-9@*]|\\bread\\b.*\\b${name}\\b|\\bfor ${name} in\\b`).test(script),
  );
}

/** The file worked with raw memory all along, and seldom said why that is safe: it is about just that. */
function isTrusting(text = ''): boolean {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return count(/\bunsafe\b/g) > 5 && count(/\bSAFETY\b/gi) * 2 < count(/\bunsafe\b/g);
}

/** Calls that trust what they are given. */
export const carelessRules: readonly Rule[] = sinkRules(
  { id: 'security/unsafe-input', severity: 'medium', remedy: 'Check it before it is used.' },
  [
    {
      languages: SCRIPTS,
      pattern: /\b(?:serialize\.unserialize|node-serialize|unserialize|deserialize)\(\s*(?:req|request|ctx)\b/,
      id: 'security/unsafe-deserialisation',
      severity: 'high',
      message: 'What is read here may run code',
    },
    {
      languages: SCRIPTS,
      pattern: /\bjwt\.decode\(|\bjwtDecode\(|\bdecodeJwt\(/,
      unless: (_line, source) =>
        /jwt\.verify\(|jwtVerify\(/.test(source.text) ||
        /(^|\/)(?:client|frontend|components|pages|hooks)\//.test(source.path),
      id: 'security/verification-off',
      message: 'The token is read and its signature is not checked',
      remedy: 'Verify it.',
    },
    {
      languages: SCRIPTS,
      pattern: /\b(?:spawn|spawnSync|execFile|execFileSync)\([^;]*\bshell\s*:\s*true/,
      unless: (line) =>
        !/\b(?:spawn|execFile)\w*\(\s*[a-z_$]|\[[^\]]*(?<!['"·\w])[a-z_$][\w$]*[^\]]*\]/.test(line.code),
      id: 'security/command-injection',
      message: 'A shell reads these words: `$&`',
      remedy: 'Leave the shell out and hand the words over as a list.',
    },
    {
      languages: ['python'],
      pattern:
        /\brender_template_string\(\s*(?!(?:[A-Z_]+|['"]·*['"])\s*[,)])|\b(?:Template|from_string)\(\s*[^)]*\b(?:request|user_?input|body|params)\b/,
      id: 'security/code-execution',
      severity: 'high',
      message: 'What stands in the text is run as a template',
      remedy: 'Hand the values over to a fixed template.',
    },
    {
      languages: ['python'],
      pattern: /\bmark_safe\(\s*(?!['"]·*['"]\s*\))[a-z_]|\bMarkup\(\s*(?!['"]·*['"]\s*\))(?:f['"]|[a-z_])|\|\s*safe\b/,
      unless: (line, source) =>
        /escape|format_html|sanitize|clean|bleach|nh3|markdown|render/i.test(line.code) ||
        source.path.endsWith('admin.py'),
      id: 'security/markup-injection',
      message: 'The text is shown as markup, whatever it holds: `$&`',
      remedy: 'Let the template escape it.',
    },
    {
      languages: ['python'],
      pattern:
        /^\s*assert\s+(?:not\s+)?[\w.]*(?:is_admin|is_staff|is_superuser|is_authenticated|has_perm\w*|has_role|can_\w+|is_owner|authori[sz]ed|permission\w*)\b/,
      id: 'security/guard-removed',
      message: 'With python -O nobody is asked: an assert is no check',
      remedy: 'Raise an error of your own.',
    },
    {
      languages: ['java', 'kotlin'],
      pattern:
        /\bgetEngineByName\([^)]*\)\.eval\(\s*(?!"·*"\s*\))|\b(?:engine|scriptEngine|groovyShell|shell)\.(?:eval|evaluate)\(\s*(?!"·*"\s*\))|\bSpelExpressionParser\(\)\.parseExpression\(\s*(?!"·*"\s*\))/,
      id: 'security/code-execution',
      severity: 'high',
      message: 'A text is run as a program: `$&`',
      remedy: 'Read the text, and do only what is allowed.',
    },
    {
      languages: SCRIPTS,
      pattern: /\bvm\.(?:runIn\w+|Script)\(\s*(?!['"`]·*['"`]\s*[,)])/,
      id: 'security/code-execution',
      severity: 'high',
      message: 'A text is run as a program, and vm is no sandbox: `$&`',
      remedy: 'Read the text, and do only what is allowed.',
    },
    {
      languages: ['java', 'kotlin', 'go', 'javascript', 'typescript', 'tsx', 'python'],
      pattern:
        /\.resolve\(\s*\w*[eE]ntry\w*\.getName\(\)|\.resolve\(\s*\w\.getName\(\)|\bpath\.(?:join|resolve)\([^()]*,\s*\w*(?:entry|file|item|header)\w*\.(?:entryName|path|fileName|name)\b|\bfilepath\.Join\([^()]*,\s*\w+\.Name\s*\)/,
      unless: (line, source) =>
        !/\b(?:zip|tar|unzip|extract|archive|entries|Zip|Tar)/i.test(
          `${functionAround({ line: line.number, source })?.header ?? ''}${source.text.slice(0, 3_000)}`,
        ) || /startsWith|HasPrefix|IsLocal|normalize\(\)\.starts|relative\(|isSubpath|safe|\.\.['"]/.test(source.text),
      id: 'security/untrusted-input',
      severity: 'high',
      message: 'A name inside of an archive can lead out of the folder: `$&`',
      remedy: 'Check that the path stays within the folder.',
    },
    {
      languages: ['rust'],
      view: 'text',
      pattern: /\bformat!\([^)]*\/\{|\.join\(\s*&?(\w+)\s*\)/,
      unless: (line, source) => {
        const header = functionAround({ line: line.number, source })?.header ?? '';
        const taken = /\b(?:Path|Query|Form)\(\s*(?:mut )?(\w+)\s*\)\s*:/.exec(header)?.[1];
        return (
          taken === undefined ||
          !new RegExp(`\\{${taken}\\}|[,(]\\s*&?${taken}\\b`).test(line.text) ||
          !/fs::|File::|read|open/.test(line.code) ||
          /file_name\(\)|components\(\)|canonicalize/.test(source.text)
        );
      },
      id: 'security/untrusted-input',
      severity: 'high',
      message: 'Whoever asks names the file: `$&`',
      remedy: 'Take the last part of the name, and check that it stays within the folder.',
    },
    {
      languages: ['rust'],
      pattern:
        /\bget_unchecked(?:_mut)?\(|\bfrom_utf8_unchecked\(|\btransmute(?:::<[^>]*>)?\(|\bslice::from_raw_parts(?:_mut)?\(|\bstatic mut\b/,
      unless: (line, source) =>
        [0, 1, 2, 3].some((back) => /SAFETY/i.test(source.lineAt(line.number - back)?.comment ?? '')) ||
        isTrusting(source.oldText),
      message: 'Nothing says why this is safe: `$&`',
      remedy: 'Use the checked call, or say in a SAFETY comment why it holds.',
    },
    {
      languages: ['shell'],
      view: 'text',
      pattern:
        /\b(?:psql|mysql|sqlite3|mariadb|mongosh?)\b.*(?:-c|-e|--command|--execute|--eval)[ =]?["'][^"']*'?\$\{?(?:\d|@|\*|[a-z_]\w*)/,
      id: 'security/sql-injection',
      message: 'A value becomes a part of the query: `$&`',
      remedy: 'Hand the value over as a variable of the client.',
    },
    {
      languages: ['shell'],
      view: 'raw',
      pattern:
        /\b(?:select\b.+\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|drop\s+(?:table|database|user)|create\s+user|grant\s+\w+.*\bto)\b.*\$\{?(?:\d|@|\*|[a-z_]\w*)/i,
      unless: (line, source) =>
        !/\b(?:psql|mysql|sqlite3|mariadb|clickhouse-client|sqlcmd|cqlsh|bq)\b/.test(source.text) ||
        /^\s*#/.test(line.raw) ||
        !takesArguments(line.raw, source.text),
      id: 'security/sql-injection',
      message: 'A value becomes a part of the query: `$&`',
      remedy: 'Hand the value over as a variable of the client.',
    },
    {
      languages: ['shell'],
      view: 'text',
      pattern: /(?:=|>>?\s*)["']?\/(?:var\/)?tmp\/[\w.-]*(?:\$\$|\$\{?(?:RANDOM|USER|LOGNAME)\b)/,
      message: 'Others can foresee this name and put a file there first: `$&`',
      remedy: 'Use mktemp.',
      id: 'security/exposure',
      severity: 'medium',
    },
  ],
);
