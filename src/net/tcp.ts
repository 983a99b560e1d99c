/** TCP, plain or TLS: short connections that carry one message each way at most. */

import { connect as connectTcp, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import type { SecureContext } from "node:tls";
import { connecting } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";

/** Time for a whole exchange, ms; dispy's own is the same. */
export const EXCHANGE_TIMEOUT = 10_000;

/** Takes bytes as they arrive; returns the whole message once it is there. */
export type Collect<T> = (bytes: Uint8Array) => T | undefined;

export interface ListenOptions<T> {
  readonly address: string;
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
  /** Makes a collector for each connection. */
  readonly collect: () => Collect<T>;
  /** The message of a connection. */
  readonly onMessage: (message: T, from: string) => void;
  /** A connection that ended without one: a short label to count by. */
  readonly onDropped: (reason: string, from: string) => void;
  /** Asked before a byte is read; a label to count by refuses the connection. */
  readonly admit: (from: string) => string | undefined;
  /** An admitted connection has ended. */
  readonly onClosed: (from: string) => void;
}

/** A listening socket. */
export interface Listener {
  readonly port: number;
  /** Stops listening and cuts connections that are open. May be called twice. */
  close(): Promise<void>;
}

/** Listens for connections, each of which may bring one message. Rejects with the system's error. */
export async function listen<T>(options: ListenOptions<T>): Promise<Listener> {
  const open = new Set<Socket>();
  const context = options.tls && createSecureContext(options.tls);
  const server = createServer((socket) => {
    const from = socket.remoteAddress ?? "";
    const refused = options.admit(from);
    if (refused !== undefined) {
      options.onDropped(refused, from);
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.on("close", () => {
      open.delete(socket);
      options.onClosed(from);
    });
    receive(socket, context, options);
  });
  await bound(server, options);
  let closing: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of open) socket.destroy();
      });
      return closing;
    },
  };
}

/** Reads one message from an accepted connection, and ends it then or when its time is up. */
function receive<T>(socket: Socket, context: SecureContext | undefined, options: ListenOptions<T>): void {
  const from = socket.remoteAddress ?? "";
  const stream = context ? new TLSSocket(socket, { isServer: true, secureContext: context }) : socket;
  const take = options.collect();
  let missed: string | undefined = "connection-without-message";
  const end = (): void => {
    stream.destroy();
    socket.destroy();
  };
  const timer = setTimeout(() => {
    missed &&= "connection-too-slow";
    end();
  }, EXCHANGE_TIMEOUT);
  stream.on("data", (bytes: Uint8Array) => {
    const message = missed === undefined ? undefined : take(bytes);
    if (message === undefined) return;
    missed = undefined;
    end();
    options.onMessage(message, from);
  });
  stream.on("end", end);
  for (const each of new Set([stream, socket])) {
    each.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith("ERR_SSL") === true) missed &&= "connection-without-tls";
      end();
    });
  }
  socket.on("close", () => {
    clearTimeout(timer);
    if (missed !== undefined) options.onDropped(missed, from);
  });
}

function bound(server: Server, { address, port }: { address: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port, ipv6Only: address.includes(":") }, () => {
      server.off("error", reject);
      server.on("error", () => undefined);
      resolve();
    });
  });
}

export interface DialOptions<T> {
  /** An address, or a name that is looked up. */
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
  /** Sent as soon as the connection stands. */
  readonly bytes: Uint8Array;
  /** Collects the answer; without it none is awaited. */
  readonly collect?: Collect<T>;
  readonly signal?: AbortSignal | undefined;
}

export type DialOutcome<T> =
  /** Sent, and where an answer was awaited, this is it. */
  | { readonly kind: "done"; readonly answer: T | undefined }
  /** The connection stood, and ended without an answer. */
  | { readonly kind: "mute"; readonly reason: string }
  /** The host says that nobody listens. */
  | { readonly kind: "closed"; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

/** Connects, sends, and awaits at most one answer; never rejects, and is over within {@link EXCHANGE_TIMEOUT}. */
export function dial<T>(options: DialOptions<T>): Promise<DialOutcome<T>> {
  const { host, port, tls, bytes, collect, signal } = options;
  return new Promise((resolve) => {
    const socket = tls ? connectTls({ host, port, ...connecting(tls) }) : connectTcp({ host, port });
    let isConnected = false;
    const finish = (outcome: DialOutcome<T>): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (error?: NodeJS.ErrnoException): void => {
      finish(outcomeOf(error, isConnected, `${host} port ${port}`));
    };
    const abort = (): void => {
      fail(new Error("the relay is stopping"));
    };
    const timer = setTimeout(() => {
      const reason = `${host} port ${port} gave no answer within ${EXCHANGE_TIMEOUT / 1000} s`;
      finish({ kind: "unreachable", reason });
    }, EXCHANGE_TIMEOUT);
    signal?.addEventListener("abort", abort);
    socket.on("error", fail);
    socket.on("close", () => {
      fail();
    });
    socket.on(tls ? "secureConnect" : "connect", () => {
      isConnected = true;
      if (collect) socket.write(bytes);
      else
        socket.end(bytes, () => {
          finish({ kind: "done", answer: undefined });
        });
    });
    socket.on("data", (chunk: Uint8Array) => {
      const answer = collect?.(chunk);
      if (answer !== undefined) finish({ kind: "done", answer });
    });
    if (signal?.aborted === true) abort();
  });
}

function outcomeOf<T>(
  error: NodeJS.ErrnoException | undefined,
  isConnected: boolean,
  whom: string,
): DialOutcome<T> {
  if (error?.code === "ECONNREFUSED") return { kind: "closed", reason: `nobody listens at ${whom}` };
  if (isConnected)
    return { kind: "mute", reason: `${whom} closed without an answer (${error?.message ?? "end"})` };
  return { kind: "unreachable", reason: `${whom} can't be reached (${error?.message ?? "closed"})` };
}
