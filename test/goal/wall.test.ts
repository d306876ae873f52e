import { expect, test } from '@jest/globals';
import { adviceOf } from '../../src/goal/wall.ts';

test.each([
  ['It is swallowed: `catch (e)` does nothing', 'Handle it.', 'It is swallowed: `catch (e)` does nothing. Handle it.'],
  ['It is wrong.', 'Mend it.', 'It is wrong. Mend it.'],
  ['Is it right?', 'Look again.', 'Is it right? Look again.'],
  ['It is wrong', '', 'It is wrong.'],
])('%j and %j are told as sentences', (message, remedy, told) => {
  expect(adviceOf({ message, remedy })).toBe(told);
});
