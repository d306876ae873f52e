import { describe, expect, test } from '@jest/globals';
import { indexOf, triggerOf } from '../../src/review/read/trigger.ts';

const found = (pattern: RegExp, ...lines: string[]) => {
  const trigger = triggerOf(pattern);
  if (!trigger) return 'all';
  const texts = lines.map((raw) => ({ raw }));
  return indexOf(texts, 100).candidates(trigger);
};

describe('Triggers', () => {
  test.each([
    [/\beval\(/, ['x', 'eval(x)'], [1]],
    [/foo|bar/, ['a bar', 'nothing', 'foo'], [0, 2]],
    [/\bverify\s*=\s*False/i, ['VERIFY = false', 'other'], [0]],
    [/(?!never)needed(?:optional)?/, ['needed', 'optional'], [0]],
    [/^(?=.*needed).*$/, ['it is needed', 'it is not'], [0]],
    [/\w+ == \w+/, ['a = b', 'a == b', 'a=b=='], [1, 2]],
    [/\bif\s*\(/, ['IF (x)', 'a && b'], [0]],
  ])('%s looks only at the lines that can match', (pattern, lines, places) => {
    expect(found(pattern, ...lines)).toEqual(places);
  });

  test('a part of the lines is looked at alone', () => {
    const trigger = triggerOf(/eval|exec/) ?? [];
    const texts = ['eval(a)', 'exec(b)', 'x', 'eval(c)', 'exec(d)'].map((raw) => ({ raw }));
    expect(indexOf(texts, 100).candidates(trigger, 1, 4)).toEqual([1, 3]);
  });

  test.each([[/a|word/], [/x+/], [/(?:word)?a/], [/\w+ = \w+/], [/w{3}/]])(
    'fails safe: %s may match any line',
    (pattern) => {
      expect(found(pattern, 'line')).toBe('all');
    },
  );
});
