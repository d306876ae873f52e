import { functionAround } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import { lineNear } from '../test/assertions.ts';
import { sinkRules } from './sinks.ts';

const LOG =
  /\b(?:console\.\w+|(?:\w*\.)?log(?:ger|ging)?\.(?:\w+)|LOG(?:GER)?\.\w+|print(?:ln|f)?|fmt\.Print\w*|log\.\w+|slog\.\w+|System\.\w+\.print\w*|println!|(?:info|debug|warn|error|trace)!)\s*\(/;
/** A value that is called so is the secret itself. */
const SECRET =
  /(?<![\w.'"])(?:\w+\.)*(?:password|passwd|passphrase|secret(?:_?key)?|private_?key|api_?key|access_?token|refresh_?token|auth_?token|session_?token|client_?secret|credentials|otp|pin_?code|card_?number|cvv|ssn)(?![\w(]|\s*[=:](?!=)|\.(?:length|size|len|slice))/i;

/** Secrets that are written where many read. */
const logged: Rule = {
  id: 'security/secret-logged',
  severity: 'medium',
  remedy: 'Leave it out of the log.',
  languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, logged.languages, ['product', 'script']))
      for (const line of logs(source)) {
        const call = LOG.exec(line.code);
        if (!call || line.code[call.index] === '·' || source.isTestLine(line.number)) continue;
        const spoken =
          line.code.slice(call.index + call[0].length) +
          ' ' +
          [...line.text.slice(call.index).matchAll(/\$?\{([^{}]*)\}/g)].map(([, inner]) => inner).join(' , ');
        const match = SECRET.exec(spoken);
        if (
          match &&
          !/\b(?:mask|redact|hide|obfuscat|hash|typeof|has|is|bool|len)\w*\(|\?\s*['"`]|!!|\*{3}/i.test(spoken)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `A secret is written to the log: \`${shorten(match[0])}\``,
          } satisfies Hit;
      }
  },
};

const logs = linesLike(/log|LOG|console\.|[pP]rint|info!|debug!|warn!|error!|trace!/i);

const exposed = sinkRules(
  { id: 'security/exposure', severity: 'medium', remedy: 'Show only what is meant for whom it is shown.' },
  [
    {
      languages: SCRIPTS,
      pattern:
        /\b(?:res|reply|response)(?:\.status\([^()]*\))?\.(?:send|json|end|write)\(\s*(?:\{[^{}]*)?\b(?:err|error|e)\.stack\b/,
      message: 'Callers see how the program is built inside',
    },
    {
      languages: ['python'],
      pattern: /\breturn\b.*\btraceback\.format_exc\(\)|\breturn (?:str\(e\)|repr\(e\)), 500/,
      severity: 'low',
      message: 'Callers see how the program is built inside',
    },
    {
      languages: SCRIPTS,
      view: 'text',
      pattern: /\.postMessage\([^;]*,\s*['"]\*['"]/,
      message: 'Every page may read this message',
      remedy: 'Name the origin that it is for.',
    },
    {
      languages: ['go'],
      pattern: /\bhttp\.Cookie\{[^}]*\b(?:HttpOnly|Secure):\s*false/,
      message: 'Scripts, or anybody on the way, can read this cookie',
    },
    {
      languages: ['java', 'kotlin'],
      pattern: /\.set(?:HttpOnly|Secure)\(\s*false\s*\)/,
      message: 'Scripts, or anybody on the way, can read this cookie',
    },
    {
      languages: ['python'],
      pattern: /\bset_cookie\([^)]*\b(?:httponly|secure)\s*=\s*False/,
      message: 'Scripts, or anybody on the way, can read this cookie',
    },
    {
      languages: SCRIPTS,
      pattern: /\bsecure\s*:\s*false\b/,
      unless: (line) => !/cookie|session/i.test(line.code),
      message: 'Anybody on the way can read this cookie',
    },
    {
      languages: ['rust'],
      pattern: /\bCorsLayer::(?:permissive|very_permissive)\(\)|\ballow_origin\(\s*Any\s*\)/,
      message: 'Every site may ask this server',
    },
    {
      languages: ['python'],
      view: 'text',
      pattern: /\ballow_origins\s*=\s*\[\s*['"]\*['"]/,
      unless: (line, source) =>
        !/allow_credentials\s*=\s*True/.test(source.text) && !/allow_credentials/.test(line.code),
      message: 'Every site may act with the visitor’s cookies',
    },
    {
      languages: ['go'],
      pattern:
        /\bos\.(?:WriteFile|OpenFile|Mkdir(?:All)?|Chmod)\([^)]*,\s*(?:0o?|os\.FileMode\(0o?)(?:777|666|76\d|77\d)\b/,
      message: 'Everybody may write here',
    },
    {
      languages: ['shell', 'dockerfile'],
      view: 'text',
      roles: ['product', 'script'],
      pattern:
        /\b(?:echo|printf)\b(?![^|]*(?:>|\|))[^|]*\$\{?\w*(?:TOKEN|PASSWORD|SECRET|API_?KEY|PRIVATE_KEY|PASSWD)\}?(?!\w)/,
      unless: (line) => /\$\{\w+:[+-]|\$\{#|\*\*\*|add-mask/.test(line.text),
      message: 'A secret is written to the log',
    },
    {
      languages: ['dockerfile'],
      pattern: /^\s*EXPOSE\s+(?:.*\s)?22(?:\/tcp)?(?:\s|$)/i,
      severity: 'low',
      message: 'The container can be logged into from outside',
    },
    {
      languages: ['dockerfile'],
      pattern:
        /^\s*(?:COPY|ADD)\s+(?!--from)[^#]*(?:^|[\s/])(?:\.env(?:\.\w+)?|id_(?:rsa|dsa|ecdsa|ed25519)|\.npmrc|\.netrc|\.aws|\.ssh|\.git|[\w.-]+\.pem|credentials(?:\.json)?)(?=\s|\/)/i,
      message: 'A secret stays in the image: `$&`',
      remedy: 'Mount it for the one RUN that needs it: --mount=type=secret.',
    },
  ],
);

const careless = sinkRules({ id: 'security/unsafe-input', severity: 'medium', remedy: 'Check it before it is used.' }, [
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
    unless: (line) => !/\b(?:spawn|execFile)\w*\(\s*[a-z_$]|\[[^\]]*(?<!['"·\w])[a-z_$][\w$]*[^\]]*\]/.test(line.code),
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
      /escape|format_html|sanitize|clean|bleach|nh3|markdown|render/i.test(line.code) || /admin\.py$/.test(source.path),
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
      [0, 1, 2, 3].some((back) => /SAFETY/i.test(source.lineAt(line.number - back)?.comment ?? '')),
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
    view: 'text',
    pattern: /(?:=|>>?\s*)["']?\/(?:var\/)?tmp\/[\w.-]*(?:\$\$|\$\{?(?:RANDOM|USER|LOGNAME)\b)/,
    message: 'Others can foresee this name and put a file there first: `$&`',
    remedy: 'Use mktemp.',
    id: 'security/exposure',
    severity: 'medium',
  },
]);

const NESTED = /\((?:[^()\\]|\\.)*[\w\])](?:[+*]|\{\d+,\})\??(?:\\s\??|\s\?|\\w\??)?\)(?:[+*]|\{\d+,\})/;
const patterns = linesLike(/[+*)]\)[+*{]/);

/** A pattern in which a repeated part repeats itself: some texts take it for ever. */
const explosive: Rule = {
  id: 'security/slow-pattern',
  severity: 'medium',
  remedy: 'Let each character be matched in one way only.',
  languages: [...SCRIPTS, 'python', 'java', 'kotlin', 'ruby', 'php'],
  *find(reading) {
    for (const source of sourcesOf(reading, explosive.languages))
      for (const line of patterns(source)) {
        const literal =
          /\/((?:[^/\\\n]|\\.)+)\/[dgimsuvy]*(?=[\s.,;)\]]|$)/.exec(line.raw)?.[1] ??
          /(?:compile|RegExp|match|matches|search|fullmatch|findall|sub)\(\s*r?["'`](.*?)["'`]\s*[,)]/.exec(
            line.raw,
          )?.[1];
        if (
          literal !== undefined &&
          NESTED.test(literal) &&
          /\$$|\$\)|\\[bzZ]$|[@.\\\w]$/.test(literal) &&
          line.comment.trim() === '' &&
          !source.isTestLine(line.number)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `Some texts take this pattern for ever: \`${shorten(literal)}\``,
          } satisfies Hit;
      }
  },
};

/** A recursive merge that takes every name, `__proto__` among them. */
const pollution: Rule = {
  id: 'security/prototype-pollution',
  severity: 'medium',
  remedy: 'Leave out `__proto__`, `constructor` and `prototype`, or use Object.hasOwn with a Map.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const block of source.blocks().all) {
        const key =
          block.kind === 'loop' ? /^for \(\s*(?:const|let|var) (\w+) (?:in|of)\b/.exec(block.header)?.[1] : undefined;
        const fn = key === undefined ? undefined : functionAround({ line: block.start, source });
        const name = /(?:function\*? |const |^)([\w$]+)\s*(?:=|\()/.exec(fn?.header ?? '')?.[1];
        if (key === undefined || !fn || name === undefined) continue;
        const body = source.lines.slice(fn.open, fn.end);
        const text = body.map(({ code }) => code).join('\n');
        const own = new RegExp(`\\b${name}\\(\\s*[\\w$]+\\[${key}\\]`);
        const line = body.find(({ code, number }) => source.isAdded(number) && own.test(code));
        if (
          line &&
          new RegExp(`\\w\\[${key}\\] = `).test(text) &&
          !/__proto__|hasOwn|Object\.create\(null\)|prototype|isSafe|allowed/i.test(
            text + body.map((one) => one.text).join(''),
          )
        )
          yield {
            file: source.path,
            line: line.number,
            message: 'A name such as `__proto__` changes all objects of the program',
          } satisfies Hit;
      }
  },
};

/** What was checked on the way in is not any more: a checksum, a secure address, an escaping template, a limit. */
const weakened: readonly (readonly [
  languages: readonly LanguageName[] | 'all',
  before: RegExp,
  after: RegExp | undefined,
  message: string,
])[] = [
  [
    ['shell', 'dockerfile', 'yaml'],
    /\b(?:sha\d+sum|shasum|md5sum|gpg)\b.*(?:-c\b|--check|--verify)|\bcosign verify\b|\bminisign -V/,
    undefined,
    'What was downloaded is not checked any more',
  ],
  [['go'], /"html\/template"/, /"text\/template"/, 'This template does not escape what it shows'],
  [
    'all',
    /https:\/\/(?!localhost|127\.)/,
    /(?<!\w)http:\/\/(?!localhost|127\.|0\.0\.0\.0|\[::1)/,
    'What is sent there can be read and changed on the way',
  ],
  [
    ['python', 'javascript', 'typescript', 'tsx'],
    /\b(?:limiter|rateLimit\w*|rate_limit\w*|throttle\w*)\b/,
    undefined,
    'Nothing limits how often this is tried any more',
  ],
  [['dockerfile'], /^\s*FROM\s+\S+@sha256:/i, /^\s*FROM\s+(?!.*@sha256:)/i, 'The image was pinned by its digest'],
];

const lessSecure: Rule = {
  id: 'security/guard-removed',
  severity: 'medium',
  remedy: 'Keep the check, or show what takes its place.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (source.change.status !== 'modified' || source.role === 'test' || source.role === 'docs') continue;
      for (const [languages, before, after, message] of weakened) {
        if (languages !== 'all' && !languages.includes(source.language.name)) continue;
        for (const hunk of source.change.hunks) {
          const gone = hunk.lines.find(
            ({ kind, text }) => kind === 'removed' && before.test(text) && !/^\s*(?:\/\/|#(?!!)|\*)/.test(text),
          );
          if (!gone) continue;
          const added = hunk.lines.filter(({ kind }) => kind === 'added');
          const now =
            after && added.find(({ text }) => after.test(text) && !before.test(text) && shares(gone.text, text));
          const word = before.exec(gone.text)?.[0] ?? '';
          const lost =
            after === undefined &&
            !added.some(({ text }) => before.test(text)) &&
            !source.text.includes(word) &&
            isStillThere(gone.text, added, hunk.lines);
          if (!now && !lost) continue;
          yield {
            file: source.path,
            line: now?.newLine ?? lineNear(hunk, gone),
            message: `${message}: \`${shorten(gone.text)}\` before`,
            text: gone.text,
          } satisfies Hit;
          break;
        }
      }
    }
  },
};

function shares(old: string, now: string): boolean {
  const words = new Set(old.match(/[\w-]{3,}/g)?.filter((word) => !/^https?$/.test(word)));
  return (now.match(/[\w-]{3,}/g) ?? []).filter((word) => words.has(word)).length >= Math.min(2, words.size - 1);
}

/** What the check stood beside goes on: the line without it, or the lines around it. */
function isStillThere(
  gone: string,
  added: readonly { text: string }[],
  all: readonly { kind: string; text: string }[],
): boolean {
  const removed = all.filter(({ kind, text }) => kind === 'removed' && text.trim() !== '');
  return (
    added.some(({ text }) => shares(gone, text)) ||
    (removed.length === 1 && all.some(({ kind, text }) => kind === 'context' && text.trim() !== ''))
  );
}

const optional: LineRule['unless'] = (line) => /\bif\b|\?\?|\|\|/.test(line.code);

const sudoers = lineRule({
  id: 'security/exposure',
  severity: 'medium',
  languages: ['shell', 'dockerfile', 'yaml'],
  roles: ['product', 'script', 'data'],
  view: 'text',
  pattern: /\bNOPASSWD:\s*ALL\b/,
  unless: optional,
  message: 'Whoever runs as this user may do everything: `$&`',
  remedy: 'Name the commands that are needed.',
});

/** What gets out, comes in unchecked, or was checked before. */
export const leakRules: readonly Rule[] = [logged, ...exposed, ...careless, explosive, pollution, lessSecure, sudoers];
