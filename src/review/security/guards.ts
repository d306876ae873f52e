import { lineNear, type Hunk } from '../read/diff.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** Words of what keeps people out or input harmless. */
const GUARD =
  /@(?:\w+\.)?(?:login_required|permission_required|jwt_required|auth_required|requires?_(?:auth|login|role|permission)\w*|token_required|csrf_protect|PreAuthorize|Secured|RolesAllowed|UseGuards|Authorize|user_passes_test|staff_member_required|roles?_required|limiter\.limit)\b[^\n]*|\b(?:require(?:s|d)?(?:Auth\w*|Login|Admin|Role|User|Permission\w*)|ensure(?:Auth\w*|LoggedIn|Admin)|is(?:Authenticated|Authorized|Admin)|authenticate\w*|authorize\w*|verify(?:Token|Jwt|JWT|Signature|Csrf\w*|Auth\w*)|checkAuth\w*|csrfProtection|csurf|rateLimit\w*|helmet|timingSafeEqual|compare_digest|ConstantTimeCompare|verify_signature|verify_token|secure_filename|escapeHtml|escape_html|sanitize\w*|DOMPurify\.sanitize|shlex\.quote|html\.escape|template\.HTMLEscapeString|filepath\.Base|path\.basename|os\.path\.basename)\b/g;

/** A check that stood before what it guards is gone, and what it guarded is still there. */
const guardRemoved: Rule = {
  id: 'security/guard-removed',
  severity: 'high',
  remedy: 'Keep the check, or show what takes its place.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (!source.language.programs || source.role !== 'product' || source.change.status === 'deleted') continue;
      for (const hunk of source.change.hunks) {
        const added = hunk.lines.filter(({ kind }) => kind === 'added').map(({ text }) => text);
        for (const line of hunk.lines) {
          if (line.kind !== 'removed' || /^\s*(?:\/\/|#|\*|import\b|from\b|use\b|const .*require\()/.test(line.text))
            continue;
          for (const [guard] of line.text.matchAll(GUARD)) {
            if (!isGone(guard, line.text, { hunk, added, text: source.text })) continue;
            yield {
              file: source.path,
              line: lineNear(hunk, line),
              message: `The check \`${shorten(guard)}\` is gone, and what it guarded stays`,
              text: line.text,
            } satisfies Hit;
          }
        }
      }
    }
  },
};

type Around = { hunk: Hunk; added: string[]; text: string };

