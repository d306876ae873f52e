import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { describeOnEngines, openAt, signal, type Place } from './engines.ts';

jest.setTimeout(120_000);

const CHILD = join(import.meta.dirname, 'child.ts');

/** Runs the child until it has said `working` and so many lines, kills it, and gives all it said. */
async function runAndKill(place: Place, lines: number): Promise<string[]> {
  const args = ['--disable-warning=ExperimentalWarning', CHILD, place.databaseUrl ?? '', place.dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return said;
}

describeOnEngines('a killed process', (newPlace, engine) => {
  test('loses nothing that was acknowledged, and what it ran is run again', async () => {
    const place = await newPlace();
    const said = await runAndKill(place, 60);
    expect(said).toContain('working orphan');
    const killed = performance.now();
    const store = await openAt(place, { now: () => new Date() });
    const orphan = signal<number>();
    const units = new Set<string>();
    const webhooks = new Set<string>();
    await store.work(
      {
        webhook: (id) => Promise.resolve(void webhooks.add(id)),
        goal: ({ goalId, unit }) => {
          units.add(goalId);
          if (unit === 'orphan') orphan.resolve(performance.now() - killed);
          return Promise.resolve();
        },
      },
      { concurrency: 2, perInstallation: 2 },
    );
    const tookMs = await orphan.promise;
    await store.idle();
    process.stdout.write(
      `${engine}: the killed worker's unit ran again ${(tookMs / 1_000).toFixed(1)} s after the kill\n`,
    );
    expect(tookMs).toBeLessThan(60_000);
    const goals = said.flatMap((line) => /^goal (.*)/.exec(line)?.[1] ?? []);
    expect(goals.length).toBeGreaterThan(20);
    for (const id of goals) {
      expect((await store.getGoal(id)).spend.usd).toBe(1);
      expect(units).toContain(id);
    }
    for (const id of said.flatMap((line) => /^webhook (.*)/.exec(line)?.[1] ?? [])) {
      expect(await store.loadWebhook(id)).toBeDefined();
    }
    await store.close();
    await place.remove();
  });

  if (engine === 'PGlite') {
    test('is run again however often it is killed at the same job', async () => {
      const place = await newPlace();
      for (let count = 0; count < 6; count++) expect(await runAndKill(place, 3)).toContain('working orphan');
      await place.remove();
    });
  }
});
