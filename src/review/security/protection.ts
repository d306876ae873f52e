import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { givenTo } from '../read/flow.ts';
import { sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import { guardRemoved, rootAgain } from './guards.ts';
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
      languages: ['python'],
      pattern:
        /\bset_missing_host_key_policy\(\s*(?:paramiko\.)?(?:AutoAddPolicy|WarningPolicy)\b|\bknown_hosts\s*=\s*None\b/,
      message: 'The other side is not checked',
    },
    {
      languages: ['go'],
      pattern: /\bInsecureSkipVerify:?\s*[:=]\s*true\b|\bssh\.InsecureIgnoreHostKey\(\)/,
      message: 'The other side is not checked',
    },
    {
      languages: JVM,
      pattern:
        /\bALLOW_ALL_HOSTNAME_VERIFIER\b|\bNoopHostnameVerifier\b|\bTrustAll\w*|[hH]ostnameVerifier\(\s*\(\s*\w+\s*,\s*\w+\s*\)\s*->\s*true|\bcheckServerTrusted\([^)]*\)\s*(?:throws \w+\s*)?\{\s*\}/,
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
      view: 'text',
      pattern: /\bhashlib\.(?:(?:md5|sha1)\(|new\(\s*['"](?:md5|sha1)['"])/i,
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
      languages: ['rust'],
      pattern: /\bmd5::compute\(|\b(?:Md5|Sha1)::(?:new|digest)\(|SHA1_FOR_LEGACY_USE_ONLY/,
      unless: (line, source) => !speaksOfSecrets(line.number, source),
      message: 'A broken hash protects a secret or a signature',
    },
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin', 'rust'],
      view: 'text',
      pattern:
        /\bcreateHash\(\s*['"]sha(?:-?\d+)?['"]\s*\)\s*\.update\(\s*[^)]*(?:passw|pwd|passphrase)|\bhashlib\.sha\d+\(\s*[^)]*(?:passw|pwd|passphrase)|\bsha\d+\.Sum\w+\(\s*[^)]*(?:passw|pwd|passphrase)|\bdigest\(\s*(?:passw|pwd)|\bSha\d+::digest\(\s*&?(?:passw|pwd)/i,
      unless: (line) => /pbkdf|scrypt|hibp|pwned|breach|fingerprint|cache|etag|token|key/i.test(line.code),
      message: 'A fast hash keeps a password',
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
        /['"](?:aes-\d+-ecb|des(?:-ede3?)?(?:-cbc|-ecb)?|rc4|bf-cbc)['"]|\bAES\.MODE_ECB\b|\bmodes\.ECB\(|Cipher\.getInstance\(\s*"(?:AES(?:\/ECB[^"]*)?|DES[^"]*|RC4)"|\bdes\.New\w*Cipher\(|\brc4\.NewCipher\(|^\s*(?:import\s+)?"crypto\/(?:des|rc4)"|CipherMode\.ECB|\b(?:ARC4|DES3?|Blowfish)\.new\(/i,
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
      languages: JVM,
      pattern: /\b\w*[rR]andom\w*\.next(?:Int|Long|Bytes|Double)\(/,
      unless: (line, source) =>
        /SecureRandom/.test(source.text) ||
        !/\bnew Random\(|ThreadLocalRandom/.test(source.text) ||
        !namesSecret(line.number, source),
      message: 'Random can be foretold and must not make secrets',
    },
    {
      languages: ['rust'],
      pattern: /\bSmallRng\b|\bseed_from_u64\(|\bfastrand::|\boorandom::/,
      unless: (line, source) => /^\s*use\b/.test(line.code) || !namesSecret(line.number, source),
      message: 'This can be foretold and must not make secrets',
    },
    {
      languages: [...SCRIPTS, 'python', 'java', 'kotlin', 'go'],
      view: 'text',
      pattern:
        /\bcreateCipheriv\(.*,\s*(?:Buffer\.alloc\(\s*\d+|Buffer\.from\(\s*['"]|['"])|\b(?:AES|ARIA)\.new\([^()]*MODE_\w+,\s*(?:iv\s*=\s*)?b['"]|\bmodes\.(?:CBC|CTR|GCM)\(\s*b['"]|\bnew IvParameterSpec\(\s*(?:new byte\[|"[^"]*"\.getBytes)|\bNewCBCEncrypter\(\s*\w+,\s*(?:make\(|\[\]byte\()/,
      message: 'The same start value for every text gives the text away',
      remedy: 'Make a random start value for each text and keep it beside the text.',
    },
    {
      languages: 'all',
      view: 'text',
      pattern:
        /\bMinVersion\s*[:=]\s*tls\.Version(?:SSL30|TLS10|TLS11)\b|\bPROTOCOL_(?:SSLv2|SSLv3|TLSv1|TLSv1_1)\b|\bTLSVersion\.(?:SSLv3|TLSv1|TLSv1_1)\b|\bminVersion['"]?\s*:\s*['"](?:SSLv3|TLSv1|TLSv1\.1)['"]|\bsecureProtocol['"]?\s*:\s*['"](?:SSLv\d|TLSv1(?:_1)?)_method|SSLContext\.getInstance\(\s*"(?:SSL|SSLv3|TLSv1|TLSv1\.1)"|\bssl_protocols\b.*\b(?:SSLv3|TLSv1(?:\.1)?)(?=[\s;])/,
      unless: (line) => /max/i.test(line.code),
      message: 'This version of TLS is broken: `$&`',
      remedy: 'Ask for TLS 1.2 or newer.',
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
      languages: ['go'],
      view: 'text',
      pattern: /_ "net\/http\/pprof"/,
      unless: (_line, source) => !/\bListenAndServe(?:TLS)?\(\s*":\d+"[^)]*\bnil\)/.test(source.text),
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

/** A name that holds a signature is compared with `==`. */
const signature: Rule = {
  id: 'security/verification-off',
  severity: 'medium',
  remedy: 'Compare with timingSafeEqual, compare_digest, hmac.Equal or MessageDigest.isEqual.',
  languages: [...SCRIPTS, 'python', 'go', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'go', 'java'], ['product', 'script'])) {
      if (!/hmac|Mac\.getInstance/i.test(source.text)) continue;
      for (const line of source.added) {
        const sides =
          /(?<![\w.$])(\w+)\s*[!=]==?\s*(\w+)(?![\w.(])/.exec(line.code) ??
          /\b(?:bytes\.Equal|Arrays\.equals)\(\s*(\w+)\s*,\s*(\w+)\s*\)|(?<![\w.])(\w+)\.equals\(\s*(\w+)\s*\)/.exec(
            line.code,
          );
        const names = (sides?.slice(1) ?? []).filter((name) => name !== undefined);
        const place = { line: line.number, source };
        if (names.some((name) => SIGNED.test(givenTo(name, place)?.code ?? '')) && !source.isTestLine(line.number))
          yield {
            file: source.path,
            line: line.number,
            message: 'A signature is compared in a time that tells how much of it is right',
          } satisfies Hit;
      }
    }
  },
};

const SIGNED = /\bcreateHmac\(|\bhmac\.(?:new|digest)\(|\bhmac\b.*\.hexdigest\(\)|\bmac\.Sum\(|\.doFinal\(/i;

/** A trust manager whose check of the server does nothing. */
const trusting: Rule = {
  id: 'security/verification-off',
  severity: 'high',
  remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
  languages: JVM,
  *find(reading) {
    for (const source of sourcesOf(reading, JVM, ['product', 'script']))
      for (const block of source.blocks().all) {
        if (
          !/\bcheckServerTrusted\(|\bboolean verify\(\s*String \w+, SSLSession/.test(block.header) ||
          !source.isAdded(block.start)
        )
          continue;
        const body = source.lines
          .slice(block.open, block.end)
          .map(({ code }) => code.trim())
          .join('');
        if (/^(?:return(?: true)?;)?\}$/.test(body))
          yield { file: source.path, line: block.start, message: 'Certificates are not checked' } satisfies Hit;
      }
  },
};

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
export const protectionRules: readonly Rule[] = [
  ...tls,
  trusting,
  ...crypto,
  ...comparison,
  signature,
  ...exposure,
  rootAgain,
  guardRemoved,
];
