import type { Figure } from './figure.ts';
import { countRequests } from './settle/count-requests.ts';
import { BLINKERS } from './settle/blinkers.ts';
import { drive, type Ending } from './settle/drive.ts';

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
    noticed(form === 'short' ? 150 : 600),
    ...(form === 'short' ? notMeasured() : await measureRequests()),
  ];
}

/** Whether this simulator and its oracle would convict a rule that is blind for one thing. */
function noticed(count: number): Figure {
  const seeds = Array.from({ length: count }, (_, index) => SEED + index);
  const names = Object.keys(BLINKERS);
  const missed = names.filter((name) => !seeds.some((seed) => isWrong(drive(seed, BLINKERS[name]))));
  const measured = `${names.length - missed.length}${missed.length > 0 ? `; not ${missed.join(', ')}` : ''}`;
  return figure(
    'faults put into the rule that the oracle notices',
    `${names.length} of ${names.length}`,
    measured,
    missed.length === 0,
  );
}

function isWrong({ lacking, merges, end }: Ending): boolean {
  return lacking.length > 0 || merges > 1 || end === '';
}

const READS = `reads beyond those that a rule of safety demands, ${SLICES} slices`;
const ALL = `requests of a green goal of ${SLICES} slices without tokens and status edits`;
const MOST = 3 + 3 * SLICES;
const TOKENS = 'POST /app/installations/{installation_id}/access_tokens';

/**
 * What must be read afresh though no webhook failed: who commands; before each push who asked and whether the issue is open; two looks
 * before each merge, with the rules by REST at the second.
 */
const DEMANDED: Record<string, number> = {
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': 1,
  'GET /repos/{owner}/{repo}/rules/branches/{branch}': SLICES,
  'POST /graphql': 3 * SLICES,
};

function notMeasured(): Figure[] {
  return [READS, ALL].map((name) => figure(name, '', 'not run', 'not run'));
}

async function measureRequests(): Promise<Figure[]> {
  const { [TOKENS]: tokens = 0, ...counts } = await countRequests(SLICES);
  const routes = Object.keys(counts);
  const isRead = (route: string) => route.startsWith('GET ') || route === 'POST /graphql';
  const sum = (list: string[]) => list.reduce((total, route) => total + (counts[route] ?? 0), 0);
  const [all, reads] = [sum(routes), sum(routes.filter(isRead))];
  const needless = routes.filter((route) => isRead(route) && (counts[route] ?? 0) > (DEMANDED[route] ?? 0));
  const measured = `${all}: ${all - reads} writes and ${reads} reads; beside ${tokens} tokens`;
  return [
    figure(READS, '0', needless.length === 0 ? '0' : needless.join(', '), needless.length === 0),
    figure(ALL, `<= ${MOST} (3 + 3 S)`, measured, all <= MOST),
  ];
}

function figure(name: string, target: string, measured: string, met: Figure['met']): Figure {
  return { name, target, measured, met };
}
