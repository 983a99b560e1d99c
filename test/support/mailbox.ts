/** Collects what comes in, and lets a test wait for it: no polling, no sleeping. */
export class Mailbox<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<(item: T) => void>();

  /** Bound, so that it can be handed over as a listener. */
  readonly put = (item: T): void => {
    this.all.push(item);
    for (const offer of [...this.#waiting]) offer(item);
  };

  /** The first item that fits, whether it has come already or comes later. */
  first(fits: (item: T) => boolean = () => true): Promise<T> {
    const come = this.all.find(fits);
    return come === undefined ? this.next(fits) : Promise.resolve(come);
  }

  /** The first item that fits of those that come from now on. */
  next(fits: (item: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve) => {
      const offer = (item: T): void => {
        if (!fits(item)) return;
        this.#waiting.delete(offer);
        resolve(item);
      };
      this.#waiting.add(offer);
    });
  }
}
