import { readVisible } from './visible.ts';

const KINDS = ['feature', 'bugfix', 'refactor', 'migration', 'performance', 'docs', 'audit'] as const;
/** What sort of work a goal asks for: it says what must prove it. */
export type GoalKind = (typeof KINDS)[number];

/** The prefix of a title such as `fix(api): …`. */
const PREFIXES = new Map<string, GoalKind>([
  ['feat', 'feature'],
  ['fix', 'bugfix'],
  ['refactor', 'refactor'],
  ['perf', 'performance'],
  ['docs', 'docs'],
]);

/** A title that begins so asks for something new, whatever it speaks of. */
const NEW = /^(?:add|allow|build|create|implement|introduce|let|offer|print|provide|show|support)\b/i;

/** Each with the words of a title by which it is known; the first that fits counts. */
const SIGNS: [GoalKind, RegExp][] = [
  ['docs', /\b(?:docs?|documentation|document|readme|changelog|typos?)\b/i],
  ['audit', /\baudit\w*\b/i],
  ['migration', /\b(?:migrat\w+|upgrad\w+|port(?:ed|ing)?)\b/i],
  ['performance', /\b(?:performance|benchmark\w*|fast(?:er)?|slow\w*|speed\w*|latency|throughput|memory use)\b/i],
  [
    'refactor',
    /\b(?:refactor\w*|renam\w+|extract|clean ?up|restructur\w*|rewrit\w+|simplif\w+|split|deduplicat\w*)\b/i,
  ],
  ['bugfix', /\b(?:bug\w*|fix(?:es|ed)?|crash\w*|regress\w*|broken|wrong\w*|fails?|failing|incorrect\w*|errors?)\b/i],
];

/** The kind of goal by the words of its title. What says nothing else asks for something new. */
export function kindOf({ title }: { title: string }): GoalKind {
  const said = readVisible(title).text.trim();
  const [, prefix = ''] = /^(\w+)(?:\([^)]*\))?!?:/.exec(said) ?? [];
  const known = PREFIXES.get(prefix.toLowerCase());
  if (known) return known;
  if (NEW.test(said)) return 'feature';
  return SIGNS.find(([, sign]) => sign.test(said))?.[0] ?? 'feature';
}

/** What must prove a goal of this kind, as planner and builder are told. */
export const PROOF_OF: Record<GoalKind, string> = {
  feature: 'Something new is asked for: every acceptance statement gets a test that fails without the change.',
  bugfix: 'A fault is to be repaired: a test that fails before the repair, and passes after it, comes with it.',
  refactor:
    'The shape of the code is to change and not what it does: the tests there are pass as they stand, and none is adapted to a new behaviour.',
  migration:
    'Something is to be moved to another version, library or place: what worked before works after it, shown by the tests there are, and what users must change is written down.',
  performance:
    'Something is to become faster or smaller: a measurement that can be repeated shows it, and what the code does stays the same.',
  docs: 'Words are to change and not code: what they say is true of the code, and every command in them is one that there is.',
  audit:
    'Something is to be examined: findings are written down with file and line, and whatever is repaired gets a test.',
};
