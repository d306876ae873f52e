import { describe, expect, test } from '@jest/globals';
import {
  ACTIONS,
  ago,
  CODECOV,
  ended,
  facts,
  going,
  HEAD,
  HOUR,
  MINUTE,
  NOW,
  OMK,
  required,
  rules,
  run,
  SECOND,
  status,
  suite,
} from './sample.ts';
import { judge, testRows } from './table.ts';

const later = { startedAt: ago(30 * MINUTE), completedAt: ago(29 * MINUTE) };
const codecov = {
  app: CODECOV,
  appSlug: 'codecov',
  suite: 2,
  workflow: undefined,
  workflowPath: undefined,
  event: undefined,
};
const silent = (change = {}) =>
  suite({
    id: 9,
    app: CODECOV,
    appSlug: 'codecov',
    workflow: undefined,
    event: undefined,
    status: 'QUEUED',
    conclusion: undefined,
    createdAt: ago(5 * MINUTE),
    ...change,
  });

describe('which contexts count', () => {
  testRows([
    [
      'B1 facts of another commit are not judged',
      { facts: { checkedSha: 'e'.repeat(40) } },
      { kind: 'wait', inMs: 5 * SECOND },
    ],
    [
      'B2 the 101st context counts',
      {
        facts: {
          contexts: [
            ...Array.from({ length: 100 }, (_, n) => run(`job ${n}`)),
            run('test'),
            ended('job 101', 'FAILURE'),
          ],
        },
      },
      { kind: 'block', failed: ['job 101'] },
    ],
    [
      "B3 our own app's failed run of an earlier evaluation is ignored",
      { facts: { contexts: [run('test'), ended('omk / review wall', 'FAILURE', { app: OMK })] } },
      'ready',
    ],
    [
      "B3 our own app's pending run is ignored",
      { facts: { contexts: [run('test'), going('omk / review wall', 'QUEUED', { app: OMK })] } },
      'ready',
    ],
    [
      "B3 another app's run with our name counts",
      { facts: { contexts: [run('test'), ended('omk / review wall', 'FAILURE', codecov)] } },
      'block',
    ],
    ["B3 our own app's suite is ignored", { facts: { suites: [suite(), silent({ app: OMK })] } }, 'ready'],
    [
      "B3 our own app's green run is no evidence",
      {
        facts: {
          rules: rules({ required: [], approvals: 1 }),
          reviews: { decision: 'APPROVED', approvals: 1, changesRequestedBy: [] },
          contexts: [run('x', { app: OMK })],
          suites: [],
        },
      },
      { kind: 'block', who: 'admin', reason: /No check reported/ },
    ],
    [
      'B4 our own required check is written before the merge',
      {
        facts: {
          rules: rules({ required: [required('test'), required('omk / review wall', OMK)] }),
          mergeState: 'BLOCKED',
        },
      },
      { kind: 'ready', publish: ['omk / review wall'] },
    ],
    [
      'B4 our own required check is green already',
      {
        facts: {
          rules: rules({ required: [required('test'), required('omk / review wall', OMK)] }),
          contexts: [run('test'), run('omk / review wall', { app: OMK })],
        },
      },
      { kind: 'ready', publish: [] },
    ],
    [
      'B4 our own check required without an app, known by our run',
      {
        facts: {
          rules: rules({ required: [required('test'), required('omk / review wall')] }),
          contexts: [run('test'), ended('omk / review wall', 'FAILURE', { app: OMK })],
        },
      },
      { kind: 'ready', publish: ['omk / review wall'] },
    ],
    [
      'B4 a required name that only the missing other app could report is missing',
      {
        facts: {
          rules: rules({ required: [required('omk / review wall', CODECOV)] }),
          contexts: [run('omk / review wall', { app: OMK })],
        },
        memory: { headSeenAt: ago(10 * MINUTE) },
      },
      { kind: 'wait', reason: /have not reported/ },
    ],
    [
      'B5 same job name in two workflows, the older one red',
      {
        facts: {
          contexts: [
            run('test', later),
            ended('test', 'FAILURE', { workflow: 'Nightly', workflowPath: '.github/workflows/nightly.yml' }),
          ],
        },
      },
      { kind: 'block', who: 'agent' },
    ],
    [
      'B5 same job name by two events, the older one red',
      { facts: { contexts: [run('test', later), ended('test', 'FAILURE', { event: 'push', suite: 2 })] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'B5 same job name of two apps, the older one red',
      { facts: { contexts: [run('test', later), ended('test', 'FAILURE', codecov)] } },
      'block',
    ],
    [
      'B5 same name of two apps that have no workflows, the older one red',
      {
        facts: {
          contexts: [run('test'), ended('lint', 'FAILURE', codecov), run('lint', { ...codecov, ...later, app: 9 })],
        },
      },
      { kind: 'block', failed: ['lint'] },
    ],
    [
      'B5 superseded failure and green re-run',
      { facts: { contexts: [ended('test', 'FAILURE'), run('test', later)] } },
      'ready',
    ],
    [
      'B5 superseded success and red re-run',
      { facts: { contexts: [run('test'), ended('test', 'FAILURE', later)] } },
      'block',
    ],
    [
      'B5 two jobs of one name in one run of a workflow, the one that began first red',
      {
        facts: {
          contexts: [
            ended('test', 'FAILURE', { startedAt: ago(60 * MINUTE), completedAt: ago(50 * MINUTE) }),
            run('test', { startedAt: ago(59 * MINUTE), completedAt: ago(55 * MINUTE) }),
          ],
        },
      },
      { kind: 'block', who: 'agent', failed: ['test'] },
    ],
    [
      'B5 two jobs of one name in one run of a workflow, the one that began first still going',
      {
        facts: {
          contexts: [
            going('test', 'IN_PROGRESS', { startedAt: ago(60 * MINUTE) }),
            run('test', { startedAt: ago(59 * MINUTE), completedAt: ago(55 * MINUTE) }),
          ],
        },
      },
      { kind: 'wait', reason: /`test`/ },
    ],
    [
      'B5 a re-run in the same second in which what it replaces ended',
      {
        facts: {
          contexts: [
            ended('test', 'FAILURE', { startedAt: ago(60 * MINUTE), completedAt: ago(55 * MINUTE) }),
            run('test', { startedAt: ago(55 * MINUTE), completedAt: ago(50 * MINUTE) }),
          ],
        },
      },
      'ready',
    ],
    [
      'B5 an app that began a second run before it ended the first: the newer one counts',
      {
        facts: {
          contexts: [
            run('test'),
            going('cov', 'IN_PROGRESS', { ...codecov, startedAt: ago(60 * MINUTE) }),
            run('cov', { ...codecov, startedAt: ago(59 * MINUTE), completedAt: ago(55 * MINUTE) }),
          ],
        },
      },
      'ready',
    ],
    [
      'B5 the order of the list does not matter',
      { facts: { contexts: [run('test', later), ended('test', 'FAILURE')] } },
      'ready',
    ],
    [
      'B5 equal start: the higher id is newer',
      {
        facts: {
          contexts: [run('test'), ended('cov', 'FAILURE', { ...codecov, id: 5 }), run('cov', { ...codecov, id: 6 })],
        },
      },
      'ready',
    ],
    [
      'B5 two jobs of one name that began in the same second',
      { facts: { contexts: [ended('test', 'FAILURE', { id: 5 }), run('test', { id: 6 })] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'B6 check and status of the same name, the status red',
      { facts: { contexts: [run('test'), status('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'B6 check and status of the same name, the check red',
      { facts: { contexts: [ended('test', 'FAILURE'), status('test', 'SUCCESS')] } },
      'block',
    ],
    [
      'B6 check and status of the same name, both green',
      { facts: { contexts: [run('test'), status('test', 'SUCCESS')] } },
      'ready',
    ],
    [
      'B7 re-run in progress over an old red one',
      { facts: { contexts: [ended('test', 'FAILURE'), going('test', 'IN_PROGRESS', later)] } },
      'wait',
    ],
    [
      'B7 re-run in progress over an old green one',
      { facts: { contexts: [run('test'), going('test', 'IN_PROGRESS', later)] } },
      'wait',
    ],
    [
      'B7 re-run queued without a start time',
      { facts: { contexts: [run('test'), going('test', 'QUEUED', { startedAt: undefined })] } },
      'wait',
    ],
    ['B8 unknown status of a run', { facts: { contexts: [going('test', 'DREAMING')] } }, 'wait'],
    ['B8 unknown conclusion', { facts: { contexts: [ended('test', 'SPLENDID')] } }, 'wait'],
    ['B8 completed without a conclusion', { facts: { contexts: [run('test', { conclusion: undefined })] } }, 'wait'],
    ['B8 unknown state of a status', { facts: { contexts: [run('test'), status('legacy', 'GLOWING')] } }, 'wait'],
    [
      'B8 unknown conclusion after the settle timeout blocks',
      { facts: { contexts: [ended('test', 'SPLENDID')] }, memory: { headSeenAt: ago(7 * HOUR) } },
      { kind: 'block', who: 'human', reason: /did not settle/ },
    ],
    [
      'B9 a run whose app GitHub hides counts',
      { facts: { contexts: [run('test'), ended('secret', 'FAILURE', { app: undefined, appSlug: undefined })] } },
      'block',
    ],
    [
      'an ignored app by slug does not count',
      {
        facts: { contexts: [run('test'), ended('codecov/patch', 'FAILURE', codecov)] },
        policy: { checks: { ignore_apps: ['codecov'] } },
      },
      'ready',
    ],
    [
      'an ignored app by number does not count',
      {
        facts: { contexts: [run('test'), going('codecov/patch', 'QUEUED', codecov)] },
        policy: { checks: { ignore_apps: [CODECOV] } },
      },
      'ready',
    ],
    [
      "an ignored app's status does not count",
      {
        facts: { contexts: [run('test'), status('codecov/patch', 'FAILURE', { appSlug: 'codecov' })] },
        policy: { checks: { ignore_apps: ['codecov'] } },
      },
      'ready',
    ],
    [
      'an ignored app counts where its check is required',
      {
        facts: {
          rules: rules({ required: [required('codecov/patch')] }),
          contexts: [ended('codecov/patch', 'FAILURE', codecov)],
        },
        policy: { checks: { ignore_apps: ['codecov'] } },
      },
      'block',
    ],
  ]);
});

const pendingWords = ['QUEUED', 'IN_PROGRESS', 'PENDING', 'REQUESTED'];

describe('one context', () => {
  testRows([
    ...pendingWords.flatMap((word): Parameters<typeof testRows>[0][number][] => [
      [
        `C ${word}, required: wait`,
        { facts: { contexts: [going('test', word)] } },
        { kind: 'wait', reason: /running: `test`/, inMs: 5 * MINUTE },
      ],
      [
        `C ${word}, not required: wait`,
        { facts: { contexts: [run('test'), going('docs', word)] } },
        { kind: 'wait', reason: /`docs`/ },
      ],
    ]),
    [
      'C WAITING for a deployment: wait, and say so',
      { facts: { contexts: [run('test'), going('deploy', 'WAITING')] } },
      { kind: 'wait', reason: /approve the deployment on GitHub: `deploy`/ },
    ],
    [
      'C WAITING never times out to success',
      { facts: { contexts: [run('test'), going('deploy', 'WAITING')] }, memory: { headSeenAt: ago(7 * HOUR) } },
      { kind: 'block', who: 'human' },
    ],
    ['C SUCCESS', { facts: { contexts: [run('test')] } }, 'ready'],
    ['C NEUTRAL, required: passes', { facts: { contexts: [ended('test', 'NEUTRAL')] } }, 'ready'],
    ['C NEUTRAL, not required: passes', { facts: { contexts: [run('test'), ended('docs', 'NEUTRAL')] } }, 'ready'],
    [
      'C SKIPPED, required, nothing failed beside it: passes',
      { facts: { contexts: [ended('test', 'SKIPPED'), run('build')] } },
      'ready',
    ],
    ['C SKIPPED, not required: passes', { facts: { contexts: [run('test'), ended('docs', 'SKIPPED')] } }, 'ready'],
    [
      'C FAILURE, required: the agent may repair it',
      { facts: { contexts: [ended('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent', failed: ['test'] },
    ],
    [
      'C FAILURE, required: told at once, while others run',
      { facts: { contexts: [ended('test', 'FAILURE'), going('docs')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'C FAILURE, required: told inside the grace',
      { facts: { contexts: [ended('test', 'FAILURE')] }, memory: { headSeenAt: NOW } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'C FAILURE, not required, policy block',
      { facts: { contexts: [run('test'), ended('docs', 'FAILURE')] } },
      { kind: 'block', who: 'agent', failed: ['docs'] },
    ],
    [
      'C FAILURE, not required, waits for the others first',
      { facts: { contexts: [going('test'), ended('docs', 'FAILURE')] } },
      'wait',
    ],
    [
      'C FAILURE, not required, policy ignore',
      {
        facts: { contexts: [run('test'), ended('docs', 'FAILURE')] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      'ready',
    ],
    ['C TIMED_OUT, required', { facts: { contexts: [ended('test', 'TIMED_OUT')] } }, { kind: 'block', who: 'agent' }],
    [
      'C TIMED_OUT, not required',
      { facts: { contexts: [run('test'), ended('docs', 'TIMED_OUT')] } },
      { kind: 'block', who: 'agent' },
    ],
    [
      'C CANCELLED just now: a newer run may follow',
      { facts: { contexts: [ended('test', 'CANCELLED', { completedAt: ago(10 * SECOND) })] } },
      { kind: 'wait', inMs: 20 * SECOND },
    ],
    [
      'C CANCELLED, then a newer run queued',
      {
        facts: {
          contexts: [
            ended('test', 'CANCELLED', { completedAt: ago(10 * SECOND) }),
            going('test', 'QUEUED', { startedAt: undefined }),
          ],
        },
      },
      'wait',
    ],
    [
      'C CANCELLED alone, required: to be run again',
      { facts: { contexts: [ended('test', 'CANCELLED')] } },
      { kind: 'block', who: 'human', reason: /Run them again/ },
    ],
    [
      'C CANCELLED alone, not required',
      { facts: { contexts: [run('test'), ended('docs', 'CANCELLED')] } },
      { kind: 'block', who: 'human' },
    ],
    [
      'C CANCELLED alone, not required, policy ignore',
      {
        facts: { contexts: [run('test'), ended('docs', 'CANCELLED')] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      'ready',
    ],
    [
      'C ACTION_REQUIRED, required',
      { facts: { contexts: [ended('test', 'ACTION_REQUIRED')] } },
      { kind: 'block', who: 'human', reason: /action by a person/ },
    ],
    [
      'C ACTION_REQUIRED, not required, even if failures are ignored',
      {
        facts: { contexts: [run('test'), ended('cla', 'ACTION_REQUIRED', codecov)] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      { kind: 'block', who: 'human' },
    ],
    [
      'C STALE, required: waits for a re-run',
      { facts: { contexts: [ended('test', 'STALE', { completedAt: ago(10 * MINUTE) })] } },
      { kind: 'wait', inMs: 5 * MINUTE },
    ],
    [
      'C STALE, required, for long: blocks',
      { facts: { contexts: [ended('test', 'STALE')] } },
      { kind: 'block', who: 'human', reason: /did not finish/ },
    ],
    [
      'C STALE after a failure, not required: the failure stands',
      { facts: { contexts: [run('test'), ended('docs', 'FAILURE'), ended('docs', 'STALE', later)] } },
      { kind: 'block', failed: ['docs'] },
    ],
    [
      'C STALE, then a green re-run, required',
      { facts: { contexts: [ended('test', 'STALE'), run('test', later)] } },
      'ready',
    ],
    ['C STALE, not required: ignored', { facts: { contexts: [run('test'), ended('docs', 'STALE')] } }, 'ready'],
    [
      'C STARTUP_FAILURE, required: final, and not for the agent',
      { facts: { contexts: [ended('test', 'STARTUP_FAILURE')] } },
      { kind: 'block', who: 'human' },
    ],
    [
      'C STARTUP_FAILURE, not required',
      { facts: { contexts: [run('test'), ended('docs', 'STARTUP_FAILURE')] } },
      { kind: 'block', who: 'human' },
    ],
    ['C status SUCCESS, required', { facts: { contexts: [status('test', 'SUCCESS')] } }, 'ready'],
    ['C status PENDING, required', { facts: { contexts: [status('test', 'PENDING')] } }, 'wait'],
    ['C status PENDING, not required', { facts: { contexts: [run('test'), status('legacy', 'PENDING')] } }, 'wait'],
    [
      'C status PENDING for ever: the settle timeout',
      { facts: { contexts: [run('test'), status('legacy', 'PENDING')] }, memory: { headSeenAt: ago(6 * HOUR) } },
      { kind: 'block', who: 'human', reason: /`legacy`/ },
    ],
    [
      'C status FAILURE, required',
      { facts: { contexts: [status('test', 'FAILURE')] } },
      { kind: 'block', who: 'agent' },
    ],
    ['C status ERROR, required', { facts: { contexts: [status('test', 'ERROR')] } }, { kind: 'block', who: 'agent' }],
    ['C status ERROR, not required', { facts: { contexts: [run('test'), status('legacy', 'ERROR')] } }, 'block'],
    [
      'C status EXPECTED',
      { facts: { contexts: [run('build'), status('test', 'EXPECTED', { isRequired: true })] } },
      'wait',
    ],
    [
      'C2 required run skipped because a job it needs failed',
      {
        facts: { contexts: [ended('test', 'SKIPPED'), ended('build', 'FAILURE')] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      { kind: 'block', who: 'agent', failed: ['test', 'build'] },
    ],
    [
      'C2 required run skipped because a job it needs was cancelled',
      {
        facts: { contexts: [ended('test', 'SKIPPED'), ended('build', 'CANCELLED')] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      'block',
    ],
    [
      'C2 a failure in another workflow run does not spoil a skip',
      {
        facts: { contexts: [ended('test', 'SKIPPED'), ended('lint', 'FAILURE', { suite: 2, workflow: 'Lint' })] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      'ready',
    ],
    [
      'C2 a superseded sibling does not spoil a skip',
      { facts: { contexts: [ended('test', 'SKIPPED'), ended('build', 'FAILURE'), run('build', later)] } },
      'ready',
    ],
  ]);
});

const twoApps = rules({ required: [required('test', ACTIONS)] });

describe('the required set', () => {
  testRows([
    [
      'D1 checks of rules and of the policy are both required',
      {
        facts: { contexts: [run('test')] },
        policy: { checks: { required: ['e2e'] } },
        memory: { headSeenAt: ago(10 * MINUTE) },
      },
      { kind: 'wait', reason: /`e2e`/ },
    ],
    [
      "D1 a required workflow's every job must pass",
      {
        facts: {
          rules: rules({ required: [{ kind: 'workflow', path: '.github/workflows/ci.yml' }] }),
          contexts: [run('a'), ended('b', 'FAILURE')],
        },
      },
      { kind: 'block', failed: ['b'] },
    ],
    [
      'D1 a required workflow that did not report is missing',
      {
        facts: { rules: rules({ required: [{ kind: 'workflow', path: '.github/workflows/org.yml' }] }) },
        memory: { headSeenAt: ago(10 * MINUTE) },
      },
      { kind: 'wait', reason: /org\.yml/ },
    ],
    [
      'D2 what GitHub says is required is required, though no rule names it',
      {
        facts: { contexts: [run('test'), ended('extra', 'FAILURE', { isRequired: true })] },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      { kind: 'block', who: 'agent', failed: ['extra'] },
    ],
    ['D3 reported by the demanded app', { facts: { rules: twoApps } }, 'ready'],
    [
      'D3 reported by the wrong app only',
      { facts: { rules: twoApps, contexts: [run('test', codecov)] }, memory: { headSeenAt: ago(10 * MINUTE) } },
      { kind: 'wait', reason: /have not reported: `test`/ },
    ],
    [
      'D3 reported by the wrong app only, for too long',
      { facts: { rules: twoApps, contexts: [run('test', codecov)] } },
      { kind: 'block', who: 'human', reason: /another app/ },
    ],
    [
      'D3 red of the wrong app beside green of the right one: not required, but it counts',
      { facts: { rules: twoApps, contexts: [run('test'), ended('test', 'FAILURE', codecov)] } },
      { kind: 'block', reason: /^Checks failed/ },
    ],
    [
      'D3 a legacy status counts for an app if GitHub says that it is required',
      { facts: { rules: twoApps, contexts: [status('test', 'SUCCESS', { isRequired: true })] } },
      'ready',
    ],
    [
      'D3 a legacy status does not count for an app otherwise',
      { facts: { rules: twoApps, contexts: [status('test', 'SUCCESS')] }, memory: { headSeenAt: ago(10 * MINUTE) } },
      'wait',
    ],
    [
      'D4 required missing for 29 minutes',
      { facts: { contexts: [run('build')] }, memory: { headSeenAt: ago(29 * MINUTE) } },
      { kind: 'wait', reason: /`test`/, inMs: MINUTE },
    ],
    [
      'D4 required missing for 31 minutes',
      { facts: { contexts: [run('build')] }, memory: { headSeenAt: ago(31 * MINUTE) } },
      { kind: 'block', who: 'human', reason: /never reported: `test`.*path filter/ },
    ],
    [
      'D4 missing past the timeout, while its workflow still runs',
      {
        facts: { contexts: [going('build')], suites: [suite({ status: 'IN_PROGRESS', conclusion: undefined })] },
        memory: { headSeenAt: ago(31 * MINUTE) },
      },
      { kind: 'wait', reason: /have not reported: `test`/ },
    ],
    [
      'D4 a late report un-blocks',
      { facts: { contexts: [run('test', { completedAt: ago(MINUTE) })] }, memory: { headSeenAt: ago(2 * HOUR) } },
      'ready',
    ],
    [
      'D4 names are compared letter by letter',
      { facts: { contexts: [run('Test')] }, memory: { headSeenAt: ago(10 * MINUTE) } },
      { kind: 'wait', reason: /`test`/ },
    ],
    [
      'D5 fails closed on rules that cannot be read',
      { facts: { rules: 'unreadable' } },
      { kind: 'wait', reason: /rules/, inMs: MINUTE },
    ],
    [
      'D5 rules unreadable for hours: somebody must give access',
      { facts: { rules: 'unreadable' }, memory: { headSeenAt: ago(7 * HOUR) } },
      { kind: 'block', who: 'admin' },
    ],
    [
      'D5 rules unreadable and a failing check: still not judged',
      { facts: { rules: 'unreadable', contexts: [ended('test', 'FAILURE')] } },
      'wait',
    ],
  ]);
});

const usually = (name: string, withinMs: number) => ({ usual: [{ name, withinMs }], silent: [] });
const nothing = { contexts: [], suites: [] };
const reviewed = {
  rules: rules({ required: [], approvals: 1 }),
  reviews: { decision: 'APPROVED', approvals: 1, changesRequestedBy: [] },
};

describe('has everything started', () => {
  testRows([
    [
      'E1 all green before the grace ends',
      { memory: { headSeenAt: ago(MINUTE) } },
      { kind: 'wait', reason: /may still start/, inMs: MINUTE },
    ],
    [
      'E1 nothing yet inside the grace',
      { facts: nothing, memory: { headSeenAt: ago(MINUTE) } },
      { kind: 'wait', inMs: MINUTE },
    ],
    [
      'E1 a policy without grace',
      { memory: { headSeenAt: ago(MINUTE) }, policy: { checks: { first_check_grace: 0 } } },
      'ready',
    ],
    [
      'E2 nothing after the grace, something required',
      { facts: nothing, memory: { headSeenAt: ago(3 * MINUTE) } },
      { kind: 'wait', reason: /have not reported/ },
    ],
    [
      'E2 nothing for too long, something required',
      { facts: nothing },
      { kind: 'block', who: 'human', reason: /never reported/ },
    ],
    [
      'E3 nothing after the grace, nothing required',
      { facts: { ...nothing, ...reviewed } },
      { kind: 'block', who: 'admin', reason: /No check reported/ },
    ],
    [
      'E3 nothing after the grace, nothing required, allowed',
      { facts: { ...nothing, ...reviewed }, policy: { allow_unprotected_base: true } },
      'ready',
    ],
    [
      'E3 only an ignored failure is still nothing',
      {
        facts: { contexts: [ended('docs', 'FAILURE')], suites: [], ...reviewed },
        policy: { checks: { optional_failure: 'ignore' } },
      },
      { kind: 'block', who: 'admin' },
    ],
    ['E3 one green check is something', { facts: { contexts: [run('docs')], suites: [], ...reviewed } }, 'ready'],
    [
      'E4 suite in progress though all its runs are green: a job is not created yet',
      { facts: { suites: [suite({ status: 'IN_PROGRESS', conclusion: undefined })] } },
      { kind: 'wait', reason: /`CI`/ },
    ],
    [
      'E4 suite in progress of another app, run counted by GitHub only',
      { facts: { suites: [suite(), silent({ runs: 2, createdAt: ago(HOUR) })] } },
      { kind: 'wait', reason: /`codecov`/ },
    ],
    [
      'E4 suite with an unknown status and runs',
      { facts: { suites: [suite({ status: 'MUSING', conclusion: undefined })] } },
      'wait',
    ],
    [
      'E5 Actions suite queued for two hours without a run',
      {
        facts: {
          suites: [suite(), suite({ id: 3, status: 'QUEUED', conclusion: undefined, createdAt: ago(2 * HOUR) })],
        },
      },
      { kind: 'wait', reason: /`CI`/ },
    ],
    [
      'E5 Actions by slug on another server',
      {
        facts: {
          suites: [
            suite(),
            suite({ id: 3, app: 9, status: 'QUEUED', conclusion: undefined, createdAt: ago(2 * HOUR) }),
          ],
        },
      },
      'wait',
    ],
    [
      'E5 Actions suite queued past the settle timeout',
      {
        facts: { suites: [suite({ id: 3, status: 'QUEUED', conclusion: undefined, createdAt: ago(7 * HOUR) })] },
        memory: { headSeenAt: ago(7 * HOUR) },
      },
      { kind: 'block', who: 'human', reason: /did not settle/ },
    ],
    [
      'E6 empty suite of a silent app, 5 minutes old',
      { facts: { suites: [suite(), silent()] } },
      { kind: 'wait', reason: /`codecov`/, inMs: 5 * MINUTE },
    ],
    [
      'E6 empty suite of a silent app, 10 minutes old: ignored',
      { facts: { suites: [suite(), silent({ createdAt: ago(10 * MINUTE) })] } },
      'ready',
    ],
    [
      'E6 empty suite of an app on the ignore list: ignored at once',
      { facts: { suites: [suite(), silent()] }, policy: { checks: { ignore_apps: ['codecov'] } } },
      'ready',
    ],
    [
      'E6 empty suite of an app that owns a required check: never ignored',
      {
        facts: {
          rules: rules({ required: [required('test'), required('codecov/patch', CODECOV)] }),
          contexts: [run('test'), run('codecov/patch', codecov)],
          suites: [suite(), silent({ createdAt: ago(HOUR) })],
        },
      },
      { kind: 'wait', reason: /`codecov`/ },
    ],
    [
      'E6 required check never reported by a silent app',
      {
        facts: {
          rules: rules({ required: [required('test'), required('codecov/patch', CODECOV)] }),
          suites: [suite(), silent({ createdAt: ago(HOUR) })],
        },
      },
      { kind: 'block', who: 'human', reason: /codecov\/patch/ },
    ],
    [
      "E6 GitHub's clock ahead of ours: counted from when the head was seen",
      { facts: { suites: [suite(), silent({ createdAt: ago(-HOUR) })] } },
      'ready',
    ],
    [
      'E7 suite completed, a run in it not',
      { facts: { contexts: [run('test'), going('late')] } },
      { kind: 'wait', reason: /`late`/ },
    ],
    [
      'E7 suite that failed before it had a run: nobody would see it',
      { facts: { suites: [suite(), suite({ id: 3, workflow: 'Deploy', conclusion: 'STARTUP_FAILURE' })] } },
      { kind: 'block', who: 'human', reason: /`Deploy`/ },
    ],
    [
      'E7 such a suite with a newer one of the same workflow',
      {
        facts: { suites: [suite({ id: 3, conclusion: 'STARTUP_FAILURE' }), suite({ id: 4, createdAt: ago(MINUTE) })] },
      },
      'ready',
    ],
    [
      'E7 suite of a first contributor asks for approval',
      { facts: { suites: [suite(), suite({ id: 3, workflow: 'Fork', conclusion: 'ACTION_REQUIRED' })] } },
      { kind: 'block', who: 'human', reason: /action by a person/ },
    ],
    [
      'E7 failed suite whose runs were re-run green',
      {
        facts: { suites: [suite({ conclusion: 'FAILURE' })], contexts: [ended('test', 'FAILURE'), run('test', later)] },
      },
      'ready',
    ],
    [
      'E6 empty suite of an app that never reports here: ignored at once',
      { facts: { suites: [suite(), silent()] }, memory: { habits: { usual: [], silent: [CODECOV] } } },
      'ready',
    ],
    [
      'E6 empty suite of an app that never reports here and owns a required check: never ignored',
      {
        facts: {
          rules: rules({ required: [required('test'), required('codecov/patch', CODECOV)] }),
          contexts: [run('test'), run('codecov/patch', codecov)],
          suites: [suite(), silent()],
        },
        memory: { habits: { usual: [], silent: [CODECOV] } },
      },
      { kind: 'wait', reason: /`codecov`/ },
    ],
    [
      'E8 a check that usually reports here is absent: it gets its usual time',
      { memory: { headSeenAt: ago(3 * MINUTE), habits: usually('e2e', 5 * MINUTE) } },
      { kind: 'wait', reason: /usually report here may still start: `e2e`/, inMs: 2 * MINUTE },
    ],
    [
      'E8 absent after its usual time: it goes on without it',
      { memory: { headSeenAt: ago(5 * MINUTE), habits: usually('e2e', 5 * MINUTE) } },
      'ready',
    ],
    [
      'E8 it is there: nothing more is waited for',
      {
        facts: { contexts: [run('test'), run('e2e')] },
        memory: { headSeenAt: ago(3 * MINUTE), habits: usually('e2e', 5 * MINUTE) },
      },
      'ready',
    ],
    [
      'E8 two are absent: the earlier time counts',
      {
        memory: {
          headSeenAt: ago(3 * MINUTE),
          habits: { usual: [...usually('e2e', 5 * MINUTE).usual, ...usually('docs', 4 * MINUTE).usual], silent: [] },
        },
      },
      { kind: 'wait', inMs: MINUTE },
    ],
    [
      'E10 pending at the settle timeout',
      { facts: { contexts: [run('test'), going('slow')] }, memory: { headSeenAt: ago(6 * HOUR) } },
      { kind: 'block', who: 'human', reason: /did not settle in time: `slow`/ },
    ],
    [
      'E10 the timer never lies behind the settle timeout',
      { facts: { contexts: [run('test'), going('slow')] }, memory: { headSeenAt: ago(6 * HOUR - MINUTE) } },
      { kind: 'wait', inMs: MINUTE },
    ],
    ['E10 settled just before somebody looked again', { memory: { headSeenAt: ago(9 * HOUR) } }, 'ready'],
  ]);
});

describe('the second look', () => {
  const fresh = [run('test', { completedAt: ago(10 * SECOND) })];
  testRows([
    [
      'E9 first look: never ready at once',
      { memory: { greenSince: undefined } },
      { kind: 'wait', reason: /stays so/, inMs: 30 * SECOND },
    ],
    ['E9 second look too early', { memory: { greenSince: ago(20 * SECOND) } }, { kind: 'wait', inMs: 10 * SECOND }],
    ['E9 second look after the quiet period', { memory: { greenSince: ago(30 * SECOND) } }, 'ready'],
    ['E9 a check ended since', { facts: { contexts: fresh } }, { kind: 'wait', inMs: 20 * SECOND }],
    [
      'E9 no quiet period: still two looks',
      { memory: { greenSince: undefined }, policy: { checks: { quiet: 0 } } },
      { kind: 'wait', inMs: SECOND },
    ],
    [
      'E9 the base moved since the first look: one more look',
      { memory: { greenOn: 'another base' } },
      { kind: 'wait', reason: /moved since the last look/, inMs: 5 * SECOND },
    ],
    [
      'E9 what the first look stood on is not known: one more look',
      { memory: { greenOn: undefined } },
      { kind: 'wait', inMs: 5 * SECOND },
    ],
    [
      "E9 an end in our future says nothing: GitHub's clock runs ahead",
      { facts: { contexts: [run('test', { completedAt: ago(-HOUR) })] } },
      'ready',
    ],
  ]);

  test('E9 the first look is remembered', () => {
    expect(judge({ memory: { greenSince: undefined } })).toMatchObject({ kind: 'wait', greenSince: NOW });
  });

  test.each([
    ['another tip of the base', { base: { branch: 'main', sha: 'c'.repeat(40) } }],
    [
      'another rule',
      { rules: rules({ required: [required('test'), required('build')] }), contexts: [run('test'), run('build')] },
    ],
    ['another head alone is not: it is remembered apart', { head: HEAD }],
  ])('E9 both looks stand on one base and its rules: %s', (name, change) => {
    const { greenOn } = judge({}) as { greenOn: string };
    expect(judge({ facts: change, memory: { greenOn } }).kind).toBe(name.startsWith('another head') ? 'ready' : 'wait');
  });

  test('E9 a check that starts again makes it forgotten', () => {
    expect(judge({ facts: { contexts: [going('test')] } })).not.toHaveProperty('greenSince');
  });

  test('the verdict carries its evidence', () => {
    expect(judge({ facts: facts({ contexts: [run('test'), ended('docs', 'NEUTRAL')] }) })).toMatchObject({
      contexts: [
        { name: 'test', required: true, says: 'SUCCESS' },
        { name: 'docs', required: false, says: 'NEUTRAL' },
      ],
    });
  });
});
