import { describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { TransientError, UserError } from '../../src/errors.ts';
import { listDeliveries, redeliver } from '../../src/github/deliveries.ts';
import {
  getBranchHead,
  getPermission,
  getRepository,
  readDefaultFile,
  readOrgConfig,
} from '../../src/github/repository.ts';
import { answersOnly, api, app, connect, PLACE } from './sample.ts';

answersOnly();

const ANN = { id: 4, login: 'ann' };
const PERMISSION = `${PLACE}/collaborators/ann/permission`;

describe('getPermission', () => {
  test.each([
    ['admin', 'admin', 'admin'],
    ['write', 'maintain', 'maintain'],
    ['write', 'write', 'write'],
    ['read', 'triage', 'triage'],
    ['read', 'read', 'read'],
    ['none', '', 'none'],
    ['write', 'release-manager', 'write'],
    ['read', 'auditor', 'read'],
    ['write', undefined, 'write'],
    ['sovereign', 'sovereign', 'unknown'],
  ])('permission %s with role %s is %s', async (permission, role_name, wanted) => {
    api()
      .get(PERMISSION)
      .reply(200, { permission, role_name, user: { id: 4, login: 'ann' } });
    expect(await getPermission(await connect(), ANN)).toBe(wanted);
  });

  test.each([
    ['another person has the login now', { id: 5 }],
    ['GitHub names nobody', null],
  ])('fails closed when %s', async (_name, user) => {
    api().get(PERMISSION).reply(200, { permission: 'admin', role_name: 'admin', user });
    expect(await getPermission(await connect(), ANN)).toBe('unknown');
  });

  test.each([403, 404, 410, 422])('fails closed on %i', async (status) => {
    api().get(PERMISSION).reply(status, { message: 'no' });
    expect(await getPermission(await connect(), ANN)).toBe('unknown');
  });

  test.each([
    ['500', (get: nock.Interceptor) => get.reply(500, '')],
    ['a timeout', (get: nock.Interceptor) => get.replyWithError('timeout')],
    [
      'an answer of another shape',
      (get: nock.Interceptor) => get.reply(200, '<html>', { 'content-type': 'text/html' }),
    ],
  ])('is asked again later after %s, never assumed', async (_name, fail) => {
    fail(api().get(PERMISSION));
    await expect(getPermission(await connect(), ANN)).rejects.toThrow(TransientError);
  });
});

describe('the repository', () => {
  const shown = {
    id: 22,
    name: 'shop',
    owner: { login: 'acme' },
    private: true,
    default_branch: 'trunk',
    archived: false,
  };

  test('is read with its default branch', async () => {
    api().get(PLACE).reply(200, shown);
    expect(await getRepository(await connect())).toEqual({
      installationId: 11,
      id: 22,
      owner: 'acme',
      name: 'shop',
      private: true,
      defaultBranch: 'trunk',
      archived: false,
    });
  });

  test('another one under its name is not it', async () => {
    api()
      .get(PLACE)
      .reply(200, { ...shown, id: 23 });
    await expect(getRepository(await connect())).rejects.toThrow(UserError);
  });

  test('a renamed one is followed', async () => {
    api().get(PLACE).reply(301, {}, { location: 'https://api.github.com/repositories/22' });
    api()
      .get('/repositories/22')
      .reply(200, { ...shown, name: 'store' });
    expect(await getRepository(await connect())).toMatchObject({ name: 'store' });
  });

  test('one that is gone is told', async () => {
    api().get(PLACE).reply(404, {});
    await expect(getRepository(await connect())).rejects.toThrow('GitHub does not show the repository acme/shop.');
  });

  test('the tip of a branch with a slash', async () => {
    api()
      .get(`${PLACE}/git/ref/heads%2Frelease%2F1`)
      .reply(200, { object: { sha: 'c1' } });
    expect(await getBranchHead(await connect(), 'release/1')).toBe('c1');
  });

  test('a branch that is not there is told', async () => {
    api().get(`${PLACE}/git/ref/heads%2Fnope`).reply(404, {});
    await expect(getBranchHead(await connect(), 'nope')).rejects.toThrow('GitHub does not show the branch `nope`.');
  });
});

describe('files', () => {
  const ORG = '/repos/acme/.github/contents/.github%2Fomk.yml';
  const file = (text: string) => ({ type: 'file', encoding: 'base64', content: Buffer.from(text).toString('base64') });

  test("the organisation's settings", async () => {
    api().get(ORG).reply(200, file('merge: manual\n'));
    expect(await readOrgConfig(await connect())).toBe('merge: manual\n');
  });

  test.each([403, 404])('no settings of the organisation (%i)', async (status) => {
    api().get(ORG).reply(status, {});
    expect(await readOrgConfig(await connect())).toBeUndefined();
  });

  test('a file of the default branch', async () => {
    api().get(`${PLACE}/contents/.github%2Fomk.yml`).reply(200, file('merge: gated\n'));
    expect(await readDefaultFile(await connect(), '.github/omk.yml')).toBe('merge: gated\n');
  });

  test('a folder in place of a file is not taken for settings', async () => {
    api()
      .get(ORG)
      .reply(200, [{ name: 'omk.yml' }]);
    await expect(readOrgConfig(await connect())).rejects.toThrow(TransientError);
  });
});

describe('deliveries', () => {
  const row = (id: number | string, minute: number, change = {}) =>
    `{"id":${id},"guid":"g${id}","delivered_at":"2026-11-22T12:${minute}:00Z","status":"OK","status_code":200,"event":"push","action":null,"repository_id":22${
      Object.keys(change).length > 0 ? `,${JSON.stringify(change).slice(1, -1)}` : ''
    }}`;
  const json = { 'content-type': 'application/json' };

  test('pages until it is old enough, and reads ids that no number holds', async () => {
    const next = '<https://api.github.com/app/hook/deliveries?per_page=100&cursor=x>; rel="next"';
    api()
      .get('/app/hook/deliveries?per_page=100')
      .reply(200, `[${row('12345678901234567890', 50)}]`, { ...json, link: next });
    api()
      .get('/app/hook/deliveries?per_page=100&cursor=x')
      .reply(200, `[${row(2, 40, { status_code: 502, action: 'opened' })},${row(1, 20)}]`, { ...json, link: next });
    const deliveries = await listDeliveries(app(), new Date('2026-11-22T12:30:00Z'));
    expect(deliveries).toEqual([
      {
        id: '12345678901234567890',
        guid: 'g12345678901234567890',
        deliveredAt: new Date('2026-11-22T12:50:00Z'),
        ok: true,
        event: 'push',
        action: undefined,
        repositoryId: 22,
      },
      {
        id: '2',
        guid: 'g2',
        deliveredAt: new Date('2026-11-22T12:40:00Z'),
        ok: false,
        event: 'push',
        action: 'opened',
        repositoryId: 22,
      },
    ]);
  });

  test('asks for a delivery once more', async () => {
    api().post('/app/hook/deliveries/12345678901234567890/attempts').reply(202, {});
    expect(await redeliver(app(), '12345678901234567890')).toBe(true);
  });

  test('a delivery that GitHub has dropped cannot be asked for', async () => {
    api().post('/app/hook/deliveries/2/attempts').reply(404, {});
    expect(await redeliver(app(), '2')).toBe(false);
  });
});
