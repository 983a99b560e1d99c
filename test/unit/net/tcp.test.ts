import { once } from "node:events";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { dial, EXCHANGE_TIMEOUT, listen } from "../../../src/net/tcp.ts";
import type { Collect, Listener, ListenOptions } from "../../../src/net/tcp.ts";
import { latin1 } from "../../support/dispyBytes.ts";
import { freePort, tcpClient, tcpServer } from "../../support/loopback.ts";
import { Mailbox } from "../../support/mailbox.ts";

const HOST = "127.0.0.1";

/** Messages end with a full stop here. */
function untilStop(): Collect<string> {
  let text = "";
  return (bytes) => {
    text += Buffer.from(bytes).toString("latin1");
    return text.endsWith(".") ? text : undefined;
  };
}

interface Heard {
  readonly listener: Listener;
  readonly messages: Mailbox<string>;
  readonly dropped: Mailbox<string>;
  readonly admitted: Mailbox<string>;
  readonly closed: Mailbox<string>;
}

async function listening(changed: Partial<ListenOptions<string>> = {}): Promise<Heard> {
  const boxes = {
    messages: new Mailbox<string>(),
    dropped: new Mailbox<string>(),
    admitted: new Mailbox<string>(),
    closed: new Mailbox<string>(),
  };
  const listener = await listen<string>({
    ...{ address: HOST, port: 0, collect: untilStop },
    onMessage: (message, from) => {
      boxes.messages.put(`${message} from ${from}`);
    },
    onDropped: (reason, from) => {
      boxes.dropped.put(`${reason} from ${from}`);
    },
    admit: (from) => {
      boxes.admitted.put(from);
      return undefined;
    },
    onClosed: boxes.closed.put,
    ...changed,
  });
  onTestFinished(() => listener.close());
  return { listener, ...boxes };
}

/** By an end or a reset. */
function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.once("close", () => {
        resolve();
      });
  });
}

afterEach(() => {
  vi.useRealTimers();
});

