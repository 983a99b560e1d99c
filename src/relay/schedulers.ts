/** The schedulers that a relay serves: verified, announced, asked again, and forgotten when they stop answering. */

import type { Endpoint, SchedulerAnnounce } from "../wire/message.ts";
import type { Asking, Verdict } from "./asking.ts";
import type { Effect, Over, Remembered, SchedulerNote } from "./events.ts";
import type { RelayOptions } from "./options.ts";
import * as timing from "./timing.ts";

/** One scheduler. It is live once it has answered, for as long as it does. */
export interface Scheduler {
  /** Where it is asked. */
  readonly endpoint: Endpoint;
  /** What is said for it: its verified address first, its sign where it is known. */
  announce: SchedulerAnnounce;
  /** When it was admitted, or had restarted: nodes that were free before don't know it. */
  waitingSince: number;
  /** Time of its last answer; undefined until there is one. */
  verifiedAt: number | undefined;
  /** Set while it doesn't answer. */
  failing: { readonly since: number; times: number } | undefined;
  /** Announcements so far in this run of growing gaps. */
  announced: number;
  /** When nodes were last told of it. */
  offeredAt: number;
  /** Since when its announcement is put off because nodes were just told of another. */
  putOffSince: number | undefined;
  /** When to announce it, or ask it, next; undefined while it is being asked. */
  nextAt: number | undefined;
  /** Subnets on which its own broadcast was heard: their nodes need none of ours. */
  heardOn: ReadonlySet<string>;
}

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
  readonly #table = new Map<string, Scheduler>();
  #admitted = 0;
  #saved = "";
  #listening = "";

  constructor(options: RelayOptions, asking: Asking, owner: Owner) {
    this.#options = options;
    this.#asking = asking;
    this.#owner = owner;
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
    return this.#table.get(keyOf(endpoint));
  }

  list(): readonly Scheduler[] {
    return [...this.#table.values()];
  }

  /** Those that answer, the longest waiting first; of one release if one is given. */
  live(release?: string): readonly Scheduler[] {
    return this.list()
      .filter((scheduler) => scheduler.verifiedAt !== undefined && scheduler.failing === undefined)
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
    this.#note("scheduler-verified", scheduler);
    this.#changed();
    this.#restart(scheduler, now);
    return true;
  }

  /** Schedulers from before a restart: each is asked anew before anything is said for it. */
  remember(remembered: readonly Remembered[], now: number): void {
    for (const { address, port, wire, release } of remembered) {
      if (this.at({ address, port }) !== undefined || this.#isFull()) continue;
      const announce: SchedulerAnnounce = {
        kind: "scheduler-announce",
        ...{ wire, release, port, addresses: [address], relayed: false, extra: new Map() },
      };
      this.#add({ address, port }, announce, now);
    }
  }

  /** A known scheduler has announced itself again, perhaps restarted: with another sign, or another release. */
  heardAgain(known: Scheduler, message: SchedulerAnnounce, over: Over, now: number): void {
    const old = known.announce;
    const restarted = message.sign !== old.sign || message.release !== old.release;
    const fresh = known.failing === undefined && now - (known.verifiedAt ?? -Infinity) < timing.FRESH;
    // A datagram's sender can be forged, and a forged sign would cut the scheduler off from its nodes.
    if (!fresh || (restarted && over !== "stream")) {
      this.#ask(known, restarted ? { ...message, addresses: old.addresses } : old, "anew");
      return;
    }
    if (restarted) {
      known.announce = { ...message, addresses: old.addresses };
      known.waitingSince = now;
      this.#note("scheduler-restarted", known);
      this.#changed();
    } else if (timing.announceGap(known.announced) < timing.BURST_GAP) {
      this.#owner.emit({ kind: "count", reason: "scheduler-already-announced" });
      return;
    }
    this.#restart(known, now);
  }

  /** Asks those that haven't answered just now: a node that became free often means that one of them has ended. */
  askAgain(schedulers: readonly Scheduler[], now: number): void {
    for (const scheduler of schedulers) {
      const isKnown = now - (scheduler.verifiedAt ?? -Infinity) < timing.JUST_NOW;
      if (!isKnown) this.#ask(scheduler, scheduler.announce, "only ask");
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
    const due = this.list().filter(({ nextAt = Infinity }) => nextAt <= now);
    const since = ({ putOffSince, nextAt = Infinity }: Scheduler): number => putOffSince ?? nextAt;
    for (const scheduler of due.sort((a, b) => since(a) - since(b))) {
      const fresh =
        scheduler.failing === undefined && now - (scheduler.verifiedAt ?? -Infinity) < timing.FRESH;
      if (!fresh) this.#ask(scheduler, scheduler.announce, "go on");
      else if (!this.#isPutOff(scheduler, now)) this.#announce(scheduler, now);
    }
  }

  /**
   * Nodes that were told of another scheduler this very moment are left alone for as long as it takes that one to take
   * them (why: see introductions.ts). The first announcement is never put off: somebody waits for it.
   */
  #isPutOff(scheduler: Scheduler, now: number): boolean {
    const { release } = scheduler.announce;
    const others = this.list().filter((other) => other !== scheduler && other.announce.release === release);
    const until = Math.max(...others.map(({ offeredAt }) => offeredAt)) + timing.SETTLE;
    const since = scheduler.putOffSince ?? now;
    if (scheduler.announced === 0 || until <= now || now - since >= timing.LONGEST_PUT_OFF) return false;
    scheduler.putOffSince = since;
    scheduler.nextAt = until;
    return true;
  }

  #isFull(): boolean {
    if (this.#table.size < this.#options.limits.schedulers) return false;
    this.#owner.emit({ kind: "count", reason: "schedulers-full" });
    return true;
  }

  #add(endpoint: Endpoint, announce: SchedulerAnnounce, now: number): Scheduler {
    const scheduler: Scheduler = {
      ...{ endpoint, announce, waitingSince: now, verifiedAt: undefined, failing: undefined },
      ...{
        announced: 0,
        offeredAt: -Infinity,
        putOffSince: undefined,
        nextAt: now,
        heardOn: new Set<string>(),
      },
    };
    this.#table.set(keyOf(endpoint), scheduler);
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
    this.#changed();
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
    this.#table.delete(keyOf(scheduler.endpoint));
    this.#note("scheduler-gone", scheduler, reason);
    this.#changed();
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

  /** Tells what follows from a table that has changed: what to remember, and where to hear nodes. */
  #changed(): void {
    const schedulers = this.list().map(({ endpoint, announce: { wire, release } }) => ({
      ...endpoint,
      wire,
      release,
    }));
    const saved = schedulers.map((scheduler) => `${nameOf(scheduler)} ${scheduler.release}`).join();
    if (saved !== this.#saved) this.#owner.emit({ kind: "save", schedulers });
    this.#saved = saved;

    const named = [...new Set(this.list().map(({ announce }) => announce.port))];
    const ports = named.slice(0, this.#options.limits.schedulerPorts);
    if (ports.join() !== this.#listening) this.#owner.emit({ kind: "listen", ports });
    this.#listening = ports.join();
  }
}

/** The name of an endpoint in tables and in the log: `10.0.1.5:9700`, `[fd00::5]:9700`. */
export function nameOf({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

const keyOf = nameOf;
