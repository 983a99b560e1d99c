/** What a relay on this host can be told; the command line and the configuration file fill this in. */

import type { TlsFiles } from "../net/tls.ts";
import type { Network } from "../relay/addresses.ts";
import type { NamedHost } from "../relay/events.ts";
import type { RelayLimits } from "../relay/limits.ts";

export interface ServiceOptions {
  /** Ports at which schedulers are heard, by TCP and UDP. */
  readonly listenPorts: readonly number[];
  /** Ports at which nodes are heard, besides those that live schedulers name. */
  readonly schedulerPorts: readonly number[];
  /** Ports to which announcements go; absent: those of each scheduler's release. */
  readonly nodePorts?: readonly number[];
  /** Addresses or interface names to serve; empty: all but loopback. */
  readonly interfaces: readonly string[];
  /** Schedulers to look for. */
  readonly schedulerHosts: readonly NamedHost[];
  /** Ports at which to look for them where they have none of their own. */
  readonly searchPorts: readonly number[];
  /** Nodes to be told one by one. */
  readonly nodeHosts: readonly NamedHost[];
  /** Networks that may be dialled for somebody who sends from elsewhere. */
  readonly allow: readonly Network[];
  /** Shared with the schedulers and nodes; empty for none. Never logged, never written. */
  readonly secret: string;
  readonly tls?: TlsFiles;
  /** Use dispy's IPv4 multicast group instead of broadcasts. */
  readonly multicast: boolean;
  /** File that keeps the schedulers over a restart. */
  readonly stateFile: string;
  readonly limits: RelayLimits;
}
