/** How often what was dropped, and why: nothing is lost in silence. */

export class Counters {
  readonly #counts = new Map<string, number>();

  count(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** By reason, in order of first sight. Reasons are the program's own labels, so there are few. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** `not-dispy 12, frame-too-long 3`; empty when nothing was dropped. */
  toString(): string {
    return [...this.#counts].map(([reason, count]) => `${reason} ${count}`).join(", ");
  }
}
