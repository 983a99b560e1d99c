/** Messages → dispy's bytes, in pickle protocol 2, which every Python that dispy ever ran on can read. */

import type { Extra, NodeLeave, SchedulerAnnounce } from "../message.ts";
import { PickleError } from "./pickle/value.ts";
import type { PyDict, PyValue } from "./pickle/value.ts";
import { writePickle } from "./pickle/write.ts";
import { formOf } from "./releases.ts";

/** A dispynode reads at most this much of a datagram. */
export const MAX_DATAGRAM_BYTES = 1000;

/** Unknown fields that would make a message longer than this are left out: with them an honest one has some 500. */
const MAX_MESSAGE_BYTES = 4096;

/** RELAY_INFO: the ping, marked as relayed, as a question to the scheduler at `asked`. */
export function encodeQuestion(announce: SchedulerAnnounce, asked: string, auth?: Uint8Array): Uint8Array {
  return tagged("RELAY_INFO:", announce.extra, (extra) =>
    relayedPing(announce, asked, announce.addresses, extra, auth),
  );
}

/**
 * The PING that nodes hear, at most {@link MAX_DATAGRAM_BYTES}: `announce.addresses[0]` is the verified one, and stays;
 * further addresses are cut from the end, then the unknown fields. Undefined if even that is too long.
 */
export function encodeAnnouncement(announce: SchedulerAnnounce, auth?: Uint8Array): Uint8Array | undefined {
  const [verified] = announce.addresses;
  if (verified === undefined) return undefined;
  for (let count = announce.addresses.length; count >= 0; count -= 1) {
    const addresses = announce.addresses.slice(0, Math.max(count, 1));
    const extra: Extra = count === 0 ? new Map() : announce.extra;
    const bytes = tagged("PING:", extra, (kept) => relayedPing(announce, verified, addresses, kept, auth));
    if (bytes.length <= MAX_DATAGRAM_BYTES) return bytes;
  }
  return undefined;
}

/** The PING by TCP that introduces one scheduler to one node; with its sign the node answers it at once. */
export function encodeIntroduction(scheduler: SchedulerAnnounce): Uint8Array {
  const fields: PyDict = new Map<PyValue, PyValue>([
    ["version", scheduler.release],
    ["port", scheduler.port],
    ["relay", "y"],
  ]);
  if (scheduler.sign !== undefined) fields.set("sign", scheduler.sign);
  setAddresses(fields, scheduler.release, scheduler.addresses);
  return tagged("PING:", new Map(), () => fields);
}

/** TERMINATED, as the node said it, for a scheduler that its broadcast didn't reach. */
export function encodeLeave(leave: NodeLeave): Uint8Array {
  const { address, port, sign } = leave;
  return tagged("TERMINATED:", leave.extra, (extra) =>
    copied(extra).set("ip_addr", address).set("port", port).set("sign", sign),
  );
}

function relayedPing(
  announce: SchedulerAnnounce,
  asked: string,
  addresses: readonly string[],
  extra: Extra,
  auth: Uint8Array | undefined,
): PyDict {
  const fields = copied(extra);
  fields
    .set("version", announce.release)
    .set("sign", announce.sign ?? null)
    .set("port", announce.port)
    .set("relay", "y")
    .set("scheduler_ip_addr", asked);
  setAddresses(fields, announce.release, addresses);
  // A scheduler checks `auth` where it is there at all, so an unknown sign leaves it out.
  if (auth === undefined) fields.delete("auth");
  else fields.set("auth", auth);
  return fields;
}

function setAddresses(fields: PyDict, release: string, addresses: readonly string[]): void {
  if (formOf(release).addressList) fields.set("ip_addrs", [...addresses]);
  else fields.set("ip_addr", addresses[0] ?? null);
}

/** `extra` holds what {@link decodeMessage} put there, so its values are this wire's own. */
function copied(extra: Extra): PyDict {
  return new Map(extra as ReadonlyMap<PyValue, PyValue>);
}

/**
 * Tag and pickle of `fieldsWith(extra)`. A few bytes read can be many written, as pickles refer back to what they have
 * said; unknown fields that grow too long to be written are left out.
 */
function tagged(tag: string, extra: Extra, fieldsWith: (extra: Extra) => PyDict): Uint8Array {
  const pickle = written(fieldsWith(extra)) ?? writePickle(fieldsWith(new Map()));
  const bytes = new Uint8Array(tag.length + pickle.length);
  for (let i = 0; i < tag.length; i += 1) bytes[i] = tag.charCodeAt(i);
  bytes.set(pickle, tag.length);
  return bytes;
}

/** The pickle, unless it is too long to be sent or even to be written. */
function written(fields: PyDict): Uint8Array | undefined {
  try {
    const pickle = writePickle(fields);
    return pickle.length <= MAX_MESSAGE_BYTES ? pickle : undefined;
  } catch (error) {
    if (error instanceof PickleError) return undefined;
    throw error;
  }
}
