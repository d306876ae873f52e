import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { mannerAt } from '../goal/manner.ts';
import type { Policy } from '../goal/policy.ts';
import type { RuleId } from '../goal/rule-id.ts';
import { SEVERITIES, type Finding, type PassName, type Severity } from '../goal/wall.ts';
import type { Role } from './read/file-role.ts';
import { asksToRemove } from './asked.ts';
import { aliasesOf, plainly } from './read/aliases.ts';
import { SCRIPTS, type LanguageName } from './read/language.ts';
import { lex, type SourceLine } from './read/lexer.ts';
import { LONGEST_LINE, type Group } from './read/added.ts';
import type { Reading, SourceFile } from './read/reading.ts';
import { statementAt } from './read/statements.ts';
import { triggerOf } from './read/trigger.ts';
import { weighed } from './telling.ts';

/** Where a rule strikes. `text` is what the finding's id is made of; by default the offending line. */
export type Hit = { file: string; line: number; message: string; severity?: Severity; text?: string };

/** One thing that a pass looks for. `languages` is for people who read the list; the rule itself decides. */
export type Rule = {
  id: RuleId;
  severity: Severity;
  remedy: string;
  languages: readonly LanguageName[] | 'all';
  /** A line that the change took from elsewhere as it stood is no strike. */
  ignoresMoves?: true;
  /** What is gone may have been asked away by a person, and is then only told. The message names it in backticks. */
  removes?: true;
  find(reading: Reading): Iterable<Hit> | Promise<Iterable<Hit>>;
};

/** A rule about single added lines. */
export type LineRule = Omit<Rule, 'find'> & {
  message: string;
  /** Default: product code alone. */
  roles?: readonly Role[];
  /** Files that can hold what the rule looks for. */
  where?: (source: SourceFile) => boolean;
  /** Which view of the line the pattern reads; `code` by default. */
  view?: 'code' | 'text' | 'comment' | 'raw';
  pattern: RegExp;
  /** The pattern reads the whole statement that the line belongs to. Not for the views `comment` and `raw`. */
  spans?: true;
  /** How bad it is here, if not as the rule says. */
  severityAt?: (line: SourceLine, source: SourceFile) => Severity | undefined;
  /** The line is right after all. */
  unless?: (line: SourceLine, source: SourceFile) => boolean;
};

/** Languages in which a file may call things by names of its own. */
const RENAMING: readonly LanguageName[] = [...SCRIPTS, 'python'];

/** Makes a rule of a pattern that is tried on every added line of its languages and roles. The message may use `$&` and `$1`. */
export function lineRule(rule: LineRule): Rule {
  const { message, roles, where, view = 'code', pattern, spans, unless, severityAt, ...rest } = rule;
  const trigger = triggerOf(pattern);
  const fits = where && inTurn(where);
  return {
    ...rest,
    ignoresMoves: true,
    *find(reading) {
      for (const group of groupsOf(reading, rule.languages, roles)) {
        for (const place of group.placesOf(trigger, view)) {
          const [line, source] = [group.lines[place], group.owners[place]];
          if (!line || !source || fits?.(source) === false) continue;
          if (view === 'code' && source.isTestLine(line.number) && !roles?.includes('test')) continue;
          const { seen, at } = spans ? wholeOf(line, source) : { seen: line, at: undefined };
          const match = view === 'comment' && seen.comment === '' ? null : pattern.exec(seen[view]);
          if (!match || unless?.(seen, source)) continue;
          const struck = at?.(match.index) ?? line.number;
          const told = source.isAdded(struck) ? struck : line.number;
          const old = stoodThere(rule, told, source) || (at !== undefined && isOld(match, at, source));
          const severity = old ? 'low' : severityAt?.(seen, source);
          yield {
            file: source.path,
            line: told,
            message: fill(message, match),
            text: source.lineAt(told)?.raw ?? line.raw,
            ...(severity ? { severity } : {}),
          };
        }
        if (view === 'code' || view === 'text') yield* renamed(group);
      }
    },
  };

  /** The same on lines that call it by another name. */
  function* renamed(group: Group): Iterable<Hit> {
    for (const source of RENAMING.includes(group.language) ? group.sources : []) {
      if (aliasesOf(source).size === 0 || fits?.(source) === false) continue;
      for (const line of source.added) {
        const seen = plainly(line, source);
        const match = seen && !pattern.test(line[view]) ? pattern.exec(seen[view]) : null;
        if (seen && match && unless?.(seen, source) !== true && !stoodThere(rule, line.number, source))
          yield { file: source.path, line: line.number, message: fill(message, match), text: line.raw };
      }
    }
  }
}

