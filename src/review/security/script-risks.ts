import { givenTo } from '../read/flow.ts';
import { lineNear } from '../read/diff.ts';
import { SCRIPTS } from '../read/language.ts';
import { lineRule, shorten, type Hit, type LineRule, type Rule } from '../rules.ts';

type Risk = Pick<LineRule, 'id' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule>;

const SECRETIVE = /pass|pwd|secret|token|session|reset|code|otp|salt|nonce|key|csrf|invite|credential/i;

const RISKS: readonly Risk[] = [
  {
    id: 'security/code-execution',
    severity: 'high',
    pattern: /\b(?:require|import)\(\s*(?:`[^`]*\$\{\s*(?:req|request|ctx)\b|(?:req|request|ctx)\.)/,
    view: 'text',
    message: 'The request says which code is run: `$&`',
    remedy: 'Choose from a list.',
  },
  {
    id: 'security/sql-injection',
    severity: 'high',
    pattern: /\.(?:whereRaw|orderByRaw|havingRaw|raw|fromRaw|joinRaw|literal)\(\s*(?:`[^`]*\$\{|['"][^'"]*['"]\s*\+)/,
    view: 'text',
    message: 'A query is put together from values',
    remedy: 'Use bindings.',
  },
  {
    id: 'security/sql-injection',
    severity: 'high',
    pattern: /^\s*(\w+)\s*\+=\s*(?:`[^`]*\$\{|(?!['"`\d])[\w.]+\s*;?\s*$|['"][^'"]*['"]\s*\+)/,
    view: 'text',
    unless: (line, source) => {
      const name = /^\s*(\w+)\s*\+=/.exec(line.code)?.[1] ?? '';
      const given = givenTo(name, { line: line.number, source });
      return !/^\s*['"`]\s*(?:select|insert|update|delete)\b/i.test(given?.text ?? '');
    },
    message: 'A query is put together from values',
    remedy: 'Use parameters of the database driver instead of text.',
  },
  {
    id: 'security/weak-crypto',
    pattern: /\bcreate(?:Hash|Hmac)\(\s*([A-Za-z_$][\w$]*)/,
    unless: (line, source) => {
      const name = /\bcreate(?:Hash|Hmac)\(\s*([A-Za-z_$][\w$]*)/.exec(line.code)?.[1] ?? '';
      const given = givenTo(name, { line: line.number, source });
      return (
        !/['"](?:md5|sha1|md4)['"]/i.test(given?.text ?? '') ||
        ![0, 1, 2, 3, 4].some((back) => SECRETIVE.test(source.lineAt(line.number - back)?.code ?? ''))
      );
    },
    message: 'A broken hash protects a secret or a signature',
    remedy: 'Use a password hash, or SHA-256 and better.',
  },
  {
    id: 'security/weak-crypto',
    pattern: /\bcreateCipheriv\([^,]+,[^,]+,\s*([A-Za-z_$][\w$]*|Buffer\.alloc\(|Buffer\.from\(\s*['"])/,
    unless: (line, source) => {
      const name = /\bcreateCipheriv\([^,]+,[^,]+,\s*([\w$.]+)/.exec(line.code)?.[1] ?? '';
      const given = name.startsWith('Buffer') ? line : givenTo(name, { line: line.number, source });
      return !/^\s*(?:Buffer\.(?:alloc\(|from\(\s*['"])|['"])|Buffer\.alloc/.test(given?.text ?? '');
    },
    message: 'The same first block is used each time',
    remedy: 'Use randomBytes.',
  },
  {
    id: 'security/weak-crypto',
    pattern:
      /\bpbkdf2(?:Sync)?\([^,]+,[^,]+,\s*(?:\d{1,4}|[1-4]\d{4}|[1-9]_\d{3})\s*,|\b(?:bcrypt|bcryptjs)\.(?:hash|hashSync|genSalt|genSaltSync)\(\s*(?:[^,()]+,\s*)?[1-9]\s*[,)]/,
    message: 'So few rounds are soon tried out: `$&`',
    remedy: 'Use 600,000 rounds of PBKDF2, or a cost of 12 for bcrypt.',
  },
  {
    id: 'security/exposure',
    pattern:
      /\bcontextIsolation\s*:\s*false|\bnodeIntegration\s*:\s*true|\bwebSecurity\s*:\s*false|\bsandbox\s*:\s*false|\ballowRunningInsecureContent\s*:\s*true/,
    message: 'What a page runs may do what the program may: `$&`',
    remedy: 'Keep pages apart from the program.',
  },
  {
    id: 'security/exposure',
    pattern:
      /\b(?:localStorage|sessionStorage)\.setItem\(\s*['"][^'"]*(?:token|jwt|secret|password|session)[^'"]*['"]/i,
    view: 'text',
    message: 'Every script of the page can read this: `$&`',
    remedy: 'Keep it in a cookie that scripts cannot read.',
  },
  {
    id: 'security/exposure',
    pattern: /\bmode\s*:\s*0?o?(?:777|666)\b/,
    message: 'Everybody may write here: `$&`',
    remedy: 'Use 0o600 or 0o644.',
  },
  {
    id: 'security/exposure',
    pattern:
      /\b(?:writeFile|writeFileSync|createWriteStream|mkdirSync|open|openSync)\(\s*(?:`\/tmp\/[^`]*\$\{|['"]\/tmp\/[^'"]*['"]\s*\+)\s*(?:process\.pid|Date\.now|user|name)/,
    view: 'text',
    message: 'Others can foresee this name: `$&`',
    remedy: 'Use mkdtemp.',
  },
  {
    id: 'security/exposure',
    severity: 'low',
    pattern: /\bcookie\(\s*['"][^'"]*(?:sess|token|auth|sid|jwt)[^'"]*['"]\s*,\s*[\w.]+\s*\)/i,
    view: 'text',
    message: 'Scripts, or anybody on the way, can read this cookie: `$&`',
    remedy: 'Set httpOnly, secure and sameSite.',
  },
  {
    id: 'security/unsafe-deserialisation',
    severity: 'high',
    pattern: /DEFAULT_FULL_SCHEMA|\byaml\.(?:unsafeLoad|load)\([^)]*js-yaml-js-types|customTags.*!!js/,
    message: 'What is read here may run code: `$&`',
    remedy: 'Use the default schema.',
  },
  {
    id: 'security/secret-logged',
    pattern:
      /\b(?:console|log\w*)\.\w+\(.*\b(?:headers\.(?:authorization|cookie)|headers\[['"](?:authorization|cookie|x-api-key)|\.authorization\b|rawHeaders)/i,
    view: 'text',
    message: 'A secret is written to the log',
    remedy: 'Leave it out of the log.',
  },
  {
    id: 'security/prototype-pollution',
    where: ({ text }) => text.includes('.split('),
    pattern: /^\s*(\w+)\[(?:keys?\[[^\]]*\]|key|k|name|prop|last|part|segment)\]\s*=\s*(?!=)/,
    unless: (line, source) =>
      /__proto__|hasOwn|Object\.create\(null\)|constructor/.test(source.text) ||
      !/\.split\(\s*['"]\.['"]\s*\)/.test(
        source.lines
          .slice(Math.max(0, line.number - 12), line.number)
          .map(({ text }) => text)
          .join('\n'),
      ),
    message: 'A path may lead to the prototype of all objects: `$&`',
    remedy: 'Refuse __proto__, constructor and prototype.',
  },
  {
    id: 'security/prototype-pollution',
    pattern: /(?<![\w$.])[\w$.]+\[(\w+)\]\s*=\s*(?:req|request|ctx|event)\.[\w.]+\[\1\]/,
    unless: (_line, source) => /__proto__|hasOwn|Object\.create\(null\)|allowed|whitelist/i.test(source.text),
    message: 'Whoever asks chooses the name, `__proto__` among them: `$&`',
    remedy: 'Take the names that are known, or refuse __proto__, constructor and prototype.',
  },
  {
    id: 'security/slow-pattern',
    pattern: /\/[^/\n]*\((?:\\w|\\d|\\s|\[[^\]]*\]|\.)[+*](?:\\s|\s|,|-)?[?*]\)[+*]/,
    view: 'text',
    message: 'Some texts take for ever with this pattern: `$&`',
    remedy: 'Leave one of the repetitions out.',
  },
  {
    id: 'security/verification-off',
    pattern:
      /\b(\w+)\s*[!=]==\s*(?:req|request|ctx|c)\b[\w.$]*(?:headers|get)\b|(?:req|request|ctx)\b[\w.$]*headers\[[^\]]*\]\s*[!=]==\s*(\w+)/,
    unless: (line, source) => {
      const found = /\b(\w+)\s*[!=]==\s*(?:req|request|ctx|c)\b|\[[^\]]*\]\s*[!=]==\s*(\w+)/.exec(line.code);
      return !/createHmac|createHash/.test(
        givenTo(found?.[1] ?? found?.[2] ?? '', { line: line.number, source })?.code ?? '',
      );
    },
    message: 'A signature is compared in a time that tells how much of it is right',
    remedy: 'Compare with timingSafeEqual.',
  },
];

const risks: readonly Rule[] = RISKS.map((risk) =>
  lineRule({ severity: 'medium', languages: SCRIPTS, roles: ['product', 'script'], ...risk }),
);

/** What kept outsiders out: words of a line that is gone while the rest stays. */
const KEPT_OUT =
  /\b(?:req|request|ctx|session)\.(?:user|session|auth|isAuthenticated|role)\b.*(?:return|throw|next\()|\.(?:owner|ownerId|userId|user_id|author|tenantId)\b\s*!==|event\.origin\s*!==|\.origin\s*!==.*return|\bsandbox=|\b(?:schema|validator|\w*Schema)\.(?:parse|validate\w*|safeParse)\(|\b(?:helmet|csurf|csrf\w*|rateLimit\w*|limiter|cors|mongoSanitize|xss|hpp)\(|\b(?:escape|sanitize|encode)\w*\(/;

const unguarded: Rule = {
  id: 'security/guard-removed',
  severity: 'medium',
  remedy: 'Keep the check, or show what takes its place.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of reading.files) {
      if (
        !SCRIPTS.some((name) => name === source.language.name) ||
        source.role !== 'product' ||
        source.change.status !== 'modified'
      )
        continue;
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.find(
          ({ kind, text }) =>
            kind === 'removed' && KEPT_OUT.test(text) && !/^\s*(?:\/\/|\*|import\b|const .*require)/.test(text),
        );
        const word = KEPT_OUT.exec(gone?.text ?? '')?.[0].slice(0, 30) ?? '';
        const added = hunk.lines.filter(({ kind, text }) => kind === 'added' && /\w/.test(text));
        const removed = hunk.lines.filter(({ kind, text }) => kind === 'removed' && /\w/.test(text));
        if (
          !gone ||
          removed.length > 4 ||
          added.length > removed.length ||
          added.some(({ text }) => KEPT_OUT.test(text)) ||
          source.text.includes(word)
        )
          continue;
        yield {
          file: source.path,
          line: added[0]?.newLine ?? lineNear(hunk, gone),
          message: `What kept outsiders out is gone: \`${shorten(gone.text)}\``,
          text: gone.text,
        } satisfies Hit;
      }
    }
  },
};

/** Lines that hand a whole request to what is kept. */
const assigned = lineRule({
  id: 'security/untrusted-input',
  severity: 'medium',
  languages: SCRIPTS,
  pattern:
    /\bObject\.assign\(\s*\w+,\s*(?:req|request|ctx(?:\.request)?)\.body\s*\)|\.(?:create|update|insert|updateOne|findByIdAndUpdate|insertOne|save)\((?:[^()]*,\s*)?(?:\{\s*\.\.\.)?(?:req|request|ctx(?:\.request)?)\.body\s*\}?\s*\)/,
  message: 'Whoever asks sets whatever they name: `$&`',
  remedy: 'Take the fields that may be set.',
});

/** What JavaScript opens, weakens or lets in. */
export const scriptRisks: readonly Rule[] = [...risks, unguarded, assigned];
