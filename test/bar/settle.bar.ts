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
    form === 'short' ? figure(REQUESTS, MOST, 'not run', 'not run') : await measureRequests(),
  ];
}

const REQUESTS = `requests of a green goal of ${SLICES} slices`;
const MOST = `<= ${3 + 3 * SLICES} (3 + 3 S)`;

async function measureRequests(): Promise<Figure> {
  const counts = await countRequests(SLICES);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const gets = Object.entries(counts).reduce((sum, [route, count]) => sum + (route.startsWith('GET ') ? count : 0), 0);
  const measured = `${total}, of them ${gets} GET and ${counts['POST /graphql'] ?? 0} GraphQL`;
  return figure(REQUESTS, MOST, measured, total <= 3 + 3 * SLICES);
}

function figure(name: string, target: string, measured: string, met: Figure['met']): Figure {
  return { name, target, measured, met };
}
