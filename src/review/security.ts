import { SCRIPTS, type LanguageName } from './language.ts';
import { lineRule, type LineRule, type Rule } from './rules.ts';
import { secretRule } from './secrets.ts';
import { supplyRules } from './security-supply.ts';

type Sink = Pick<LineRule, 'languages' | 'pattern' | 'message'> & Partial<LineRule>;

const family = (id: Rule['id'], severity: Rule['severity'], remedy: string, sinks: readonly Sink[]): Rule[] =>
  sinks.map((sink) => lineRule({ id, severity, remedy, roles: ['product', 'script'], ...sink }));

/** What happens only under a condition is an option that somebody must choose. */
const lowIfOptional: LineRule['severityAt'] = (line, source) =>
  source.blocks().around(line.number)[0]?.kind === 'condition' ? 'low' : undefined;

const JVM: readonly LanguageName[] = ['java', 'kotlin'];
const SQL = String.raw`(?:select\b.{1,200}?\bfrom|insert\s+into|update\s+[\w."\x60]+\s+set|delete\s+from|drop\s+table|where\s+[\w.]+\s*(?:=|like))\b`;
/** Interpolated names in capitals are constants. */
const DYNAMIC = String.raw`\$\{(?!(?-i:\s*[A-Z][A-Z0-9_]*\s*\}))`;

