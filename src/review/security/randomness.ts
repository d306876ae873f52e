import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import type { Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

const WEAK_RANDOM: Pick<Rule, 'id' | 'severity' | 'remedy'> = {
  id: 'security/weak-crypto',
  severity: 'medium',
  remedy: 'Take it from the system’s secure random source.',
};

/** Numbers that can be foretold, where they make a secret. */
export const randomnessRules: readonly Rule[] = sinkRules(WEAK_RANDOM, [
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
    pattern: /(?<![\w.])rand\.(?:Int\w*|N|Read|Uint\w*|Perm|Shuffle|NewSource|NewPCG|Seed)\(/,
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
    languages: ['php'],
    pattern: /(?<![\w>:])(?:rand|mt_rand|uniqid)\(/,
    unless: (line, source) => !namesSecret(line.number, source),
    message: 'This can be foretold and must not make secrets',
  },
]);

const SECRET_MAKERS =
  /passw|passphrase|secret|token|nonce|otp|csrf|session_?id|api_?key|salt|(?:verif\w*|reset|auth|sudo|login|access|confirm\w*|invit\w*|recovery|activation|security|magic|unlock|backup|one_?time|mfa|2fa)_?(?:code|link|pin|key|hash)s?\b/i;

const SECRET_PLACES = /session|token|auth|secret|passw|invite|credential|otp|csrf/i;

function namesSecret(number: number, source: SourceFile): boolean {
  if (SECRET_MAKERS.test(source.lineAt(number)?.code ?? '')) return true;
  const fn = source
    .blocks()
    .around(number)
    .find((block) => block.kind === 'function');
  if (becomesSecret(number, fn?.end ?? number, source)) return true;
  if (fn === undefined || number - fn.start >= 15) return false;
  const place = source.path.split('/').slice(-2).join('/');
  const told = [1, 2, 3].map((back) => source.lineAt(fn.start - back)?.comment ?? '').join(' ');
  return (
    SECRET_MAKERS.test(fn.header) ||
    (/(?:new|make|gen(?:erate)?|create|random)\w*(?:key|code|pin|invite|voucher|ticket|link|id)\w*\(/i.test(
      fn.header,
    ) &&
      /\bsecret|\btoken|passw|credential|\bsession|\bauthori[sz]|\bguess/i.test(told)) ||
    (/(?:new|make|create|gen(?:erate)?|issue|start)_?\w*(?:session|token|ticket|voucher|coupon|invit\w*)\w*\s*\(/i.test(
      fn.header,
    ) &&
      /^\s*(?:const |let |var |return )?\s*\w*(?:id|key|code|hash|secret)\b\s*[:=]/i.test(
        source.lineAt(number)?.code ?? '',
      )) ||
    (/\b(?:\w*id|code|key|generate|create|new)\b|New|Id\b|ID\b/.test(fn.header) && SECRET_PLACES.test(place))
  );
}

const SECRET_USES =
  /\b\w*[sS]ign(?:er)?\w*(?:\([^()]*\))?(?:\.\w+)?\(|\bsession\[|\b(?:set_?cookie|cookies?(?:\.set)?)\(|\bsend_?(?:sms|code|otp|login|reset|invit\w*)\w*\(/i;

/** The name that this line gives a value is handed on as a secret soon after. */
function becomesSecret(number: number, end: number, source: SourceFile): boolean {
  const name = /^\s*(?:const |let |var |final |val )?(?:\w+ )?([A-Za-z_]\w*)(?:\s*:\s*\w+)?\s*:?=(?!=)/.exec(
    source.lineAt(number)?.code ?? '',
  )?.[1];
  if (name === undefined) return false;
  const word = new RegExp(`(?<![\\w.])${name}(?!\\w)`);
  for (let at = number + 1; at <= Math.min(end, number + 6); at += 1) {
    const { code = '', text = '' } = source.lineAt(at) ?? {};
    if (word.test(code) && (SECRET_MAKERS.test(text) || SECRET_USES.test(code))) return true;
  }
  return false;
}
