/** When things are done again. All times in milliseconds. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * Gap after the nth announcement of a scheduler: 200 ms × 1.5ⁿ, at most 2 minutes. A node that misses half of all
 * datagrams has missed all of them after 10 s with a chance of 0.4 %, after a minute of 0.02 %.
 */
export function announceGap(n: number): number {
  return Math.min(200 * 1.5 ** n, 2 * MINUTE);
}

/** A scheduler whose last answer is younger than this isn't asked again. */
export const FRESH: number = 20 * SECOND;

/** While gaps are shorter than this, announcements still come thick enough that another ping adds nothing. */
export const BURST_GAP: number = 5 * SECOND;

/** A scheduler that pings again within the burst is announced at once, unless it just was. */
export const AGAIN = 250;

/** Gap after the nth failure to reach a scheduler: 1 s × 2ⁿ, at most a minute. */
export function retryGap(n: number): number {
  return Math.min(SECOND * 2 ** n, MINUTE);
}

/** A scheduler whose host says that nobody listens there has ended: forgotten after this. */
export const FORGET_CLOSED: number = 5 * SECOND;

/** One that can't be reached may be behind a broken link, and will not announce itself again: kept for this long. */
export const FORGET_UNREACHABLE: number = 30 * MINUTE;

/**
 * What a scheduler needs to take a node that has been told of it: two connections, and a slow Python on either side.
 * For this long no other scheduler is named to nodes of its release, if that can be helped.
 */
export const SETTLE = 500;

/** An announcement is put off no longer than this for the sake of others. */
export const LONGEST_PUT_OFF: number = 5 * SECOND;

/** Before a node that became free is told of a scheduler, that one's last answer should be younger than this. */
export const JUST_NOW = 20;

/** The same node announcement again within this time is the same datagram, heard on another socket. */
export const SAME_DATAGRAM = 20;

/** ± 10 %, so that relays and schedulers that started together don't stay in step. `random` is in [0, 1). */
export function jittered(gap: number, random: () => number): number {
  return gap * (0.9 + 0.2 * random());
}
