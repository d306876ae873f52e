import { expect, test } from '@jest/globals';
import { settle, type PullFacts, type SettleVerdict } from '../../src/goal/settle.ts';
import type { CheckContext, CheckSuite } from '../../src/goal/settle/facts.ts';
import { groundOf } from '../../src/goal/settle/merging.ts';
import { seeded } from './seeded.ts';
import {
  ACTIONS,
  ago,
  CODECOV,
  facts,
  HOUR,
  memory,
  MINUTE,
  NOW,
  OMK,
  policy,
  required,
  rules,
  run,
  SECOND,
  status,
  suite,
} from './settle/sample.ts';

const CASES = 20_000;
const SEED = 20_261_122;

const random = seeded(SEED);
function pick<T>(...options: readonly [T, ...T[]]): T {
  return options[Math.floor(random() * options.length)] ?? options[0];
}
/** Mostly the first, so that many cases come out ready. */
function mostly<T>(usual: T, ...others: readonly T[]): T {
  return random() < 0.85 ? usual : (others[Math.floor(random() * others.length)] ?? usual);
}

const NAMES = ['test', 'lint', 'docs'] as const;
const age = () => ago(pick(SECOND, 20 * SECOND, 5 * MINUTE, HOUR, 7 * HOUR));

function anyRun(conclusion: string | undefined, status: string): CheckContext {
  const app = pick(ACTIONS, ACTIONS, CODECOV);
  const own = random() < 0.05;
  return run(pick(...NAMES), {
    app: own ? OMK : app,
    appSlug: own ? 'omk' : pick('github-actions', 'codecov'),
    suite: pick(1, 2, 3),
    workflow: pick('CI', 'Nightly'),
    workflowPath: pick('.github/workflows/ci.yml', undefined),
    event: pick('push', 'pull_request'),
    status,
    conclusion,
    startedAt: pick(undefined, age()),
    completedAt: conclusion === undefined ? undefined : age(),
    isRequired: random() < 0.1,
  });
}

const NOT_GREEN = [
  'FAILURE',
  'TIMED_OUT',
  'CANCELLED',
  'ACTION_REQUIRED',
  'STARTUP_FAILURE',
  'STALE',
  'INVENTED',
] as const;

function notGreen(): CheckContext {
  if (random() < 0.2) {
    return status(pick(...NAMES), pick('FAILURE', 'ERROR', 'PENDING', 'EXPECTED', 'INVENTED'), { createdAt: age() });
  }
  if (random() < 0.4) return anyRun(undefined, pick('QUEUED', 'IN_PROGRESS', 'WAITING', 'INVENTED'));
  return anyRun(pick(...NOT_GREEN), 'COMPLETED');
}

/** Our own run says only that the merge will write it anew. */
function fromOthers(context: CheckContext): CheckContext {
  return context.kind === 'run' && context.app === OMK ? { ...context, app: CODECOV } : context;
}

function anyContext(): CheckContext {
  if (random() < 0.05) return notGreen();
  if (random() < 0.2) return status(pick(...NAMES), 'SUCCESS', { createdAt: age() });
  return anyRun(mostly('SUCCESS', 'NEUTRAL', 'SKIPPED'), 'COMPLETED');
}

function anySuite(id: number): CheckSuite {
  const done = random() < 0.9;
  return suite({
    id,
    app: pick(ACTIONS, CODECOV, OMK, undefined),
    status: done ? 'COMPLETED' : pick('QUEUED', 'IN_PROGRESS', 'INVENTED'),
    conclusion: done ? mostly('SUCCESS', ...NOT_GREEN) : undefined,
    createdAt: age(),
    runs: pick(undefined, 0, 1),
  });
}

function anyFacts(): PullFacts {
  const many = Math.floor(random() * 5);
  return facts({
    contexts: [...Array.from({ length: many }, anyContext), ...(random() < 0.8 ? [run('test')] : [])],
    suites: [suite(), ...(random() < 0.3 ? [anySuite(2)] : [])],
    draft: mostly(false, true),
    mergeable: mostly('MERGEABLE', 'CONFLICTING', 'UNKNOWN', 'INVENTED'),
    mergeState: mostly('CLEAN', 'BLOCKED', 'BEHIND', 'DIRTY', 'UNKNOWN', 'UNSTABLE', 'INVENTED'),
    labels: mostly<PullFacts['labels']>([], ['hold'], 'unreadable'),
    rules: mostly<PullFacts['rules']>(
      rules(),
      rules({ required: [] }),
      rules({ required: [required('lint', ACTIONS)], approvals: 1 }),
      rules({ required: [{ kind: 'workflow', path: '.github/workflows/ci.yml' }] }),
      'unreadable',
    ),
    reviews: mostly(
      facts().reviews,
      { decision: 'APPROVED', approvals: 1, changesRequestedBy: [] },
      { decision: 'INVENTED', approvals: 0, changesRequestedBy: [] },
    ),
    queue: mostly(facts().queue, { enabled: true, entry: undefined, removed: undefined }),
  });
}

