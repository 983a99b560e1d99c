/** Keeps the sockets that are open the same as the sockets that are planned. */

import { listen } from "../net/tcp.ts";
import type { TlsFiles } from "../net/tls.ts";
import { UdpSocket } from "../net/udp.ts";
import type { Over } from "../relay/events.ts";
import { FrameReader, PROOF_BYTES } from "../wire/dispy/frames.ts";
import type { Frame } from "../wire/dispy/frames.ts";
import type { Refusal } from "../wire/message.ts";
import { Admission } from "./admission.ts";
import type { HeardAt, PlannedSocket, PlannedTcp, PlannedUdp } from "./plan.ts";

/** What listeners tell their owner. */
export interface ListenersOwner {
  /** A datagram, or a frame's body. */
  onBytes(bytes: Uint8Array, from: string, over: Over, heardAt: HeardAt): void;
  onDropped(reason: string, from: string): void;
}

/** A planned socket that couldn't be opened, and the system's code for why (`EADDRINUSE`). */
export interface Fault {
  readonly socket: PlannedSocket;
  readonly code: string;
}

/** What a reconciliation has changed. */
export interface Change {
  readonly opened: readonly PlannedSocket[];
  readonly closed: readonly PlannedSocket[];
  readonly faults: readonly Fault[];
}

interface Open {
  readonly planned: PlannedSocket;
  close(): Promise<void>;
}

export class Listeners {
  readonly #owner: ListenersOwner;
  readonly #tls: TlsFiles | undefined;
  readonly #admission = new Admission();
  readonly #open = new Map<string, Open>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(owner: ListenersOwner, tls: TlsFiles | undefined) {
    this.#owner = owner;
    this.#tls = tls;
  }

  get open(): readonly PlannedSocket[] {
    return [...this.#open.values()].map(({ planned }) => planned);
  }

  /** Opens what is planned and not open, closes what isn't planned any more. One at a time, in order of calls. */
  reconcile(planned: readonly PlannedSocket[]): Promise<Change> {
    const turn = this.#turn.then(() => this.#reconcile(planned));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #reconcile(planned: readonly PlannedSocket[]): Promise<Change> {
    const wanted = new Map(planned.map((socket) => [socket.key, socket]));
    const stale = [...this.#open].filter(([key]) => !wanted.has(key));
    for (const [key] of stale) this.#open.delete(key);
    await Promise.all(stale.map(([, open]) => open.close()));
    const fresh = planned.filter(({ key }) => !this.#open.has(key));
    const tries = await Promise.all(fresh.map((socket) => this.#try(socket)));
    return {
      opened: fresh.filter((_, i) => tries[i] === undefined),
      closed: stale.map(([, open]) => open.planned),
      faults: tries.filter((fault) => fault !== undefined),
    };
  }

  async #try(socket: PlannedSocket): Promise<Fault | undefined> {
    try {
      const opened =
        socket.transport === "tcp" ? await this.#listenTcp(socket) : await this.#listenUdp(socket);
      this.#open.set(socket.key, { planned: socket, close: () => opened.close() });
      return undefined;
    } catch (error) {
      return { socket, code: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
  }

  #listenUdp({ binding, over, heardAt }: PlannedUdp): Promise<UdpSocket> {
    return UdpSocket.open(binding, (bytes, from) => {
      this.#owner.onBytes(bytes, from, over, heardAt);
    });
  }

  #listenTcp({ address, port, heardAt }: PlannedTcp): ReturnType<typeof listen> {
    return listen<Frame | Refusal>({
      ...{ address, port, tls: this.#tls },
      collect: () => {
        const reader = new FrameReader(PROOF_BYTES);
        return (bytes) => reader.push(bytes);
      },
      onMessage: (message, from) => {
        if (message.kind === "frame") this.#owner.onBytes(message.body, from, "stream", heardAt);
        else this.#owner.onDropped(message.reason, from);
      },
      onDropped: (reason, from) => {
        this.#owner.onDropped(reason, from);
      },
      admit: (from) => this.#admission.enter(from),
      onClosed: (from) => {
        this.#admission.leave(from);
      },
    });
  }
}
