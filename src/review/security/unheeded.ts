import type { LanguageName } from '../read/language.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { statementAt } from '../read/statements.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const COMMON: Pick<Rule, 'id' | 'severity' | 'remedy'> = {
  id: 'security/verification-off',
  severity: 'high',
  remedy: 'Refuse what the check refuses: use what it answers.',
};

/** Checks that answer yes or no, and throw nothing when the answer is no. */
const ANSWERS: readonly (readonly [languages: readonly LanguageName[], call: RegExp])[] = [
  [
    SCRIPTS,
    /^(?:await )?(?:(?:[\w$.]+\.)?subtle\.verify|(?:[\w$.]+\.)?timingSafeEqual|(?:bcrypt|bcryptjs)\.compare(?:Sync)?|argon2\.verify|(?:safe|secure|constantTime)(?:Compare|Equal)\w*)\(/,
  ],
  [
    ['python'],
    /^(?:await )?(?:(?:hmac|secrets)\.compare_digest|compare_digest|constant_time_compare|bcrypt\.checkpw|check_password(?:_hash)?|[\w.]+\.check_password|pwd_context\.verify|verify_password)\(/,
  ],
  [
    ['go'],
    /^(?:subtle\.ConstantTimeCompare|hmac\.Equal|ed25519\.Verify|ecdsa\.Verify(?:ASN1)?|bcrypt\.CompareHashAndPassword|rsa\.Verify\w+)\(/,
  ],
  [
    ['java'],
    /^(?:MessageDigest\.isEqual|(?:sig|signature|verifier)\.verify|BCrypt\.checkpw|\w*(?:[eE]ncoder)\.matches)\(/,
  ],
  [['php'], /^(?:hash_equals|password_verify|openssl_verify)\(/],
];

/** The whole of a statement is a call. */
const ALONE = /^[^=]*\)\s*;?\s*$/;
const calls = linesLike(
  /verify|Verify|timingSafeEqual|compare|Compare|check_?p|isEqual|hmac\.Equal|matches|hash_equals|safeEqual|secureEqual|constantTimeEqual/,
);

/** Whether the call on this line is a statement of its own, whose answer nobody reads. */
function isAlone(line: SourceLine, source: SourceFile): boolean {
  const { start, code } = statementAt(line.number, source);
  return line.startsIn === 'code' && start === line.number && ALONE.test(code);
}

/** A check is made and whatever it answers is thrown away. */
const unheard: Rule = {
  ...COMMON,
  languages: ANSWERS.flatMap(([languages]) => languages),
  *find(reading) {
    for (const source of sourcesOf(reading, unheard.languages, ['product', 'script'])) {
      const answers = ANSWERS.find(([languages]) => languages.includes(source.language.name))?.[1];
      for (const line of answers ? calls(source) : []) {
        if (!answers?.test(line.code.trim()) || source.isTestLine(line.number) || !isAlone(line, source)) continue;
        const next = source.lineAt(line.number + 1)?.code ?? '';
        if (/\{\s*$/.test(line.code) || /^\s*\./.test(next)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `Nobody hears what this check answers: \`${shorten(line.code)}\``,
        } satisfies Hit;
      }
    }
  },
};

const CHECKS = /\b[\w$.]*(?:verif|valid|check|compare|auth|allow|match|equal|permi|legal)[\w$]*\(/i;

/** `return verify(token)` that became `verify(token)` and `return true`. */
const overruled: Rule = {
  ...COMMON,
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script'])) {
      if (!source.language.programs || source.change.status !== 'modified') continue;
      for (const { lines } of source.change.hunks) {
        const asked = lines.flatMap(({ kind, text }) => {
          const call =
            kind === 'removed' ? /^\s*(?:return|if)\b[\s(!]*(?:not )?(?:await )?(.+)$/.exec(text)?.[1] : undefined;
          return call !== undefined && CHECKS.test(call) ? [call] : [];
        });
        for (const { kind, text, newLine } of asked.length === 0 ? [] : lines) {
          const bare =
            kind === 'added'
              ? text
                  .trim()
                  .replace(/^await /, '')
                  .replace(/;$/, '')
              : '';
          if (!CHECKS.test(bare) || !bare.endsWith(')') || !asked.some((call) => call.startsWith(bare))) continue;
          const after = lines.find(
            (line) => line.kind === 'added' && line.newLine > newLine && line.text.trim() !== '',
          );
          if (/^\s*return (?:true|True|1|ok|nil|null|undefined|user|payload)\b;?/.test(after?.text ?? ''))
            yield {
              file: source.path,
              line: newLine,
              message: `Whatever this check answers, the caller hears that all is well: \`${shorten(bare)}\``,
              text,
            } satisfies Hit;
        }
      }
    }
  },
};

const GATE =
  /\b(?:is|has|may|can|verify|check|validate|authenticate|authorize|ensure|require)\w*(?:[sS]ign|[tT]oken|[aA]uth|[pP]ermi|[pP]assw|[aA]ccess|[aA]llow|[aA]dmin|[sS]ession|[cC]srf|[hH]mac|[rR]ole|[cC]redential|[lL]ogged)\w*\s*(?:=\s*(?:async\s*)?)?\(/;
const NOTHING =
  /^\s*(?:if\s*\(\s*(?:!\w[\w.]*|\w[\w.]* === (?:undefined|null|''))\s*\)\s*(?:\{\s*)?return true;?|if not \w[\w.]*:\s*return True)\s*\}?\s*$/;
const ALLOWS = /^\s*return (?:true|True);?\s*$/;

/** A question of who may what is answered with yes when there is nothing to check, or when the check itself fails. */
const openGate: Rule = {
  ...COMMON,
  severity: 'medium',
  remedy: 'Answer no when there is nothing to check, or when it cannot be checked.',
  languages: [...SCRIPTS, 'python', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, openGate.languages))
      for (const line of returns(source)) {
        if (source.isTestLine(line.number)) continue;
        const around = source.blocks().around(line.number);
        const fn = around.find(({ kind }) => kind === 'function');
        if (!fn || !GATE.test(fn.header)) continue;
        const header = source.lineAt(line.number - 1)?.code.trim() ?? '';
        const alone = ALLOWS.test(line.code);
        const isEmpty = NOTHING.test(line.code) || (alone && NOTHING.test(`${header} ${line.code.trim()}`));
        const isCaught = alone && around.some(({ kind }, at) => kind === 'catch' && at <= around.indexOf(fn));
        if (isEmpty || isCaught)
          yield {
            file: source.path,
            line: line.number,
            message: isCaught ? 'What cannot be checked is let in' : 'Who brings nothing is let in',
          } satisfies Hit;
      }
  },
};

const returns = linesLike(/\breturn [tT]rue\b/);

/** Checks whose answer makes no difference. */
export const unheededRules: readonly Rule[] = [unheard, overruled, openGate];
