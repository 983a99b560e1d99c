/** UDP sockets, one per local address, so that it is known where a datagram came in. */

import { DgramAsPromised } from "dgram-as-promised";
import type { SocketAsPromised } from "dgram-as-promised";

/** Where to bind. For a multicast group `address` is the group, joined on each of `interfaces`. */
export interface UdpBinding {
  readonly family: 4 | 6;
  readonly address: string;
  /** 0 picks a free one, for sending only. */
  readonly port: number;
  /** IPv4: an interface's address; IPv6: `::%eth0`. */
  readonly interfaces?: readonly string[];
}

/** Called for each datagram, at once: nothing queues between the socket and this. */
export type OnDatagram = (bytes: Uint8Array, from: string) => void;

/** Enough for a burst of some 10,000 small datagrams; the default loses 5 % of them. */
const RECEIVE_BUFFER_BYTES = 2_000_000;

/** Datagrams that may wait for a slow link before further ones are dropped: unbounded, they'd fill the memory. */
const MAX_QUEUED_BYTES = 1_000_000;

/** Discovery stays on its subnet. */
const TTL = 1;

export class UdpSocket {
  readonly #socket: SocketAsPromised;
  #port = 0;
  #closing: Promise<void> | undefined;

  private constructor(socket: SocketAsPromised) {
    this.#socket = socket;
  }

  /** Binds, shared with others that allow it. Rejects with the system's error (`EADDRINUSE`, `EADDRNOTAVAIL`, …). */
  static async open(binding: UdpBinding, onDatagram: OnDatagram): Promise<UdpSocket> {
    const { family, address, port, interfaces = [] } = binding;
    const options = {
      type: family === 4 ? "udp4" : "udp6",
      reuseAddr: port !== 0,
      ipv6Only: family === 6,
    } as const;
    const socket = DgramAsPromised.createSocket(options, (bytes, { address: from }) => {
      onDatagram(bytes, from);
    });
    // Errors of sends and binds reach their callers; one without a listener here would end the process.
    socket.socket.on("error", () => undefined);
    const opened = new UdpSocket(socket);
    try {
      opened.#port = (await socket.bind({ address, port })).port;
      for (const joined of interfaces) socket.addMembership(address.split("%")[0] ?? address, joined);
      opened.#configure(family, port !== 0);
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  #configure(family: 4 | 6, listens: boolean): void {
    if (family === 4) this.#socket.setBroadcast(true);
    this.#socket.setTTL(TTL);
    this.#socket.setMulticastTTL(TTL);
    if (listens) this.#socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  }

  /** The port that it is bound to. */
  get port(): number {
    return this.#port;
  }

  /** Sends one datagram to an address (never a name). Resolves to what went wrong, undefined if nothing did. */
  async send(bytes: Uint8Array, port: number, address: string): Promise<Error | undefined> {
    if (this.#closing !== undefined) return new Error("the socket is closed");
    if (this.#socket.socket.getSendQueueSize() > MAX_QUEUED_BYTES) return new Error("the link is too slow");
    try {
      await this.#socket.send(bytes, port, address);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** Sends multicast by the interface with this IPv4 address, or `::%eth0`. */
  sendMulticastBy(address: string): void {
    this.#socket.setMulticastInterface(address);
  }

  /** Closes once, however often it is called. */
  close(): Promise<void> {
    this.#closing ??= this.#socket.close().catch(() => undefined);
    return this.#closing;
  }
}
