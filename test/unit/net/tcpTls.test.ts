import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { dial, listen } from "../../../src/net/tcp.ts";
import type { Collect } from "../../../src/net/tcp.ts";
import { latin1 } from "../../support/dispyBytes.ts";
import { tcpClient, tcpServer } from "../../support/loopback.ts";
import { Mailbox } from "../../support/mailbox.ts";
import { certificate } from "./certificates.ts";

const HOST = "127.0.0.1";
const cluster = certificate("cluster");
const other = certificate("other");

/** Messages are five bytes here. */
function five(): Collect<string> {
  let text = "";
  return (bytes) => {
    text += Buffer.from(bytes).toString("latin1");
    return text.length >= 5 ? text : undefined;
  };
}

async function listening(): Promise<{
  readonly port: number;
  readonly messages: Mailbox<string>;
  readonly dropped: Mailbox<string>;
  readonly admitted: Mailbox<string>;
  readonly close: () => Promise<void>;
}> {
  const messages = new Mailbox<string>();
  const dropped = new Mailbox<string>();
  const admitted = new Mailbox<string>();
  const listener = await listen<string>({
    ...{ address: HOST, port: 0, tls: cluster, collect: five },
    onMessage: messages.put,
    onDropped: dropped.put,
    admit: (from) => {
      admitted.put(from);
      return undefined;
    },
    onClosed: () => undefined,
  });
  onTestFinished(() => listener.close());
  return { port: listener.port, messages, dropped, admitted, close: () => listener.close() };
}

/** A scheduler with TLS that says `answer` once it is spoken to. */
async function tlsServer(
  answer: string,
): Promise<{ readonly port: number; readonly asked: Mailbox<string> }> {
  const asked = new Mailbox<string>();
  const server = createTlsServer(cluster, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (bytes: Buffer) => {
      asked.put(bytes.toString("latin1"));
      socket.end(answer);
    });
  });
  server.listen(0, HOST);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}

describe("with TLS", () => {
  it("what is dialled is what is listened to", async () => {
    const { port, messages, dropped } = await listening();
    const outcome = await dial({ host: HOST, port, tls: cluster, bytes: latin1("PING\xff") });
    expect(outcome).toStrictEqual({ kind: "done", answer: undefined });
    expect(await messages.first()).toBe("PING\xff");
    expect(dropped.all).toStrictEqual([]);
  });

  it("listen shows the cluster's certificate to another's client, that takes the message", async () => {
    const { port, messages } = await listening();
    const client = connectTls({ host: HOST, port, ca: cluster.cert, checkServerIdentity: () => undefined });
    client.on("error", () => undefined);
    onTestFinished(() => void client.destroy());
    await once(client, "secureConnect");
    expect(client.authorized).toBe(true);
    expect(client.getPeerCertificate().subject.CN).toBe("cluster.test");
    client.write("PING.");
    expect(await messages.first()).toBe("PING.");
  });

  it("dial brings the answer, and sends the question encrypted only", async () => {
    const { port, asked } = await tlsServer("answer");
    const outcome = await dial({
      host: HOST,
      port,
      tls: cluster,
      bytes: latin1("question"),
      collect: five(),
    });
    expect(outcome).toStrictEqual({ kind: "done", answer: "answer" });
    expect(asked.all).toStrictEqual(["question"]);
  });

  it("dial is mute where the other side ends without an answer", async () => {
    const { port } = await tlsServer("");
    const outcome = await dial({
      host: HOST,
      port,
      tls: cluster,
      bytes: latin1("question"),
      collect: five(),
    });
    expect(outcome).toMatchObject({ kind: "mute" });
  });

  it("plain talking is dropped as what it is", async () => {
    const { port, messages, dropped } = await listening();
    await tcpClient(port, latin1(`${"x".repeat(40)}\x00\x00\x00\x05PING:`));
    expect(await dropped.first()).toBe("connection-without-tls");
    expect([messages.all, dropped.all.length]).toStrictEqual([[], 1]);
  });

  it("a connection that ends before the handshake is dropped without a message", async () => {
    const { port, dropped } = await listening();
    (await tcpClient(port)).end();
    expect(await dropped.first()).toBe("connection-without-message");
  });

  it("dial says nothing to whom it doesn't trust", async () => {
    const { port, messages, dropped } = await listening();
    const outcome = await dial({ host: HOST, port, tls: other, bytes: latin1("PING."), collect: five() });
    expect(outcome).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("certificate") as string,
    });
    await dropped.first();
    expect(messages.all).toStrictEqual([]);
  });

  it("dial says nothing to who talks plainly", async () => {
    const said = new Mailbox<string>();
    const { port } = await tcpServer((socket) => {
      socket.on("data", (bytes) => {
        said.put(bytes.toString("latin1"));
        socket.end("I speak no TLS\r\n");
      });
    });
    const outcome = await dial({ host: HOST, port, tls: cluster, bytes: latin1("PING."), collect: five() });
    expect(outcome).toMatchObject({ kind: "unreachable" });
    expect(said.all.join("")).not.toContain("PING.");
    expect(said.all).not.toHaveLength(0);
  });

  it("closing cuts a connection in the midst of its handshake", async () => {
    const { port, dropped, admitted, close } = await listening();
    const client = await tcpClient(port);
    client.resume();
    const ended = new Promise((resolve) => client.once("close", resolve));
    await admitted.first();
    await close();
    await ended;
    expect(dropped.all).toStrictEqual(["connection-without-message"]);
  });
});
