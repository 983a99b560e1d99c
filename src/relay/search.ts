/**
 * Schedulers that the operator has named: looked for by the relay, since one that runs already says nothing more.
 *
 * Each named host is looked up, and asked at each port in turn, with one release after the other where the release
 * isn't known. What is found is admitted; as long as one of its schedulers lives the search rests.
 */

import type { Endpoint, SchedulerAnnounce } from "../wire/message.ts";
import { familyOf } from "./addresses.ts";
import type { Asking } from "./asking.ts";
import type { Effect, NamedHost } from "./events.ts";
import type { RelayOptions } from "./options.ts";
import { bareAnnounce, nameOf } from "./scheduler.ts";
import type { Schedulers } from "./schedulers.ts";
import * as timing from "./timing.ts";

/** An operator who starts the scheduler after the relay waits at most this long, ms. */
const LONGEST_GAP = 15_000;

/** More addresses than this behind one name aren't a scheduler's. */
const MAX_ADDRESSES = 8;

interface Search {
  readonly named: NamedHost;
  /** Endpoints still to be asked in this round. */
  queue: Endpoint[];
  /** Schedulers found that haven't been lost since. */
  readonly found: Set<string>;
  /** What the last failure was, for the log. */
  reason: string;
  rounds: number;
  /** When the next round starts; undefined during a round and while the search rests. */
  nextAt: number | undefined;
}

export class Searches {
  readonly #options: RelayOptions;
  readonly #asking: Asking;
  readonly #schedulers: Schedulers;
  readonly #releasesHeard: () => readonly string[];
  readonly #emit: (effect: Effect) => void;
  readonly #searches: readonly Search[];

  constructor(
    options: RelayOptions,
    asking: Asking,
    schedulers: Schedulers,
    releasesHeard: () => readonly string[],
    emit: (effect: Effect) => void,
  ) {
    this.#options = options;
    this.#asking = asking;
    this.#schedulers = schedulers;
    this.#releasesHeard = releasesHeard;
    this.#emit = emit;
    this.#searches = options.schedulerHosts.map((named) => ({
      ...{ named, queue: [], found: new Set<string>(), reason: "", rounds: 0, nextAt: 0 },
    }));
  }

  get deadline(): number {
    return Math.min(...this.#searches.map(({ nextAt = Infinity }) => nextAt), Infinity);
  }

  tick(now: number): void {
    for (const search of this.#searches) {
      if ((search.nextAt ?? Infinity) > now) continue;
      search.nextAt = undefined;
      const { host } = search.named;
      if (familyOf(host) === undefined) this.#emit({ kind: "resolve", host });
      else this.#start(search, [host], now);
    }
  }

  resolved(host: string, addresses: readonly string[], now: number): void {
    for (const search of this.#searches) {
      if (search.named.host === host && search.nextAt === undefined) this.#start(search, addresses, now);
    }
  }

  /** A scheduler has gone: whoever found it looks again. */
  lost(endpoint: Endpoint, now: number): void {
    for (const search of this.#searches) {
      if (!search.found.delete(nameOf(endpoint)) || search.found.size > 0) continue;
      search.rounds = 0;
      search.nextAt = now + timing.retryGap(0);
    }
  }

  /** A release has been heard for the first time: a search that waits may know now what to ask. */
  learned(now: number): void {
    for (const search of this.#searches) if (search.nextAt !== undefined) search.nextAt = now;
  }

  #start(search: Search, addresses: readonly string[], now: number): void {
    const { port } = search.named;
    const ports = port === undefined ? this.#options.schedulerPorts : [port];
    search.reason = "its name isn't known here";
    search.queue = addresses
      .slice(0, MAX_ADDRESSES)
      .flatMap((address) => ports.map((p) => ({ address, port: p })));
    this.#next(search, now);
  }

  #next(search: Search, now: number): void {
    const endpoint = search.queue.shift();
    if (endpoint === undefined) this.#finish(search, now);
    else this.#guess(search, endpoint, this.#guesses(endpoint.port), now);
  }

  #guesses(port: number): string[] {
    return [...new Set([...this.#releasesHeard(), ...this.#options.rules.guesses(port)])];
  }

  /** Asks at one endpoint with one release after the other, until one fits or the endpoint is no scheduler's. */
  #guess(search: Search, endpoint: Endpoint, releases: string[], now: number): void {
    const release = releases.shift();
    if (release === undefined) {
      search.reason = `${nameOf(endpoint)} answers, but to none of the releases tried; it may be older than 4.9`;
      this.#next(search, now);
      return;
    }
    const announce = bareAnnounce(endpoint, release);
    this.#asking.verify(endpoint, announce, (verdict, later) => {
      switch (verdict.verdict) {
        case "verified": {
          const { port, sign } = verdict;
          this.#found(
            search,
            endpoint,
            { ...announce, port, ...(sign === undefined ? {} : { sign }) },
            later,
          );
          return;
        }
        case "refused":
          this.#guess(search, endpoint, releases, later);
          return;
        case "other-secret":
          search.reason = `${nameOf(endpoint)} answers, but its secret isn't this relay's`;
          break;
        case "unreachable":
          // The other ports of a host that doesn't answer at all would cost a time-out each.
          search.queue = search.queue.filter(({ address }) => address !== endpoint.address);
          search.reason = verdict.reason;
          break;
        case "closed":
        case "mute":
          search.reason = verdict.reason;
      }
      this.#next(search, later);
    });
  }

  #found(search: Search, endpoint: Endpoint, announce: SchedulerAnnounce, now: number): void {
    const known = this.#schedulers.at(endpoint);
    if (known !== undefined || this.#schedulers.admit(endpoint, announce, new Set(), now)) {
      search.found.add(nameOf(endpoint));
    }
    this.#next(search, now);
  }

  #finish(search: Search, now: number): void {
    if (search.found.size > 0) return;
    const gap = Math.min(timing.retryGap(search.rounds), LONGEST_GAP);
    const retryMs = Math.round(timing.jittered(gap, this.#options.random));
    search.rounds += 1;
    search.nextAt = now + retryMs;
    const { host, port } = search.named;
    const scheduler = port === undefined ? host : nameOf({ address: host, port });
    this.#emit({
      kind: "note",
      note: { event: "scheduler-searched", scheduler, reason: search.reason, retryMs },
    });
  }
}
