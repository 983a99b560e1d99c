/**
 * What schedulers and nodes say to a relay, whatever the wire.
 *
 * Field names are the same on every wire; a codec translates them. Fields that a codec doesn't know are kept
 * in `extra`, in a form that only the same codec looks into, and go out again as they came.
 */

/** The wires that a relay speaks. */
export type WireName = "dispy";

/** Where somebody listens: an IP address as text (never a name) and a port, 1 to 65535. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Unknown fields by name; opaque outside the codec that made them. */
export type Extra = ReadonlyMap<string, unknown>;

/** "Who is there?": a scheduler makes itself known and wants every node to answer it. */
export interface SchedulerAnnounce {
  readonly kind: "scheduler-announce";
  readonly wire: WireName;
  /** The scheduler's own version, passed through as it is: peers compare it for equality. */
  readonly release: string;
  /** TCP port at which nodes answer. */
  readonly port: number;
  /** Addresses at which nodes answer, best first. Named by the sender, so not to be believed. */
  readonly addresses: readonly string[];
  /** The scheduler's random string, from which nodes derive their proof; absent while it isn't known. */
  readonly sign?: string;
  /** Set when a relay sent this: another relay drops it, so that loops end. */
  readonly relayed: boolean;
  readonly extra: Extra;
}

/** "I'm here": a node started, or became free. */
export interface NodeAnnounce {
  readonly kind: "node-announce";
  readonly wire: WireName;
  readonly release: string;
  /** The address that the node gives itself (behind NAT not the one it sends from). */
  readonly address: string;
  readonly port: number;
  readonly sign: string;
  readonly extra: Extra;
}

/** "I'm going": a node ends. The release isn't said. */
export interface NodeLeave {
  readonly kind: "node-leave";
  readonly wire: WireName;
  readonly address: string;
  readonly port: number;
  readonly sign: string;
  readonly extra: Extra;
}

export type Message = SchedulerAnnounce | NodeAnnounce | NodeLeave;

/** What came of asking a scheduler whether it is one. */
export type Answer =
  /** It is, at `port`, with `sign`. */
  | { readonly verdict: "verified"; readonly port: number; readonly sign?: string }
  /** It answers, and says no: another release, or another secret. */
  | { readonly verdict: "refused" }
  /** Somebody took the question and closed without an answer: no scheduler, or one too old to be asked. */
  | { readonly verdict: "mute"; readonly reason: string }
  /** Nobody listens at that endpoint, though its host answers. */
  | { readonly verdict: "closed"; readonly reason: string }
  /** No answer in time, or no way there. */
  | { readonly verdict: "unreachable"; readonly reason: string };

/** A datagram or frame that isn't a message, and why: `reason` is a short label to count by. */
export interface Refusal {
  readonly kind: "refused";
  readonly reason: string;
  readonly detail?: string;
}