/** From here on an exchange's time passes only when the test says so. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

describe("listen", () => {
  it("takes one message of a connection, whatever its pieces, and ends it", async () => {
    const { listener, messages, dropped, admitted, closed: ended } = await listening();
    const client = await tcpClient(listener.port, latin1("PI"));
    await admitted.first();
    client.write("NG");
    client.write(".");
    expect(await messages.first()).toBe("PING. from 127.0.0.1");
    await closed(client);
    expect(await ended.first()).toBe(HOST);
    expect([messages.all.length, dropped.all, admitted.all]).toStrictEqual([1, [], [HOST]]);
  });

  it("takes messages of many connections at once", async () => {
    const { listener, messages, closed: ended } = await listening();
    const names = Array.from({ length: 40 }, (_item, i) => `${i}.`);
    await Promise.all(names.map((name) => tcpClient(listener.port, latin1(name)).then(closed)));
    await ended.first(() => ended.all.length === names.length);
    expect([...messages.all].sort()).toStrictEqual(names.map((name) => `${name} from ${HOST}`).sort());
  });

  it.each([
    ["nothing", ""],
    ["half a message", "PIN"],
  ])("drops a connection that ends after %s", async (_name, said) => {
    const { listener, messages, dropped, closed: ended } = await listening();
    const client = await tcpClient(listener.port);
    client.end(said);
    expect(await dropped.first()).toBe("connection-without-message from 127.0.0.1");
    await ended.first();
    expect([messages.all, dropped.all.length, ended.all.length]).toStrictEqual([[], 1, 1]);
  });

  it("drops a connection that is reset, and listens on", async () => {
    const { listener, messages, dropped, admitted } = await listening();
    const client = await tcpClient(listener.port, latin1("PI"));
    await admitted.first();
    client.resetAndDestroy();
    expect(await dropped.first()).toBe("connection-without-message from 127.0.0.1");
    await tcpClient(listener.port, latin1("next."));
    expect(await messages.first()).toBe("next. from 127.0.0.1");
  });

  it("drops a connection whose time is up", async () => {
    holdTime();
    const { listener, dropped, admitted } = await listening();
    const client = await tcpClient(listener.port, latin1("PI"));
    await admitted.first();
    vi.advanceTimersByTime(EXCHANGE_TIMEOUT - 1);
    expect(client.destroyed).toBe(false);
    expect(dropped.all).toStrictEqual([]);
    vi.advanceTimersByTime(1);
    expect(await dropped.first()).toBe("connection-too-slow from 127.0.0.1");
    await closed(client);
  });

  it("leaves no timer behind a connection that has ended", async () => {
    holdTime();
    const { listener, closed: ended } = await listening();
    await tcpClient(listener.port, latin1("PING."));
    await ended.first();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("reads nothing of a connection that isn't admitted, and counts it by its label", async () => {
    const collect = vi.fn(untilStop);
    const admit = (): string => "too-many-connections";
    const { listener, messages, dropped, closed: ended } = await listening({ admit, collect });
    const client = await tcpClient(listener.port, latin1("PING."));
    expect(await dropped.first()).toBe("too-many-connections from 127.0.0.1");
    await closed(client);
    expect([messages.all, dropped.all.length, ended.all]).toStrictEqual([[], 1, []]);
    expect(collect).not.toHaveBeenCalled();
  });

  it("asks for each connection anew whether it is admitted", async () => {
    const answers = ["refused", undefined];
    const { listener, messages, dropped } = await listening({ admit: () => answers.shift() });
    await closed(await tcpClient(listener.port));
    await tcpClient(listener.port, latin1("PING."));
    expect(await messages.first()).toBe("PING. from 127.0.0.1");
    expect(dropped.all).toStrictEqual(["refused from 127.0.0.1"]);
  });

  it("rejects where the port is taken, and where the host hasn't the address", async () => {
    const { listener } = await listening();
    await expect(listening({ port: listener.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(listening({ address: "192.0.2.1" })).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  it("rejects where the certificate can't be used", async () => {
    await expect(listening({ tls: { cert: "none", key: "none" } })).rejects.toThrow(/PEM/);
  });

  it("closes twice, and frees its port", async () => {
    const { listener } = await listening();
    const first = listener.close();
    expect(listener.close()).toBe(first);
    await first;
    await listener.close();
    expect((await dial({ host: HOST, port: listener.port, bytes: latin1("a") })).kind).toBe("closed");
    expect((await listening({ port: listener.port })).listener.port).toBe(listener.port);
  });

  it("cuts a connection that is open when it closes", async () => {
    const { listener, dropped, admitted, closed: ended } = await listening();
    const client = await tcpClient(listener.port, latin1("PI"));
    await admitted.first();
    await listener.close();
    await closed(client);
    expect(dropped.all).toStrictEqual(["connection-without-message from 127.0.0.1"]);
    expect(ended.all).toStrictEqual([HOST]);
  });
});

describe("dial", () => {
  const question = latin1("RELAY_INFO.");

  it("brings the answer, whatever its pieces", async () => {
    const asked = new Mailbox<string>();
    const { port } = await tcpServer((socket) => {
      const take = untilStop();
      socket.on("data", (bytes) => {
        const text = take(bytes);
        if (text === undefined) return;
        asked.put(text);
        socket.write("answ", () => socket.end("er."));
      });
    });
    const outcome = await dial({ host: HOST, port, bytes: question, collect: untilStop() });
    expect(outcome).toStrictEqual({ kind: "done", answer: "answer." });
    expect(asked.all).toStrictEqual(["RELAY_INFO."]);
  });

  it("hangs up once it has the answer", async () => {
    const { port, server } = await tcpServer((socket) => socket.resume().write("answer. and more"));
    const connection = once(server, "connection") as Promise<[Socket]>;
    const collect: Collect<string> = (bytes) => Buffer.from(bytes).toString("latin1").slice(0, 7);
    const outcome = await dial({ host: HOST, port, bytes: question, collect });
    expect(outcome).toStrictEqual({ kind: "done", answer: "answer." });
    await closed((await connection)[0]);
  });

  it("is done once it has said something to which no answer is awaited", async () => {
    const { listener, messages } = await listening();
    const outcome = await dial({ host: HOST, port: listener.port, bytes: latin1("PING.") });
    expect(outcome).toStrictEqual({ kind: "done", answer: undefined });
    expect(await messages.first()).toBe("PING. from 127.0.0.1");
  });

  it.each<[string, (socket: Socket) => void]>([
    ["without a word", (socket) => socket.end()],
    ["after half an answer", (socket) => socket.end("answ")],
    ["by a reset", (socket) => socket.once("data", () => socket.resetAndDestroy())],
  ])("is mute where the other side ends %s", async (_name, end) => {
    const { port } = await tcpServer((socket) => {
      socket.resume();
      end(socket);
    });
    const outcome = await dial({ host: HOST, port, bytes: question, collect: untilStop() });
    expect(outcome).toStrictEqual({
      kind: "mute",
      reason: expect.stringContaining(`${HOST} port ${port} closed without an answer`) as string,
    });
  });

  it("is closed where nobody listens", async () => {
    const port = await freePort();
    expect(await dial({ host: HOST, port, bytes: question, collect: untilStop() })).toStrictEqual({
      kind: "closed",
      reason: `nobody listens at ${HOST} port ${port}`,
    });
  });

  it("is unreachable by a name that nobody has", async () => {
    const outcome = await dial({ host: "unknown.invalid", port: 9, bytes: question });
    expect(outcome).toMatchObject({ kind: "unreachable" });
  });

  it("is over when its time is up", async () => {
    holdTime();
    const { port, server } = await tcpServer((socket) => socket.resume());
    const connection = once(server, "connection") as Promise<[Socket]>;
    const dialling = dial({ host: HOST, port, bytes: question, collect: untilStop() });
    const [socket] = await connection;
    await once(socket, "data");
    vi.advanceTimersByTime(EXCHANGE_TIMEOUT);
    expect(await dialling).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("no answer within 10 s") as string,
    });
    await closed(socket);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends when it is aborted, and hangs up", async () => {
    const abort = new AbortController();
    const { port, server } = await tcpServer((socket) => socket.resume());
    const connection = once(server, "connection") as Promise<[Socket]>;
    const options = { host: HOST, port, bytes: question, signal: abort.signal };
    const dialling = dial({ ...options, collect: untilStop() });
    const [socket] = await connection;
    await once(socket, "data");
    abort.abort();
    expect(await dialling).toMatchObject({
      kind: "mute",
      reason: expect.stringContaining("the relay is stopping") as string,
    });
    await closed(socket);
  });

  it("doesn't connect when it is aborted already", async () => {
    const { listener, admitted, messages } = await listening();
    const options = { host: HOST, port: listener.port, collect: untilStop() };
    const late = await dial({ ...options, bytes: latin1("late."), signal: AbortSignal.abort() });
    expect(late).toMatchObject({ kind: "unreachable" });
    await dial({ host: HOST, port: listener.port, bytes: latin1("next.") });
    expect(await messages.first()).toBe("next. from 127.0.0.1");
    expect(messages.all).toHaveLength(1);
    expect(admitted.all.length).toBeLessThanOrEqual(2);
  });

  it("leaves no timer behind that would keep the program from ending", async () => {
    holdTime();
    const { port } = await tcpServer((socket) => socket.resume().end("answer."));
    const outcome = await dial({ host: HOST, port, bytes: question, collect: untilStop() });
    expect(outcome.kind).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no listener on the signal behind", async () => {
    const { listener } = await listening();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const added = vi.spyOn(signal, "addEventListener");
    await dial({ host: HOST, port: listener.port, bytes: latin1("PING."), signal });
    expect(added.mock.calls[0]!.slice(0, 2)).toStrictEqual(removed.mock.calls[0]!.slice(0, 2));
  });
});
