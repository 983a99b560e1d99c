/** What follows from a change among the schedulers: what is remembered, and where nodes are heard. */

import type { Effect } from "./events.ts";
import { nameOf } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";

export class Consequences {
  readonly #emit: (effect: Effect) => void;
  readonly #maxPorts: number;
  #saved = "";
  #listening = "";

  /** @param maxPorts scheduler ports that are listened at, at most */
  constructor(emit: (effect: Effect) => void, maxPorts: number) {
    this.#emit = emit;
    this.#maxPorts = maxPorts;
  }

  /** Says what is new since the last call. */
  of(schedulers: readonly Scheduler[]): void {
    const remembered = schedulers.map(({ endpoint, announce: { wire, release } }) => ({
      ...endpoint,
      wire,
      release,
    }));
    const saved = remembered.map((scheduler) => `${nameOf(scheduler)} ${scheduler.release}`).join();
    if (saved !== this.#saved) this.#emit({ kind: "save", schedulers: remembered });
    this.#saved = saved;

    const ports = [...new Set(schedulers.map(({ announce }) => announce.port))].slice(0, this.#maxPorts);
    if (ports.join() !== this.#listening) this.#emit({ kind: "listen", ports });
    this.#listening = ports.join();
  }
}
