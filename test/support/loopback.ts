import { once } from "node:events";
import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { Mailbox } from "./mailbox.ts";

/** A port of 127.0.0.1 that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A TCP server for one test; its connections are cut when the test ends. */
export async function tcpServer(
  onConnection: (socket: Socket) => void,
  port = 0,
): Promise<{ readonly port: number; readonly server: Server }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    onConnection(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** Connects, and sends `bytes` if there are any. */
export async function tcpClient(port: number, bytes?: Uint8Array): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  if (bytes !== undefined) socket.write(bytes);
  return socket;
}

/** A UDP socket for one test, and what it hears. */
export async function udpReceiver(
  address: string,
  port: number,
  reuseAddr = true,
): Promise<{ readonly socket: UdpSocket; readonly heard: Mailbox<Uint8Array> }> {
  const heard = new Mailbox<Uint8Array>();
  const socket = createSocket({ type: "udp4", reuseAddr });
  socket.on("message", (bytes) => {
    heard.put(new Uint8Array(bytes));
  });
  onTestFinished(() => void socket.close());
  socket.bind(port, address);
  await once(socket, "listening");
  return { socket, heard };
}
