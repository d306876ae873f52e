import type { Severity } from '../../goal/wall.ts';
import { isLockFile } from '../read/file-role.ts';
import { FORMATS } from './secret-formats.ts';
import { bySecretlint } from './secretlint.ts';
import { isFake, isSecretName, isSecretValue, looksRandom, SECRET_NAME } from './secret-values.ts';
import { LONGEST_LINE } from '../read/added.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, type Hit, type Rule } from '../rules.ts';

const PEM = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;
const URL_LOGIN =
  /\b([a-z][a-z0-9+.-]{1,20}):\/\/([^\s:/@'"`<>{}$]{0,64}):([^\s/@'"`<>{}$%]{3,200}|%[^\s/@'"`<>{}$]{3,200})@([\w.-]+)/i;
const BEARER = /\b(?:Bearer|Basic|token|Token|apikey|api-key|ApiKey|Api-Key)\s+([A-Za-z0-9._~+/=-]{20,600})/;

const ASSIGNMENT =
  /(["'`]?)([A-Za-z_$][\w$.-]{0,80})\1\]?\s*(?:!?\s*:\s*[A-Za-z_&][\w<>[\]| &']{0,40}\s*)?(?::=|=>|\|\|=|\?\?=|[!=]==?|[:=])\s*(?:[bBrRfFuU@$]{0,2}(["'`])((?:(?!\3)[^\\\n]|\\.){4,600})\3|([^\s"'`,;(){}[\]]{8,600})(?=\s*(?:[;,]|$)|\s+#))/g;
/** Name and value in other ways: `ENV name value`, `--password value`, `NAME=value program`, `<name>value</name>`, `"name", "value"`, `PASSWORD 'value'`. */
const SPACED =
  /(?:^\s*(?:ENV|ARG)\s+|--)([A-Za-z][\w-]{0,80})\s+["']?([^\s"'$]{8,600})|^\s*(?:export\s+|env\s+)?([A-Z][A-Z0-9_]{0,80})=([^\s"'$;`]{6,600})\s+\S|<([A-Za-z][\w:.-]{0,80})>([^<>{}$\s]{6,600})<\/|["']([A-Za-z][\w.-]{0,80})["']\s*,\s*["']([^"'\n]{6,600})["']|\b(password|passwd|IDENTIFIED BY|PASSWORD|identified by)\s+["']?([^\s"'$;,(){}]{6,600})["']?\s*(?:;|$)/g;
/** A literal that is converted first, or stands in when the environment has none: `secret = []byte("…")`, `key: env.KEY ?? '…'`. */
const WRAPPED =
  /([A-Za-z_$][\w$.-]{0,80})["'`]?\s*(?::=|=>|[:=])[^;"'`]{0,80}?(?:["'`][\w.-]{0,60}["'`][^;"'`]{0,20}?)?(?:\[\]byte\(|Buffer\.from\(|\b(?:bytes|String|b64decode|Some|Ok|Just|\w{1,40}::(?:from|new)|Optional\.of|new [\w.]{1,60}|Secret\w{0,20}|\w{0,20}Key|\w{0,10}Field|SecretStr|ref|lazy|Value)\(|=>\s*|(?:\?\?|\|\||\bor\b|\belse\b|\s[?:])\s*|\b(?:getenv|environ\.get|getOrDefault|getProperty|getEnv|env|get)\(\s*(?:["'`][\w.-]{0,60}["'`])?\s*,\s*|\.(?:default|unwrap_or|orElse|get|or)\(\s*|["'`]\s*,\s*(?:default\s*=\s*)?)[bru]?(["'`])([^"'`\n]{12,600})\2/g;
/** `${NAME:-value}` of a shell. */
const FALLBACK = /\$\{([A-Za-z]\w{0,80}):?[-=]([^}\s$"']{8,600})\}/g;
/** A literal handed to what takes a secret: `setPassword("…")`, `bearer_auth("…")`. */
const HANDED =
  /\.(\w*(?:[sS]ecret|[pP]assw(?:or)?d|[tT]oken|[aA]pi_?[kK]ey|_auth|Auth))\(\s*(?:\w+\s*,\s*)?[bru&]?(["'`])([^"'`\n]{8,600})\2/g;
/** The key of a signature or a token is the literal in second place. */
const SIGNED =
  /\b(?:jwt|JWT|jsonwebtoken|jose)\.(?:sign|verify|encode|decode)\(\s*[^,()]{1,80}(?:\([^()]*\))?,\s*b?(["'`])([^"'`\n]{6,600})\1|\b(?:createHmac\(\s*["'`][\w-]+["'`]|hmac\.new\(\s*(?=b?["']))\s*,?\s*b?(["'`])([^"'`\n]{6,600})\3/;
/** What programs on a command line take as a login. */
const COMMAND_LOGIN =
  /\b(?:curl|wget|http|lftp|smbclient)\b.*\s(?:-u|-U|--user(?:=|\s))\s*["']?[\w.@+-]{1,64}[:%]([^\s"'$]{4,200})|\bsshpass\s+-p\s*["']?([^\s"'$]{4,200})|\b(?:docker|podman|helm|az|oc)\b.*\blogin\b.*\s(?:-p|--password)[ =]\s*["']?([^\s"'$]{4,200})|\bmysql(?:dump|admin)?\s+(?:.*\s)?-p([^\s"'$-][^\s"'$]{3,200})/;
/** A login or a key inside of a longer text, each with the name it goes by if it has one: a header, a connection string, a query, a pair of user and password, `"NAME=value"`. */
const WITHIN: readonly RegExp[] = [
  /["'](?:X-|x-)?[\w-]{0,40}(?:[Kk]ey|KEY|[Tt]oken|[Ss]ecret|[Aa]uth\w{0,10})\s*:\s*([A-Za-z0-9._~+/=-]{16,600})["']/,
  /(?<![\w-])(?:[Pp]assword|[Pp]wd|[Aa]ccountKey|[Ss]haredAccessKey|[Ss]haredSecretKey)=([^;"'\s&<>{}$]{6,600})(?=[;"'&]|\s|$)/,
  /[?&](?:password|passwd|pwd|access_token|auth_token|api_?key|apikey|token|secret|client_secret|sig|key)=([^&\s"'`;#<>{}$]{8,600})/i,
  /(?:\bauth\s*[=:]\s*[([{]|\bBasicAuth\(|\bgetConnection\([^,]{1,200},|\bCredentials?\(|\bbasic_auth\(|\bSetBasicAuth\(|\b(?:login|authenticate|connect)\()\s*["'][\w.@+-]{1,64}["']\s*,\s*(?:Some\(\s*)?["']([^"'\n]{6,200})["']/,
  /["'`][\w.-]{1,64}:([^\s:@/"'`<>{}$%]{6,200})@(?:(?:tcp|udp|unix|cloudsql\w*)\(|[\w-]+(?:\.[\w-]+)+:\d{2,5}\b)/,
  /\s--?(?:http-|ftp-|proxy-)?(?:password|passwd|pass)[= ]["']?([^\s"'$]{6,200})/,
  /["'](?:[A-Z][A-Z0-9_]{0,60}_)?(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|SECRET_KEY|PRIVATE_KEY|ACCESS_KEY)=([^"'\s$]{6,600})["']/,
];
/** A value of an object that keeps secrets in base 64. */
const KEPT = /^\s+["']?[\w.-]+["']?:\s*["']?([A-Za-z0-9+/]{12,20000}={0,2})["']?\s*$/;
/** A literal on a line of its own that goes on with what a line above began: the branch of a choice, a default handed over. */
const GOES_ON = /^\s*(\?\?|\|\||[?:]|or\b|else\b|)\s*[bru]?(["'`])([^"'`\n]{8,600})\2[\s,;)]*$/;
const RETURNED = /^\s*return\s+[bru]?(["'`])([^"'`\n]{8,600})\1\s*;?\s*$/;
/** What signs or encrypts with the key that it is made with. */
const KEYED =
  /\b(?:\w{0,30}(?:Signer|Serializer)|Fernet|cookieParser|cookieSession|SecretKeySpec|SymmetricKey|HmacKey|ChaCha20Poly1305|AESGCM)\(\s*b?(["'`])([^"'`\n]{8,600})\1/;
const BEGINS =
  /(?<![\w$.-])([A-Za-z_$][\w$.-]{0,80})["'`]?\]?\s*(?:!?\s*:\s*[A-Za-z_][\w<>[\]|]{0,40}\s*)?(?::=|=|:)(?!=)/;
const DEFAULT_LINE = /^\s*default\s*=\s*"([^"\n]{6,600})"\s*$/;
/** What a file of logins keeps of a password: enough to try words out. */
const HASHED = /^[\w.@-]{1,64}:\$(?:apr1|2[aby]|5|6|argon2\w*)\$\S{20,}/;

/** `user:password` in base 64, as registries and headers keep it. */
const ENCODED_LOGIN = /(?:["']auth["']\s*:\s*["']|\b_auth\s*=\s*["']?|\bBasic\s+)([A-Za-z0-9+/]{12,600}={0,2})/;
/** An account and its key side by side. */
const TWILIO = /(?<![A-Za-z0-9])AC[0-9a-f]{32}(?![A-Za-z0-9]).*(?<![A-Za-z0-9])([0-9a-f]{32})(?![A-Za-z0-9])/;

const NAME_LINE = /^[\s-]*["']?(?:name|key|Name|Key)["']?\s*[:=]\s*["']?([A-Za-z][\w.-]{0,80})["']?,?\s*$/;
const VALUE_LINE = /^\s*["']?(?:value|Value)["']?\s*[:=]\s*["']?([^\s"'$]{6,600})["']?,?\s*$/;

type Found = { what: string; severity?: Severity };
type Placed = Found & { source: SourceFile; text: string; number: number };
type Suspect = { text: string; number: number; source: SourceFile };

/** One kind of secret: which lines may hold one, and what such a line gives away. */
type Look = { lines: ReturnType<typeof linesLike>; find: (suspect: Suspect) => Found | undefined };

const look = (hint: RegExp, find: Look['find']): Look => ({ lines: linesLike(hint), find });

/** The first that finds something names it. */
const LOOKS: readonly Look[] = [
  ...FORMATS.map(([what, format]) =>
    look(format, ({ text }) => {
      const match = format.exec(text);
      return match && !isFake(match[0].replace(/^.*?[_-]/, '')) ? { what } : undefined;
    }),
  ),
  look(URL_LOGIN, urlLogin),
  look(BEARER, bearerIn),
  look(COMMAND_LOGIN, typedLogin),
  look(ENCODED_LOGIN, encodedLogin),
  look(TWILIO, accountKey),
  look(SECRET_NAME, (suspect) => (isSearchKey(suspect) ? undefined : assigned(suspect.text, suspect.source))),
  look(SIGNED, signingKey),
  look(HANDED, handedOver),
  look(PEM, pemIn),
  look(VALUE_LINE, listed),
  ...WITHIN.map((form) => look(form, ({ text, source }) => within(form, text, source))),
  look(KEPT, kept),
  look(DEFAULT_LINE, byDefault),
  look(GOES_ON, goesOn),
  look(RETURNED, returned),
  look(KEYED, keyed),
  look(HASHED, ({ text, source }) =>
    isExample(source) || !HASHED.test(text) ? undefined : { what: 'a password in a form that can be tried out' },
  ),
];

/** Secrets on added lines of any text file, by providers' formats, by names and by secretlint's recommended rules. Never shows a secret. */
export const secretRule: Rule = {
  id: 'security/secret',
  severity: 'critical',
  remedy: 'Remove it from the change and its history, revoke it, and read it from the environment.',
  languages: 'all',
  async find(reading) {
    const sources = [...reading.files, ...reading.generated];
    const found = new Map<string, Placed>();
    for (const { kind, ...place } of await bySecretlint(sources.filter((source) => !isLockFile(source.path))))
      found.set(`${place.source.path}\0${place.number}`, { what: `a secret of the kind ${kind}`, ...place });
    for (const source of sources) {
      const told = new Set<number>();
      for (const { lines, find } of isLockFile(source.path) ? IN_LOCK_FILES : LOOKS)
        for (const { raw: text, number } of lines(source)) {
          const here = told.has(number) ? undefined : find({ text, number, source });
          if (!here) continue;
          told.add(number);
          found.set(`${source.path}\0${number}`, { ...here, source, text, number });
        }
    }
    return [...found.values()].map(({ what, severity, source, text, number }): Hit => ({
      file: source.path,
      line: number,
      message: `This looks like ${what}`,
      text,
      ...(severity ? { severity } : {}),
    }));
  },
};

/** A lock file is full of hashes: only what has the form of a provider counts, and keys. */
const IN_LOCK_FILES = [...LOOKS.slice(0, FORMATS.length), look(PEM, pemIn), look(VALUE_LINE, listed)];

/** `name: DB_PASSWORD` and `value: …` on lines of their own, as lists of variables are written. */
function listed({ number, source }: Suspect): Found | undefined {
  const value = VALUE_LINE.exec(source.lineAt(number)?.raw ?? '')?.[1];
  const name = value === undefined ? undefined : NAME_LINE.exec(source.lineAt(number - 1)?.raw ?? '')?.[1];
  if (value === undefined || name === undefined) return undefined;
  return assigned(`${name}: "${value}"`, source);
}

function within(form: RegExp, text: string, source: SourceFile): Found | undefined {
  const value = isExample(source) ? undefined : form.exec(text)?.[1];
  if (value === undefined || !isSecretValue(value, 'password', 'usual') || !looksRandom(value, 2.8)) return undefined;
  return /^[a-z]+$|^\w+\.\w+(?:\.\w+)*$|^[\w-]+:[\w-]+$/.test(value)
    ? undefined
    : { what: `a secret of ${value.length} characters` };
}

/** Under `data` of a Secret of Kubernetes everything is one, but for what cannot be read. */
function kept({ text, source }: Suspect): Found | undefined {
  if (source.language.name !== 'yaml' || isExample(source) || !/^kind:\s*["']?Secret\b/m.test(source.text))
    return undefined;
  const value = KEPT.exec(text)?.[1];
  const plain = value === undefined ? '' : decode(value);
  const isText = /^[\t\n\r\x20-\x7e]{8,}$/.test(plain) && value?.length === Math.ceil(plain.length / 3) * 4;
  return isText && (plain.includes('"auths"') || !isFake(plain)) && /\d|[^\w\s]/.test(plain)
    ? { what: 'a secret in base 64' }
    : undefined;
}

/** The function says by its name what it gives. */
function returned({ text, number, source }: Suspect): Found | undefined {
  const value = source.language.programs && !isExample(source) ? RETURNED.exec(text)?.[2] : undefined;
  const fn =
    value === undefined
      ? undefined
      : source
          .blocks()
          .around(number)
          .find(({ kind }) => kind === 'function');
  const name = /([\w$]+)\s*(?:=\s*(?:async\s*)?)?\(/.exec(fn?.header ?? '')?.[1];
  return name === undefined ? undefined : assigned(`${name} = "${value}"`, source);
}

function keyed({ text, source }: Suspect): Found | undefined {
  const value = source.language.programs && !isExample(source) ? KEYED.exec(text)?.[2] : undefined;
  return value === undefined ? undefined : assigned(`secret_key = "${value}"`, source);
}

/** The name that the statement of a literal began with says what it is. */
function goesOn({ text, number, source }: Suspect): Found | undefined {
  const [, sign, , value = ''] = GOES_ON.exec(text) ?? [];
  if (sign === undefined || !source.language.programs || isExample(source)) return undefined;
  const indent = text.search(/\S/);
  for (let back = 1; back <= 6; back += 1) {
    const { code = '', raw = '', startsIn } = source.lineAt(number - back) ?? {};
    if (startsIn !== 'code' || /[;{}[\]]\s*$/.test(code)) return undefined;
    if (raw.search(/\S/) >= indent) continue;
    const name = BEGINS.exec(raw)?.[1];
    const waits = /[(=?:|]\s*$/.test(code) || sign !== '';
    return name !== undefined && waits ? assigned(`${name} = "${value}"`, source) : undefined;
  }
  return undefined;
}

/** `default = "…"` of a variable of Terraform whose name says what it is. */
function byDefault({ text, number, source }: Suspect): Found | undefined {
  for (let back = 1; back <= 6; back += 1) {
    const name = /^\s*variable\s+"([^"]+)"/.exec(source.lineAt(number - back)?.raw ?? '')?.[1];
    if (name !== undefined) return assigned(`${name} = "${DEFAULT_LINE.exec(text)?.[1] ?? ''}"`, source);
  }
  return undefined;
}

/** Tests and documents are full of logins that open nothing. */
function isExample({ role }: SourceFile): boolean {
  return role === 'test' || role === 'docs';
}

function urlLogin({ text, source }: Suspect): Found | undefined {
  const login = URL_LOGIN.exec(text);
  if (!login || !isLoginSecret(login) || (isExample(source) && !opensSomething(login))) return undefined;
  return { what: 'a password inside a URL' };
}

/** A password that nobody makes up, for a host that is somebody's. */
function opensSomething([, , , password = '', host = '']: RegExpExecArray): boolean {
  const isMadeUp =
    /(?:^|\.)(?:example|localhost|local|test|invalid|internal|lan|host|domain|server|foo|bar)(?:\.|$)/i.test(host);
  return (
    password.length >= 12 && /\d/.test(password) && looksRandom(password, 3) && /\.[a-z]{2,}$/i.test(host) && !isMadeUp
  );
}

function bearerIn({ text, source }: Suspect): Found | undefined {
  const value = isExample(source) ? undefined : BEARER.exec(text)?.[1];
  if (value === undefined || !/\d/.test(value) || !looksRandom(value, 3) || isFake(value)) return undefined;
  return { what: 'credentials in a header' };
}

function typedLogin({ text, source }: Suspect): Found | undefined {
  const typed = isExample(source) ? undefined : COMMAND_LOGIN.exec(text)?.slice(1).find(Boolean);
  const isSecret =
    typed !== undefined && !isFake(typed) && (/[\d\W_]/.test(typed) || /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(typed));
  return isSecret ? { what: 'a password on a command line' } : undefined;
}

function encodedLogin({ text, source }: Suspect): Found | undefined {
  const encoded = isExample(source) ? undefined : ENCODED_LOGIN.exec(text)?.[1];
  const login = encoded === undefined ? undefined : /^[\w.@+-]{1,64}:([\x21-\x7e]{5,200})$/.exec(decode(encoded))?.[1];
  return login !== undefined && !isFake(login) ? { what: 'a login in base 64' } : undefined;
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

function accountKey({ text, source }: Suspect): Found | undefined {
  const key = isExample(source) ? undefined : TWILIO.exec(text)?.[1];
  return key !== undefined && !isFake(key) ? { what: 'an account and its key' } : undefined;
}

function signingKey({ text, source }: Suspect): Found | undefined {
  const signed = isExample(source) || !source.language.programs ? null : SIGNED.exec(text);
  const key = signed?.[2] ?? signed?.[4];
  if (key === undefined || isFake(key) || /\s|[{}$]|^[A-Z]+_[A-Z_]+$/.test(key)) return undefined;
  return { what: `a signing key of ${key.length} characters` };
}

/** A literal where a secret is taken: the argument of a setter. */
function handedOver({ text, source }: Suspect): Found | undefined {
  if (isExample(source) || !source.language.programs) return undefined;
  for (const [, name = '', , value = ''] of text.matchAll(HANDED))
    if (isSecretValue(value, name, 'usual')) return { what: `a secret handed to \`${name}\`` };
  return undefined;
}

function isLoginSecret([, scheme = '', user = '', password = '', host = '']: RegExpExecArray): boolean {
  if (
    /^(localhost|127\.|0\.0\.0\.0|::1|host$|hostname|server$|db$|postgres$|mysql$|redis$|mongo$)|example|\.test$|\.invalid$|\.local$/i.test(
      host,
    )
  )
    return (
      password.length >= 14 &&
      looksRandom(password, 3.2) &&
      /\d/.test(password) &&
      /[a-z]/.test(password) &&
      /[A-Z]/.test(password) &&
      !isFake(password)
    );
  return (
    !/^(git|ssh)$/i.test(scheme) &&
    !isFake(password) &&
    password.toLowerCase() !== user.toLowerCase() &&
    password.length >= 5
  );
}

function pemIn({ text, number, source }: Suspect): Found | undefined {
  const match = PEM.exec(text);
  if (!match) return undefined;
  const next = source.isAdded(number + 1) ? (source.lineAt(number + 1)?.raw ?? '') : '';
  const after = text.slice(match.index + match[0].length);
  const body =
    /^(?:\\r|\\n|[\s"'`+,])*([A-Za-z0-9+/=]{16,})/.exec(after)?.[1] ??
    (after.trim().length < 6 ? /^[\s"'`+,*#/]*([A-Za-z0-9+/=]{16,}|Proc-Type:|Version:)/.exec(next)?.[1] : undefined);
  return body !== undefined && !isFake(body) ? { what: 'a private key' } : undefined;
}

/** Beside the name of an index stands the key that every visitor of a page searches it with. */
function isSearchKey({ text, number, source }: Suspect): boolean {
  if (!/\bapi_?key\b["']?\s*[:=]\s*["'][a-f\d]{32}["']/i.test(text)) return false;
  return [-3, -2, -1, 1, 2, 3].some((away) => /\bindex_?name\b/i.test(source.lineAt(number + away)?.raw ?? ''));
}

function assigned(text: string, source: Pick<SourceFile, 'path' | 'role' | 'language'>): Found | undefined {
  if (source.role === 'docs' && !/\.env/.test(source.path)) return assignedIn(text, source, 'strict');
  return assignedIn(text, source, source.role === 'test' ? 'strict' : 'usual');
}

function assignedIn(text: string, source: Pick<SourceFile, 'language'>, manner: 'usual' | 'strict'): Found | undefined {
  if (text.length > 20_000 || !SECRET_NAME.test(text)) return undefined;
  const patterns = text.length > LONGEST_LINE ? [ASSIGNMENT] : [ASSIGNMENT, WRAPPED, SPACED, FALLBACK];
  const assignments = patterns.flatMap((pattern) => [...text.matchAll(pattern)]);
  for (const match of assignments) {
    const { name, quoted, plain, spaced } = partsOf(match);
    const value = quoted ?? plain ?? '';
    if (
      !isSecretName(name) ||
      (plain !== undefined && !spaced && source.language.programs && source.language.name !== 'shell')
    )
      continue;
    if (!isSecretValue(value, name, manner)) continue;
    return { what: `a secret: \`${name}\` is given a value of ${value.length} characters` };
  }
  return undefined;
}

type Parts = { name: string; quoted: string | undefined; plain: string | undefined; spaced: boolean };

/** Name and value of a match, by the groups of its pattern: the patterns differ in how many they have. */
function partsOf(match: RegExpExecArray): Parts {
  if (match.length === 6) return { name: match[2] ?? '', quoted: match[4], plain: match[5], spaced: false };
  if (match.length === 4) return { name: match[1] ?? '', quoted: match[3], plain: undefined, spaced: false };
  const [name = '', plain] = match.slice(1).filter((group) => group !== undefined);
  return { name: name.replace(/^identified by$/i, 'password'), quoted: undefined, plain, spaced: true };
}
