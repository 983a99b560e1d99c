/**
 * Nodes that have just said that they are free, and are told of the schedulers that wait, one after the other.
 *
 * A node that is told of two schedulers at the same moment answers both, and one of them finds it busy. dispy's
 * scheduler never asks such a node again. So each scheduler gets the time to take the node, or to leave it, before the
 * next is named; a node that was taken ignores what it is told then.
 */

import type { Endpoint } from "../wire/message.ts";
import type { Effect } from "./events.ts";
import type { Scheduler } from "./scheduler.ts";
import { SETTLE } from "./timing.ts";

/** A node, at the address that its announcement came from. */
interface FreeNode extends Endpoint {
  readonly sign: string;
}

interface Introduction {
  readonly node: FreeNode;
  readonly waiting: Scheduler[];
  /** The one that it was told of last, and when the next one's turn comes if that one takes its time. */
  told: Scheduler | undefined;
  nextAt: number;
}

export class Introductions {
  readonly #emit: (effect: Effect) => void;
  readonly #open = new Map<string, Introduction>();

  constructor(emit: (effect: Effect) => void) {
    this.#emit = emit;
  }

  get deadline(): number {
    let earliest = Infinity;
    for (const introduction of this.#open.values()) earliest = Math.min(earliest, dueAt(introduction));
    return earliest;
  }

  /** Tells a node of the first scheduler now, and of the others in turn. A node that is free again starts over. */
  begin(node: FreeNode, schedulers: readonly Scheduler[], now: number): void {
    const introduction = { node, waiting: [...schedulers], told: undefined, nextAt: now };
    this.#open.set(keyOf(node), introduction);
    this.#next(introduction, now);
  }

  /** The node has gone. */
  end(node: Endpoint): void {
    this.#open.delete(keyOf(node));
  }

  tick(now: number): void {
    for (const introduction of this.#open.values()) {
      if (dueAt(introduction) <= now) this.#next(introduction, now);
    }
  }

  #next(introduction: Introduction, now: number): void {
    const { node, waiting } = introduction;
    let scheduler = waiting.shift();
    while (scheduler?.failing !== undefined) scheduler = waiting.shift();
    if (waiting.length === 0) this.#open.delete(keyOf(node));
    if (scheduler === undefined) return;
    introduction.told = scheduler;
    introduction.nextAt = now + SETTLE;
    scheduler.offeredAt = now;
    const { address, port, sign } = node;
    this.#emit({ kind: "introduce", node: { host: address, port, sign }, scheduler: scheduler.announce });
  }
}

/** Nobody waits for a scheduler that has turned out not to answer. */
function dueAt({ told, nextAt }: Introduction): number {
  return told?.failing === undefined ? nextAt : told.failing.since;
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
