/** Which sockets a relay listens with, given its subnets and ports. Pure, so that a change of either is a difference. */

import type { UdpBinding } from "../net/udp.ts";
import type { Over, Subnet } from "../relay/events.ts";
import { MULTICAST_GROUPS } from "../wire/dispy/releases.ts";

/** Schedulers announce themselves at node ports, nodes at scheduler ports. */
export type HeardAt = "node-port" | "scheduler-port";

interface Planned {
  /** Names the socket: two plans with the same key are the same socket. */
  readonly key: string;
  readonly port: number;
  readonly heardAt: HeardAt;
}

export interface PlannedUdp extends Planned {
  readonly transport: "udp";
  readonly binding: UdpBinding;
  readonly over: Over;
}

export interface PlannedTcp extends Planned {
  readonly transport: "tcp";
  readonly address: string;
}

export type PlannedSocket = PlannedUdp | PlannedTcp;

/** Broadcasts to this address stay on the link; hosts that don't know their netmask use it. */
export const LIMITED_BROADCAST = "255.255.255.255";

/** The sockets for these subnets: schedulers are heard at `listenPorts`, nodes at `schedulerPorts`. */
export function planSockets(
  subnets: readonly Subnet[],
  listenPorts: readonly number[],
  schedulerPorts: readonly number[],
): readonly PlannedSocket[] {
  const planned = [
    ...unique(listenPorts).flatMap((port) => [
      ...directed(subnets, port),
      ...broadcasts(subnets, port, "node-port"),
    ]),
    ...unique(schedulerPorts)
      .filter((port) => !listenPorts.includes(port))
      .flatMap((port) => broadcasts(subnets, port, "scheduler-port")),
  ];
  return [...new Map(planned.map((socket) => [socket.key, socket])).values()];
}

/** TCP, and datagrams to the relay alone (before 4.6.5 dispy reaches named hosts by those). */
function directed(subnets: readonly Subnet[], port: number): PlannedSocket[] {
  return subnets.flatMap(({ family, address }): PlannedSocket[] => [
    { transport: "tcp", key: `tcp ${address} ${port}`, port, heardAt: "node-port", address },
    udp({ family, address, port }, "node-port", "datagram"),
  ]);
}

/** A socket bound to a broadcast address hears that one only: directed, limited and multicast take one each. */
function broadcasts(subnets: readonly Subnet[], port: number, heardAt: HeardAt): PlannedSocket[] {
  const v4 = subnets.filter(({ family }) => family === 4);
  const v6 = subnets.filter(({ family }) => family === 6);
  const sockets: PlannedSocket[] = [];
  for (const { broadcast } of v4) {
    if (broadcast !== undefined)
      sockets.push(udp({ family: 4, address: broadcast, port }, heardAt, "broadcast"));
  }
  if (v4.length > 0) {
    sockets.push(udp({ family: 4, address: LIMITED_BROADCAST, port }, heardAt, "broadcast"));
    // A group is joined once on an interface, however many addresses that has.
    const firsts = v4.filter((subnet) => subnet === v4.find((other) => other.interface === subnet.interface));
    const interfaces = firsts.map(({ address }) => address);
    sockets.push(udp({ family: 4, address: MULTICAST_GROUPS[4], port, interfaces }, heardAt, "broadcast"));
  }
  if (v6.length > 0) {
    const interfaces = unique(v6.map((subnet) => `::%${subnet.interface}`));
    sockets.push(udp({ family: 6, address: MULTICAST_GROUPS[6], port, interfaces }, heardAt, "broadcast"));
  }
  return sockets;
}

function udp(binding: UdpBinding, heardAt: HeardAt, over: Over): PlannedUdp {
  const joined = binding.interfaces === undefined ? "" : ` on ${binding.interfaces.join()}`;
  const key = `udp ${binding.address} ${binding.port}${joined}`;
  return { transport: "udp", key, port: binding.port, heardAt, binding, over };
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
