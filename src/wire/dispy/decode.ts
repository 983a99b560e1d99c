/** dispy's bytes → messages. What comes off the network never throws past here: it is a message or a refusal. */

import type {
  Answer,
  Extra,
  Message,
  NodeAnnounce,
  NodeLeave,
  Refusal,
  SchedulerAnnounce,
} from "../message.ts";
import { readPickle } from "./pickle/read.ts";
import { PickleError } from "./pickle/value.ts";
import type { PyDict, PyValue } from "./pickle/value.ts";

/**
 * Which of its ports a message reached: one where schedulers announce themselves, or one where nodes do. It decides
 * who speaks where the fields don't: before 4.2 both said `ip_addr`.
 */
export type HeardAt = "node-port" | "scheduler-port";

/** Longest texts that are believed; dispy's own signs have 40 characters, its releases at most 7. */
const MAX_SIGN = 128;
const MAX_RELEASE = 32;
const MAX_ADDRESS = 64;
/** More addresses than any host has. */
const MAX_ADDRESSES = 64;

class Unfit extends Error {}

/** Reads `PING:` and `TERMINATED:` from a datagram or from a frame's body. */
export function decodeMessage(bytes: Uint8Array, heardAt: HeardAt): Message | Refusal {
  const tagged = split(bytes);
  if (tagged?.tag === "PING") {
    return fields(tagged.pickle, (dict) =>
      speaksAsScheduler(dict, heardAt) ? schedulerAnnounce(dict) : nodeAnnounce(dict),
    );
  }
  if (tagged?.tag === "TERMINATED") return fields(tagged.pickle, nodeLeave);
  if (tagged !== undefined) return { kind: "refused", reason: "tag-unknown", detail: tagged.tag };
  return { kind: "refused", reason: "not-dispy" };
}

/** Reads a scheduler's answer to RELAY_INFO: a pickle of {sign, ip_addrs, port}, or of None. */
export function decodeAnswer(body: Uint8Array): Answer {
  const read = fields(body, (dict): Answer => {
    const sign = text(dict, "sign", MAX_SIGN);
    return { verdict: "verified", port: port(dict), sign };
  });
  if (!("kind" in read)) return read;
  if (read.reason === "fields-none") return { verdict: "refused" };
  return { verdict: "mute", reason: `its answer isn't dispy's (${read.detail ?? read.reason})` };
}

/** The ASCII tag before the first colon, and what follows; undefined where there is none. */
function split(bytes: Uint8Array): { tag: string; pickle: Uint8Array } | undefined {
  const end = bytes.subarray(0, 24).indexOf(0x3a);
  if (end < 1) return undefined;
  let tag = "";
  for (const byte of bytes.subarray(0, end)) {
    const isTagLetter = (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f;
    if (!isTagLetter) return undefined;
    tag += String.fromCharCode(byte);
  }
  return { tag, pickle: bytes.subarray(end + 1) };
}

/** Reads a pickled dict and hands it to `make`; every failure becomes a refusal. */
function fields<T>(pickle: Uint8Array, make: (dict: PyDict) => T): T | Refusal {
  try {
    const value = readPickle(pickle);
    if (value === null) return { kind: "refused", reason: "fields-none" };
    if (!(value instanceof Map)) throw new Unfit("the content isn't a dict");
    return make(value);
  } catch (error) {
    if (error instanceof PickleError) return { kind: "refused", reason: error.code, detail: error.message };
    if (error instanceof Unfit) return { kind: "refused", reason: "fields-unfit", detail: error.message };
    throw error;
  }
}

function speaksAsScheduler(dict: PyDict, heardAt: HeardAt): boolean {
  if (dict.has("ip_addrs") || dict.has("relay")) return true;
  return heardAt === "node-port" && !dict.has("scheduler_ip_addr");
}

function schedulerAnnounce(dict: PyDict): SchedulerAnnounce {
  const sign = dict.get("sign");
  return {
    kind: "scheduler-announce",
    wire: "dispy",
    release: text(dict, "version", MAX_RELEASE),
    port: port(dict),
    addresses: addresses(dict),
    ...(sign === null || sign === undefined || sign === "" ? {} : { sign: text(dict, "sign", MAX_SIGN) }),
    relayed: Boolean(dict.get("relay")),
    extra: rest(dict, ["version", "port", "ip_addrs", "ip_addr", "sign", "relay"]),
  };
}

function nodeAnnounce(dict: PyDict): NodeAnnounce {
  return {
    kind: "node-announce",
    wire: "dispy",
    release: text(dict, "version", MAX_RELEASE),
    address: text(dict, "ip_addr", MAX_ADDRESS),
    port: port(dict),
    sign: text(dict, "sign", MAX_SIGN),
    extra: rest(dict, ["version", "ip_addr", "port", "sign"]),
  };
}

function nodeLeave(dict: PyDict): NodeLeave {
  return {
    kind: "node-leave",
    wire: "dispy",
    address: text(dict, "ip_addr", MAX_ADDRESS),
    port: port(dict),
    sign: text(dict, "sign", MAX_SIGN),
    extra: rest(dict, ["ip_addr", "port", "sign"]),
  };
}

function addresses(dict: PyDict): readonly string[] {
  const list = dict.get("ip_addrs");
  if (list === undefined) return [text(dict, "ip_addr", MAX_ADDRESS)];
  if (!Array.isArray(list)) throw new Unfit("ip_addrs isn't a list");
  if (list.length > MAX_ADDRESSES)
    throw new Unfit(`ip_addrs has ${list.length} entries, at most ${MAX_ADDRESSES}`);
  return list.filter(
    (item) => typeof item === "string" && item !== "" && item.length <= MAX_ADDRESS,
  ) as string[];
}

function text(dict: PyDict, name: string, longest: number): string {
  const value: PyValue | undefined = dict.get(name);
  if (typeof value === "string" && value.length > 0 && value.length <= longest) return value;
  throw new Unfit(`${name} isn't a text of 1 to ${longest} characters`);
}

function port(dict: PyDict): number {
  const value = dict.get("port");
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  throw new Unfit("port isn't a number from 1 to 65535");
}

function rest(dict: PyDict, known: readonly string[]): Extra {
  const extra = new Map<string, unknown>();
  for (const [name, value] of dict) {
    if (typeof name !== "string") throw new Unfit("a field's name isn't text");
    if (!known.includes(name)) extra.set(name, value);
  }
  return extra;
}
