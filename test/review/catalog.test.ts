import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listRules } from '../../src/review/catalog.ts';

const page = join(import.meta.dirname, '../../docs/review.md');

test('the page of the wall names every rule as it is, and no other', async () => {
  const rows = (await readFile(page, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'))
        .slice(1, -1),
    );
  const rules = listRules().map((rule) => [
    `\`${rule.id}\``,
    rule.severity,
    rule.languages,
    rule.looksFor,
    rule.remedy,
  ]);
  expect(rows).toEqual(rules);
});
