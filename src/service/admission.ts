/** How many connections may be open at once, so that half-open ones can't use up the relay. */

/** A storm of restarting schedulers opens some hundreds, each for milliseconds. */
const MAX_CONNECTIONS = 1024;
/** One host with more than this is no scheduler. */
const MAX_CONNECTIONS_PER_SOURCE = 256;

export class Admission {
  readonly #bySource = new Map<string, number>();
  #total = 0;

  /** Admits a connection (undefined), or says why not, as a label to count by. */
  enter(from: string): string | undefined {
    const own = this.#bySource.get(from) ?? 0;
    if (this.#total >= MAX_CONNECTIONS) return "connections-full";
    if (own >= MAX_CONNECTIONS_PER_SOURCE) return "connections-of-source-full";
    this.#total += 1;
    this.#bySource.set(from, own + 1);
    return undefined;
  }

  leave(from: string): void {
    const own = (this.#bySource.get(from) ?? 1) - 1;
    this.#total -= 1;
    if (own > 0) this.#bySource.set(from, own);
    else this.#bySource.delete(from);
  }
}
