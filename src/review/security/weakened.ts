import { lineNear } from '../read/diff.ts';
import type { LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** What was checked on the way in is not any more: a checksum, a secure address, an escaping template, a limit. */
const weakened: readonly (readonly [
  languages: readonly LanguageName[] | 'all',
  before: RegExp,
  after: RegExp | undefined,
  message: string,
])[] = [
  [
    ['shell', 'dockerfile', 'yaml'],
    /\b(?:sha\d+sum|shasum|md5sum|gpg)\b.*(?:-c\b|--check|--verify)|\bcosign verify\b|\bminisign -V/,
    undefined,
    'What was downloaded is not checked any more',
  ],
  [
    'all',
    /\bsha-?_?(?:256|384|512|3)\b|\b[sS]ha(?:256|384|512)\b|\bblake[23]\b/i,
    /\b(?:md5|sha-?_?1)\b/i,
    'This hash is weaker than the one before',
  ],
  ['all', /\bsha-?_?1\b/i, /\bmd5\b/i, 'This hash is weaker than the one before'],
  [['go'], /"html\/template"/, /"text\/template"/, 'This template does not escape what it shows'],
  [
    'all',
    /https:\/\/(?!localhost|127\.)/,
    /(?<!\w)http:\/\/(?!localhost|127\.|0\.0\.0\.0|\[::1)/,
    'What is sent there can be read and changed on the way',
  ],
  [
    ['python', 'javascript', 'typescript', 'tsx'],
    /\b(?:limiter|rateLimit\w*|rate_limit\w*|throttle\w*)\b/,
    undefined,
    'Nothing limits how often this is tried any more',
  ],
  [
    'all',
    /timing_?safe_?equal|compare_digest|constant_?time_?(?:compare|eq)|\bhmac\.Equal|MessageDigest\.isEqual|\.ct_eq\(|hash_equals|secure_?compare/i,
    /[!=]={1,2}|\.equals\(|\b(?:bytes\.Equal|Arrays\.equals|strcmp|memcmp)\(/,
    'How long this takes tells how much is right',
  ],
  [['dockerfile'], /^\s*FROM\s+\S+@sha256:/i, /^\s*FROM\s+(?!.*@sha256:)/i, 'The image was pinned by its digest'],
];

const lessSecure: Rule = {
  id: 'security/guard-removed',
  severity: 'medium',
  remedy: 'Keep the check, or show what takes its place.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (source.change.status !== 'modified' || source.role === 'test' || source.role === 'docs') continue;
      for (const [languages, before, after, message] of weakened) {
        if (languages !== 'all' && !languages.includes(source.language.name)) continue;
        for (const hunk of source.change.hunks) {
          const gone = hunk.lines.find(
            ({ kind, text }) => kind === 'removed' && before.test(text) && !/^\s*(?:\/\/|#(?!!)|\*)/.test(text),
          );
          if (!gone) continue;
          const added = hunk.lines.filter(({ kind }) => kind === 'added');
          const now =
            after &&
            added.find(
              ({ text, newLine }) =>
                after.test(text) && !before.test(text) && shares(gone.text, text) && !source.isMoved(newLine),
            );
          const word = before.exec(gone.text)?.[0] ?? '';
          const lost =
            after === undefined &&
            !added.some(({ text }) => before.test(text)) &&
            !source.text.includes(word) &&
            isStillThere(gone.text, added, hunk.lines);
          if (!now && !lost) continue;
          yield {
            file: source.path,
            line: now?.newLine ?? lineNear(hunk, gone),
            message: `${message}: \`${shorten(gone.text)}\` before`,
            text: gone.text,
          } satisfies Hit;
          break;
        }
      }
    }
  },
};

const UNGUESSABLE =
  /\bsecrets\.(?:token_\w+|randbelow|choice|randbits|SystemRandom)|\brandom(?:Bytes|UUID|Int)\(|\bgetRandomValues\(|\bnew SecureRandom\b|\bSystemRandom\b|\bos\.urandom\(|\buuid4\(|\bOsRng\b|\bgetrandom\b|\brandom_(?:bytes|int)\(|\brand\.(?:Reader|Read|Text)\b/;
const FORETOLD =
  /\bMath\.random\(|(?<![\w.])random\.(?:random|randint|choices?|randrange|getrandbits|sample|randbytes)\(|\bnew Random\(|\bThreadLocalRandom\b|(?<![\w.])rand\.(?:Intn?|Int\d+n?|Uint\w*|Perm|N)\(|\bmt_rand\(|\buniqid\(|\bSmallRng\b|\bfastrand::|\bseed_from_u64\(|\$RANDOM\b|\buuid1\(/;

/** Numbers that nobody could guess come from a source now that can be foretold. */
const guessable: Rule = {
  id: 'security/weak-crypto',
  severity: 'medium',
  remedy: 'Keep the random source of the system.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (source.change.status !== 'modified' || source.role === 'test' || source.role === 'docs') continue;
      if (source.language.name === 'go') yield* importedInstead(source);
      for (const { lines } of source.change.hunks) {
        const before = lines.find(({ kind, text }) => kind === 'removed' && UNGUESSABLE.test(text));
        const now = before && lines.find(({ kind, text }) => kind === 'added' && FORETOLD.test(text));
        if (!before || !now || lines.some(({ kind, text }) => kind === 'added' && UNGUESSABLE.test(text))) continue;
        yield {
          file: source.path,
          line: now.newLine,
          message: `This can be foretold, and could not before: \`${shorten(before.text)}\``,
          text: now.text,
        } satisfies Hit;
      }
    }
  },
};

/** Under the same name, `rand`, Go has a source for secrets and one for games. */
function* importedInstead({ change, path, text }: SourceFile): Iterable<Hit> {
  if (!change.removed.some((line) => /^\s*(?:import\s+)?"crypto\/rand"/.test(line.text)) || /"crypto\/rand"/.test(text))
    return;
  const taken = change.added.find((line) => /^\s*(?:import\s+)?"math\/rand(?:\/v2)?"/.test(line.text));
  const use = change.added.find((line) => /(?<![\w.])rand\.\w+/.test(line.text)) ?? taken;
  if (taken && use)
    yield {
      file: path,
      line: use.number,
      message: 'This can be foretold, and could not before: `math/rand`',
      text: use.text,
    };
}

function shares(old: string, now: string): boolean {
  const words = new Set(old.match(/[\w-]{3,}/g)?.filter((word) => !/^https?$/.test(word)));
  return (now.match(/[\w-]{3,}/g) ?? []).filter((word) => words.has(word)).length >= Math.min(2, words.size - 1);
}

const CHECK_STEP = /sha\d+sum|shasum|SHASUM|\bgpg\b|cosign|minisign|checksum|signature|\.(?:asc|sig|sha256)\b/i;

/** What the check stood beside goes on: the line without it, or the lines around it. */
function isStillThere(
  gone: string,
  added: readonly { text: string }[],
  all: readonly { kind: string; text: string }[],
): boolean {
  const removed = all.filter(({ kind, text }) => kind === 'removed' && text.trim() !== '');
  return (
    added.some(({ text }) => shares(gone, text)) ||
    ((removed.length === 1 || removed.every(({ text }) => CHECK_STEP.test(text))) &&
      all.some(({ kind, text }) => kind === 'context' && text.trim() !== ''))
  );
}

/** Checks that were made before and are not any more. */
export const weakenedRules: readonly Rule[] = [lessSecure, guessable];
