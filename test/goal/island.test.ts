import { describe, expect, test } from '@jest/globals';
import { capAnswer, capBody, MAX_BODY, renderIsland, renewIsland, replaceIsland } from '../../src/goal/island.ts';

describe('an island', () => {
  const old = renderIsland('slice', 'old');
  const fresh = renderIsland('slice', 'new');
  const KEPT: [what: string, before: string, after: string][] = [
    ['alone', old, fresh],
    ['among words of people', `Hi\n\n${old}\n\nBye`, `Hi\n\n${fresh}\n\nBye`],
    ['after Windows line ends', `Hi\r\n\r\n${old.replaceAll('\n', '\r\n')}\r\nBye`, `Hi\r\n\r\n${fresh}\r\nBye`],
    ['that was removed', 'My own words', `My own words\n\n${fresh}`],
    ['in an empty body', '', fresh],
    ['without its end', 'a <!-- omk:begin:slice --> b', `a <!-- omk:begin:slice --> b\n\n${fresh}`],
    ['without its beginning', 'a <!-- omk:end:slice --> b', `a <!-- omk:end:slice --> b\n\n${fresh}`],
    ['behind a beginning left over', `<!-- omk:begin:slice --> mine ${old}`, `<!-- omk:begin:slice --> mine ${fresh}`],
    ['behind an end left over', `<!-- omk:end:slice --> mine ${old}`, `<!-- omk:end:slice --> mine ${fresh}`],
    ['beside another', `${old}\n${renderIsland('other', 'x')}`, `${fresh}\n${renderIsland('other', 'x')}`],
  ];

  test.each(KEPT)('%s is renewed and nothing else is touched', (_, before, after) => {
    expect(replaceIsland(before, 'slice', 'new')).toBe(after);
    expect(replaceIsland(after, 'slice', 'new')).toBe(after);
  });

  test.each([0, 5_000, 6_000, 65_000, 65_480])(
    'beside %d characters of people is as long as GitHub takes',
    (length) => {
      const before = `${'p'.repeat(length)}${renderIsland('slice', 'old')}`;
      const after = renewIsland(before, 'slice', (max) =>
        capBody([{ text: 'a', rows: Array(40_000).fill('row') }], max),
      );
      expect(after.length).toBeLessThanOrEqual(65_536);
      expect(after.startsWith('p'.repeat(length))).toBe(true);
      expect(after.includes('row')).toBe(length < 65_400);
    },
  );

  test('takes its content as it is', () => {
    expect(replaceIsland(old, 'slice', "$& $1 $' $$")).toBe(renderIsland('slice', "$& $1 $' $$"));
  });

  test('has a name that can break nothing', () => {
    expect(() => renderIsland('x --> y', '')).toThrow('Not a name');
  });
});

describe('a body of at most 60,000 characters', () => {
  const rows = (count: number, text = 'x'.repeat(98)) => Array.from({ length: count }, () => `|${text}`);

  test('is left alone when it fits', () => {
    expect(capBody([{ text: 'a' }, { text: 'b', rows: ['1', '2'], close: 'c' }])).toBe('a\n\nb\n1\n2\n\nc');
    expect(capBody([])).toBe('');
  });

  test.each([599, 600, 601, 605, 10_000])('loses whole rows alone of %d, with a note', (count) => {
    const body = capBody([
      { text: 'head' },
      { text: '| h |\n| --- |', rows: rows(count), close: '</details>' },
      { text: 'end' },
    ]);
    expect(body.length).toBeLessThanOrEqual(MAX_BODY);
    const kept = body.match(/^\|x+$/gm) ?? [];
    expect(kept.every((row) => row.length === 99)).toBe(true);
    const left = count - kept.length;
    expect(body.includes(`\n\n${left} more left out here.\n\n</details>\n\nend`)).toBe(left > 0);
  });

  test('loses rows of the longest section first', () => {
    const body = capBody([
      { text: 'a', rows: rows(10) },
      { text: 'b', rows: rows(10_000) },
    ]);
    expect(body.split('\n\n')[0]).toBe(`a\n${rows(10).join('\n')}`);
  });

  test('loses whole sections from the end when fixed text is too long', () => {
    expect(capBody([{ text: 'a' }, { text: 'b'.repeat(70_000) }, { text: 'c' }])).toBe('a');
  });

  test.each(['👩‍👩‍👧', 'é', '\u{1f600}'])('never cuts inside a row of %j', (char) => {
    const row = `|${char.repeat(100)}`;
    const body = capBody([{ text: 'h', rows: Array.from({ length: 2_000 }, () => row) }]);
    expect(body.length).toBeLessThanOrEqual(MAX_BODY);
    expect(body.split('\n').filter((line) => line.startsWith('|') && line !== row)).toEqual([]);
  });
});

describe('an answer of at most 60,000 characters', () => {
  test('is left alone when it fits', () => {
    expect(capAnswer('<!-- omk:reply:a -->\na\n\n```\nb\n```')).toBe('<!-- omk:reply:a -->\na\n\n```\nb\n```');
  });

  test('loses its last lines, never its first', () => {
    const answer = ['<!-- omk:reply:a -->', ...Array.from({ length: 2_000 }, () => 'x'.repeat(99))].join('\n');
    const capped = capAnswer(answer);
    expect(capped.length).toBeLessThanOrEqual(MAX_BODY);
    expect(capped.split('\n')[0]).toBe('<!-- omk:reply:a -->');
    expect(capped).toMatch(/x{99}\n\n1\d{3} more left out here\.$/);
  });

  test('is never cut inside a code block', () => {
    const answer = ['first', '````', '```', ...Array.from({ length: 9 }, () => 'x'.repeat(9_000)), '````', 'last'].join(
      '\n',
    );
    expect(capAnswer(answer)).toBe('first\n\n2 more left out here.');
  });
});
