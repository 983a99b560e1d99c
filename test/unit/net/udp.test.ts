import { once } from "node:events";
import { createSocket } from "node:dgram";
import { describe, expect, it, onTestFinished } from "vitest";
import { UdpSocket } from "../../../src/net/udp.ts";
import type { OnDatagram, UdpBinding } from "../../../src/net/udp.ts";
import { latin1 } from "../../support/dispyBytes.ts";
import { udpReceiver } from "../../support/loopback.ts";
import { Mailbox } from "../../support/mailbox.ts";

interface Datagram {
  readonly text: string;
  readonly from: string;
}

const LOCAL = "127.0.0.1";
const BROADCAST = "127.255.255.255";

/** A UDP port that this test holds at 127.0.0.9, so that nobody is given it while it is used elsewhere. */
async function heldPort(): Promise<number> {
  const { socket } = await udpReceiver("127.0.0.9", 0, false);
  return socket.address().port;
}

async function opened(
  binding: Partial<UdpBinding>,
  onDatagram: OnDatagram = () => undefined,
): Promise<UdpSocket> {
  const socket = await UdpSocket.open({ family: 4, address: LOCAL, port: 0, ...binding }, onDatagram);
  onTestFinished(() => socket.close());
  return socket;
}

async function listening(
  binding: Partial<UdpBinding>,
): Promise<{ socket: UdpSocket; heard: Mailbox<Datagram> }> {
  const heard = new Mailbox<Datagram>();
  const socket = await opened(binding, (bytes, from) => {
    heard.put({ text: Buffer.from(bytes).toString("latin1"), from });
  });
  return { socket, heard };
}

describe("UdpSocket", () => {
  it("hears what is sent to its address, and from whom", async () => {
    const port = await heldPort();
    const { heard } = await listening({ port });
    const sender = await opened({ address: "127.0.0.2" });
    expect(await sender.send(latin1("PING:\x00\xff"), port, LOCAL)).toBeUndefined();
    expect(await heard.first()).toStrictEqual({ text: "PING:\x00\xff", from: "127.0.0.2" });
  });

  it("bound to a broadcast address hears the broadcast, and not what is sent to one host", async () => {
    const port = await heldPort();
    const { heard } = await listening({ address: BROADCAST, port });
    const host = await listening({ port });
    const sender = await opened({});
    expect(await sender.send(latin1("to one"), port, LOCAL)).toBeUndefined();
    expect(await host.heard.first()).toStrictEqual({ text: "to one", from: LOCAL });
    expect(await sender.send(latin1("to all"), port, BROADCAST)).toBeUndefined();
    expect(await heard.first()).toStrictEqual({ text: "to all", from: LOCAL });
    expect(heard.all).toHaveLength(1);
    expect(host.heard.all).toHaveLength(1);
  });

  it("shares its port with another that allows it: both hear a broadcast", async () => {
    const port = await heldPort();
    const one = await listening({ address: BROADCAST, port });
    const other = await udpReceiver(BROADCAST, port);
    const sender = await opened({});
    expect(await sender.send(latin1("to all"), port, BROADCAST)).toBeUndefined();
    expect(await one.heard.first()).toMatchObject({ text: "to all" });
    expect(await other.heard.first()).toStrictEqual(latin1("to all"));
  });

  it("is refused a port that another has for itself", async () => {
    const { socket } = await udpReceiver(LOCAL, 0, false);
    const { port } = socket.address();
    await expect(opened({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("is refused an address that the host hasn't", async () => {
    await expect(opened({ address: "192.0.2.1" })).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  it("frees its port where a group can't be joined", async () => {
    const port = await heldPort();
    const joining = opened({ port, interfaces: ["192.0.2.1"] });
    await expect(joining).rejects.toMatchObject({ syscall: "addMembership" });
    await udpReceiver(LOCAL, port, false);
  });

  it("returns what went wrong with a send, and sends on", async () => {
    const port = await heldPort();
    const { heard } = await listening({ port });
    const sender = await opened({});
    expect(await sender.send(new Uint8Array(70_000), port, LOCAL)).toMatchObject({ code: "EMSGSIZE" });
    expect(await sender.send(latin1("a"), 0, LOCAL)).toMatchObject({ code: "ERR_SOCKET_BAD_PORT" });
    expect(await sender.send(latin1("b"), port, LOCAL)).toBeUndefined();
    expect(await heard.first()).toMatchObject({ text: "b" });
  });

  it("survives that nobody listens where it sends", async () => {
    const { socket: gone } = await udpReceiver("127.0.0.3", 0, false);
    const { port } = gone.address();
    const { heard } = await listening({ port });
    const sender = await opened({});
    for (let i = 0; i < 3; i += 1) await sender.send(latin1("void"), port, "127.0.0.4");
    expect(await sender.send(latin1("heard"), port, LOCAL)).toBeUndefined();
    expect(await heard.first()).toMatchObject({ text: "heard" });
  });

  it("sends nothing more once it is closed, and says so", async () => {
    const socket = await opened({});
    const closing = socket.close();
    const port = await heldPort();
    expect(await socket.send(latin1("late"), port, LOCAL)).toStrictEqual(new Error("the socket is closed"));
    await closing;
    expect(await socket.send(latin1("late"), port, LOCAL)).toStrictEqual(new Error("the socket is closed"));
  });

  it("closes once, however often it is told to", async () => {
    const port = await heldPort();
    const socket = await opened({ port });
    const first = socket.close();
    expect(socket.close()).toBe(first);
    await first;
    await socket.close();
    const next = createSocket("udp4");
    onTestFinished(() => void next.close());
    next.bind({ port, address: LOCAL, exclusive: true });
    await once(next, "listening");
    expect(next.address().port).toBe(port);
  });
});
