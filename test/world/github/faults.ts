import type { Json } from './state.ts';

/** Which requests a fault hits. `path` is tried on path and query, `/api/v3` included; `route` is the route's name among the requests. */
export type FaultMatch = { method?: string; path?: RegExp; route?: string; times?: number };

/**
 * What goes wrong. `reset` cuts the connection before anything is done, `apply-then-reset` after all is done,
 * `hang` never answers. A string body goes out as it is: an HTML page, a JSON text cut in the middle.
 */
export type Fault =
  { status: number; body?: string | Json; headers?: Record<string, string> } | 'reset' | 'apply-then-reset' | 'hang';

/** Faults waiting for their requests. Unless told, a fault hits once. */
export class Faults {
  #waiting: { match: FaultMatch; fault: Fault; left: number }[] = [];

  /** The next requests that match get this fault. */
  next(match: FaultMatch, fault: Fault): void {
    this.#waiting.push({ match, fault, left: match.times ?? 1 });
  }

  /** Forgets all faults that have not struck yet, and gives what they waited for. */
  clear(): FaultMatch[] {
    return this.#waiting.splice(0).map(({ match }) => match);
  }

  /** The fault for this request, used up by asking. */
  take({ method, path, route }: { method: string; path: string; route: string }): Fault | undefined {
    const hit = this.#waiting.find(
      ({ match }) =>
        (match.method ?? method) === method && (match.route ?? route) === route && (match.path?.test(path) ?? true),
    );
    if (!hit) return undefined;
    hit.left -= 1;
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    return hit.fault;
  }
}
