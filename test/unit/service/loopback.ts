/** Peers on loopback: a scheduler and a node that say what dispy's say, and a relay between them. */

import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../../src/relay/limits.ts";
import type { LogLine } from "../../../src/service/log.ts";
import type { ServiceOptions } from "../../../src/service/options.ts";
import { RelayService } from "../../../src/service/service.ts";
import { frame, FrameReader, NO_PROOF } from "../../../src/wire/dispy/frames.ts";
import { readPickle } from "../../../src/wire/dispy/pickle/read.ts";
import type { PyDict, PyValue } from "../../../src/wire/dispy/pickle/value.ts";
import { writePickle } from "../../../src/wire/dispy/pickle/write.ts";

export const HOST = "127.0.0.1";
export const BROADCAST = "127.255.255.255";
export const RELEASE = "4.15.2";

const endings: (() => Promise<unknown>)[] = [];

/** Ends what a test has begun, the latest first. */
export async function endAll(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end();
}

export function atEnd(end: () => Promise<unknown>): void {
  endings.push(end);
}

/** Items as they come; `next` waits for the first that fits and wasn't taken. */
export class Arrivals<T> {
  readonly all: T[] = [];
  #waiting: { fits: (item: T) => boolean; take: (item: T) => void }[] = [];
  readonly #taken = new Set<T>();

  add(item: T): void {
    this.all.push(item);
    const waiting = this.#waiting.find(({ fits }) => fits(item));
    if (waiting === undefined) return;
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    this.#taken.add(item);
    waiting.take(item);
  }

  async next(fits: (item: T) => boolean = () => true): Promise<T> {
    const found = this.all.find((item) => !this.#taken.has(item) && fits(item));
    if (found === undefined) return new Promise((take) => this.#waiting.push({ fits, take }));
    this.#taken.add(found);
    return found;
  }
}

export function tagged(tag: string, fields: Record<string, PyValue> | null): Uint8Array {
  return Buffer.concat([
    Buffer.from(`${tag}:`),
    writePickle(fields === null ? null : new Map<PyValue, PyValue>(Object.entries(fields))),
  ]);
}

export function untagged(bytes: Uint8Array): { tag: string; fields: PyDict } {
  const end = bytes.indexOf(0x3a);
  const fields = readPickle(bytes.subarray(end + 1)) as PyDict;
  return { tag: Buffer.from(bytes.subarray(0, end)).toString("latin1"), fields };
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, HOST), "listening");
  return (server.address() as AddressInfo).port;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** Ports that nobody had a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map(listening));
  await Promise.all(servers.map(closed));
  return ports;
}

/** A port that another program has, by TCP. */
export async function takenPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  atEnd(() => closed(server));
  return port;
}

export async function udp(address: string, port = 0, reuseAddr = true): Promise<UdpSocket> {
  const socket = createSocket({ type: "udp4", reuseAddr });
  socket.bind(port, address);
  await once(socket, "listening");
  socket.setBroadcast(true);
  atEnd(() => new Promise<void>((resolve) => socket.close(resolve)));
  return socket;
}

export function send(socket: UdpSocket, bytes: Uint8Array, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, port, address, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Opens a connection, sends, and waits until the other side has ended it. */
export async function throwAt(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect(port, HOST);
  socket.on("error", () => undefined);
  const gone = new Promise<void>((resolve) => socket.once("close", resolve));
  socket.on("connect", () => socket.end(bytes));
  socket.resume();
  await gone;
}

export interface Received {
  readonly proof: string;
  readonly tag: string;
  readonly fields: PyDict;
}

/** Takes frames, and answers each with `answer`, if any. */
async function taking(proofBytes: number, answer?: () => PyValue): Promise<[number, Arrivals<Received>]> {
  const arrivals = new Arrivals<Received>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const reader = new FrameReader(proofBytes);
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Uint8Array) => {
      const read = reader.push(bytes);
      if (read?.kind !== "frame") return;
      if (answer) socket.end(frame(writePickle(answer())));
      arrivals.add({ proof: Buffer.from(read.proof).toString("latin1"), ...untagged(read.body) });
    });
  });
  const port = await listening(server);
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  });
  return [port, arrivals];
}

export class FakeScheduler {
  readonly port: number;
  readonly questions: Arrivals<Received>;
  readonly sign = "sign of the scheduler";

  private constructor(port: number, questions: Arrivals<Received>) {
    this.port = port;
    this.questions = questions;
  }

  static async start(willKnow = true): Promise<FakeScheduler> {
    const self: { scheduler?: FakeScheduler } = {};
    const [port, questions] = await taking(0, () => {
      if (!willKnow) return null;
      const { sign = "", port: own = 0 } = self.scheduler ?? {};
      return new Map<PyValue, PyValue>([
        ["sign", sign],
        ["ip_addrs", [HOST]],
        ["port", own],
      ]);
    });
    self.scheduler = new FakeScheduler(port, questions);
    return self.scheduler;
  }

  /** What dispy sends to a host that its `nodes` name. */
  async pingByTcp(relayPort: number): Promise<void> {
    const { sign, port } = this;
    const fields = { version: RELEASE, sign, port, ip_addrs: [HOST], node_ip_addr: HOST };
    await throwAt(relayPort, frame(tagged("PING", fields), NO_PROOF));
  }
}

/** Nodes hear broadcasts at their port, and introductions by TCP at another one here, since the relay may have that. */
export class FakeNode {
  readonly heard: Arrivals<Uint8Array>;
  readonly introductions: Arrivals<Received>;
  readonly port: number;
  readonly sign = "sign of the node";

  private constructor(heard: Arrivals<Uint8Array>, port: number, introductions: Arrivals<Received>) {
    this.heard = heard;
    this.port = port;
    this.introductions = introductions;
  }

  static async start(udpPort: number): Promise<FakeNode> {
    const heard = new Arrivals<Uint8Array>();
    const socket = await udp(BROADCAST, udpPort);
    socket.on("message", (bytes) => {
      heard.add(bytes);
    });
    const [port, introductions] = await taking(40);
    return new FakeNode(heard, port, introductions);
  }

  async sayFree(schedulerPort: number): Promise<void> {
    const { port, sign } = this;
    const fields = { ip_addr: HOST, port, sign, version: RELEASE, scheduler_ip_addr: null };
    await send(await udp(HOST), tagged("PING", fields), schedulerPort, BROADCAST);
  }
}

export interface Running {
  readonly service: RelayService;
  readonly options: ServiceOptions;
  readonly lines: Arrivals<LogLine>;
  readonly listenPort: number;
  readonly nodePort: number;
  readonly schedulerPort: number;
}

export async function relay(given: Partial<ServiceOptions> = {}): Promise<Running> {
  const [listenPort = 0, nodePort = 0, schedulerPort = 0] = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), "netrelay-service-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const options: ServiceOptions = {
    ...{ listenPorts: [listenPort], schedulerPorts: [schedulerPort], nodePorts: [nodePort] },
    ...{ interfaces: [HOST], schedulerHosts: [], searchPorts: [], nodeHosts: [], allow: [] },
    ...{ secret: "", multicast: false, stateFile: join(folder, "state.json"), limits: DEFAULT_LIMITS },
    ...given,
  };
  const lines = new Arrivals<LogLine>();
  const service = new RelayService(options, (line) => {
    lines.add(line);
  });
  atEnd(() => service.stop());
  return { service, options, lines, listenPort: options.listenPorts[0] ?? 0, nodePort, schedulerPort };
}

export function event(name: string): (line: LogLine) => boolean {
  return (line) => line.event === name;
}
