/** Schedulers that have announced themselves and aren't believed yet: each is asked where it says it listens. */

import type { SchedulerAnnounce } from "../wire/message.ts";
import { canonical, sameAddress } from "./addresses.ts";
import type { Asking, Verdict } from "./asking.ts";
import type { Effect, Over } from "./events.ts";
import type { RelayOptions } from "./options.ts";
import { nameOf } from "./scheduler.ts";
import type { Schedulers } from "./schedulers.ts";
import * as timing from "./timing.ts";

/** A scheduler that has just started may announce itself before it listens: so often it is asked. */
const TRIES = 4;

interface Candidate {
  /** The latest announcement. */
  announce: SchedulerAnnounce;
  readonly from: string;
  readonly over: Over;
  /** As in {@link Arrival}. */
  heardOn: ReadonlySet<string>;
  /** Addresses that may be asked, the sender's own first. */
  readonly addresses: readonly string[];
  tries: number;
  /** When to try again; undefined while it is being asked. */
  nextAt: number | undefined;
}

/** An announcement and how it came. */
export interface Arrival {
  readonly message: SchedulerAnnounce;
  readonly from: string;
  readonly over: Over;
  /** Subnets on which the scheduler's own broadcast was heard. */
  readonly heardOn: ReadonlySet<string>;
}

export class Candidates {
  readonly #options: RelayOptions;
  readonly #asking: Asking;
  readonly #schedulers: Schedulers;
  readonly #emit: (effect: Effect) => void;
  readonly #table = new Map<string, Candidate>();

  constructor(options: RelayOptions, asking: Asking, schedulers: Schedulers, emit: (effect: Effect) => void) {
    this.#options = options;
    this.#asking = asking;
    this.#schedulers = schedulers;
    this.#emit = emit;
  }

  get deadline(): number {
    let earliest = Infinity;
    for (const { nextAt = Infinity } of this.#table.values()) earliest = Math.min(earliest, nextAt);
    return earliest;
  }

  /** Takes in an announcement of a scheduler that isn't in the table of those served. */
  hear({ message, from, over, heardOn }: Arrival): void {
    const key = nameOf({ address: from, port: message.port });
    const known = this.#table.get(key);
    if (known !== undefined) {
      known.announce = message;
      if (over === "stream") known.heardOn = heardOn;
      this.#count("scheduler-already-asked");
      return;
    }
    if (this.#table.size >= this.#options.limits.candidates) {
      this.#count("candidates-full");
      return;
    }
    const addresses = [from, ...this.allowed(message, from)];
    const candidate = { announce: message, from, over, heardOn, addresses, tries: 0, nextAt: undefined };
    this.#table.set(key, candidate);
    this.#try(key, candidate, 0);
  }

  /** The addresses named in an announcement that may be dialled and passed on, besides `own`. */
  allowed(message: SchedulerAnnounce, own: string): readonly string[] {
    const named = message.addresses.filter((address) =>
      this.#options.allow.some((net) => net.contains(address)),
    );
    return [...new Set(named.map(canonical))].filter((address) => !sameAddress(address, own));
  }

  tick(now: number): void {
    for (const [key, candidate] of this.#table) {
      if ((candidate.nextAt ?? Infinity) > now) continue;
      candidate.nextAt = undefined;
      this.#try(key, candidate, 0);
    }
  }

  /** Asks at the nth of its addresses, and on failure at the next. */
  #try(key: string, candidate: Candidate, n: number): void {
    const address = candidate.addresses[n];
    if (address === undefined) return;
    const asked = candidate.announce;
    this.#asking.verify({ address, port: asked.port }, asked, (verdict, now) => {
      if (verdict.verdict === "verified" || this.#mustBeBelieved(candidate, verdict, n)) {
        this.#table.delete(key);
        this.#admit(candidate, address, verdict, now);
      } else if (verdict.verdict === "refused" || verdict.verdict === "other-secret") {
        this.#drop(key, candidate);
      } else if (n + 1 < candidate.addresses.length) {
        this.#try(key, candidate, n + 1);
      } else {
        this.#missed(key, candidate, verdict.reason, now);
      }
    });
  }

  /**
   * Before 4.9 dispy's schedulers can't be asked. One that announced itself by a connection has shown that the address
   * is its own, and somebody has just taken a connection at its port: that must do. A datagram's sender can be forged.
   */
  #mustBeBelieved({ announce, over }: Candidate, verdict: Verdict, n: number): boolean {
    const isOld = !this.#options.rules.canBeAsked(announce.release);
    return isOld && !this.#options.hasSecret && over === "stream" && n === 0 && verdict.verdict === "mute";
  }

  #admit({ announce, heardOn }: Candidate, address: string, verdict: Verdict, now: number): void {
    const { port, sign } = verdict.verdict === "verified" ? { sign: announce.sign, ...verdict } : announce;
    const addresses = [address, ...this.allowed(announce, address)];
    const verified = { ...announce, port, addresses, ...(sign === undefined ? {} : { sign }) };
    this.#schedulers.admit({ address, port: announce.port }, verified, heardOn, now);
  }

  #drop(key: string, { from, announce }: Candidate): void {
    this.#table.delete(key);
    const scheduler = nameOf({ address: from, port: announce.port });
    this.#emit({ kind: "note", note: { event: "scheduler-refused", scheduler, release: announce.release } });
    this.#count("scheduler-refused");
  }

  /** One dial a datagram and no more: its sender may be forged, and the dials hit whoever it names. */
  #missed(key: string, candidate: Candidate, reason: string, now: number): void {
    candidate.tries += 1;
    if (candidate.over === "stream" && candidate.tries < TRIES) {
      candidate.nextAt = now + timing.jittered(timing.retryGap(candidate.tries - 1), this.#options.random);
      return;
    }
    this.#table.delete(key);
    const { announce, from, addresses } = candidate;
    const refused = announce.addresses.filter(
      (named) => !addresses.some((asked) => sameAddress(asked, named)),
    );
    this.#emit({
      kind: "note",
      note: {
        event: "scheduler-unverified",
        scheduler: nameOf({ address: from, port: announce.port }),
        ...{ release: announce.release, reason, notAllowed: refused },
      },
    });
    this.#count("scheduler-unverified");
  }

  #count(reason: string): void {
    this.#emit({ kind: "count", reason });
  }
}
