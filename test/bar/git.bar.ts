import type { Figure, Measure } from './figure.ts';
import { runTests } from './run-tests.ts';

const FILE = 'test/git/kill.test.ts';
/** Six operations at three moments each: 14 rounds are 252 kills. */
const ROUNDS = { short: 1, long: 14 };

/** Git is killed in the middle of an operation; the same operation then does its work, without lock or corruption. */
export const measure: Measure = async (form) => {
  const rounds = ROUNDS[form];
  const ran = await runTests([FILE], { env: { GIT_KILL_ROUNDS: String(rounds) } });
  const kills = ran.filter(({ name }) => /, killed /.test(name));
  const healed = kills.filter(({ status }) => status === 'passed').length;
  const figure: Figure = {
    name: 'Git operations killed: the next one does its work',
    target: `${18 * rounds} of ${18 * rounds}`,
    measured: `${healed} of ${kills.length}`,
    met: kills.length === 18 * rounds && healed === kills.length,
  };
  return [figure];
};
