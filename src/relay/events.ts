/** What goes into the relay and what comes out of it: no bytes, no sockets, no clock. Times are milliseconds. */

import type { Answer, Endpoint, Message, NodeLeave, SchedulerAnnounce, WireName } from "../wire/message.ts";

/** One address of the relay's host and the network around it. */
export interface Subnet {
  /** Interface name and address, which together name a subnet: `eth0 10.0.3.7/24`. */
  readonly id: string;
  readonly interface: string;
  readonly family: 4 | 6;
  /** The relay's own address there. */
  readonly address: string;
  /** `10.0.3.0/24` */
  readonly network: string;
  /** Directed broadcast address, 10.0.3.255; absent for IPv6 and for networks that have none. */
  readonly broadcast?: string;
}

/** A host from the command line: `host` may be a name; without `port` the usual ones are tried. */
export interface NamedHost {
  readonly host: string;
  readonly port?: number;
}

/** A scheduler as the state file keeps it. */
export interface Remembered extends Endpoint {
  readonly wire: WireName;
  readonly release: string;
}

/** How a message came: by broadcast or multicast, by a datagram to the relay alone, or by a connection. */
export type Over = "broadcast" | "datagram" | "stream";

export type Input =
  /** The relay's subnets, at start and whenever they change. */
  | { readonly kind: "subnets"; readonly subnets: readonly Subnet[] }
  /** A message, and the address that it came from. Only a connection proves that address. */
  | { readonly kind: "heard"; readonly message: Message; readonly from: string; readonly over: Over }
  /** What came of the effect `ask` with the same number. Each ask is answered exactly once. */
  | { readonly kind: "answered"; readonly ask: number; readonly answer: Answer }
  /** What came of the effect `resolve`; no addresses when the name isn't known. */
  | { readonly kind: "resolved"; readonly host: string; readonly addresses: readonly string[] }
  /** Schedulers known before a restart. */
  | { readonly kind: "remember"; readonly schedulers: readonly Remembered[] }
  /** The deadline has come. */
  | { readonly kind: "tick" };

export type Effect =
  /** Ask `to` whether it is the scheduler that `announce` says. Without a sign there, no proof goes along. */
  | {
      readonly kind: "ask";
      readonly ask: number;
      readonly to: Endpoint;
      readonly announce: SchedulerAnnounce;
    }
  /** Look a name up. */
  | { readonly kind: "resolve"; readonly host: string }
  /** Broadcast on each subnet, to each of the ports. `announce.addresses[0]` is the verified address. */
  | {
      readonly kind: "announce";
      readonly announce: SchedulerAnnounce;
      readonly subnets: readonly Subnet[];
      readonly ports: readonly number[];
    }
  /** Tell one node of one scheduler. */
  | { readonly kind: "introduce"; readonly node: NodeAddress; readonly scheduler: SchedulerAnnounce }
  /** Pass a node's goodbye on to a scheduler. */
  | { readonly kind: "report-leave"; readonly to: Endpoint; readonly leave: NodeLeave }
  /** Hear nodes at these scheduler ports too: live schedulers named them. The whole list, whenever it changes. */
  | { readonly kind: "listen"; readonly ports: readonly number[] }
  /** The schedulers worth remembering have changed. */
  | { readonly kind: "save"; readonly schedulers: readonly Remembered[] }
  /** Something that an operator cares about. */
  | { readonly kind: "note"; readonly note: Note }
  /** Something was dropped, or done, to be counted under a short label. */
  | { readonly kind: "count"; readonly reason: string };

/** Where a node is told of schedulers: its endpoint, with its sign where it is known. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
  readonly sign?: string;
}

/** A line of the log: what happened to whom. Schedulers and nodes are named `address:port`. */
export type Note =
  | SchedulerNote
  /** Nobody answers where a scheduler said that it listens; `notAllowed` are addresses it named that weren't tried. */
  | (SchedulerEvent<"scheduler-unverified"> & {
      readonly reason: string;
      readonly notAllowed: readonly string[];
    })
  | {
      readonly event: "scheduler-searched";
      readonly scheduler: string;
      readonly reason: string;
      readonly retryMs: number;
    }
  | {
      readonly event: "node-introduced";
      readonly node: string;
      readonly release: string;
      readonly schedulers: number;
    }
  /** No scheduler of the node's release waits; `live` are the releases of those that do. */
  | {
      readonly event: "node-unmatched";
      readonly node: string;
      readonly release: string;
      readonly live: readonly string[];
    }
  /** Heard by broadcast from an address of no subnet of the relay's. */
  | { readonly event: "sender-outside"; readonly sender: string }
  | { readonly event: "node-left"; readonly node: string };

interface SchedulerEvent<Name extends string> {
  readonly event: Name;
  readonly scheduler: string;
  readonly release: string;
}

/** What becomes of one scheduler; `silent` and `gone` say why. */
export type SchedulerNote =
  | SchedulerEvent<"scheduler-verified" | "scheduler-restarted" | "scheduler-back" | "scheduler-refused">
  | (SchedulerEvent<"scheduler-silent" | "scheduler-gone"> & { readonly reason: string });
