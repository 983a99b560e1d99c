import { describe, expect, it } from "vitest";
import type { Subnet } from "../../../src/relay/events.ts";
import { planSockets } from "../../../src/service/plan.ts";

const A: Subnet = subnet("eth0", "10.0.3.7", "10.0.3.255");
const B: Subnet = subnet("eth1", "10.0.4.7", "10.0.4.255");
const SAME_INTERFACE: Subnet = subnet("eth0", "10.0.5.7", "10.0.5.255");
const POINT: Subnet = subnet("tun0", "10.9.0.1");
const SIX: Subnet = {
  id: "eth0 fd00::7/64",
  interface: "eth0",
  family: 6,
  address: "fd00::7",
  network: "fd00::7/64",
};

function subnet(name: string, address: string, broadcast?: string): Subnet {
  const common = { id: `${name} ${address}/24`, interface: name, family: 4, address } as const;
  return { ...common, network: `${address}/24`, ...(broadcast === undefined ? {} : { broadcast }) };
}

const keys = (...plan: Parameters<typeof planSockets>): string[] =>
  planSockets(...plan).map(({ key }) => key);

describe("the plan of sockets", () => {
  it.each([
    { title: "of no subnet is empty", subnets: [], listen: [1], scheduler: [2], planned: [] },
    {
      title: "hears schedulers at the address by TCP and UDP, and at each broadcast address",
      ...{ subnets: [A], listen: [1], scheduler: [] },
      planned: [
        "tcp 10.0.3.7 1",
        "udp 10.0.3.7 1",
        "udp 10.0.3.255 1",
        "udp 255.255.255.255 1",
        "udp 239.255.61.59 1 on 10.0.3.7",
      ],
    },
    {
      title: "hears nodes by broadcast and multicast alone",
      ...{ subnets: [A], listen: [], scheduler: [2] },
      planned: ["udp 10.0.3.255 2", "udp 255.255.255.255 2", "udp 239.255.61.59 2 on 10.0.3.7"],
    },
    {
      title: "does without a directed broadcast where the network has none",
      ...{ subnets: [POINT], listen: [], scheduler: [2] },
      planned: ["udp 255.255.255.255 2", "udp 239.255.61.59 2 on 10.9.0.1"],
    },
    {
      title: "shares the limited broadcast and the group among subnets",
      ...{ subnets: [A, B], listen: [], scheduler: [2] },
      planned: [
        "udp 10.0.3.255 2",
        "udp 10.0.4.255 2",
        "udp 255.255.255.255 2",
        "udp 239.255.61.59 2 on 10.0.3.7,10.0.4.7",
      ],
    },
    {
      title: "joins the IPv6 group by interface",
      ...{
        subnets: [SIX, { ...SIX, id: "eth0 fd01::7/64", address: "fd01::7" }],
        listen: [],
        scheduler: [2],
      },
      planned: ["udp ff05::b409:3171:9705:5134:6159 2 on ::%eth0"],
    },
    {
      title: "takes a port of both kinds for a listening port, once",
      ...{ subnets: [POINT], listen: [1, 1], scheduler: [1] },
      planned: [
        "tcp 10.9.0.1 1",
        "udp 10.9.0.1 1",
        "udp 255.255.255.255 1",
        "udp 239.255.61.59 1 on 10.9.0.1",
      ],
    },
  ])("$title", ({ subnets, listen, scheduler, planned }) => {
    expect(keys(subnets, listen, scheduler)).toEqual(planned);
  });

  it("says of each datagram socket whether it hears broadcasts, and for whom", () => {
    const heard = planSockets([A], [1], [2]).map((socket) => [
      socket.key,
      socket.heardAt,
      socket.transport === "udp" ? socket.over : "stream",
    ]);
    expect(heard).toEqual([
      ["tcp 10.0.3.7 1", "node-port", "stream"],
      ["udp 10.0.3.7 1", "node-port", "datagram"],
      ["udp 10.0.3.255 1", "node-port", "broadcast"],
      ["udp 255.255.255.255 1", "node-port", "broadcast"],
      ["udp 239.255.61.59 1 on 10.0.3.7", "node-port", "broadcast"],
      ["udp 10.0.3.255 2", "scheduler-port", "broadcast"],
      ["udp 255.255.255.255 2", "scheduler-port", "broadcast"],
      ["udp 239.255.61.59 2 on 10.0.3.7", "scheduler-port", "broadcast"],
    ]);
  });

  it("keeps the keys of what stays when subnets and ports come and go", () => {
    const before = keys([A], [1], [2]).filter((key) => !key.includes("239."));
    expect(keys([B, A], [1, 3], [4, 2])).toEqual(expect.arrayContaining(before));
  });

  it("never plans the same key twice", () => {
    const planned = keys([A, A, B, SAME_INTERFACE, SIX, SIX], [1, 2, 1], [2, 3, 3]);
    expect(new Set(planned).size).toBe(planned.length);
  });

  // Linux refuses a second membership on the same interface with EADDRINUSE.
  it("joins the IPv4 group once an interface, however many addresses that has", () => {
    const groups = planSockets([A, SAME_INTERFACE, B], [], [2]).flatMap((socket) =>
      socket.transport === "udp" && socket.binding.interfaces ? [socket.binding.interfaces] : [],
    );
    expect(groups).toEqual([["10.0.3.7", "10.0.4.7"]]);
  });
});
