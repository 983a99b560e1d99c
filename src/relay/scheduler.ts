/** One scheduler, as the relay knows it. */

import type { Endpoint, SchedulerAnnounce } from "../wire/message.ts";

/** It is live once it has answered, for as long as it does. */
export interface Scheduler {
  /** Where it is asked. */
  readonly endpoint: Endpoint;
  /** What is said for it: its verified address first, its sign where it is known. */
  announce: SchedulerAnnounce;
  /** When it was admitted, or had restarted: nodes that were free before don't know it. */
  waitingSince: number;
  /** Time of its last answer; undefined until there is one. */
  verifiedAt: number | undefined;
  /** Set while it doesn't answer. */
  failing: { readonly since: number; times: number } | undefined;
  /** Announcements so far in this run of growing gaps. */
  announced: number;
  /** When nodes were last told of it. */
  offeredAt: number;
  /** Since when its announcement is put off because nodes were just told of another. */
  putOffSince: number | undefined;
  /** When to announce it, or ask it, next; undefined while it is being asked. */
  nextAt: number | undefined;
  /** Subnets on which its own broadcast was heard: their nodes need none of ours. */
  heardOn: ReadonlySet<string>;
}

/** A scheduler that hasn't answered yet, and is to be asked at once. */
export function newScheduler(endpoint: Endpoint, announce: SchedulerAnnounce, now: number): Scheduler {
  return {
    endpoint,
    announce,
    waitingSince: now,
    verifiedAt: undefined,
    failing: undefined,
    announced: 0,
    offeredAt: -Infinity,
    putOffSince: undefined,
    nextAt: now,
    heardOn: new Set(),
  };
}

export function isLive({ verifiedAt, failing }: Scheduler): boolean {
  return verifiedAt !== undefined && failing === undefined;
}

/** Whether it has answered within the last `age`, ms, and not failed since. */
export function hasAnsweredWithin(
  { verifiedAt = -Infinity, failing }: Scheduler,
  age: number,
  now: number,
): boolean {
  return failing === undefined && now - verifiedAt < age;
}

/** The announcement of a scheduler of which no more is known than where it is and of which release. */
export function bareAnnounce({ address, port }: Endpoint, release: string): SchedulerAnnounce {
  return {
    ...{ kind: "scheduler-announce", wire: "dispy", release, port },
    ...{ addresses: [address], relayed: false, extra: new Map<string, unknown>() },
  };
}

/** The name of an endpoint in tables and in the log: `10.0.1.5:9700`, `[fd00::5]:9700`. */
export function nameOf({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
