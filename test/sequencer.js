import Sequencer from '@jest/test-sequencer';

/** The longest story begins first, so that no worker is left alone with it in the end. The rest as Jest orders it. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const isWhole = ({ path }) => path.endsWith('whole.test.ts');
    const sorted = super.sort(tests);
    return [...sorted.filter(isWhole), ...sorted.filter((test) => !isWhole(test))];
  }
}