/** What the pattern found stands on lines of the statement that the change left alone. */
function isOld({ index, 0: found }: RegExpExecArray, at: (index: number) => number, source: SourceFile): boolean {
  for (let line = at(index); line <= at(index + found.length - 1); line += 1) if (source.isAdded(line)) return false;
  return true;
}

/** The lines of the change that took this one's place say the same, as often: it was so before, in other words. */
function stoodThere(
  { view = 'code', pattern, unless }: Pick<LineRule, 'view' | 'pattern' | 'unless'>,
  number: number,
  source: SourceFile,
): boolean {
  const hunk = source.change.hunks.find(({ lines }) => lines.some(({ newLine }) => newLine === number));
  const strikes = (kind: 'added' | 'removed') =>
    hunk?.lines.filter((line) => {
      if (line.kind !== kind) return false;
      const [lexed] = lex(line.text, source.language);
      const seen = lexed && { ...lexed, number };
      return seen !== undefined && pattern.test(seen[view]) && !unless?.(seen, source);
    }).length ?? 0;
  const before = strikes('removed');
  return before > 0 && before >= strikes('added');
}

/** A question that costs, asked once of each file as they come. */
function inTurn(asked: (source: SourceFile) => boolean): (source: SourceFile) => boolean {
  let [last, answer]: [SourceFile | undefined, boolean] = [undefined, false];
  return (source) => {
    if (source !== last) [last, answer] = [source, asked(source)];
    return answer;
  };
}

/** Which added lines of a file can match a pattern, and few others. Lines too long to be written by hand are none. Ask when rules are made. */
export function linesLike(pattern: RegExp): (source: SourceFile) => readonly SourceLine[] {
  const trigger = triggerOf(pattern);
  return (source) => (trigger ? source.addedWith(trigger) : shortLines(source));
}

function shortLines(source: SourceFile): readonly SourceLine[] {
  const found = short.get(source) ?? source.added.filter(({ raw }) => raw.length <= LONGEST_LINE);
  short.set(source, found);
  return found;
}

const short = new WeakMap<SourceFile, readonly SourceLine[]>();

/** The statement of a line in the clothes of a line, and where each of its characters stands. */
function wholeOf(
  line: SourceLine,
  source: SourceFile,
): { seen: SourceLine; at: ((index: number) => number) | undefined } {
  const { start, end, code, text, lineAt } = statementAt(line.number, source);
  return start === end ? { seen: line, at: undefined } : { seen: { ...line, code, text }, at: lineAt };
}

function fill(message: string, match: RegExpExecArray): string {
  return message.replace(/\$([&1-9])/g, (_, group: string) =>
    shorten((group === '&' ? match[0] : match[Number(group)]) ?? ''),
  );
}

/** One line of at most 60 characters. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** What files of these languages and roles (product code by default) add. */
function groupsOf(
  { groups }: Reading,
  languages: readonly LanguageName[] | 'all',
  roles: readonly Role[] = ['product'],
): Group[] {
  return groups.filter(
    ({ language, role }) => roles.includes(role) && (languages === 'all' || languages.includes(language)),
  );
}

/** The changed files of these languages and roles (product code by default). */
export function sourcesOf(
  reading: Reading,
  languages: readonly LanguageName[] | 'all',
  roles: readonly Role[] = ['product'],
): SourceFile[] {
  return reading.files.filter(
    (source) => roles.includes(source.role) && (languages === 'all' || languages.includes(source.language.name)),
  );
}

/** So long rules work before others have their turn: a large change takes seconds, and webhooks do not wait. */
const TURN_MS = 20;

