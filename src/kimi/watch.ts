/** Why we end a task that would go on. */
export type Stop = { cause: 'cancelled' | 'timeout' | 'silent'; message: string };

export type Watch = {
  /** Resolves at the first reason to stop; never if there is none until `close`. */
  stopped: Promise<Stop>;
  /** A sign of life: the silence begins anew. */
  alive: () => void;
  close(): void;
};

/**
 * Watches one task: its whole time, how long nothing was heard (`lastHeardAt` may know of more than `alive`, in milliseconds since 1970),
 * and the signal of who asked for it.
 */
export function watch(limits: {
  timeoutMs: number;
  silenceMs: number;
  signal: AbortSignal;
  lastHeardAt: () => number;
}): Watch {
  const { promise: stopped, resolve } = Promise.withResolvers<Stop>();
  const cancel = (): void => resolve({ cause: 'cancelled', message: 'it was cancelled' });
  const timeout = setTimeout(
    () => resolve({ cause: 'timeout', message: `it took longer than ${limits.timeoutMs} ms` }),
    limits.timeoutMs,
  );
  let heardAt = Date.now();
  let silence: NodeJS.Timeout;
  const listen = (): void => {
    const leftMs = Math.max(heardAt, limits.lastHeardAt()) + limits.silenceMs - Date.now();
    if (leftMs > 0) silence = setTimeout(listen, leftMs);
    else resolve({ cause: 'silent', message: `nothing was heard of it for ${limits.silenceMs} ms` });
  };
  listen();
  limits.signal.addEventListener('abort', cancel);
  if (limits.signal.aborted) cancel();
  return {
    stopped,
    alive: () => {
      heardAt = Date.now();
    },
    close: () => {
      clearTimeout(timeout);
      clearTimeout(silence);
      limits.signal.removeEventListener('abort', cancel);
    },
  };
}
