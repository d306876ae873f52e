import { isDevSetup } from '../read/file-role.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

/** What is open to more than those who need it. */
export const exposureRules: readonly Rule[] = sinkRules(
  { id: 'security/exposure', severity: 'medium', remedy: 'Open only what is needed, to whom it is needed.' },
  [
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
      view: 'text',
      pattern:
        /^\s*ALLOWED_HOSTS\s*=\s*\[\s*['"]\*['"]\s*\]|@csrf_exempt\b|^\s*(?:SECURE_SSL_REDIRECT|(?:SESSION|CSRF|REMEMBER)_COOKIE_(?:SECURE|HTTPONLY)|SECURE_CONTENT_TYPE_NOSNIFF|WTF_CSRF_ENABLED|CSRF_ENABLED)\s*=\s*False\b|^\s*CORS_(?:ALLOW_ALL_ORIGINS|ORIGIN_ALLOW_ALL)\s*=\s*True\b/,
      unless: (line, source) => /(?:^|[/_.-])(?:dev|local|test)/i.test(source.path) || line.depth > 0,
      message: 'A protection is turned off: `$&`',
    },
    {
      languages: SCRIPTS,
      view: 'text',
      pattern: /['"]Access-Control-Allow-Origin['"]\s*,\s*(?:req|request|ctx|c)\b[\w.$?[\]'"()-]*origin\b/i,
      unless: (_line, source) =>
        !/Access-Control-Allow-Credentials/i.test(source.text) || /allowed|whitelist|allowlist/i.test(source.text),
      message: 'Every site may act with the visitor’s cookies',
    },
    {
      languages: [...SCRIPTS, 'python', 'php', 'ruby', 'go', 'java', 'kotlin', 'rust'],
      view: 'text',
      pattern:
        /["']Access-Control-Allow-Origin["']\s*[,:\]=]+\s*["']\*["']|@CrossOrigin(?:\(\s*(?:origins?\s*=\s*|value\s*=\s*)?"\*"|\s*$|\(\s*\))|\.allowedOrigin(?:Pattern)?s\(\s*"\*"|\bAllowOrigins:\s*\[\]string\{\s*"\*"|\bAllowAllOrigins:\s*true/,
      severityAt: (_line, { text }) =>
        /Allow-?Credentials\W{1,6}(?:true|"true")|allowCredentials\(\s*true|allowCredentials\s*=\s*"true"/i.test(text)
          ? undefined
          : 'low',
      message: 'Every site may ask this server: `$&`',
    },
    {
      languages: ['go'],
      view: 'text',
      pattern: /_ "net\/http\/pprof"/,
      unless: (_line, source) => !/\bListenAndServe(?:TLS)?\(\s*"(?:0\.0\.0\.0)?:\d+"[^)]*\bnil\)/.test(source.text),
      message: 'The profiler is open to everybody',
    },
    {
      languages: JVM,
      pattern: /\banyRequest\(\)\s*\.permitAll\(\)|\bantMatchers\(\s*"\/\*\*"\s*\)\s*\.permitAll\(\)/,
      message: 'Everybody may call everything',
    },
    {
      languages: ['dockerfile'],
      pattern:
        /^\s*ADD\s+(?!.*--checksum)(?:--\S+\s+)*http:\/\/\S+|^\s*ADD\s+(?!.*--checksum)(?:--\S+\s+)*https:\/\/(?!.*\.git\b)\S+/i,
      message: 'A file from the network is taken unseen',
      remedy: 'Give ADD a --checksum, or check the hash after the download.',
    },
    {
      languages: ['yaml'],
      roles: ['product', 'script', 'data'],
      view: 'text',
      pattern: /^\s*(?:-\s*)?verbs:\s*\[\s*['"]\*['"]\s*\]/,
      unless: (line, source) =>
        ![1, 2, 3].some((step) =>
          [line.number - step, line.number + step].some((at) =>
            /\bresources:\s*\[\s*['"]\*['"]/.test(source.lineAt(at)?.text ?? ''),
          ),
        ),
      message: 'This role may do everything to everything',
    },
    {
      languages: JVM,
      pattern: /\.csrf\(\)\.disable\(\)|csrf\(\w+ -> \w+\.disable\(\)\)/,
      message: 'Protection against forged requests is turned off',
    },
    {
      languages: ['dockerfile'],
      pattern: /^\s*USER\s+(?:root|0)(?::\S+)?\s*$/,
      unless: (line, source) =>
        source.lines.some(({ number, code }) => number > line.number && /^\s*(?:USER|FROM)\s/.test(code)),
      message: 'The container runs as root',
    },
    {
      languages: ['yaml'],
      roles: ['product', 'script', 'data'],
      pattern:
        /^\s*(?:-\s*)?(?:privileged|hostNetwork|hostPID|hostIPC|allowPrivilegeEscalation)\s*:\s*true\b|^\s*runAsUser\s*:\s*0\s*$|^\s*-\s*\/var\/run\/docker\.sock\b|^\s*-\s*(?:SYS_ADMIN|ALL)\s*$/,
      unless: (line, source) =>
        /\bALL\s*$/.test(line.code) && !/\b(?:cap_add|add)\s*:\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
      severityAt: (line, { path }) => (/docker\.sock/.test(line.code) && isDevSetup(path) ? 'low' : undefined),
      message: 'The container has the rights of its host: `$&`',
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
      pattern: /\b(?:curl|wget)\b(?:(?!&&)[^|;])*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/,
      severity: 'medium',
      severityAt: (_line, source) => (/^\.(?:github|devcontainer|gitpod)/.test(source.path) ? 'low' : undefined),
      message: 'A script from the network is run unseen',
      remedy: 'Download it, check its hash, then run it.',
    },
  ],
);
