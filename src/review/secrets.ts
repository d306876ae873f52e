import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import type { Severity } from '../goal/wall.ts';
import { isLockFile } from './file-role.ts';
import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';
import type { Hit, Rule } from './rules.ts';
import { triggerOf } from './trigger.ts';

/** What providers' secrets look like. The documents of the providers say so, or gitleaks and secretlint agree on it. */
const FORMATS: readonly (readonly [string, RegExp])[] = [
  ['an AWS access key id', /(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])/],
  ['a GitHub token', /(?<![A-Za-z0-9])(?:gho|ghp|ghr|ghs|ghu)_[A-Za-z0-9_.-]{36,800}/],
  ['a GitHub fine-grained token', /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,255}/],
  ['a GitLab token', /(?<![A-Za-z0-9])(?:glpat|glptt|gldt|glrt|glsoat|glcbt)-[A-Za-z0-9_-]{20,}/],
  ['a Slack token', /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}|(?<![A-Za-z0-9])xapp-\d-[A-Za-z0-9-]{20,}/],
  ['a Slack webhook', /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/]{20,}/],
  ['a Discord webhook', /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,}/],
  ['a Stripe key', /(?<![A-Za-z0-9])(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/]{24,}/],
  ['a Google API key', /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/],
  ['a Google OAuth secret', /(?<![A-Za-z0-9])(?:GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{30,})/],
  ['an npm token', /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/],
  ['a PyPI token', /(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{40,}/],
  ['an Anthropic key', /(?<![A-Za-z0-9])sk-ant-[A-Za-z0-9_-]{20,}/],
  [
    'an OpenAI key',
    /(?<![A-Za-z0-9])sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|(?<![A-Za-z0-9])sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}/,
  ],
  ['an API key', /(?<![A-Za-z0-9_-])sk-(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{32,}(?![A-Za-z0-9])/],
  ['a Hugging Face token', /(?<![A-Za-z0-9])hf_[A-Za-z]{34}(?![A-Za-z0-9])/],
  ['a SendGrid key', /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/],
  [
    'a Twilio key',
    /(?<![A-Za-z0-9])(?:SK0|SK1|SK2|SK3|SK4|SK5|SK6|SK7|SK8|SK9|SKa|SKb|SKc|SKd|SKe|SKf)[0-9a-f]{31}(?![A-Za-z0-9])/,
  ],
  ['a Telegram bot token', /(?<![A-Za-z0-9])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/],
  ['a DigitalOcean token', /(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}/],
  ['a Docker token', /(?<![A-Za-z0-9])dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}/],
  ['a Shopify token', /(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/],
  ['a HashiCorp Vault token', /(?<![A-Za-z0-9])(?:hvs|hvb)\.[A-Za-z0-9_-]{24,}/],
  ['an Azure storage key', /AccountKey=[A-Za-z0-9+/]{86}==/],
  ['a Databricks token', /(?<![A-Za-z0-9])dapi[a-f0-9]{32}(?![A-Za-z0-9])/],
  ['a Linear key', /(?<![A-Za-z0-9])lin_api_[A-Za-z0-9]{40}/],
  ['a Postman key', /(?<![A-Za-z0-9])PMAK-[a-f0-9]{24}-[a-f0-9]{34}/],
  ['a Mailgun key', /(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![A-Za-z0-9])/],
  ['a Grafana token', /(?<![A-Za-z0-9])(?:glsa|glc)_[A-Za-z0-9+/_=]{32,}/],
  ['a Sentry token', /(?<![A-Za-z0-9])sntry[su]_[A-Za-z0-9+/_=-]{40,}/],
  ['an age secret key', /AGE-SECRET-KEY-1[A-Z0-9]{58}/],
  ['a JSON Web Token', /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/],
];