const execution = family(
  'security/code-execution',
  'high',
  'Do not run text as code; use data, a table of functions or a parser.',
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

const command = family(
  'security/command-injection',
  'high',
  'Pass the arguments as a list without a shell, and check what comes from outside.',
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

const sql = family('security/sql-injection', 'high', 'Use parameters of the database driver instead of text.', [
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
]);

const markup = family('security/markup-injection', 'high', 'Set text instead of markup, or clean the markup first.', [
  {
    languages: SCRIPTS,
    pattern: /\.(?:innerHTML|outerHTML)\s*\+?=(?!=)\s*(?!['"`]·*['"`]\s*;?\s*$|\s*(?:\w*[Pp]urify|sanitize|escape))\S/,
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
]);

const input = family('security/untrusted-input', 'high', 'Check the value against what is allowed before it is used.', [
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
      /\b(?:fetch|axios(?:\.\w+)?|got(?:\.\w+)?|https?\.(?:get|request))\(\s*(?:`\$\{)?req(?:uest)?\.(?:query|params|body)\b/,
    message: 'The request says which address is called',
  },
  {
    languages: SCRIPTS,
    pattern: /\bredirect\(\s*(?:\d+,\s*)?req(?:uest)?\.(?:query|params|body)\b/,
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
]);

const deserialisation = family(
  'security/unsafe-deserialisation',
  'high',
  'Use a format that holds data only, such as JSON, or the safe loader.',
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

const tls = family(
  'security/verification-off',
  'high',
  'Leave certificate and signature checks on; trust a private authority by name instead.',
  [
    {
      languages: SCRIPTS,
      pattern:
        /\brejectUnauthorized['"]?\s*:\s*false\b|\bstrictSSL\s*:\s*false\b|\bcheckServerIdentity\s*:\s*(?:\(\)|\w+|\(\w*(?:,\s*\w+)*\))\s*=>\s*(?:undefined|null|\{\s*\}|true)|\binsecureSkip\w*\s*:\s*true/i,
      message: 'Certificates are not checked',
    },
    {
      languages: 'all',
      roles: ['product', 'script', 'data'],
      view: 'text',
      pattern:
        /NODE_TLS_REJECT_UNAUTHORIZED['"\]]*\s*[:=]\s*['"]?0|\bPYTHONHTTPSVERIFY['"\]]*\s*[:=]\s*['"]?0|\bGIT_SSL_NO_VERIFY['"\]]*\s*[:=]\s*['"]?(?:1|true)|\bhttp\.sslVerify\s*[= ]\s*['"]?false|\bstrict-ssl\s*[= ]\s*false|\bGONOSUMCHECK\s*=|\bGOFLAGS=-insecure/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['python'],
      pattern:
        /\bverify\s*=\s*False\b|\bssl\._create_unverified_context|\bCERT_NONE\b|\bcheck_hostname\s*=\s*False\b|\bcert_reqs\s*=\s*['"]?CERT_NONE|\bverify_ssl\s*=\s*False\b|\bssl\s*=\s*False\b(?=.*session\.|.*aiohttp)/,
      severityAt: lowIfOptional,
      unless: (line) => /\bdef\b|if |==| is /.test(line.code),
      message: 'Certificates are not checked',
    },
    {
      languages: ['go'],
      pattern: /\bInsecureSkipVerify:?\s*[:=]\s*true\b|\bssh\.InsecureIgnoreHostKey\(\)/,
      message: 'The other side is not checked',
    },
    {
      languages: JVM,
      pattern:
        /\bALLOW_ALL_HOSTNAME_VERIFIER\b|\bNoopHostnameVerifier\b|\bTrustAll\w*|setHostnameVerifier\(\s*\(\s*\w+\s*,\s*\w+\s*\)\s*->\s*true|\bcheckServerTrusted\([^)]*\)\s*(?:throws \w+\s*)?\{\s*\}/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['rust'],
      pattern:
        /\bdanger_accept_invalid_(?:certs|hostnames)\(\s*true|\bSslVerifyMode::NONE\b|set_verify\(SslVerifyMode::NONE/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['csharp'],
      pattern:
        /ServerCertificate(?:Custom)?ValidationCallback\s*\+?=\s*.*=>\s*(?:true|\{\s*return true)|DangerousAcceptAnyServerCertificateValidator/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['php'],
      view: 'text',
      pattern: /CURLOPT_SSL_VERIFY(?:PEER|HOST)\s*(?:,|=>)\s*(?:false|0)|['"]verify_peer(?:_name)?['"]\s*=>\s*false/i,
      message: 'Certificates are not checked',
    },
    { languages: ['ruby'], pattern: /OpenSSL::SSL::VERIFY_NONE/, message: 'Certificates are not checked' },
    {
      languages: ['shell', 'dockerfile', 'yaml'],
      roles: ['product', 'script', 'data'],
      pattern:
        /\bcurl\b[^|;&]*\s(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure)(?=\s|$)|\bwget\b[^|;&]*--no-check-certificate|\b(?:apt-get|apt)\b.*--(?:allow-unauthenticated|force-yes)|\bpip\b.*--trusted-host|StrictHostKeyChecking[= ]no\b|\bgpg\b.*--no-verify/,
      severity: 'medium',
      message: 'The other side is not checked: `$&`',
    },
    {
      languages: [...SCRIPTS, 'python'],
      view: 'text',
      pattern:
        /\balgorithms?['"]?\s*[:=]\s*\[?\s*['"]none['"]|verify_signature['"]?\s*[:=]\s*False|\bignoreExpiration\s*:\s*true|\bjwt\.decode\([^)]*\bverify\s*=\s*False/i,
      message: 'Signatures of tokens are not checked',
    },
  ],
);

const crypto = family(
  'security/weak-crypto',
  'medium',
  'Use a strong function: a password hash such as argon2 or bcrypt, SHA-256 or better, AES-GCM, the system’s secure random source.',
  [
    {
      languages: SCRIPTS,
      view: 'text',
      pattern: /\bcreate(?:Hash|Hmac)\(\s*['"](?:md5|sha1|md4|ripemd)['"]/i,
      unless: (line, source) => !speaksOfSecrets(line.number, source),
      message: 'A broken hash protects a secret or a signature',
    },
    {
      languages: ['python'],
      pattern: /\bhashlib\.(?:md5|sha1)\(/,
      unless: (line, source) => /usedforsecurity/.test(line.code) || !speaksOfSecrets(line.number, source),
      message: 'A broken hash protects a secret or a signature',
    },
    {
      languages: ['go'],
      pattern: /\b(?:md5|sha1)\.(?:New|Sum)\(/,
      unless: (line, source) => !speaksOfSecrets(line.number, source),
      message: 'A broken hash protects a secret or a signature',
    },
    {
      languages: JVM,
      view: 'text',
      pattern: /MessageDigest\.getInstance\(\s*"(?:MD5|SHA-?1)"/i,
      unless: (line, source) => !speaksOfSecrets(line.number, source),
      message: 'A broken hash protects a secret or a signature',
    },
    {
      languages: ['php'],
      pattern: /\b(?:md5|sha1)\(\s*\$\w*(?:pass|pwd|secret|token)/i,
      message: 'A broken hash protects a secret',
    },
    {
      languages: 'all',
      view: 'text',
      pattern:
        /['"](?:aes-\d+-ecb|des(?:-ede3?)?(?:-cbc|-ecb)?|rc4|bf-cbc)['"]|\bAES\.MODE_ECB\b|\bmodes\.ECB\(|Cipher\.getInstance\(\s*"(?:AES(?:\/ECB[^"]*)?|DES[^"]*|RC4)"|\bdes\.NewCipher\(|\brc4\.NewCipher\(|CipherMode\.ECB/i,
      unless: (_line, source) => !source.language.programs,
      message: 'This cipher or mode is broken: `$&`',
    },
    {
      languages: SCRIPTS,
      pattern: /\bcrypto\.createCipher\(|\bcreateDecipher\(/,
      message: 'This cipher takes its key from a plain password',
    },
    {
      languages: SCRIPTS,
      pattern: /\bMath\.random\(\)/,
      unless: (line, source) => !namesSecret(line.number, source),
      message: 'Math.random can be foretold and must not make secrets',
    },
    {
      languages: ['python'],
      pattern: /(?<![\w.])random\.(?:random|randint|choices?|randrange|getrandbits|sample)\(/,
      unless: (line, source) => /SystemRandom/.test(line.code) || !namesSecret(line.number, source),
      message: 'random can be foretold and must not make secrets',
    },
    {
      languages: ['go'],
      pattern: /(?<![\w.])rand\.(?:Int\w*|Read|Uint\w*|Perm)\(/,
      unless: (line, source) => !/"math\/rand/.test(source.text) || !namesSecret(line.number, source),
      message: 'math/rand can be foretold and must not make secrets',
    },
    {
      languages: JVM,
      pattern: /\bnew Random\(|\bMath\.random\(\)/,
      unless: (line, source) => !namesSecret(line.number, source),
      message: 'Random can be foretold and must not make secrets',
    },
    {
      languages: ['php'],
      pattern: /(?<![\w>:])(?:rand|mt_rand|uniqid)\(/,
      unless: (line, source) => !namesSecret(line.number, source),
      message: 'This can be foretold and must not make secrets',
    },
    {
      languages: [...SCRIPTS, 'python'],
      pattern: /\bbcrypt\.(?:hash|hashSync|genSalt|gensalt)\((?:[^()]*,\s*)?(?:rounds\s*=\s*)?[1-7]\s*\)/,
      message: 'Too few rounds for a password hash',
    },
    {
      languages: ['python'],
      pattern: /\btempfile\.mktemp\(/,
      message: 'Somebody else can make this file first',
      remedy: 'Use mkstemp or NamedTemporaryFile.',
    },
  ],
);

const exposure = family('security/exposure', 'medium', 'Open only what is needed, to whom it is needed.', [
  { languages: SCRIPTS, pattern: /\bhttpOnly\s*:\s*false\b/, message: 'Scripts on the page can read this cookie' },
  {
    languages: SCRIPTS,
    view: 'text',
    pattern:
      /\borigin\s*:\s*(?:true|['"]\*['"]).*credentials\s*:\s*true|credentials\s*:\s*true.*\borigin\s*:\s*(?:true|['"]\*['"])/,
    message: 'Every site may act with the visitor’s cookies',
  },
  {
    languages: ['python'],
    pattern: /\.run\(.*\bdebug\s*=\s*True\b|^\s*DEBUG\s*=\s*True\s*$/,
    unless: (_line, source) => /(dev|local|test)/i.test(source.path),
    message: 'The debugger is open to everybody',
  },
  {
    languages: ['python'],
    pattern: /^\s*ALLOWED_HOSTS\s*=\s*\[\s*['"]·['"]\s*\]|@csrf_exempt\b/,
    message: 'A protection is turned off',
  },
  {
    languages: JVM,
    pattern: /\.csrf\(\)\.disable\(\)|csrf\(\w+ -> \w+\.disable\(\)\)/,
    message: 'Protection against forged requests is turned off',
  },
  {
    languages: ['shell', 'dockerfile'],
    pattern: /\bchmod\s+(?:-R\s+)?(?:0?777|a\+rwx)\b/,
    message: 'Everybody may write here',
  },
  {
    languages: [...SCRIPTS, 'python', 'go'],
    pattern: /\b(?:chmod|chmodSync|Chmod)\([^)]*\b0?o?777\b/,
    message: 'Everybody may write here',
  },
  {
    languages: ['shell', 'dockerfile', 'yaml'],
    roles: ['product', 'script', 'data'],
    view: 'text',
    pattern: /\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/,
    unless: (_line, source) => source.path.startsWith('.github/'),
    severity: 'medium',
    message: 'A script from the network is run unseen',
    remedy: 'Download it, check its hash, then run it.',
  },
]);

const SECRET_WORDS = /passw|passphrase|pwd|secret|token|signature|signing|\bsign\b|hmac|credential|auth/i;

/** Whether the line, its neighbours or the function around it are about secrets or signatures. */
function speaksOfSecrets(number: number, source: Parameters<NonNullable<LineRule['unless']>>[1]): boolean {
  const near = [number - 1, number, number + 1].map((line) => source.lineAt(line)?.code ?? '').join(' ');
  return (
    SECRET_WORDS.test(near) ||
    source
      .blocks()
      .around(number)
      .some((block) => block.kind === 'function' && SECRET_WORDS.test(block.header))
  );
}

const SECRET_MAKERS =
  /passw|passphrase|secret|token|nonce|otp|csrf|session_?id|api_?key|salt|verification_?code|reset_?code|auth_?code/i;

function namesSecret(number: number, source: Parameters<NonNullable<LineRule['unless']>>[1]): boolean {
  if (SECRET_MAKERS.test(source.lineAt(number)?.code ?? '')) return true;
  const fn = source
    .blocks()
    .around(number)
    .find((block) => block.kind === 'function');
  return fn !== undefined && number - fn.start < 15 && SECRET_MAKERS.test(fn.header);
}

/** Secrets, sinks that input must not reach, protections turned off, and changes to what builds and installs the project. */
export const securityRules: readonly Rule[] = [
  secretRule,
  ...execution,
  ...command,
  ...sql,
  ...markup,
  ...input,
  ...deserialisation,
  ...tls,
  ...crypto,
  ...exposure,
  ...supplyRules,
];
