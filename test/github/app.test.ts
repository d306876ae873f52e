import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { readApp } from '../../src/github/app.ts';
import { answersOnly, api, app } from './sample.ts';

answersOnly();

const manifest = parse(await readFile('app.yml', 'utf8')) as {
  default_permissions: Record<string, string>;
  default_events: string[];
};
const { default_permissions: permissions, default_events: events } = manifest;

test('an App that was made from app.yml lacks nothing', async () => {
  api().get('/app').reply(200, { slug: 'omk', permissions, events });
  expect(await readApp(app(), events)).toEqual({ slug: 'omk', lacks: [] });
});

test('what an App lacks is named', async () => {
  const less = { ...permissions, checks: 'read', statuses: 'write', issues: undefined };
  api()
    .get('/app')
    .reply(200, { slug: 'omk', permissions: less, events: events.filter((event) => event !== 'status') });
  expect((await readApp(app(), events)).lacks).toEqual([
    'permission checks: write',
    'permission issues: write',
    'event status',
  ]);
});

test('a key of another App is told as a refusal', async () => {
  api().get('/app').reply(401, { message: 'A JSON web token could not be decoded' });
  await expect(readApp(app(), events)).rejects.toThrow('GitHub could not read the App: the token was refused');
});
