/**
 * The relay as a state machine: `handle(input, now) → effects`. It has neither sockets nor a clock, so that every rule
 * can be tested, and whole labs simulated, without either.
 *
 * Rules: a scheduler is verified before one byte is broadcast for it; verified, it is announced on every subnet with
 * growing gaps for as long as it answers; a node that is heard is introduced to every live scheduler of its release,
 * the longest waiting first; whoever stops answering is forgotten after a while.
 */

import type { Endpoint, NodeAnnounce, NodeLeave, SchedulerAnnounce } from "../wire/message.ts";
import { familyOf, parseNetwork } from "./addresses.ts";
import type { Network } from "./addresses.ts";
import { Asking } from "./asking.ts";
import { Candidates } from "./candidates.ts";
import type { Effect, Input, Over, Subnet } from "./events.ts";
import { Introductions } from "./introductions.ts";
import { NodeTable } from "./nodes.ts";
import type { KnownNode } from "./nodes.ts";
import type { RelayOptions } from "./options.ts";
import { nameOf, Schedulers } from "./schedulers.ts";
import type { Scheduler } from "./schedulers.ts";
import { Searches } from "./search.ts";
import * as timing from "./timing.ts";

interface LocalSubnet extends Subnet {
  readonly net: Network | undefined;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #asking: Asking;
  readonly #schedulers: Schedulers;
  readonly #candidates: Candidates;
  readonly #searches: Searches;
  readonly #introductions: Introductions;
  readonly #nodes: NodeTable;
  #subnets: readonly LocalSubnet[] = [];
  #effects: Effect[] = [];