function isGone(guard: string, line: string, { hunk, added, text }: Around): boolean {
  const bare = guard.replace(/\(.*$/, '').trim();
  if (added.some((other) => other.includes(bare))) return false;
  const word = /\w+$/.exec(bare)?.[0] ?? bare;
  if (
    added.some(
      (other) =>
        /auth|login|permission|guard|csrf|verif|sanit|escape|secure|limit/i.test(other) &&
        !sameShape(line, other, guard),
    )
  )
    return false;
  const replaced = added.find((other) => sameShape(line, other, guard));
  if (replaced !== undefined) return true;
  if (line.trim().startsWith('@')) return staysBelow(hunk, line);
  return /\.use\(/.test(line) && !text.includes(word) && added.length === 0;
}

/** The line is still there, without its guard. */
function sameShape(before: string, after: string, guard: string): boolean {
  const name = guard.replace(/\(.*$/, '').trim();
  const rest = before.slice(before.indexOf(name) + name.length);
  const strip = (text: string) => text.replace(/[\s,;()]+/g, '');
  const without = strip(before.slice(0, before.indexOf(name)) + rest);
  return without.length >= 8 && strip(after) === without;
}

/** The function under a decorator is untouched. */
function staysBelow(hunk: Hunk, line: string): boolean {
  const at = hunk.lines.findIndex(({ kind, text }) => kind === 'removed' && text === line);
  const next = hunk.lines
    .slice(at + 1)
    .find(({ kind, text }) => kind !== 'removed' && !text.trim().startsWith('@') && text.trim() !== '');
  return (
    next?.kind === 'context' && /\b(?:def|function|async|public|private|protected|class|export)\b|\(/.test(next.text)
  );
}

/** The line that made a container run as somebody else than root is gone. */
const rootAgain: Rule = {
  id: 'security/exposure',
  severity: 'medium',
  remedy: 'Keep the USER line.',
  languages: ['dockerfile'],
  *find(reading) {
    for (const source of reading.files) {
      if (source.language.name !== 'dockerfile' || source.change.status === 'deleted') continue;
      const last = source.lines.findLast(({ code }) => /^\s*FROM\s/i.test(code))?.number ?? 0;
      if (source.lines.some(({ number, code }) => number > last && /^\s*USER\s/i.test(code))) continue;
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.find(
          ({ kind, text }) => kind === 'removed' && /^\s*USER\s+(?!root\b|0\b)\S/i.test(text),
        );
        if (gone)
          yield {
            file: source.path,
            line: lineNear(hunk, gone),
            message: 'The container runs as root again',
            text: gone.text,
          } satisfies Hit;
      }
    }
  },
};

const REFUSES =
  /\b(?:id -u|EUID|UID|whoami)\b.*(?:\|\||&&|;|\bthen\b).*|^\s*case\s.*\[!.*\b(?:exit|return|die)\b|=~.*(?:\|\||\bthen\b)|\b(?:verify|check|validate|assert|require)_?\w*(?:sum|signature|hash|sig|user|root|perm\w*|input|name|path|arg\w*)\b/i;

/** A script refused what it could not trust: a name with odd signs, the wrong user, a file with another hash. */
const refusalGone: Rule = {
  id: 'security/guard-removed',
  severity: 'medium',
  remedy: 'Keep the check.',
  languages: ['shell'],
  *find(reading) {
    for (const source of reading.files) {
      if (source.language.name !== 'shell' || source.role === 'test' || source.change.status !== 'modified') continue;
      for (const hunk of source.change.hunks) {
        const removed = hunk.lines.filter(({ kind, text }) => kind === 'removed' && /\w/.test(text));
        const added = hunk.lines.filter(({ kind, text }) => kind === 'added' && /\w/.test(text));
        const gone = removed.find(({ text }) => REFUSES.test(text) && !/^\s*#/.test(text));
        const refuses =
          gone &&
          (/\b(?:exit|return|die|fail\w*|abort)\b/.test(gone.text) ||
            removed.some(({ text }) => /^\s*(?:exit|return)\s+[1-9]/.test(text)));
        if (!gone || !refuses || removed.length > 6 || added.length > 1 || added.some(({ text }) => REFUSES.test(text)))
          continue;
        yield {
          file: source.path,
          line: lineNear(hunk, gone),
          message: `This was refused, and is not any more: \`${shorten(gone.text)}\``,
          text: gone.text,
        } satisfies Hit;
      }
    }
  },
};

const ASKER = String.raw`(?:[\w$]*\b(?:request|req|ctx|context|session|current|self\.request|c)\b[\w$]*[.[][\w$.[\]'"()]*(?:user|account|org|tenant|team|session|auth)[\w$.[\]'"]*|current_?[uU]ser[\w$.]*|user\.(?:id|pk)|user(?=\s*[,)]))`;
const OWNER = String.raw`['"]?\b\w*(?:owner|user|author|account|tenant|org|organi[sz]ation|team|project|created_?by|customer)\w*['"]?`;
/** What narrows a search, or a condition, to what belongs to whoever asks. */
const WHOSE = new RegExp(
  String.raw`(?:(?:&&|\|\||\band\b)\s*)?(?:[\w$]+\.)?${OWNER}\s*(?:={1,3}|:)\s*${ASKER}|={2,3}\s*${ASKER}`,
);

/** The same is looked up, or allowed, for everybody now. */
const anybody: Rule = {
  id: 'security/guard-removed',
  severity: 'medium',
  remedy: 'Keep to what belongs to whoever asks.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (!source.language.programs || source.role !== 'product' || source.change.status !== 'modified') continue;
      for (const { lines } of source.change.hunks) {
        const added = lines.filter(({ kind }) => kind === 'added');
        for (const { kind, text } of added.length === 0 ? [] : lines) {
          const part = kind === 'removed' ? WHOSE.exec(text)?.[0] : undefined;
          const rest = part === undefined ? '' : plain(text.replace(part, ''));
          const now = rest.length < 12 ? undefined : added.find((line) => plain(line.text) === rest);
          if (now && part !== undefined)
            yield {
              file: source.path,
              line: now.newLine,
              message: `It asked whose it is, and does not any more: \`${shorten(part)}\``,
              text: now.text,
            } satisfies Hit;
        }
      }
    }
  },
};

const plain = (text: string): string => text.replace(/[\s,;]+/g, '');

/** Protections that stood and are gone. */
export const guardRules: readonly Rule[] = [rootAgain, guardRemoved, refusalGone, anybody];
