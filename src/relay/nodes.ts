/** The nodes that the relay has heard, most recent last, bounded. */

import type { NodeAnnounce, NodeLeave, WireName } from "../wire/message.ts";

export interface KnownNode {
  readonly wire: WireName;
  readonly release: string;
  /** The address that its announcement came from: where it can be reached. */
  readonly address: string;
  readonly port: number;
  readonly sign: string;
  readonly lastHeard: number;
  /** Set once there was more than one scheduler that could have taken it: some may have found it busy. */
  readonly isContested: boolean;
}

/** So many releases at once are more than any lab runs; a stranger who invents some pushes out the oldest. */
const MAX_RELEASES = 8;

export class NodeTable {
  readonly #limit: number;
  readonly #releases = new Set<string>();
  readonly #nodes = new Map<string, KnownNode>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Remembers a node for which so many schedulers wait, and returns what was known of it before. */
  hear(message: NodeAnnounce, from: string, schedulers: number, now: number): KnownNode | undefined {
    const key = keyOf(from, message.port);
    const before = this.#nodes.get(key);
    this.#nodes.delete(key);
    const { wire, release, port, sign } = message;
    const isContested = schedulers > 1 || (before?.sign === sign && before.isContested);
    this.#nodes.set(key, { wire, release, address: from, port, sign, lastHeard: now, isContested });
    dropOldest(this.#nodes, this.#limit);
    this.#releases.delete(release);
    this.#releases.add(release);
    dropOldest(this.#releases, MAX_RELEASES);
    return before;
  }

  /** Forgets the node that says goodbye, if it is one that the relay knows and the sign is its own. */
  leave(message: NodeLeave, from: string): KnownNode | undefined {
    const key = keyOf(from, message.port);
    const node = this.#nodes.get(key);
    if (node?.sign !== message.sign) return undefined;
    this.#nodes.delete(key);
    return node;
  }

  /** Whether a node of that release has been heard lately. */
  hasHeard(release: string): boolean {
    return this.#releases.has(release);
  }

  /** Releases in use among the nodes, the latest heard first. */
  releases(): readonly string[] {
    return [...this.#releases].reverse();
  }

  list(): readonly KnownNode[] {
    return [...this.#nodes.values()];
  }
}

/** Maps and sets keep the order of insertion, so their first key is the oldest. */
function dropOldest(table: Map<string, unknown> | Set<string>, limit: number): void {
  const [oldest] = table.keys();
  if (table.size > limit && oldest !== undefined) table.delete(oldest);
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