type Case = { facts: PullFacts; verdict: SettleVerdict; judge: (facts: PullFacts) => SettleVerdict };

function anyCase(): Case {
  const read = anyFacts();
  const greenOn = mostly<string | undefined>(groundOf(read), undefined, 'another base');
  const remembered = memory({
    headSeenAt: ago(mostly(2 * HOUR, SECOND, 10 * MINUTE, 7 * HOUR)),
    greenSince: mostly<Date | undefined>(ago(MINUTE), undefined),
  });
  const settings = policy({
    allow_unprotected_base: random() < 0.3,
    checks: {
      optional_failure: pick('block', 'ignore'),
      quiet: pick(0, 30 * SECOND),
      ignore_apps: mostly<string[]>([], ['codecov']),
    },
  });
  const judge = (given: PullFacts) => settle(given, { ...remembered, greenOn }, settings, NOW);
  return { facts: read, verdict: judge(read), judge };
}

test(`one more context of somebody else that is not green never makes any of ${CASES} pull requests ready`, () => {
  let ready = 0;
  for (let n = 0; n < CASES; n++) {
    const { facts: read, verdict, judge } = anyCase();
    if (verdict.kind === 'ready') ready++;
    const more = fromOthers(notGreen());
    // A re-run that ends otherwise takes back that a person must act.
    if (
      read.contexts.some((old) => old.name === more.name && old.kind === 'run' && old.conclusion === 'ACTION_REQUIRED')
    )
      continue;
    const after = judge({ ...read, contexts: [...read.contexts, more] });
    if (verdict.kind !== 'ready' && after.kind === 'ready') {
      throw new Error(
        `Case ${n} of seed ${SEED} became ready by ${JSON.stringify(more)}: it was ${JSON.stringify(verdict)}`,
      );
    }
  }
  expect(ready).toBeGreaterThan(CASES / 20);
});

/** Nobody looks again before a person is asked, but for the second that any wait takes. */
function isLate({ recheckAt, askedAt = recheckAt }: SettleVerdict & { kind: 'wait' }): boolean {
  return askedAt.getTime() + SECOND < recheckAt.getTime();
}

test('every wait has a timer ahead of now and every block says what to do', () => {
  for (let n = 0; n < CASES; n++) {
    const { verdict } = anyCase();
    const idle = verdict.kind === 'wait' && (verdict.recheckAt <= NOW || isLate(verdict));
    const mute = verdict.kind === 'block' && !/\S.*\.$/.test(verdict.reason);
    if (idle || mute) throw new Error(`Case ${n} of seed ${SEED}: ${JSON.stringify(verdict)}`);
  }
});

test('never ready on a word nobody knows', () => {
  for (let n = 0; n < CASES; n++) {
    const { facts: read, verdict } = anyCase();
    if (verdict.kind !== 'ready') continue;
    const seen = JSON.stringify([
      read.mergeable,
      read.mergeState,
      read.reviews.decision,
      read.labels,
      read.rules,
      verdict.contexts,
    ]);
    if (/INVENTED|unreadable/.test(seen)) throw new Error(`Case ${n} of seed ${SEED} is ready on ${seen}`);
  }
});

test('the order in which contexts are listed changes nothing', () => {
  for (let n = 0; n < 2_000; n++) {
    const { facts: read, verdict, judge } = anyCase();
    const turned = judge({ ...read, contexts: read.contexts.toReversed(), suites: read.suites.toReversed() });
    expect(turned.kind).toBe(verdict.kind);
  }
});

test('the same facts give the same verdict', () => {
  for (let n = 0; n < 200; n++) {
    const { facts: read, verdict, judge } = anyCase();
    expect(judge(structuredClone(read))).toEqual(verdict);
  }
});
