import { describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { TransientError } from '../../src/errors.ts';
import { createCheckRun, readFailedChecks, type OwnCheck } from '../../src/github/checks.ts';
import type { FailedCheck } from '../../src/goal/settle.ts';
import { answersOnly, api, connect, OMK, PLACE } from './sample.ts';

answersOnly();

const FAILED: FailedCheck = {
  name: 'test',
  id: 7,
  required: true,
  says: 'FAILURE',
  url: 'https://github.com/acme/shop/runs/7',
};

function run(change: Record<string, unknown> = {}) {
  return {
    id: 7,
    output: { title: 'Tests', summary: '2 failed', annotations_count: 0 },
    app: { slug: 'github-actions' },
    ...change,
  };
}

const LOG = `${PLACE}/actions/jobs/7/logs`;
const noLog = () => api().get(LOG).reply(404, {});

async function read(...failed: FailedCheck[]): Promise<string[]> {
  return readFailedChecks(await connect(), failed);
}

describe('readFailedChecks', () => {
  test("name, result, summary, annotations and the log's end, without colours and times", async () => {
    api()
      .get(`${PLACE}/check-runs/7`)
      .reply(200, run({ output: { title: 'Tests', summary: '2 failed', annotations_count: 1 } }));
    api()
      .get(`${PLACE}/check-runs/7/annotations?per_page=50`)
      .reply(200, [{ path: 'src/a.ts', start_line: 3, annotation_level: 'failure', message: 'expected 1' }]);
    api().get(LOG).reply(302, '', { location: 'https://logs.example/job7' });
    nock('https://logs.example', { badheaders: ['authorization'] })
      .get('/job7')
      .reply(200, '\uFEFF2026-11-22T12:00:00.1234567Z first\r\n2026-11-22T12:00:01.1Z \u001B[31mred\u001B[0m\n', {
        'content-type': 'text/plain',
      });
    expect(await read(FAILED)).toEqual([
      [
        'Check "test" ended FAILURE.',
        'https://github.com/acme/shop/runs/7',
        'Tests\n2 failed',
        'src/a.ts:3 failure: expected 1',
        'The log ends with:\nfirst\nred',
      ].join('\n'),
    ]);
  });

  test('a long log is cut to its end', async () => {
    api().get(`${PLACE}/check-runs/7`).reply(200, run());
    api().get(LOG).reply(302, '', { location: 'https://logs.example/job7' });
    nock('https://logs.example')
      .get('/job7')
      .reply(200, `${'x'.repeat(200_000)}END`, { 'content-type': 'text/plain' });
    const [text] = await read(FAILED);
    expect(text?.length).toBeLessThan(6_300);
    expect(text).toMatch(/xEND$/);
  });

  test('a log given at once is read, too', async () => {
    api().get(`${PLACE}/check-runs/7`).reply(200, run());
    api().get(LOG).reply(200, 'plain log', { 'content-type': 'text/plain' });
    expect((await read(FAILED))[0]).toMatch(/The log ends with:\nplain log$/);
  });

  test('a log that is no text is left out', async () => {
    api().get(`${PLACE}/check-runs/7`).reply(200, run());
    api().get(LOG).reply(302, '', { location: 'https://logs.example/job7' });
    nock('https://logs.example').get('/job7').reply(200, 'PK', { 'content-type': 'application/zip' });
    expect((await read(FAILED))[0]).not.toMatch(/The log/);
  });

  test('a log elsewhere than on the web is not followed', async () => {
    api().get(`${PLACE}/check-runs/7`).reply(200, run());
    api().get(LOG).reply(302, '', { location: 'file:///etc/passwd' });
    expect((await read(FAILED))[0]).not.toMatch(/The log/);
  });

  test.each([403, 404, 410])('a log that may not be read (%i) is left out', async (code) => {
    api().get(`${PLACE}/check-runs/7`).reply(200, run());
    api().get(LOG).reply(code, {});
    expect((await read(FAILED))[0]).toMatch(/2 failed$/);
  });

  test("another app's check has no job log", async () => {
    api()
      .get(`${PLACE}/check-runs/7`)
      .reply(200, run({ app: { slug: 'codecov' } }));
    expect((await read({ ...FAILED, required: false }))[0]).toMatch(/^Check "test" \(not required\) ended FAILURE/);
  });

  test('a status has its name and result only', async () => {
    expect(await read({ ...FAILED, id: undefined, url: undefined, says: 'ERROR' })).toEqual([
      'Check "test" ended ERROR.',
    ]);
  });

  test('a run that is gone has its name and result only', async () => {
    api().get(`${PLACE}/check-runs/7`).reply(404, {});
    expect(await read({ ...FAILED, url: undefined })).toEqual(['Check "test" ended FAILURE.']);
  });

  test('a long summary is cut', async () => {
    api()
      .get(`${PLACE}/check-runs/7`)
      .reply(200, run({ output: { title: null, summary: 's'.repeat(60_000), annotations_count: 0 } }));
    noLog();
    expect((await read(FAILED))[0]?.length).toBeLessThan(2_200);
  });

  test('at most ten checks are read', async () => {
    const many = Array.from({ length: 12 }, (_, n) => ({ ...FAILED, name: `t${n}`, id: undefined }));
    expect(await read(...many)).toHaveLength(10);
  });

  test('GitHub being down is told, not taken for an empty log', async () => {
    api().get(`${PLACE}/check-runs/7`).reply(502, '');
    await expect(read(FAILED)).rejects.toThrow(TransientError);
  });
});

function own(annotations: number, change: Partial<OwnCheck> = {}): OwnCheck {
  return {
    name: 'omk / review wall',
    head: 'a'.repeat(40),
    key: 'goal-1/api/2',
    conclusion: 'success',
    title: 'Six passes',
    summary: 'All passed',
    annotations: Array.from({ length: annotations }, (_, n) => ({
      path: `f${n}`,
      line: n,
      level: 'warning' as const,
      message: 'm',
    })),
    ...change,
  };
}

type Sent = {
  status?: string;
  conclusion?: string;
  external_id?: string;
  output: { annotations: { start_line: number }[]; summary: string };
};

describe('our own check', () => {
  test('is made with its result and key', async () => {
    const sent: Sent[] = [];
    api()
      .post(`${PLACE}/check-runs`, (body: Sent) => sent.push(body) > 0)
      .reply(201, { id: 70 });
    expect(await createCheckRun(await connect(), own(1), { isNew: true })).toBe(70);
    expect(sent).toMatchObject([
      {
        status: 'completed',
        conclusion: 'success',
        external_id: 'goal-1/api/2',
        output: { annotations: [{ start_line: 1 }] },
      },
    ]);
  });

  test('without a result is in progress', async () => {
    api()
      .post(`${PLACE}/check-runs`, (body: Sent) => body.status === 'in_progress' && !('conclusion' in body))
      .reply(201, { id: 70 });
    await createCheckRun(await connect(), own(0, { conclusion: undefined }), { isNew: true });
  });

  test('120 annotations go in three calls of at most 50', async () => {
    const sent: number[] = [];
    const note = (body: Sent) => sent.push(body.output.annotations.length) > 0;
    api().post(`${PLACE}/check-runs`, note).reply(201, { id: 70 });
    api().patch(`${PLACE}/check-runs/70`, note).twice().reply(200, {});
    await createCheckRun(await connect(), own(120), { isNew: true });
    expect(sent).toEqual([50, 50, 20]);
  });

  test('a summary too long for GitHub is cut', async () => {
    api()
      .post(`${PLACE}/check-runs`, (body: Sent) => body.output.summary.length === 65_000)
      .reply(201, { id: 70 });
    await createCheckRun(await connect(), own(0, { summary: 's'.repeat(70_000) }), { isNew: true });
  });

  const found = (runs: object[]) =>
    api()
      .get(`${PLACE}/commits/${'a'.repeat(40)}/check-runs`)
      .query({ check_name: 'omk / review wall', app_id: OMK, filter: 'latest', per_page: 100 })
      .reply(200, { total_count: runs.length, check_runs: runs });

  test('is found again after a lost reply, by app and key', async () => {
    api().post(`${PLACE}/check-runs`).replyWithError('socket hang up');
    found([
      { id: 1, external_id: 'other', app: { id: OMK } },
      { id: 2, external_id: 'goal-1/api/2', app: { id: 5 } },
      { id: 3, external_id: 'goal-1/api/2', app: { id: OMK } },
    ]);
    expect(await createCheckRun(await connect(), own(0), { isNew: true })).toBe(3);
  });

  test('is transient when the reply is lost and nothing was made', async () => {
    api().post(`${PLACE}/check-runs`).reply(502, '');
    found([]);
    await expect(createCheckRun(await connect(), own(0), { isNew: true })).rejects.toThrow(TransientError);
  });

  test('is not put there a second time when a crash hid the first', async () => {
    found([{ id: 3, external_id: 'goal-1/api/2', app: { id: OMK } }]);
    expect(await createCheckRun(await connect(), own(0))).toBe(3);
  });
});
