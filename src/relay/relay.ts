/**
 * The relay as a state machine: `handle(input, now) → effects`. It has neither sockets nor a clock, so that every rule
 * can be tested, and whole labs simulated, without either.
 *
 * Rules: a scheduler is verified before one byte is broadcast for it; verified, it is announced on every subnet with
 * growing gaps for as long as it answers; a node that is heard is introduced to every live scheduler of its release,
 * the longest waiting first; whoever stops answering is forgotten after a while.
 */

import type { SchedulerAnnounce } from "../wire/message.ts";
import { familyOf, sameAddress } from "./addresses.ts";
import { Asking } from "./asking.ts";
import { Candidates } from "./candidates.ts";
import type { Effect, Input, Over } from "./events.ts";
import { FreeNodes } from "./freeNodes.ts";
import type { KnownNode } from "./nodes.ts";
import type { RelayOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import { Schedulers } from "./schedulers.ts";
import { Searches } from "./search.ts";
import { Subnets } from "./subnets.ts";

export class Relay {
  readonly #options: RelayOptions;
  readonly #subnets = new Subnets();
  readonly #asking: Asking;
  readonly #schedulers: Schedulers;
  readonly #candidates: Candidates;
  readonly #searches: Searches;
  readonly #nodes: FreeNodes;
  #effects: Effect[] = [];

  constructor(options: RelayOptions) {
    const emit = (effect: Effect): void => void this.#effects.push(effect);
    this.#options = options;
    this.#asking = new Asking(emit, options.hasSecret);
    this.#schedulers = new Schedulers(options, this.#asking, {
      emit,
      announce: (scheduler) => {
        this.#announce(scheduler);
      },
      lost: (endpoint, now) => {
        this.#searches.lost(endpoint, now);
      },
    });
    this.#candidates = new Candidates(options, this.#asking, this.#schedulers, emit);
    this.#nodes = new FreeNodes(this.#schedulers, options.limits.nodes, {
      emit,
      around: (address) => this.#subnets.around(address),
      learned: (now) => {
        this.#searches.learned(now);
      },
    });
    this.#searches = new Searches(options, this.#asking, this.#schedulers, () => this.#nodes.releases, emit);
  }

  /** When the relay next has something to do by itself: then it wants a `tick`. Infinity when it has nothing. */
  get deadline(): number {
    const parts = [this.#schedulers, this.#candidates, this.#searches, this.#nodes];
    return Math.min(...parts.map(({ deadline }) => deadline));
  }

  get schedulers(): readonly Scheduler[] {
    return this.#schedulers.list();
  }

  get nodes(): readonly KnownNode[] {
    return this.#nodes.list;
  }

  /** Takes one input, and says what is to be done. Never throws on what peers say. */
  handle(input: Input, now: number): readonly Effect[] {
    this.#effects = [];
    switch (input.kind) {
      case "subnets":
        if (this.#subnets.replace(input.subnets)) this.#schedulers.announceAll(now);
        break;
      case "heard":
        this.#heard(input, now);
        break;
      case "answered":
        this.#asking.answered(input.ask, input.answer, now);
        break;
      case "resolved":
        this.#searches.resolved(input.host, input.addresses, now);
        break;
      case "remember":
        this.#schedulers.remember(input.schedulers, now);
        break;
      case "tick":
        this.#nodes.tick(now);
        this.#schedulers.tick(now);
        this.#candidates.tick(now);
        this.#searches.tick(now);
    }
    return this.#effects;
  }

  #heard({ message, from, over }: Extract<Input, { kind: "heard" }>, now: number): void {
    if (over === "broadcast" && !this.#isNear(from)) {
      this.#effects.push({ kind: "note", note: { event: "sender-outside", sender: from } });
      this.#count("sender-outside");
      return;
    }
    switch (message.kind) {
      case "scheduler-announce":
        this.#heardScheduler(message, from, over, now);
        break;
      case "node-announce":
        if (over === "broadcast") this.#nodes.heard(message, from, now);
        else this.#count("node-not-by-broadcast");
        break;
      case "node-leave":
        this.#nodes.left(message, from);
    }
  }

  #heardScheduler(message: SchedulerAnnounce, from: string, over: Over, now: number): void {
    if (message.relayed) {
      this.#count("scheduler-already-relayed");
      return;
    }
    const known = this.#known(message, from);
    if (known !== undefined) {
      if (over === "stream") known.heardOn = new Set();
      const isProven = over === "stream" && sameAddress(from, known.endpoint.address);
      this.#schedulers.heardAgain(known, message, isProven, now);
      return;
    }
    const heardOn = over === "broadcast" ? this.#subnets.around(from).map(({ id }) => id) : [];
    this.#candidates.hear({ message, from, over, heardOn: new Set(heardOn) });
  }

  #known(message: SchedulerAnnounce, from: string): Scheduler | undefined {
    const addresses = [from, ...this.#candidates.allowed(message, from)];
    return addresses
      .map((address) => this.#schedulers.at({ address, port: message.port }))
      .find((scheduler) => scheduler !== undefined);
  }

  /** Where a scheduler's own broadcast was heard its nodes know it already; elsewhere they must be told. */
  #announce({ announce, endpoint, heardOn }: Scheduler): void {
    const families = new Set(announce.addresses.map(familyOf));
    const subnets = this.#subnets.list.filter(({ id, family }) => families.has(family) && !heardOn.has(id));
    const ports = this.#options.nodePorts ?? this.#options.rules.nodePorts(announce.release, endpoint.port);
    if (subnets.length > 0) this.#effects.push({ kind: "announce", announce, subnets, ports });
    for (const { host, port } of this.#options.nodeHosts) {
      for (const each of port === undefined ? ports : [port]) {
        this.#effects.push({ kind: "introduce", node: { host, port: each }, scheduler: announce });
      }
    }
  }

  /** Broadcasts come from the relay's own subnets, or from networks that the operator allows. */
  #isNear(address: string): boolean {
    return (
      this.#subnets.around(address).length > 0 || this.#options.allow.some((net) => net.contains(address))
    );
  }

  #count(reason: string): void {
    this.#effects.push({ kind: "count", reason });
  }
}
