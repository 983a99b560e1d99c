/** What the first scheduler of the day would otherwise pay for: code that runs for the first time runs slowly. */

import { listen } from "../net/tcp.ts";
import type { Collect } from "../net/tcp.ts";
import { UdpSocket } from "../net/udp.ts";
import type { Subnet } from "../relay/events.ts";
import { Relay } from "../relay/relay.ts";
import { decodeMessage } from "../wire/dispy/decode.ts";
import { encodeIntroduction } from "../wire/dispy/encode.ts";
import { FrameReader } from "../wire/dispy/frames.ts";
import type { Frame } from "../wire/dispy/frames.ts";
import type { Refusal, SchedulerAnnounce } from "../wire/message.ts";
import { lineOf } from "./notes.ts";
import type { ServiceOptions } from "./options.ts";
import type { Peers } from "./peers.ts";
import { relayOptions } from "./relayOptions.ts";

/** Rounds of thinking, and of talking to itself; together they take some milliseconds, after the start. */
const THOUGHTS = 50;
const TALKS = 3;

const LOOPBACK = "127.0.0.1";

const SUBNET: Subnet = {
  ...{ id: "rehearsal", interface: "lo", family: 4, address: LOOPBACK },
  ...{ network: "127.0.0.1/8", broadcast: "127.255.255.255" },
};

/** Addresses of documentation (RFC 5737): nobody's. */
const EXAMPLE: SchedulerAnnounce = {
  kind: "scheduler-announce",
  wire: "dispy",
  release: "4.15.2",
  port: 9700,
  addresses: ["192.0.2.1"],
  sign: "rehearsal",
  relayed: false,
  extra: new Map([["node_ip_addr", "192.0.2.2"]]),
};

/** Goes through a scheduler's discovery a few times, by itself and over loopback. Nothing leaves the host. */
export async function rehearse(options: ServiceOptions, peers: Peers): Promise<void> {
  for (let round = 0; round < THOUGHTS; round += 1) think(options, peers);
  try {
    await talk(options, peers);
  } catch {
    // A host without loopback goes without.
  }
}

/** A relay of its own hears a scheduler, and has it verified. */
function think(options: ServiceOptions, peers: Peers): void {
  const relay = new Relay({ ...relayOptions(options), schedulerHosts: [], nodeHosts: [] });
  relay.handle({ kind: "subnets", subnets: [SUBNET] }, 0);
  const message = decodeMessage(encodeIntroduction(EXAMPLE), "node-port");
  if (message.kind !== "scheduler-announce") return;
  relay.handle(
    { kind: "heard", message: { ...message, relayed: false }, from: "192.0.2.1", over: "stream" },
    0,
  );
  const answer = { verdict: "verified", port: 9700, sign: "rehearsal" } as const;
  for (const effect of relay.handle({ kind: "answered", ask: 1, answer }, 0)) {
    if (effect.kind === "announce") peers.announcement(effect.announce);
    if (effect.kind === "note") lineOf(effect.note, false);
  }
}

/** Asks itself, and sends itself datagrams. */
async function talk({ tls }: ServiceOptions, peers: Peers): Promise<void> {
  const nobody = { onMessage: () => undefined, onDropped: () => undefined, onClosed: () => undefined };
  const collect = (): Collect<Frame | Refusal> => {
    const reader = new FrameReader(0);
    return (bytes) => reader.push(bytes);
  };
  const listener = await listen({
    address: LOOPBACK,
    port: 0,
    tls,
    collect,
    admit: () => undefined,
    ...nobody,
  });
  const socket = await UdpSocket.open({ family: 4, address: LOOPBACK, port: 0 }, () => undefined);
  for (let round = 0; round < TALKS; round += 1) {
    await peers.ask({ address: LOOPBACK, port: listener.port }, EXAMPLE);
    await socket.send(peers.announcement(EXAMPLE) ?? new Uint8Array(), socket.port, LOOPBACK);
  }
  await Promise.all([listener.close(), socket.close()]);
}
