/** Words of names that speak of secrets. */
export const SECRET_NAME =
  /(?:secret|passw(?:or)?d|passwd|passphrase|pwd|token|api[-_.]?key|access[-_.]?key|secret[-_.]?key|private[-_.]?key|auth[-_.]?key|account[-_.]?key|signing[-_.]?key|encryption[-_.]?key|master[-_.]?key|client[-_.]?secret|credentials?|connection[-_.]?string|webhook[-_.]?url|(?:db|smtp|imap|mail|ftp|sftp|user|admin|root|mysql|pg|redis|ldap|rpc|http|proxy|login|bind)[-_.]?pass(?![a-z])|(?:hmac|shared|jwt|aes|des|cipher|crypt|license|deploy|service|recovery|wallet)[-_.]?key)/i;

/** The name speaks of a secret itself, not of where it is kept, what it is called or how long it may be. */
export function isSecretName(name: string): boolean {
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

/** Whether a text under such a name is a secret and no word, path, reference or placeholder. `strict` for tests and documents, where examples abound. */
export function isSecretValue(value: string, name: string, manner: 'usual' | 'strict'): boolean {
  if (isFake(value) || /\s|^--[a-z]/.test(value)) return false;
  if (
    /^(https?:|\.{0,2}\/|[~@#&*<]|\$|%|process\.|os\.|env[.:]|secrets?\.|vault:|arn:|ssm:|op:|file:|kms:|ENC\[|AQICAHh|self\.|this\.|config\.|var\.|local\.|data\.)/i.test(
      value,
    ) &&
    !/webhook/i.test(name)
  )
    return false;
  if (/\$\{|\$\(|\{\{|<%|%\(|#\{|\$[A-Z_]{3,}|^\{.*\}$/.test(value)) return false;
  if (
    /^[a-z]+(?:[-_. :/][a-z]+)+$|^[A-Z]+(?:_[A-Z]+)+$|^[A-Za-z]+(?:\.[A-Za-z_]\w*)+(?:\(.*\))?$|^[A-Z][a-z]+$/.test(
      value,
    ) ||
    isCamel(value)
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
  if (isPassword && isMixed(value)) return true;
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

/** `databasePassword`: words, set side by side. In a random text the humps are short. */
function isCamel(value: string): boolean {
  const humps = value.split(/(?=[A-Z])/);
  return /^[A-Za-z][a-z]*(?:[A-Z][a-z]+)*$/.test(value) && value.length / humps.length >= 3.8;
}

/** Letters alone, but no words. */
function isMixed(value: string): boolean {
  return (
    /^[A-Za-z]{14,}$/.test(value) &&
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    looksRandom(value, 3) &&
    !isCamel(value)
  );
}

const FAKE =
  /^(?:x{3,}|\*{3,}|\.{3,}|-+|_+|0+|1{4,}|<.*>|\[.*\]|\{.*\}|\(.*\)|null|none|nil|undefined|true|false|todo|tbd|n\/a|string|secret|password|passwd|pass|pwd|token|test(?:ing)?\d*|user|admin|root|guest|foo(?:bar)?\d*|bar|baz|qux|abc(?:def|123)*\w{0,3}|123456?7?8?9?0?|hunter2|hidden|redacted|masked|removed|postgres|mysql|default|required|optional)$/i;
const FAKE_PART =
  /example|changeme|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|placeholder|your[-_ ]|yours?[-_]|\byour|my[-_](?:secret|token|password|key)|dummy|fake|sample|mock|insert[-_ ]|not[-_]?a?[-_]?real|not[-_]a[-_]|invalid|redacted|censored|xxxx|\*\*\*|\.\.\.|…|abcdefgh|12345678(?!\d*[A-Z])|01234567|deadbeef|cafebabe|lorem|super[-_]?secret$|(?:test|dev|local)[-_](?:secret|token|password|key|only)|(?:secret|token|password|key)[-_](?:for[-_])?(?:test|here|goes|value)|\bfoo\b|foobar/i;

/** Placeholders that documents and examples use, and runs of one or a few characters. */
export function isFake(value: string): boolean {
  if (FAKE.test(value) || FAKE_PART.test(value)) return true;
  const distinct = new Set(value.toLowerCase()).size;
  return distinct <= Math.min(4, value.length / 3) || /^(.{1,4})\1{2,}.{0,4}$/.test(value);
}

/** Whether the characters are spread like those of a random text: Shannon's entropy in bits per character is at least `bits`. */
export function looksRandom(value: string, bits: number): boolean {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / value.length) * Math.log2(count / value.length);
  return entropy >= Math.min(bits, Math.log2(value.length) - 0.7);
}