const PEM = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;
const URL_LOGIN =
  /\b([a-z][a-z0-9+.-]{1,20}):\/\/([^\s:/@'"`<>{}$]{0,64}):([^\s/@'"`<>{}$%]{3,200}|%[^\s/@'"`<>{}$]{3,200})@([\w.-]+)/i;
const BEARER = /\b(?:Bearer|Basic|token)\s+([A-Za-z0-9._~+/=-]{20,600})/;

const SECRET_NAME =
  /(?:secret|passw(?:or)?d|passwd|passphrase|pwd|token|api[-_.]?key|access[-_.]?key|secret[-_.]?key|private[-_.]?key|auth[-_.]?key|account[-_.]?key|signing[-_.]?key|encryption[-_.]?key|master[-_.]?key|client[-_.]?secret|credentials?|connection[-_.]?string|webhook[-_.]?url)/i;
const ASSIGNMENT =
  /(["'`]?)([A-Za-z_$][\w$.-]{0,80})\1\s*(?:!?\s*:\s*[A-Za-z_][\w<>[\]| &']{0,40}\s*)?(?::=|=>|\|\|=|\?\?=|[:=])\s*(?:[bBrRfFuU@$]{0,2}(["'`])((?:(?!\3)[^\\\n]|\\.){4,600})\3|([^\s"'`,;(){}[\]]{8,600})(?=\s*(?:[;,]|$)|\s+#))/g;
/** `name value` as in Dockerfiles, and `--password value`. */
const SPACED = /(?:^\s*(?:ENV|ARG)\s+|--)([A-Za-z][\w-]{0,80})\s+["']?([^\s"'$]{8,600})/g;

const HINTS = [...FORMATS.map(([, format]) => format), PEM, URL_LOGIN, BEARER, SECRET_NAME];
const TRIGGER = triggerOf(new RegExp(HINTS.map(({ source }) => `(?:${source})`).join('|')));

type Found = { what: string; severity?: Severity };
type Placed = Found & { source: SourceFile; text: string; number: number };

/** Secrets on added lines of any text file, by providers' formats, by names and by secretlint's recommended rules. Never shows a secret. */
export const secretRule: Rule = {
  id: 'security/secret',
  severity: 'critical',
  remedy: 'Remove it from the change and its history, revoke it, and read it from the environment.',
  languages: 'all',
  async find(reading) {
    const sources = [...reading.files, ...reading.generated];
    const found = await bySecretlint(sources.filter((source) => !isLockFile(source.path)));
    for (const source of sources) {
      for (const { raw: text, number } of suspectsIn(source)) {
        const next = source.isAdded(number + 1) ? (source.lineAt(number + 1)?.raw ?? '') : '';
        const here = secretIn(text, source) ?? pemIn(text, next);
        if (here) found.set(`${source.path}\0${number}`, { ...here, source, text, number });
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

/** Every line that a secret may stand on. */
function suspectsIn(source: SourceFile): Iterable<SourceLine> {
  return TRIGGER ? source.addedWith(TRIGGER) : source.added;
}

/** What a single line gives away; undefined if nothing. */
function secretIn(text: string, source: Pick<SourceFile, 'path' | 'role' | 'language'>): Found | undefined {
  for (const [what, format] of FORMATS) {
    const match = format.exec(text);
    if (match && !isFake(match[0].replace(/^.*?[_-]/, ''))) return { what };
  }
  if (isLockFile(source.path)) return undefined;
  const login = URL_LOGIN.exec(text);
  if (login && source.role !== 'test' && source.role !== 'docs' && isLoginSecret(login))
    return { what: 'a password inside a URL' };
  const bearer = BEARER.exec(text);
  if (
    bearer &&
    looksRandom(bearer[1] ?? '', 3.6) &&
    /\d/.test(bearer[1] ?? '') &&
    source.role !== 'docs' &&
    source.role !== 'test'
  )
    return { what: 'credentials in a header' };
  return assigned(text, source);
}

function isLoginSecret([, scheme = '', user = '', password = '', host = '']: RegExpExecArray): boolean {
  if (
    /^(localhost|127\.|0\.0\.0\.0|::1|host$|hostname|server$|db$|postgres$|mysql$|redis$|mongo$)|example|\.test$|\.invalid$|\.local$/i.test(
      host,
    )
  )
    return false;
  return (
    !/^(git|ssh)$/i.test(scheme) &&
    !isFake(password) &&
    password.toLowerCase() !== user.toLowerCase() &&
    password.length >= 5
  );
}

function pemIn(text: string, next: string): Found | undefined {
  const match = PEM.exec(text);
  if (!match) return undefined;
  const after = text.slice(match.index + match[0].length);
  const body =
    /^(?:\\r|\\n|[\s"'`+,])*([A-Za-z0-9+/=]{16,})/.exec(after)?.[1] ??
    (after.trim().length < 6 ? /^[\s"'`+,*#/]*([A-Za-z0-9+/=]{16,}|Proc-Type:|Version:)/.exec(next)?.[1] : undefined);
  return body !== undefined && !isFake(body) ? { what: 'a private key' } : undefined;
}

function assigned(text: string, source: Pick<SourceFile, 'path' | 'role' | 'language'>): Found | undefined {
  if (source.role === 'docs' && !/\.env/.test(source.path)) return assignedIn(text, source, 'strict');
  return assignedIn(text, source, source.role === 'test' ? 'strict' : 'usual');
}

function assignedIn(text: string, source: Pick<SourceFile, 'language'>, manner: 'usual' | 'strict'): Found | undefined {
  if (text.length > 20_000 || !SECRET_NAME.test(text)) return undefined;
  for (const match of [...text.matchAll(ASSIGNMENT), ...text.matchAll(SPACED)]) {
    const spaced = match.length === 3;
    const name = (spaced ? match[1] : match[2]) ?? '';
    const quoted = spaced ? undefined : match[4];
    const plain = spaced ? match[2] : match[5];
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

/** The name speaks of a secret itself, not of where it is kept, what it is called or how long it may be. */
function isSecretName(name: string): boolean {
  if (!SECRET_NAME.test(name)) return false;
  const last = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  if (
    /(_|-|\.|^)(id|ids|name|names|type|types|kind|url|uri|path|file|dir|length|size|count|limit|field|label|placeholder|hint|header|prefix|suffix|regex|pattern|format|param|parameter|env|var|ttl|expiry|expires|expiration|ref|arn|endpoint|issuer|title|text|message|error|hash|class|input|help|desc|description|version|mode|policy|rules?|index|start|end|pos|position|symbol|operator|kinds)$/.test(
      last,
    )
  ) {
    return /webhook[-_.]?url$/.test(last);
  }
  return !/(^|_)(public|tokenizer|tokenize|tokenized|csrf_?param|max_tokens?|num_tokens?|next_page|page|continuation|token_kind|cancellation|syntax|keyword|design)(_|$)/.test(
    last,
  );
}

function isSecretValue(value: string, name: string, manner: 'usual' | 'strict'): boolean {
  if (isFake(value) || /\s/.test(value)) return false;
  if (
    /^(https?:|\.{0,2}\/|[~@#&*<]|\$|%|process\.|os\.|env[.:]|secrets?\.|vault:|arn:|ssm:|op:|file:|kms:|ENC\[|AQICAHh|self\.|this\.|config\.|var\.|local\.|data\.)/i.test(
      value,
    ) &&
    !/webhook/i.test(name)
  )
    return false;
  if (/\$\{|\$\(|\{\{|<%|%\(|#\{|\$[A-Z_]{3,}|^\{.*\}$/.test(value)) return false;
  if (
    /^[a-z]+(?:[-_. :/][a-z]+)+$|^[A-Z]+(?:_[A-Z]+)+$|^[A-Za-z]+(?:\.[A-Za-z_]\w*)+(?:\(.*\))?$|^[a-z]+(?:[A-Z][a-z]+)+$|^[A-Z][a-z]+(?:[A-Z][a-z]+)*$/.test(
      value,
    )
  )
    return false;
  if (/\.(js|ts|json|ya?ml|py|go|pem|key|txt|html?|css|png)$/i.test(value)) return false;
  const isPassword = /pass|pwd/i.test(name);
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(value)).length;
  if (manner === 'strict')
    return (
      value.length >= 20 &&
      looksRandom(value, 3.7) &&
      /\d/.test(value) &&
      classes >= 3 &&
      !/[-_ ](test|key|token|secret)/i.test(value)
    );
  if (isPassword)
    return (
      value.length >= 6 &&
      classes >= 2 &&
      /\d|[^\w\s.-]/.test(value) &&
      !/^[\d.]+$/.test(value) &&
      !/^[\w-]+\/[\w-]+$/.test(value)
    );
  return (
    value.length >= 12 &&
    classes >= 2 &&
    /\d|[+/=]/.test(value) &&
    looksRandom(value, value.length >= 20 ? 3 : 2.8) &&
    !/^[\d.\-:TZ]+$/.test(value) &&
    !/^[a-z]+(-[a-z]+)*-?v?\d{1,2}$/.test(value)
  );
}

const FAKE =
  /^(?:x{3,}|\*{3,}|\.{3,}|-+|_+|0+|1{4,}|<.*>|\[.*\]|\{.*\}|\(.*\)|null|none|nil|undefined|true|false|todo|tbd|n\/a|string|secret|password|passwd|pass|pwd|token|test(?:ing)?\d*|user|admin|root|guest|foo(?:bar)?\d*|bar|baz|qux|abc(?:def|123)*\w{0,3}|123456?7?8?9?0?|hunter2|hidden|redacted|masked|removed|postgres|mysql|default|required|optional)$/i;
const FAKE_PART =
  /example|changeme|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|placeholder|your[-_ ]|yours?[-_]|\byour|my[-_](?:secret|token|password|key)|dummy|fake|sample|mock|insert[-_ ]|not[-_]?a?[-_]?real|not[-_]a[-_]|invalid|redacted|censored|xxxx|\*\*\*|\.\.\.|…|abcdefgh|12345678(?!\d*[A-Z])|01234567|deadbeef|cafebabe|lorem|super[-_]?secret$|(?:test|dev|local)[-_](?:secret|token|password|key|only)|(?:secret|token|password|key)[-_](?:for[-_])?(?:test|here|goes|value)|\bfoo\b|foobar/i;

/** Placeholders that documents and examples use, and runs of one or a few characters. */
function isFake(value: string): boolean {
  if (FAKE.test(value) || FAKE_PART.test(value)) return true;
  const distinct = new Set(value.toLowerCase()).size;
  return distinct <= Math.min(4, value.length / 3) || /^(.{1,4})\1{2,}/.test(value);
}

/** Whether the characters are spread like those of a random text: Shannon's entropy in bits per character is at least `bits`. */
function looksRandom(value: string, bits: number): boolean {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / value.length) * Math.log2(count / value.length);
  return entropy >= Math.min(bits, Math.log2(value.length) - 0.7);
}

const SECRETLINT = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] };

/** No secret of a provider is shorter. */
const SECRET_CHARS = 16;
const WORDS = Uint8Array.from({ length: 128 }, (_, char) => (/[\w+/=-]/.test(String.fromCharCode(char)) ? 1 : 0));

/** Few lines hold a word as long as a secret is. */
function hasLongWord(text: string): boolean {
  for (let at = 0, run = 0; at < text.length; at += 1) {
    run = WORDS[text.charCodeAt(at)] ? run + 1 : 0;
    if (run === SECRET_CHARS) return true;
  }
  return false;
}

/** A call costs more than its text, and keeps records of itself: many files go into one. */
const LINT_CHARS = 1_000_000;

async function bySecretlint(sources: readonly SourceFile[]): Promise<Map<string, Placed>> {
  const lines = sources.flatMap((source) =>
    source.change.added.filter(({ text }) => hasLongWord(text)).map(({ text, number }) => ({ source, text, number })),
  );
  const found = new Map<string, Placed>();
  for (let from = 0; from < lines.length;) {
    const part: typeof lines = [];
    for (let chars = 0; from < lines.length && chars < LINT_CHARS; from += 1) {
      const line = lines[from];
      if (line) part.push(line);
      chars += line?.text.length ?? 0;
    }
    const content = part.map((line) => line.text).join('\n');
    const linted = await lintSource({
      source: { filePath: 'added-lines.txt', content, ext: '.txt', contentType: 'text' },
      options: { config: SECRETLINT, maskSecrets: false },
    });
    for (const { ruleId, range, loc } of linted.messages) {
      const provider = ruleId.replace('@secretlint/secretlint-rule-', '');
      const line = part[loc.start.line - 1];
      if (!line || NOISY.has(provider) || isFake(content.slice(...range).replace(/^[a-z]+_/i, ''))) continue;
      found.set(`${line.source.path}\0${line.number}`, { what: `a secret of the kind ${provider}`, ...line });
    }
  }
  return found;
}

/** Judged by our own rules above, which know placeholders and bare headers. */
const NOISY = new Set(['basicauth', 'privatekey', 'database-connection-string']);
