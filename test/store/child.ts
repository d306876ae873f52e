import { pino } from 'pino';
import { openStore } from '../../src/store/store.ts';
import { asked, REPOSITORY } from './samples.ts';

/** A process to be killed: says `working` when the unit `orphan` runs, which never ends, and then a line for each write that was acknowledged. */
const [databaseUrl, dataDir = ''] = process.argv.slice(2);
const clock = { now: () => new Date() };
const store = await openStore({
  databaseUrl: databaseUrl || undefined,
  dataDir,
  clock,
  log: pino({ level: 'silent' }),
});

const say = (line: string) => process.stdout.write(`${line}\n`);
const nothing = () => ({ jobs: [], waits: [] });
await store.createGoal(asked('g0'), {
  trigger: 'comment:0',
  decide: () => ({ jobs: [{ unit: 'orphan' }], waits: [] }),
});
await store.work(
  {
    webhook: () => Promise.resolve(),
    goal: ({ unit }) => {
      say(`working ${unit}`);
      return new Promise(() => {});
    },
  },
  { concurrency: 1, perInstallation: 1 },
);
for (let count = 1; ; count++) {
  const received = { event: 'push', action: undefined, payload: { count }, receivedAt: clock.now() };
  await store.saveWebhook({ id: `d${count}`, ...received });
  say(`webhook d${count}`);
  const trigger = `comment:${count}`;
  const decide = () => ({ jobs: [{ unit: '' }], waits: [] });
  await store.createGoal(asked(`g${count}`, { issue: count + 1, repository: REPOSITORY }), { trigger, decide });
  const spend = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, usd: 1, kimiMs: 1 };
  await store.record(`g${count}`, [{ kind: 'spent', spend, on: '' }], { decide: nothing });
  say(`goal g${count}`);
}
