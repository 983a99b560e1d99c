/** Whose turn it is to be announced, so that schedulers don't get in each other's way. */

import type { Scheduler } from "./scheduler.ts";
import { LONGEST_PUT_OFF, SETTLE } from "./timing.ts";

/** Those whose time has come, the one put off longest first. */
export function due(schedulers: readonly Scheduler[], now: number): readonly Scheduler[] {
  const since = ({ putOffSince, nextAt = Infinity }: Scheduler): number => putOffSince ?? nextAt;
  return schedulers.filter(({ nextAt = Infinity }) => nextAt <= now).sort((a, b) => since(a) - since(b));
}

/**
 * Nodes that were told of another scheduler this very moment are left alone for as long as it takes that one to take
 * them (why: see introductions.ts). The first announcement is never put off: somebody waits for it.
 * Returns until when this one is put off, undefined if it isn't.
 */
export function putOffUntil(
  scheduler: Scheduler,
  all: readonly Scheduler[],
  now: number,
): number | undefined {
  const { announce, announced, putOffSince = now } = scheduler;
  if (announced === 0 || now - putOffSince >= LONGEST_PUT_OFF) return undefined;
  const others = all.filter((other) => other !== scheduler && other.announce.release === announce.release);
  const until = Math.max(...others.map(({ offeredAt }) => offeredAt)) + SETTLE;
  return until > now ? until : undefined;
}
