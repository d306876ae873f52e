import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { policyJsonSchema } from '../../src/goal/policy-file.ts';
import { GENERATED } from './generated.ts';

test.each(Object.entries(GENERATED))('%s is what the code says; if not: npm run docs', async (path, render) => {
  expect(await readFile(path, 'utf8')).toBe(render());
});

test('the schema takes the settings that the README shows, and no unknown key', async () => {
  const readme = await readFile('README.md', 'utf8');
  const shown = /^```yaml\n(.*?)^```/ms.exec(readme)?.[1] ?? '';
  const validate = new Ajv2020({ strict: false }).compile(policyJsonSchema());
  expect([validate(parse(shown)), validate.errors]).toEqual([true, null]);
  expect(validate({ review: { rouds: 2 } })).toBe(false);
});
