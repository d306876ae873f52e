import { SCRIPTS, type LanguageName } from './language.ts';
import type { LineRule, Rule } from './rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

/** What happens only under a condition is an option that somebody must choose. */
const lowIfOptional: LineRule['severityAt'] = (line, source) =>
  source.blocks().around(line.number)[0]?.kind === 'condition' ? 'low' : undefined;

const tls = sinkRules(
  {
    id: 'security/verification-off',
    severity: 'high',
    remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
  },
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

const crypto = sinkRules(
  {
    id: 'security/weak-crypto',
    severity: 'medium',
    remedy:
      'Use a strong function: a password hash such as argon2 or bcrypt, SHA-256 or better, AES-GCM, the system’s secure random source.',
  },
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

const exposure = sinkRules(
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
      pattern: /^\s*ALLOWED_HOSTS\s*=\s*\[\s*['"]·['"]\s*\]|@csrf_exempt\b/,
      message: 'A protection is turned off',
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
      pattern: /\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/,
      unless: (_line, source) => /^\.(?:github|devcontainer|gitpod)/.test(source.path),
      severity: 'medium',
      message: 'A script from the network is run unseen',
      remedy: 'Download it, check its hash, then run it.',
    },
  ],
);

const comparison = sinkRules(
  {
    id: 'security/verification-off',
    severity: 'medium',
    remedy: 'Compare with timingSafeEqual, compare_digest, ConstantTimeCompare or isEqual.',
  },
  [
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'php', 'ruby'],
      pattern:
        /\b(?:\w*(?:[sS]ignature|[hH]mac|[dD]igest|expected\w*|computed\w*|\b[mM]ac|\b[sS]ig))\s*(?:[!=]==?)\s*\w*(?:[sS]ignature|[hH]mac|[dD]igest|expected|computed|given|received|\bmac|\bsig)\w*\b|\bhmac\.\w+\([^)]*\)\.(?:hex)?digest\(\)\s*==/,
      unless: (_line, source) => !/createHmac|\bhmac\b|Mac\.getInstance|hash_hmac|OpenSSL::HMAC/.test(source.text),
      message: 'A signature is compared in a time that tells how much of it is right',
    },
  ],
);

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

const SECRET_PLACES = /session|token|auth|secret|passw|invite|credential|otp|csrf/i;

function namesSecret(number: number, source: Parameters<NonNullable<LineRule['unless']>>[1]): boolean {
  if (SECRET_MAKERS.test(source.lineAt(number)?.code ?? '')) return true;
  const fn = source
    .blocks()
    .around(number)
    .find((block) => block.kind === 'function');
  if (fn === undefined || number - fn.start >= 15) return false;
  const place = source.path.split('/').slice(-2).join('/');
  return (
    SECRET_MAKERS.test(fn.header) ||
    (/\b(?:\w*id|code|key|generate|create|new)\b|New|Id\b|ID\b/.test(fn.header) && SECRET_PLACES.test(place))
  );
}

/** Protections that are turned off, broken or too weak. */
export const protectionRules: readonly Rule[] = [...tls, ...crypto, ...comparison, ...exposure];
