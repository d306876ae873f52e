/** The world's time: the machine's, moved forward as far as it was told. */
export type WorldClock = { now(): Date; advance(ms: number): void; advanceTo(time: Date): void };

export function createClock(): WorldClock {
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  return {
    now,
    advance(ms) {
      aheadMs += ms;
    },
    advanceTo(time) {
      aheadMs += Math.max(0, time.getTime() - now().getTime());
    },
  };
}
