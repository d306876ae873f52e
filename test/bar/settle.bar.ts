import type { Figure } from './figure.ts';
import { countRequests } from './settle/count-requests.ts';
import { drive } from './settle/drive.ts';

const SEED = 20_261_122;
const SLICES = 2;

/** The settle rule against a GitHub that does everything it was ever seen doing, in seeded random order; and what a merge costs in requests. */
export async function measure(form: 'short' | 'long'): Promise<Figure[]> {
  const count = form === 'short' ? 200 : 2_500;
  const endings = Array.from({ length: count }, (_, index) => drive(SEED + index));
  const early = endings.filter(({ lacking }) => lacking.length > 0).length;
  const double = endings.filter(({ merges }) => merges > 1).length;
  const nameless = endings.filter(({ end }) => end === '').length;
  const merged = endings.filter(({ end }) => end === 'merged').length;
  const of = `of ${count} interleavings, ${merged} merged`;
  return [
    figure('merges lacking any condition at that SHA at that time', '0', `${early} ${of}`, early === 0),
    figure('pull requests merged twice', '0', `${double} ${of}`, double === 0),
    figure('interleavings without merge and without named reason', '0', `${nameless} ${of}`, nameless === 0),
    // Most others end with a person's no, a check that never ends or one that nobody can repair.
    figure('interleavings that merge', '>= 30 %', `${Math.round((100 * merged) / count)} %`, merged >= 0.3 * count),
    ...(form === 'short' ? notMeasured() : await measureRequests()),
  ];
}

const WRITES = `calls that change something, of a green goal of ${SLICES} slices`;
const READS = `reads beyond those that a rule of safety demands, ${SLICES} slices`;
const ALL = `requests of a green goal of ${SLICES} slices without status edits`;
const MOST = 3 + 3 * SLICES;

/** What must be read afresh though no webhook failed: who may, at each act; whether the issue is open before a push; the rules before a merge; and two looks. */
const DEMANDED: Record<string, number> = {
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': 1 + 2 * SLICES,
  'GET /repos/{owner}/{repo}/issues/{issue_number}': SLICES,
  'GET /repos/{owner}/{repo}/rules/branches/{branch}': SLICES,
  // GitHub works mergeability out when it is asked by REST.
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': SLICES,
  'POST /graphql': 2 * SLICES,
};

function notMeasured(): Figure[] {
  return [WRITES, READS, ALL].map((name) => figure(name, '', 'not run', 'not run'));
}

async function measureRequests(): Promise<Figure[]> {
  const counts = await countRequests(SLICES);
  const routes = Object.keys(counts);
  const isRead = (route: string) => route.startsWith('GET ') || route === 'POST /graphql';
  const sum = (list: string[]) => list.reduce((total, route) => total + (counts[route] ?? 0), 0);
  const writes = sum(routes.filter((route) => !isRead(route)));
  const reads = sum(routes.filter(isRead));
  const needless = routes.filter((route) => isRead(route) && (counts[route] ?? 0) > (DEMANDED[route] ?? 0));
  const tokens = counts['POST /app/installations/{installation_id}/access_tokens'] ?? 0;
  return [
    figure(WRITES, `<= ${MOST} (3 + 3 S)`, `${writes}, of them ${tokens} tokens`, writes <= MOST),
    figure(READS, '0', needless.length === 0 ? '0' : needless.join(', '), needless.length === 0),
    figure(ALL, `<= ${MOST} (3 + 3 S)`, `${writes + reads}, of them ${reads} reads`, writes + reads <= MOST),
  ];
}

function figure(name: string, target: string, measured: string, met: Figure['met']): Figure {
  return { name, target, measured, met };
}
