import { setImmediate } from 'node:timers/promises';

/**
 * Does many things that come at once as one: what comes in one turn of the event loop, or while a batch is on its way, is the next batch,
 * of `most` at the most.
 * `perform` does all of its items or none, and gives their results in their order; one that cannot be done fails alone.
 */
export function inBatches<In, Out>(most: number, perform: (items: In[]) => Promise<Out[]>): (item: In) => Promise<Out> {
  const waiting: Waiting<In, Out>[] = [];
  let busy = false;
  const drain = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      // What comes in one turn of the event loop is one batch.
      await setImmediate();
      await settle(waiting.splice(0, most), perform);
    }
    busy = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!busy) void drain();
    });
}

type Waiting<In, Out> = { item: In; resolve: (out: Out) => void; reject: (error: unknown) => void };

async function settle<In, Out>(batch: Waiting<In, Out>[], perform: (items: In[]) => Promise<Out[]>): Promise<void> {
  try {
    const results = await perform(batch.map(({ item }) => item));
    for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Out);
  } catch (error) {
    if (batch.length === 1) return batch[0]?.reject(error);
    for (const one of batch) await settle([one], perform);
  }
}
