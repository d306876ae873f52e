import { sql } from 'kysely';
import type { Engine } from './engine.ts';
import type { Tx } from './schema.ts';

const CHANNEL = 'omk_goal';

/** Tells every process that the goal has new events, once the transaction is committed. */
export async function announceChange(tx: Tx, goalId: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${goalId})`.execute(tx);
}

export type Watch = {
  /** Calls the listener with the id of every goal that changes. Returns how to stop it. */
  watch(listener: (goalId: string) => void): () => void;
  close(): Promise<void>;
};

/** Listens for changes made by any process. A lost connection may lose some: they are hints. */
export async function openWatch({ boss }: Engine): Promise<Watch> {
  const listeners = new Set<(goalId: string) => void>();
  const tell = (goalId: string) => {
    for (const listener of listeners) listener(goalId);
  };
  const handle = await boss.getDb().listen?.(CHANNEL, tell, () => {});
  return {
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => handle?.close(),
  };
}
