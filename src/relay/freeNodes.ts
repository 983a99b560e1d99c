/** Nodes that say that they are free, or that they end: who is told, and in which order. */

import type { NodeAnnounce, NodeLeave } from "../wire/message.ts";
import type { Effect, Subnet } from "./events.ts";
import { Introductions } from "./introductions.ts";
import { NodeTable } from "./nodes.ts";
import type { KnownNode } from "./nodes.ts";
import { nameOf } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Schedulers } from "./schedulers.ts";
import { SAME_DATAGRAM, SETTLE } from "./timing.ts";

/** What this asks of its owner. */
interface Owner {
  emit(effect: Effect): void;
  /** The relay's subnets that hold this address. */
  around(address: string): readonly Subnet[];
  /** Nodes of a release have been heard for the first time, or for the first time again. */
  learned(now: number): void;
}

/** What was the case when a node was last free. */
type LastFree = Pick<KnownNode, "lastHeard" | "schedulers" | "admitted">;

/** A node that was there before the relay: every scheduler so far may have found it busy. */
const UNHEARD: LastFree = { lastHeard: -Infinity, schedulers: 0, admitted: 0 };

export class FreeNodes {
  readonly #schedulers: Schedulers;
  readonly #owner: Owner;
  readonly #table: NodeTable;
  readonly #introductions: Introductions;

  /** @param limit nodes that are remembered, at most */
  constructor(schedulers: Schedulers, limit: number, owner: Owner) {
    this.#schedulers = schedulers;
    this.#owner = owner;
    this.#table = new NodeTable(limit);
    this.#introductions = new Introductions((effect) => {
      owner.emit(effect);
    });
  }

  get deadline(): number {
    return this.#introductions.deadline;
  }

  get list(): readonly KnownNode[] {
    return this.#table.list();
  }

  /** Releases in use among the nodes, the latest heard first. */
  get releases(): readonly string[] {
    return this.#table.releases();
  }

  tick(now: number): void {
    this.#introductions.tick(now);
  }

  /** A node has started, or become free: every live scheduler of its release may have it. */
  heard(message: NodeAnnounce, from: string, now: number): void {
    const { wire, release, port, sign } = message;
    const last = this.#table.find(from, port);
    const before = last?.sign === sign ? last : undefined;
    if (before !== undefined && now - before.lastHeard < SAME_DATAGRAM) {
      this.#owner.emit({ kind: "count", reason: "node-repeated" });
      return;
    }
    const isNewRelease = !this.#table.hasHeard(release);
    const inTurn = inTurnFor(before, this.#schedulers.live(release));
    this.#table.remember({
      ...{ wire, release, address: from, port, sign, lastHeard: now },
      ...{ schedulers: inTurn.length, admitted: this.#schedulers.admitted },
      toldFirst: inTurn[0] && nameOf(inTurn[0].endpoint),
    });
    if (isNewRelease) this.#owner.learned(now);
    const isRestarted = last !== undefined && before === undefined;
    if (!isRestarted) this.#renew(message, from, before ?? UNHEARD, now);
    this.#introductions.begin({ address: from, port, sign }, inTurn, now);
    this.#note(nameOf({ address: from, port }), release, inTurn.length);
    this.#schedulers.askAgain(inTurn, now);
  }

  /** A node ends: those who may know it are told. */
  left(leave: NodeLeave, from: string): void {
    const node = this.#table.leave(leave, from);
    if (node === undefined) {
      this.#owner.emit({ kind: "count", reason: "leave-of-unknown-node" });
      return;
    }
    this.#introductions.end(node);
    for (const { endpoint } of this.#schedulers.live(node.release)) {
      this.#owner.emit({ kind: "report-leave", to: endpoint, leave });
    }
    this.#owner.emit({ kind: "note", note: { event: "node-left", node: nameOf(node) } });
  }

  /**
   * A scheduler that found this node busy has it in its list and will never ask it again. TERMINATED takes it off the
   * list, and the introduction puts it on anew. Said only where that can have happened: there were rivals for the node
   * when it was last free, and this scheduler among them. (docs/decisions/0003-freed-nodes.md)
   */
  #renew(
    { wire, release, address, port, sign }: NodeAnnounce,
    from: string,
    before: LastFree,
    now: number,
  ): void {
    const rivals = before.schedulers + this.#schedulers.admitted - before.admitted;
    // Told of one a moment ago, it may be being taken by that one now, and this be the same datagram, come late.
    const isBeingTaken = before.schedulers > 0 && now - before.lastHeard < SETTLE;
    if (rivals < 2 || isBeingTaken) return;
    const leave: NodeLeave = { kind: "node-leave", wire, address, port, sign, extra: new Map() };
    const live = this.#schedulers.live(release);
    const near = this.#owner.around(from);
    const since = live.map(({ waitingSince }) => waitingSince).filter((time) => time > before.lastHeard);
    const until = Math.min(...since) + SETTLE;
    for (const { endpoint, heardOn, waitingSince } of live) {
      const hearsIt = near.some(({ id }) => heardOn.has(id));
      if (!hearsIt && waitingSince < until) this.#owner.emit({ kind: "report-leave", to: endpoint, leave });
    }
  }

  #note(node: string, release: string, schedulers: number): void {
    if (schedulers > 0) {
      this.#owner.emit({ kind: "note", note: { event: "node-introduced", node, release, schedulers } });
      return;
    }
    const live = [...new Set(this.#schedulers.live().map(({ announce }) => announce.release))];
    this.#owner.emit({ kind: "note", note: { event: "node-unmatched", node, release, live } });
  }
}

/**
 * The longest waiting first, and last the one that has had the node until now, by all that is known: the first that
 * was told of it when it was last free, or that came since.
 */
function inTurnFor(before: KnownNode | undefined, live: readonly Scheduler[]): readonly Scheduler[] {
  if (before === undefined) return live;
  const { toldFirst, lastHeard } = before;
  const holder = live.find(({ endpoint, waitingSince }) =>
    toldFirst === undefined ? waitingSince >= lastHeard : nameOf(endpoint) === toldFirst,
  );
  return holder === undefined ? live : [...live.filter((each) => each !== holder), holder];
}
