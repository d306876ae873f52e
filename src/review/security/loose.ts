import { functionAround } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];
const SECRET = /passw|passphrase|pwd|secret|token|signature|\bsign|hmac|credential|auth|session|api_?key|otp|csrf/i;

function speaksOfSecrets(number: number, source: SourceFile): boolean {
  const near = [number - 1, number, number + 1].map((at) => source.lineAt(at)?.code ?? '').join(' ');
  return SECRET.test(near) || SECRET.test(functionAround({ line: number, source })?.header ?? '');
}

/** Trust without a check: certificates, hosts, programs, files and packages. */
const trusting: Rule[] = sinkRules(
  {
    id: 'security/verification-off',
    severity: 'high',
    remedy: 'Leave the check on, and trust the one certificate that is needed.',
  },
  [
    {
      languages: JVM,
      pattern: /\(\s*\w+\s*,\s*\w+\s*\)\s*->\s*(?:\{\s*return\s+)?true\b|\bHostnameVerifier\b[^;]*\btrue\b/,
      unless: (_line, source) => !/HostnameVerifier/.test(source.text),
      message: 'Every host is believed to be the one that was asked for',
    },
    {
      languages: ['python'],
      pattern: /\b(?:ssl|verify_ssl|ssl_verify|check_hostname|tls_verify)\s*=\s*False\b/,
      message: 'Every certificate is believed: `$&`',
    },
    {
      languages: ['go'],
      pattern: /\binsecure\.NewCredentials\(\)|\bgrpc\.WithInsecure\(\)/,
      severity: 'low',
      message: 'The connection is neither secret nor checked: `$&`',
      remedy: 'Use credentials of TLS where others may listen.',
    },
  ],
);

const objects: Rule[] = sinkRules(
  { id: 'security/unsafe-deserialisation', severity: 'high', remedy: 'Use a format that holds data alone.' },
  [
    {
      languages: ['python'],
      pattern:
        /\b(?:pd|pandas)\.read_pickle\(|\bnp\.load\([^)]*allow_pickle\s*=\s*True|\btorch\.load\((?!.*weights_only\s*=\s*True)|\bshelve\.open\(|\bcloudpickle\.loads?\(/,
      severity: 'medium',
      message: 'What is read here may run code: `$&`',
    },
    {
      languages: ['go'],
      pattern: /\bgob\.NewDecoder\(\s*(?:r|req|request|conn)\b/,
      severity: 'low',
      message: 'What others send decides which objects are made',
    },
  ],
);

const crypto: Rule[] = sinkRules(
  {
    id: 'security/weak-crypto',
    severity: 'medium',
    remedy: 'Use a strong function, a random start value and enough rounds.',
  },
  [
    {
      languages: ['python'],
      pattern: /(?<![\w.])(?:md5|sha1)\(|\buuid\.uuid1\(\)/,
      unless: (line, source) =>
        /^\s*(?:def|class)\b/.test(line.code) ||
        !speaksOfSecrets(line.number, source) ||
        !/hashlib|uuid/.test(source.text),
      message: 'This can be foretold or made again: `$&`',
    },
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'rust'],
      view: 'text',
      pattern:
        /\b(?:iv|nonce|IV|NONCE)\b\s*(?::[^=]+)?:?=\s*(?:Buffer\.(?:alloc\(\s*\d+\s*(?:,\s*0\s*)?\)|from\(\s*['"])|b?["'][^"']*["']|b"|new byte\[|\[\]byte\(["{]|\[0(?:u8)?;|bytes\(\d+\)|new Uint8Array\(\d+\)|&?\[0)/,
      unless: (line, source) =>
        !/[cC]ipher|AES|aes|encrypt|Encrypt|subtle|ChaCha|GCM/.test(source.text) ||
        /random|rand\.|fill/i.test([0, 1, 2].map((step) => source.lineAt(line.number + step)?.code ?? '').join(' ')),
      message: 'The same start value for every text gives the text away: `$&`',
    },
    {
      languages: [...SCRIPTS, 'python', 'java', 'go', 'rust'],
      view: 'text',
      pattern:
        /\bpbkdf2(?:Sync)?\(\s*[^,]+,\s*[^,]+,\s*(?:[1-9]\d{0,3})\s*,|\bpbkdf2_hmac\(\s*[^,]+,\s*[^,]+,\s*[^,]+,\s*[1-9]\d{0,3}\b|\bpbkdf2\.Key\(\s*[^,]+,\s*[^,]+,\s*[1-9]\d{0,3}\s*,|\bPBEKeySpec\(\s*[^,]+,\s*[^,]+,\s*[1-9]\d{0,3}\s*,/,
      message: 'So few rounds are guessed through quickly',
    },
    {
      languages: JVM,
      pattern: /\bnew java\.util\.Random\(/,
      unless: (line, source) => !speaksOfSecrets(line.number, source),
      message: 'Random can be foretold and must not make secrets',
    },
    {
      languages: ['go', 'java', 'rust'],
      pattern:
        /\bmac\.Sum\(nil\)\)?\s*==|\b\w*(?:[sS]ignature|[hH]mac|[dD]igest|[tT]oken|[sS]ecret|_sig|[aA]pi_?[kK]ey)\w*\s*==\s*&?\*?(?:\w*(?:expected|computed|actual|stored|valid|want|hmac|mac|sig|token|secret)\w*)\b|\bexpected\w*\.equals\(\s*\w*(?:[sS]ignature|[tT]oken|[hH]mac|[dD]igest|[mM]ac)\w*\s*\)|\b\w*(?:[sS]ignature|[tT]oken|[hH]mac|[dD]igest)\w*\.equals\(\s*(?:expected|computed|calculated)\w*\s*\)/,
      unless: (line) =>
        /\bassert|nil\b(?!\))|null/.test(line.code) ||
        /[kK]ind|[tT]ype|Token::|token\.(?:IDENT|EOF|\w+)\s*$/.test(line.code),
      message: 'How long the comparison takes tells how much was right: `$&`',
      remedy: 'Compare in constant time.',
    },
  ],
);

const TEMPORARY =
  /\b(?:open\(|writeFile(?:Sync)?\(|os\.(?:Create|WriteFile|OpenFile)\(|new File(?:Writer|OutputStream)?\(|File::create\(|fs::write\(|createWriteStream\()\s*[fbr]?["'`]\/(?:var\/)?tmp\/[\w.-]+["'`]/;

const open: Rule[] = sinkRules(
  { id: 'security/exposure', severity: 'medium', remedy: 'Open only what is needed, to whom it is needed.' },
  [
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'rust'],
      view: 'text',
      pattern: TEMPORARY,
      unless: (line) =>
        /open\([^)]*["']\)|["']rb?["']/.test(line.text) &&
        !/["'][wax]b?\+?["']/.test(line.text) &&
        /\bopen\(/.test(line.text),
      message: 'Others can foresee this name and put a file there first: `$&`',
      remedy: 'Make a temporary file with a name that nobody knows.',
    },
    {
      languages: ['rust'],
      pattern: /\bfrom_mode\(\s*0o?(?:777|666|776|667)\s*\)|\bset_mode\(\s*0o?(?:777|666)\s*\)/,
      message: 'Everybody on the machine may write this: `$&`',
    },
    {
      languages: JVM,
      pattern: /\.set(?:Writable|Readable|Executable)\(\s*true\s*,\s*false\s*\)|"rwxrwxrwx"/,
      message: 'Everybody on the machine may do this: `$&`',
    },
    {
      languages: ['go'],
      view: 'text',
      pattern: /&?http\.Cookie\{[^}]*\bName:\s*"[^"]*(?:session|sess|token|auth|sid|jwt)[^"]*"[^}]*\}/i,
      unless: (line) => /HttpOnly:\s*true/.test(line.text),
      message: 'Scripts on the page can read this cookie',
      remedy: 'Set HttpOnly and Secure.',
    },
    {
      languages: SCRIPTS,
      pattern: /\b(?:spawn|spawnSync|execFile|execFileSync)\(\s*(?:['"`]·*['"`]\s*\+|`[^`]*\$\{).*\bshell\s*:\s*true/,
      id: 'security/command-injection',
      severity: 'high',
      message: 'A shell runs a command put together from values',
      remedy: 'Leave the shell out and hand the words over as a list.',
    },
    {
      languages: ['python'],
      pattern:
        /\.extra\(\s*(?:where|select|tables)\s*=.*(?:%|\.format\(|\bf["'])|\bRawSQL\(\s*(?:f["']|["']·*["']\s*(?:%|\+))/,
      id: 'security/sql-injection',
      severity: 'high',
      message: 'A query is put together from values: `$&`',
      remedy: 'Hand the values over as parameters.',
    },
    {
      languages: ['rust'],
      pattern: /\bunsafe\s*\{/,
      unless: (line, source) =>
        [0, 1, 2, 3, 4].some((back) =>
          /SAFETY|safe(?:ty)?\b/i.test(
            `${source.lineAt(line.number - back)?.comment ?? ''}${back === 0 ? (source.lineAt(line.number + 1)?.comment ?? '') : ''}`,
          ),
        ),
      id: 'security/unsafe-input',
      severity: 'low',
      message: 'Nothing says why this is safe',
      remedy: 'Say in a SAFETY comment why it holds.',
    },
  ],
);

const settings: Rule[] = [
  [
    'yaml',
    /^\s*POSTGRES_HOST_AUTH_METHOD:\s*['"]?trust\b|^\s*-\s*['"]?POSTGRES_HOST_AUTH_METHOD=trust\b|^\s*MYSQL_ALLOW_EMPTY_PASSWORD[:=]\s*['"]?(?:yes|true|1)/i,
    'Everybody who reaches the database is let in',
  ],
  [
    'yaml',
    /^\s*add:\s*\[[^\]]*\b(?:SYS_ADMIN|NET_ADMIN|ALL|SYS_PTRACE|DAC_OVERRIDE|SYS_MODULE)\b/,
    'The container gets a right over the whole machine',
  ],
  [
    'dockerfile',
    /\bchpasswd\b|\bpasswd\s+-d\b|\becho\s+['"]?\w+:\w+['"]?\s*\|/,
    'A password that everybody can read is set in the image',
  ],
].map(([language, pattern, message]) =>
  lineRule({
    id: 'security/exposure',
    severity: 'medium',
    languages: [language as LanguageName],
    roles: ['product', 'script', 'data'],
    view: 'text',
    pattern: pattern as RegExp,
    message: message as string,
    remedy: 'Open only what is needed, to whom it is needed.',
  }),
);

/** Where a manifest takes a package from, if not from its registry. */
const FOREIGN: readonly (readonly [file: RegExp, line: RegExp, why: string])[] = [
  [
    /(^|\/)package\.json$/,
    /^\s*"[^"]+"\s*:\s*"(?:git\+)?(?:http:\/\/|git:\/\/)[^"]+"/,
    'A package comes over a connection that anybody can change',
  ],
  [
    /(^|\/)package\.json$/,
    /^\s*"(?!repository|registry|homepage|bugs|url|type|directory|name|version)[^"]+"\s*:\s*"(?:git\+(?:https|ssh):\/\/|github:|https:\/\/)[^"#]*"\s*,?\s*$/,
    'A package comes from a branch and not from a registry',
  ],
  [
    /(^|\/)(?:requirements[\w.-]*\.txt|constraints[\w.-]*\.txt|pip\.conf)$/,
    /^\s*(?:--(?:extra-)?index-url|--find-links|--trusted-host|-i|(?:extra-)?index-url\s*=)\s*\S+/,
    'Packages come from another index',
  ],
  [
    /(^|\/)(?:requirements[\w.-]*\.txt|pyproject\.toml)$/,
    /\bgit\+(?:https?|ssh):\/\/(?![^@\s"']*@[0-9a-f]{7,})[^\s"']+/,
    'A package comes from a branch and not from a registry',
  ],
  [
    /(^|\/)go\.mod$/,
    /^(?:replace)?\s*([\w./-]+)(?:\s+v\S+)?\s*=>\s*(?!\.)([\w./-]+)/,
    'A module is exchanged for another',
  ],
  [
    /(^|\/)Cargo\.toml$/,
    /^\s*[\w-]+\s*=\s*\{[^}]*\bgit\s*=\s*"(?![^}]*\b(?:rev|tag)\s*=)/,
    'A crate comes from a branch and not from the registry',
  ],
];

const foreignSource: Rule = {
  id: 'security/lock-source',
  severity: 'medium',
  remedy: 'Take it from the registry, or name the commit.',
  languages: 'all',
  *find(reading) {
    for (const { path, change } of reading.files)
      for (const [file, pattern, why] of FOREIGN)
        if (file.test(path))
          for (const { number, text } of change.added)
            if (pattern.test(text) && !change.removed.some((old) => pattern.test(old.text)))
              yield {
                file: path,
                line: number,
                message: `${why}: \`${shorten(text)}\``,
                severity: /=>|github\.com/.test(text) ? 'low' : 'medium',
              } satisfies Hit;
  },
};

const CHECKS =
  /\b(?:\w+\.)*(?:parse|safeParse|validate\w*|sanitize\w*|escape\w*|check\w*|verify\w*|clean\w*|encode\w*|quote\w*|purify|basename|normali[sz]e\w*)\(\s*([\w$.[\]'"]+)\s*\)/;

/** The same line, without the call that checked or cleaned the value. */
const unchecked: Rule = {
  id: 'security/guard-removed',
  severity: 'medium',
  remedy: 'Keep the check.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script']))
      for (const { lines } of source.language.programs ? source.change.hunks : [])
        for (const { kind, text } of lines) {
          const match = kind === 'removed' ? CHECKS.exec(text) : null;
          if (!match || /\bJSON\.parse|\.path\.|int\.parse|Date\.parse|parse\(\s*['"]/.test(match[0])) continue;
          const bare = text.replace(match[0], match[1] ?? '').replace(/\s+/g, '');
          const now = lines.find((line) => line.kind === 'added' && line.text.replace(/\s+/g, '') === bare);
          if (now)
            yield {
              file: source.path,
              line: now.newLine,
              message: `\`${shorten(match[0])}\` stood here, and the bare value does now`,
              text: now.text,
              ...(/req|request|input|body|param|user|query|html|name|path|url/i.test(match[1] ?? '')
                ? {}
                : { severity: 'low' as const }),
            } satisfies Hit;
        }
  },
};

/** What is trusted, opened or taken from elsewhere without need. */
export const looseRules: readonly Rule[] = [
  ...trusting,
  ...objects,
  ...crypto,
  ...open,
  ...settings,
  foreignSource,
  unchecked,
];