  constructor(options: RelayOptions) {
    const emit = (effect: Effect): void => void this.#effects.push(effect);
    this.#options = options;
    this.#nodes = new NodeTable(options.limits.nodes);
    this.#asking = new Asking(emit, options.hasSecret);
    this.#schedulers = new Schedulers(options, this.#asking, {
      emit,
      announce: (scheduler) => {
        this.#announce(scheduler);
      },
      lost: (endpoint: Endpoint, now: number) => {
        this.#searches.lost(endpoint, now);
      },
    });
    this.#candidates = new Candidates(options, this.#asking, this.#schedulers, emit);
    this.#introductions = new Introductions(emit);
    const releases = (): readonly string[] => this.#nodes.releases();
    this.#searches = new Searches(options, this.#asking, this.#schedulers, releases, emit);
  }

  /** When the relay next has something to do by itself: then it wants a `tick`. Infinity when it has nothing. */
  get deadline(): number {
    const parts = [this.#schedulers, this.#candidates, this.#searches, this.#introductions];
    return Math.min(...parts.map(({ deadline }) => deadline));
  }

  get schedulers(): readonly Scheduler[] {
    return this.#schedulers.list();
  }

  get nodes(): readonly KnownNode[] {
    return this.#nodes.list();
  }

  /** Takes one input, and says what is to be done. Never throws on what peers say. */
  handle(input: Input, now: number): readonly Effect[] {
    this.#effects = [];
    switch (input.kind) {
      case "subnets":
        this.#setSubnets(input.subnets, now);
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
        this.#introductions.tick(now);
        this.#schedulers.tick(now);
        this.#candidates.tick(now);
        this.#searches.tick(now);
    }
    return this.#effects;
  }

  #setSubnets(subnets: readonly Subnet[], now: number): void {
    const before = new Set(this.#subnets.map(({ id }) => id));
    this.#subnets = subnets.map((subnet) => ({ ...subnet, net: parseNetwork(subnet.network) }));
    if (subnets.some(({ id }) => !before.has(id))) this.#schedulers.announceAll(now);
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
        if (over === "broadcast") this.#heardNode(message, from, now);
        else this.#count("node-not-by-broadcast");
        break;
      case "node-leave":
        this.#heardLeave(message, from);
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
      this.#schedulers.heardAgain(known, message, over, now);
      return;
    }
    const heardOn = over === "broadcast" ? this.#around(from).map(({ id }) => id) : [];
    this.#candidates.hear({ message, from, over, heardOn: new Set(heardOn) });
  }

  #known(message: SchedulerAnnounce, from: string): Scheduler | undefined {
    const addresses = [from, ...this.#candidates.allowed(message, from)];
    return addresses
      .map((address) => this.#schedulers.at({ address, port: message.port }))
      .find((scheduler) => scheduler !== undefined);
  }

  #heardNode(message: NodeAnnounce, from: string, now: number): void {
    const { wire, release, port, sign } = message;
    const isNewRelease = !this.#nodes.hasHeard(release);
    const last = this.#nodes.find(from, port);
    const before = last?.sign === sign ? last : undefined;
    if (before !== undefined && now - before.lastHeard < timing.SAME_DATAGRAM) {
      this.#count("node-repeated");
      return;
    }
    const inTurn = this.#inTurn(this.#schedulers.live(release), before);
    const [first] = inTurn;
    this.#nodes.remember({
      ...{ wire, release, address: from, port, sign, lastHeard: now },
      ...{ schedulers: inTurn.length, admitted: this.#schedulers.admitted },
      toldFirst: first && nameOf(first.endpoint),
    });
    if (isNewRelease) this.#searches.learned(now);
    const node = nameOf({ address: from, port });
    if (first === undefined) {
      const live = [...new Set(this.#schedulers.live().map(({ announce }) => announce.release))];
      this.#effects.push({ kind: "note", note: { event: "node-unmatched", node, release, live } });
      return;
    }
    if (before !== undefined) this.#renew(message, before, inTurn);
    this.#introductions.begin({ address: from, port, sign }, inTurn, now);
    this.#effects.push({
      kind: "note",
      note: { event: "node-introduced", node, release, schedulers: inTurn.length },
    });
    this.#schedulers.askAgain(inTurn, now);
  }

  /**
   * The longest waiting first, and last the one that has had the node until now, by all that is known: the first that
   * was told of it when it was last free, or that came since.
   */
  #inTurn(live: readonly Scheduler[], before: KnownNode | undefined): readonly Scheduler[] {
    if (before === undefined) return live;
    const { toldFirst, lastHeard } = before;
    const holder = live.find(({ endpoint, waitingSince }) =>
      toldFirst === undefined ? waitingSince >= lastHeard : nameOf(endpoint) === toldFirst,
    );
    return holder === undefined ? live : [...live.filter((each) => each !== holder), holder];
  }

  /**
   * A scheduler that found this node busy has it in its list and will never ask it again. TERMINATED takes it off the
   * list, and the introduction puts it on anew. Said only where that can have happened: there were rivals for the node
   * when it was last free, and this scheduler among them. (docs/decisions/0003-freed-nodes.md)
   */
  #renew({ wire, address, port, sign }: NodeAnnounce, before: KnownNode, live: readonly Scheduler[]): void {
    const rivals = before.schedulers + this.#schedulers.admitted - before.admitted;
    if (rivals < 2) return;
    const leave: NodeLeave = { kind: "node-leave", wire, address, port, sign, extra: new Map() };
    const near = this.#around(before.address);
    const since = live.map(({ waitingSince }) => waitingSince).filter((time) => time > before.lastHeard);
    const until = Math.min(...since) + timing.SETTLE;
    for (const { endpoint, heardOn, waitingSince } of live) {
      const hearsIt = near.some(({ id }) => heardOn.has(id));
      if (!hearsIt && waitingSince < until) this.#effects.push({ kind: "report-leave", to: endpoint, leave });
    }
  }

  #heardLeave(leave: NodeLeave, from: string): void {
    const node = this.#nodes.leave(leave, from);
    if (node === undefined) {
      this.#count("leave-of-unknown-node");
      return;
    }
    this.#introductions.end(node);
    for (const { endpoint } of this.#schedulers.live(node.release)) {
      this.#effects.push({ kind: "report-leave", to: endpoint, leave });
    }
    this.#effects.push({ kind: "note", note: { event: "node-left", node: nameOf(node) } });
  }

  /** Where a scheduler's own broadcast was heard its nodes know it already; elsewhere they must be told. */
  #announce({ announce, endpoint, heardOn }: Scheduler): void {
    const families = new Set(announce.addresses.map(familyOf));
    const subnets = this.#subnets.filter(({ id, family }) => families.has(family) && !heardOn.has(id));
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
    return this.#around(address).length > 0 || this.#options.allow.some((net) => net.contains(address));
  }

  #around(address: string): readonly LocalSubnet[] {
    return this.#subnets.filter(({ net }) => net?.contains(address) === true);
  }

  #count(reason: string): void {
    this.#effects.push({ kind: "count", reason });
  }
}
