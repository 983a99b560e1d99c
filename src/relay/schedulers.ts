/** The schedulers that a relay serves: verified, announced, asked again, and forgotten when they stop answering. */

import type { Endpoint, SchedulerAnnounce } from "../wire/message.ts";
import type { Asking, Verdict } from "./asking.ts";
import { Consequences } from "./consequences.ts";
import type { Effect, Remembered, SchedulerNote } from "./events.ts";
import type { RelayOptions } from "./options.ts";
import { bareAnnounce, hasAnsweredWithin, isLive, nameOf, newScheduler } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";
import * as timing from "./timing.ts";
import { due, putOffUntil } from "./turns.ts";

/** What the table asks of its owner. */
interface Owner {
  emit(effect: Effect): void;
  /** Sends the announcement out, now. */
  announce(scheduler: Scheduler): void;
  /** A scheduler was forgotten. */
  lost(endpoint: Endpoint, now: number): void;
}

export class Schedulers {
  readonly #options: RelayOptions;
  readonly #asking: Asking;
  readonly #owner: Owner;
  readonly #consequences: Consequences;
  readonly #table = new Map<string, Scheduler>();
  #admitted = 0;

  constructor(options: RelayOptions, asking: Asking, owner: Owner) {
    this.#options = options;
    this.#asking = asking;
    this.#owner = owner;
    this.#consequences = new Consequences((effect) => {
      owner.emit(effect);
    }, options.limits.schedulerPorts);
  }

  /** The earliest time at which {@link tick} has something to do. */
  get deadline(): number {
    let earliest = Infinity;
    for (const { nextAt = Infinity } of this.#table.values()) earliest = Math.min(earliest, nextAt);
    return earliest;
  }

  /** How many have been admitted since the relay started. */
  get admitted(): number {
    return this.#admitted;
  }

  at(endpoint: Endpoint): Scheduler | undefined {
    return this.#table.get(nameOf(endpoint));
  }

  list(): readonly Scheduler[] {
    return [...this.#table.values()];
  }

  /** Those that answer, the longest waiting first; of one release if one is given. */
  live(release?: string): readonly Scheduler[] {
    return this.list()
      .filter(isLive)
      .filter(({ announce }) => release === undefined || announce.release === release)
      .sort((a, b) => a.waitingSince - b.waitingSince);
  }

  /** Takes in a scheduler that has just been verified at `endpoint`, and announces it. */
  admit(endpoint: Endpoint, announce: SchedulerAnnounce, heardOn: ReadonlySet<string>, now: number): boolean {
    const known = this.at(endpoint);
    if (known === undefined && this.#isFull()) return false;
    const scheduler = known ?? this.#add(endpoint, announce, now);
    scheduler.announce = announce;
    scheduler.heardOn = heardOn;
    scheduler.verifiedAt = now;
    scheduler.failing = undefined;
    // First of all the nodes: somebody waits for them.
    this.#restart(scheduler, now);
    this.#note("scheduler-verified", scheduler);
    this.#consequences.of(this.list());
    return true;
  }

  /** Schedulers from before a restart: each is asked anew before anything is said for it. */
  remember(remembered: readonly Remembered[], now: number): void {
    for (const { address, port, release } of remembered) {
      if (this.at({ address, port }) !== undefined || this.#isFull()) continue;
      this.#add({ address, port }, bareAnnounce({ address, port }, release), now);
    }
    this.#consequences.of(this.list());
  }

  /**
   * A known scheduler has announced itself again, perhaps restarted: with another sign, or another release.
   * @param isProven the announcement came by a connection from its own address. Any other may be forged, and a forged
   *   sign would cut the scheduler off from its nodes.
   */
  heardAgain(known: Scheduler, message: SchedulerAnnounce, isProven: boolean, now: number): void {
    const old = known.announce;
    const restarted = message.sign !== old.sign || message.release !== old.release;
    if (!hasAnsweredWithin(known, timing.FRESH, now) || (restarted && !isProven)) {
      this.#ask(known, restarted ? { ...message, addresses: old.addresses } : old, "anew");
      return;
    }
    if (restarted) {
      known.announce = { ...message, addresses: old.addresses };
      known.waitingSince = now;
      this.#note("scheduler-restarted", known);
      this.#consequences.of(this.list());
    } else if (timing.announceGap(known.announced) < timing.BURST_GAP) {
      if (now - known.offeredAt >= timing.AGAIN) this.#announce(known, now);
      else this.#owner.emit({ kind: "count", reason: "scheduler-already-announced" });
      return;
    }
    this.#restart(known, now);
  }

  /** Asks those that haven't answered just now: a node that became free often means that one of them has ended. */
  askAgain(schedulers: readonly Scheduler[], now: number): void {
    for (const scheduler of schedulers) {
      if (hasAnsweredWithin(scheduler, timing.JUST_NOW, now)) continue;
      this.#ask(scheduler, scheduler.announce, "only ask");
    }
  }

  /** Announces everyone anew, as when a subnet has appeared. */
  announceAll(now: number): void {
    for (const scheduler of this.list()) {
      if (scheduler.nextAt === undefined || scheduler.failing !== undefined) continue;
      scheduler.nextAt = now;
      scheduler.announced = 0;
    }
  }

  tick(now: number): void {
    for (const scheduler of due(this.list(), now)) {
      const until = putOffUntil(scheduler, this.list(), now);
      if (!hasAnsweredWithin(scheduler, timing.FRESH, now)) {
        this.#ask(scheduler, scheduler.announce, "go on");
      } else if (until === undefined) {
        this.#announce(scheduler, now);
      } else {
        scheduler.putOffSince ??= now;
        scheduler.nextAt = until;
      }
    }
  }

  #isFull(): boolean {
    if (this.#table.size < this.#options.limits.schedulers) return false;
    this.#owner.emit({ kind: "count", reason: "schedulers-full" });
    return true;
  }

  #add(endpoint: Endpoint, announce: SchedulerAnnounce, now: number): Scheduler {
    const scheduler = newScheduler(endpoint, announce, now);
    this.#table.set(nameOf(endpoint), scheduler);
    this.#admitted += 1;
    return scheduler;
  }

  /** Asks; then announces it from the start of the gaps, or goes on where they stood, or leaves them as they are. */
  #ask(scheduler: Scheduler, announce: SchedulerAnnounce, then: "anew" | "go on" | "only ask"): void {
    const { nextAt } = scheduler;
    if (nextAt === undefined) {
      this.#owner.emit({ kind: "count", reason: "scheduler-already-asked" });
      return;
    }
    scheduler.nextAt = undefined;
    this.#asking.verify(scheduler.endpoint, announce, (verdict, now) => {
      if (this.at(scheduler.endpoint) !== scheduler) return;
      if (verdict.verdict !== "verified") {
        this.#failed(scheduler, verdict, now);
        return;
      }
      scheduler.nextAt = then === "only ask" ? nextAt : now;
      const isNew = this.#answered(scheduler, announce, verdict, now);
      if (isNew || then === "anew") this.#restart(scheduler, now);
    });
  }

  /** Takes its answer in. Returns whether that is news for its nodes. */
  #answered(
    scheduler: Scheduler,
    announce: SchedulerAnnounce,
    { sign = announce.sign, port }: { readonly sign?: string; readonly port: number },
    now: number,
  ): boolean {
    const wasAway = scheduler.verifiedAt === undefined || scheduler.failing !== undefined;
    const restarted = sign !== scheduler.announce.sign || announce.release !== scheduler.announce.release;
    if (restarted) scheduler.waitingSince = now;
    if (wasAway) this.#note("scheduler-back", scheduler);
    else if (restarted) this.#note("scheduler-restarted", scheduler);
    scheduler.announce = { ...announce, port, ...(sign === undefined ? {} : { sign }) };
    scheduler.verifiedAt = now;
    scheduler.failing = undefined;
    this.#consequences.of(this.list());
    return wasAway || restarted;
  }

  #failed(scheduler: Scheduler, verdict: Exclude<Verdict, { verdict: "verified" }>, now: number): void {
    if (verdict.verdict === "refused" || verdict.verdict === "other-secret") {
      this.#forget(
        scheduler,
        "somebody else answers there now, of another release or with another secret",
        now,
      );
      return;
    }
    const failing = (scheduler.failing ??= { since: now, times: 0 });
    const patience = verdict.verdict === "closed" ? timing.FORGET_CLOSED : timing.FORGET_UNREACHABLE;
    if (now - failing.since >= patience) {
      this.#forget(scheduler, verdict.reason, now);
      return;
    }
    if (failing.times === 0) this.#note("scheduler-silent", scheduler, verdict.reason);
    scheduler.nextAt = now + timing.jittered(timing.retryGap(failing.times), this.#options.random);
    failing.times += 1;
  }

  #forget(scheduler: Scheduler, reason: string, now: number): void {
    this.#table.delete(nameOf(scheduler.endpoint));
    this.#note("scheduler-gone", scheduler, reason);
    this.#consequences.of(this.list());
    this.#owner.lost(scheduler.endpoint, now);
  }

  #restart(scheduler: Scheduler, now: number): void {
    scheduler.announced = 0;
    this.#announce(scheduler, now);
  }

  #announce(scheduler: Scheduler, now: number): void {
    this.#owner.announce(scheduler);
    scheduler.offeredAt = now;
    scheduler.putOffSince = undefined;
    scheduler.nextAt = now + timing.jittered(timing.announceGap(scheduler.announced), this.#options.random);
    scheduler.announced += 1;
  }

  #note(event: SchedulerNote["event"], { endpoint, announce }: Scheduler, reason = ""): void {
    const about = { scheduler: nameOf(endpoint), release: announce.release };
    const says = event === "scheduler-silent" || event === "scheduler-gone";
    this.#owner.emit({ kind: "note", note: says ? { event, ...about, reason } : { event, ...about } });
  }
}
