/** The nodes that the relay has heard, most recent last, bounded. */

import type { NodeLeave, WireName } from "../wire/message.ts";

export interface KnownNode {
  readonly wire: WireName;
  readonly release: string;
  /** The address that its announcement came from: where it can be reached. */
  readonly address: string;
  readonly port: number;
  readonly sign: string;
  readonly lastHeard: number;
  /** When it was last free: how many schedulers were live, and how many had ever been admitted. */
  readonly schedulers: number;
  readonly admitted: number;
  /** The scheduler that it was told of first then, as its endpoint's name. */
  readonly toldFirst: string | undefined;
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

  find(address: string, port: number): KnownNode | undefined {
    return this.#nodes.get(keyOf(address, port));
  }

  /** Takes a node in, in place of what was known of it. */
  remember(node: KnownNode): void {
    const key = keyOf(node.address, node.port);
    this.#nodes.delete(key);
    this.#nodes.set(key, node);
    dropOldest(this.#nodes, this.#limit);
    this.#releases.delete(node.release);
    this.#releases.add(node.release);
    dropOldest(this.#releases, MAX_RELEASES);
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
