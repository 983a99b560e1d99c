/** Broadcasts on the relay's subnets, each by a socket of its own so that it leaves by the right interface. */

import { UdpSocket } from "../net/udp.ts";
import type { Subnet } from "../relay/events.ts";
import { MULTICAST_GROUPS } from "../wire/dispy/releases.ts";
import { LIMITED_BROADCAST } from "./plan.ts";

/** A datagram that didn't leave. */
export interface Unsent {
  readonly subnet: Subnet;
  readonly reason: string;
}

export class Announcer {
  readonly #multicast: boolean;
  readonly #sockets = new Map<string, Promise<UdpSocket>>();

  /** @param multicast to dispy's IPv4 group instead of the broadcast addresses */
  constructor(multicast: boolean) {
    this.#multicast = multicast;
  }

  /** Opens a socket for each of these subnets, and closes those of subnets that are gone. */
  async serve(subnets: readonly Subnet[]): Promise<void> {
    const kept = new Set(subnets.map(({ id }) => id));
    const gone = [...this.#sockets].filter(([id]) => !kept.has(id));
    for (const [id] of gone) this.#sockets.delete(id);
    // What can't be opened now is tried again, and reported, with each announcement.
    await Promise.allSettled(subnets.map((subnet) => this.#socketFor(subnet)));
    await Promise.allSettled(gone.map(async ([, socket]) => (await socket).close()));
  }

  /** Sends to every port on every subnet; resolves to what didn't leave. */
  async announce(
    bytes: Uint8Array,
    subnets: readonly Subnet[],
    ports: readonly number[],
  ): Promise<readonly Unsent[]> {
    const sent = await Promise.all(subnets.map((subnet) => this.#onSubnet(bytes, subnet, ports)));
    return sent.flat();
  }

  close(): Promise<void> {
    return this.serve([]);
  }

  async #onSubnet(bytes: Uint8Array, subnet: Subnet, ports: readonly number[]): Promise<readonly Unsent[]> {
    let socket: UdpSocket;
    try {
      socket = await this.#socketFor(subnet);
    } catch (error) {
      this.#sockets.delete(subnet.id);
      return [{ subnet, reason: (error as Error).message }];
    }
    const targets = this.#targets(subnet).flatMap((address) => ports.map((port) => ({ address, port })));
    const errors = await Promise.all(targets.map(({ address, port }) => socket.send(bytes, port, address)));
    return errors.filter((error) => error !== undefined).map(({ message }) => ({ subnet, reason: message }));
  }

  /** A node hears only the one broadcast address that it is bound to, and which one can't be known: so both. */
  #targets({ family, broadcast, interface: name }: Subnet): readonly string[] {
    if (family === 6) return [`${MULTICAST_GROUPS[6]}%${name}`];
    if (this.#multicast) return [MULTICAST_GROUPS[4]];
    return broadcast === undefined ? [LIMITED_BROADCAST] : [broadcast, LIMITED_BROADCAST];
  }

  #socketFor(subnet: Subnet): Promise<UdpSocket> {
    let socket = this.#sockets.get(subnet.id);
    if (socket === undefined) {
      socket = this.#open(subnet);
      this.#sockets.set(subnet.id, socket);
    }
    return socket;
  }

  async #open({ family, address, interface: name }: Subnet): Promise<UdpSocket> {
    const socket = await UdpSocket.open({ family, address, port: 0 }, () => undefined);
    socket.sendMulticastBy(family === 4 ? address : `::%${name}`);
    return socket;
  }
}
