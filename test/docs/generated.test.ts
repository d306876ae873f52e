import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import * as replies from '../../src/goal/report/replies.ts';
import { policyJsonSchema } from '../../src/goal/policy-file.ts';
import { renderHelp } from '../../src/goal/report/help.ts';
import { readTables } from '../goal/markdown.ts';
import { GENERATED } from './generated.ts';

test.each(Object.entries(GENERATED))('%s is what the code says; if not: npm run docs', async (path, render) => {
  const written = await readFile(path, 'utf8');
  expect(written).toBe(render(written));
});

test('every reply there is stands among the messages', async () => {
  const said = await readFile('test/goal/said.ts', 'utf8');
  expect(Object.keys(replies).filter((name) => !said.includes(`replies.${name}(`))).toEqual([]);
});

test('the README has the table of commands that the help prints', async () => {
  const readme = readTables(await readFile('README.md', 'utf8'));
  const [help] = readTables(renderHelp('everywhere'));
  expect(readme).toContainEqual(help);
});

test('the schema takes the settings that the README shows, and no unknown key', async () => {
  const readme = await readFile('README.md', 'utf8');
  const shown = /^```yaml\n(.*?)^```/ms.exec(readme)?.[1] ?? '';
  const validate = new Ajv2020({ strict: false }).compile(policyJsonSchema());
  expect([validate(parse(shown)), validate.errors]).toEqual([true, null]);
  expect(validate({ review: { rouds: 2 } })).toBe(false);
});
