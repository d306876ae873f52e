import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import type { Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

/** Hashes, ciphers and random numbers that do not keep what they should. */
export const cryptoRules: readonly Rule[] = sinkRules(
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
        /\bcreateHash\(\s*['"]sha(?:-?\d+)?['"]\s*\)\s*\.update\(\s*[^)]*(?:passw|pwd|passphrase)|\bhashlib\.sha\d+\(\s*[^)]*(?:passw|pwd|passphrase|\bpw\b)|\bsha\d+\.Sum\w+\(\s*[^)]*(?:passw|pwd|passphrase)|\bdigest\(\s*(?:passw|pwd)|\bSha\d+::digest\(\s*&?(?:passw|pwd)/i,
      unless: (line) => /pbkdf|scrypt|hibp|pwned|breach|fingerprint|cache|etag|token|key/i.test(line.code),
      message: 'A fast hash keeps a password',
    },
    {
      languages: ['python', 'go', 'rust', 'java', 'kotlin'],
      view: 'text',
      pattern:
        /\bdigest_?(?:method|mod)\s*=\s*(?:hashlib\.|["'])?(?:md5|sha1)\b|\bhmac\.new\([^)]*\b(?:hashlib\.)?(?:md5|sha1)\b|\bpbkdf2_hmac\(\s*["'](?:md5|sha1)["']|\bhmac\.New\(\s*(?:md5|sha1)\.New\b|\bHmac(?:::)?<\s*(?:Md5|Sha1)\s*>|\bMac\.getInstance\(\s*"Hmac(?:MD5|SHA-?1)"/i,
      severityAt: ({ text }) => (/md5|digest_method/i.test(text) ? undefined : 'low'),
      message: 'A broken hash protects a secret or a signature: `$&`',
    },
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin', 'rust', 'csharp'],
      pattern:
        /(?<![\w$]|\b(?:def|function|fn|func) )(?:md5|sha_?-?(?:1|256|384|512))(?:Hex|_?hex|Sync|sum|_?digest|Hash)?\(\s*[\w$.]*(?:passw|pwd|passphrase|\bpw\b)[\w$.]*\s*[,)]/i,
      unless: ({ code }, source) => /hibp|pwned|breach|fingerprint|etag/i.test(code + source.path),
      message: 'A fast hash keeps a password: `$&`',
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

const SECRET_WORDS =
  /passw|passphrase|pwd|secret|token|signature|signing|\bsign(?:s|ed)?\b|signer\b|hmac|credential|auth/i;

/** Whether the line, its neighbours or the function around it are about secrets or signatures. */
function speaksOfSecrets(number: number, source: SourceFile): boolean {
  const near = [number - 1, number, number + 1].map((line) => source.lineAt(line)?.code ?? '').join(' ');
  return (
    SECRET_WORDS.test(near) ||
    source
      .blocks()
      .around(number)
      .some((block) => block.kind === 'function' && SECRET_WORDS.test(block.header))
  );
}
