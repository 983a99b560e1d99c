/** Questions to schedulers that are under way, and what to do with their answers. */

import type { Answer, Endpoint, SchedulerAnnounce } from "../wire/message.ts";
import type { Effect } from "./events.ts";

/** What a scheduler's answers came to, `other-secret` being a refusal that only the proof can have caused. */
export type Verdict = Answer | { readonly verdict: "other-secret" };

export type Then = (verdict: Verdict, now: number) => void;

export class Asking {
  readonly #emit: (effect: Effect) => void;
  readonly #proves: boolean;
  readonly #open = new Map<number, (answer: Answer, now: number) => void>();
  #last = 0;

  /** @param proves whether this relay has a secret, which every scheduler must then share */
  constructor(emit: (effect: Effect) => void, proves: boolean) {
    this.#emit = emit;
    this.#proves = proves;
  }

  /**
   * Asks `to` whether it is what `announce` says. Where its sign isn't known the first answer tells it, and a relay
   * with a secret asks once more, now with the proof.
   */
  verify(to: Endpoint, announce: SchedulerAnnounce, then: Then): void {
    this.#ask(to, announce, (first, now) => {
      if (
        first.verdict !== "verified" ||
        announce.sign !== undefined ||
        first.sign === undefined ||
        !this.#proves
      ) {
        then(first, now);
        return;
      }
      this.#ask(to, { ...announce, sign: first.sign }, (second, later) => {
        then(second.verdict === "refused" ? { verdict: "other-secret" } : second, later);
      });
    });
  }

  /** Hands an answer to whoever asked. Unknown and repeated numbers are ignored. */
  answered(ask: number, answer: Answer, now: number): void {
    const then = this.#open.get(ask);
    this.#open.delete(ask);
    then?.(answer, now);
  }

  #ask(to: Endpoint, announce: SchedulerAnnounce, then: (answer: Answer, now: number) => void): void {
    this.#last += 1;
    this.#open.set(this.#last, then);
    this.#emit({ kind: "ask", ask: this.#last, to, announce });
  }
}