/**
 * What the rules of one pass find, with stable ids and with `review.rules` and earlier `omk-ignore` marks applied. A rule
 * speaks once of a line: the worst that it has to say.
 */
export async function findingsOf(rules: readonly Rule[], reading: Reading): Promise<Finding[]> {
  const sources = new Map([...reading.files, ...reading.generated].map((source) => [source.path, source]));
  const worst = new Map<string, Struck>();
  let turnAt = performance.now();
  for (const rule of rules) {
    if (reading.policy.rules[rule.id] === 'off') continue;
    if (performance.now() - turnAt > TURN_MS) {
      await turn();
      turnAt = performance.now();
    }
    for (const hit of await rule.find(reading)) {
      const source = sources.get(hit.file);
      if (source && ((rule.ignoresMoves && source.isMoved(hit.line)) || isExcused(rule.id, hit.line, source))) continue;
      const place = `${rule.id}\0${hit.file}\0${hit.line > 0 ? hit.line : `file ${worst.size}`}`;
      const severity = weighed(rule.id, hit.severity ?? rule.severity);
      const struck = asAsked({ rule, hit, source, severity }, reading);
      const before = worst.get(place);
      if (!before || SEVERITIES.indexOf(struck.severity) > SEVERITIES.indexOf(before.severity))
        worst.set(place, struck);
    }
  }
  const seen = new Map<string, number>();
  return [...worst.values()].flatMap((struck) => heeded(toFinding(struck, seen), reading.policy) ?? []);
}

type Struck = { rule: Rule; hit: Hit; source: SourceFile | undefined; severity: Severity };

function asAsked(struck: Struck, { asked }: Reading): Struck {
  const { rule, hit } = struck;
  if (!rule.removes || asked === '') return struck;
  const names = [...hit.message.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  if (!asksToRemove(asked, names, { tests: rule.id.startsWith('test/') })) return struck;
  return { ...struck, hit: { ...hit, message: `${hit.message}, as was asked for` }, severity: 'low' };
}

/** `seen` counts findings of the same words, which differ in their ids by their place among them. */
function toFinding({ rule, hit, source, severity }: Struck, seen: Map<string, number>): Finding {
  const text = (hit.text ?? source?.lineAt(hit.line)?.raw ?? '').replace(/\s+/g, ' ').trim();
  const key = `${rule.id}\0${source?.change.oldPath ?? hit.file}\0${text}`;
  const occurrence = seen.get(key) ?? 0;
  seen.set(key, occurrence + 1);
  return {
    id: findingId(key, occurrence),
    rule: rule.id,
    file: hit.file,
    line: hit.line,
    severity,
    message: hit.message,
    remedy: rule.remedy,
  };
}

/** A finding as the settings of its rule, and of its pass by path, will have it: as it is, only told, or not at all. */
export function heeded(finding: Finding, { passes, rules }: Policy['review']): Finding | undefined {
  const pass = passes[finding.rule.split('/')[0] as PassName];
  const manners = [
    mannerAt(rules[finding.rule as RuleId], finding.file),
    ...(typeof pass === 'object' ? [mannerAt(pass, finding.file)] : []),
  ];
  if (manners.includes('off')) return undefined;
  return manners.includes('advisory') ? { ...finding, severity: 'low', message: finding.message + ADVISORY } : finding;
}

/** How a finding's message ends that is told and weighs nothing. */
export const ADVISORY = ' (advisory)';

/** Eight hex digits of what a finding is about; the line number has no part in it. */
export function findingId(key: string, occurrence: number): string {
  return createHash('sha256').update(`${key}\0${occurrence}`).digest('hex').slice(0, 8);
}

/** `omk-ignore <rule>: reason` on the line or the one above counts only if it stood there before the change. */
function isExcused(rule: string, line: number, source: SourceFile): boolean {
  return [line, line - 1].some((number) => {
    const said = source.isAdded(number) ? '' : (source.lineAt(number)?.comment ?? '');
    if (!said.includes('omk-ignore')) return false;
    return [...said.matchAll(/omk-ignore ([\w-]+\/[\w-]+): \S/g)].some(([, marked]) => marked === rule);
  });
}
