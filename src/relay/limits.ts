/** How much a relay remembers. Everything that strangers can make it keep has a bound here. */

export interface RelayLimits {
  /** Verified schedulers; a lab has a handful, a large site some dozens. */
  readonly schedulers: number;
  /** Schedulers that have announced themselves and are being asked; bounds the dials that strangers can cause. */
  readonly candidates: number;
  /** Nodes heard; beyond this the one heard longest ago is forgotten. */
  readonly nodes: number;
  /** Scheduler ports beyond the usual ones at which nodes are heard, each a few sockets. */
  readonly schedulerPorts: number;
}

export const DEFAULT_LIMITS: RelayLimits = {
  schedulers: 1024,
  candidates: 512,
  nodes: 16_384,
  schedulerPorts: 64,
};
