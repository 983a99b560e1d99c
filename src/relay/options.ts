/** What a relay is told at its start, and doesn't change. */

import type { Network } from "./addresses.ts";
import type { NamedHost } from "./events.ts";
import type { RelayLimits } from "./limits.ts";

/** What a relay must know about a wire's releases without knowing the wire. */
export interface ReleaseRules {
  /** The ports at which nodes of a scheduler listen for announcements. */
  nodePorts(release: string, schedulerPort: number): readonly number[];
  /** Whether a scheduler of that release answers when it is asked who it is. */
  canBeAsked(release: string): boolean;
  /** Releases to try at a scheduler port, the likeliest first. */
  guesses(port: number): readonly string[];
}

export interface RelayOptions {
  readonly rules: ReleaseRules;
  readonly limits: RelayLimits;
  /** A relay with a secret serves only schedulers that have the same. */
  readonly hasSecret: boolean;
  /** Networks that may be dialled for somebody who sends from elsewhere. */
  readonly allow: readonly Network[];
  /** Schedulers to look for, whether or not they announce themselves. */
  readonly schedulerHosts: readonly NamedHost[];
  /** Ports at which to look for them where none is given. */
  readonly schedulerPorts: readonly number[];
  /** Nodes that broadcasts don't reach: they are told of each scheduler one by one. */
  readonly nodeHosts: readonly NamedHost[];
  /** Set where the operator has fixed the node ports; else the releases' rules say them. */
  readonly nodePorts?: readonly number[];
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}
