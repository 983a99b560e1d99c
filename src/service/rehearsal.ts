/** What the first scheduler of the day would otherwise pay for: code that runs for the first time runs slowly. */

import { listen } from "../net/tcp.ts";
import type { Collect } from "../net/tcp.ts";
import type { TlsFiles } from "../net/tls.ts";
import { decodeMessage } from "../wire/dispy/decode.ts";
import { encodeIntroduction } from "../wire/dispy/encode.ts";
import { FrameReader } from "../wire/dispy/frames.ts";
import type { Frame } from "../wire/dispy/frames.ts";
import type { Refusal, SchedulerAnnounce } from "../wire/message.ts";
import type { Peers } from "./peers.ts";

/** Rounds of reading and writing, and of asking; together they take some milliseconds, after the start. */
const ROUNDS = 50;
const QUESTIONS = 3;

const LOOPBACK = "127.0.0.1";

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

/** Writes and reads an announcement a few times, and asks itself over loopback. Nothing leaves the host. */
export async function rehearse(peers: Peers, tls: TlsFiles | undefined): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    peers.announcement(EXAMPLE);
    decodeMessage(encodeIntroduction(EXAMPLE), "node-port");
  }
  const nobody = { onMessage: () => undefined, onDropped: () => undefined, onClosed: () => undefined };
  const collect = (): Collect<Frame | Refusal> => {
    const reader = new FrameReader(0);
    return (bytes) => reader.push(bytes);
  };
  try {
    const listener = await listen({
      address: LOOPBACK,
      port: 0,
      tls,
      collect,
      admit: () => undefined,
      ...nobody,
    });
    for (let round = 0; round < QUESTIONS; round += 1)
      await peers.ask({ address: LOOPBACK, port: listener.port }, EXAMPLE);
    await listener.close();
  } catch {
    // A host without loopback goes without a rehearsal.
  }
}
