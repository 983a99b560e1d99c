/** Simulated time and chance: events in order, and the same run for the same seed. */
export class Clock {
  now = 0;
  readonly random: () => number;
  #events: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = mulberry32(seed);
  }

  after(delay: number, run: () => void): void {
    this.#order += 1;
    this.#events.push({ at: this.now + delay, order: this.#order, run });
    this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  /** Runs events until `done`, or until `limit` ms have gone by. Returns whether it was done. */
  runUntil(done: () => boolean, limit: number): boolean {
    const end = this.now + limit;
    while (!done()) {
      const next = this.#events[0];
      if (next === undefined || next.at > end) {
        this.now = end;
        return done();
      }
      this.#events.shift();
      this.now = next.at;
      next.run();
    }
    return true;
  }
}

/** A small, well-known generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
