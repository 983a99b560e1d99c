// Subnets, addresses, and networks that lose things.
import { nodeNames, reach, usualLab, type Scenario } from "../scenario.ts";
import type { HostPlan } from "../world.ts";

const multicast: Scenario = {
  name: "multicast instead of broadcast",
  hosts: usualLab(3),
  async run(stage) {
    await stage.relay("relay", { multicast: true });
    await stage.nodes(nodeNames(3), { multicast: true });
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"], multicast: true });
    return reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)) });
  },
};

const ipv6: Scenario = {
  name: "IPv6",
  hosts: usualLab(2),
  async run(stage) {
    const relay = stage.host("relay");
    // dispy prefers IPv4, and finds IPv6 interfaces by netifaces alone.
    await stage.relay("relay", stage.peer({ kind: "full", addresses: [relay.ip6] }));
    const nodes = nodeNames(2).map((name) => stage.host(name));
    await Promise.all(
      nodes.map(async (host) => {
        const node = await stage.node(host.name, { kind: "full", address: host.ip6 });
        await node.announced();
      }),
    );
    const address = stage.host("client").ip6;
    const client = await stage.client("client", { nodes: [relay.ip6, "*"], address, kind: "full" });
    return reach(stage, { client, nodes, ipv6: true });
  },
};

const ownPort: Scenario = {
  name: "a port of one's own (--dispy_port)",
  hosts: usualLab(2),
  async run(stage) {
    const dispyPort = 12_000;
    await stage.relay("relay", { dispyPort });
    await stage.nodes(nodeNames(2), { dispyPort });
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"], dispyPort });
    return reach(stage, { client, nodes: nodeNames(2).map((name) => stage.host(name)) });
  },
};

const mixed: Scenario = {
  name: "nodes with and without netifaces in one subnet",
  hosts: usualLab(4),
  async run(stage) {
    await stage.relay("relay", { kind: "full" });
    await Promise.all([
      stage.nodes(["n1", "n2"], { kind: "plain" }),
      stage.nodes(["n3", "n4"], { kind: "full" }),
    ]);
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    return reach(stage, { client, nodes: nodeNames(4).map((name) => stage.host(name)) });
  },
};

const twoSubnetsHosts: HostPlan[] = [
  { name: "client", subnets: [1] },
  { name: "relay", subnets: [2, 3] },
  ...["n1", "n2"].map((name) => ({ name, subnets: [2] })),
  ...["n3", "n4"].map((name) => ({ name, subnets: [3] })),
];

const twoSubnets: Scenario = {
  name: "two node subnets, the relay's host in both",
  hosts: twoSubnetsHosts,
  async run(stage) {
    // With netifaces: without, dispynetrelay has one socket for all of its subnets.
    await stage.relay("relay", stage.peer({ kind: "full", addresses: stage.host("relay").ips }));
    await stage.nodes(nodeNames(4), { kind: "full" });
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    return reach(stage, { client, nodes: nodeNames(4).map((name) => stage.host(name)) });
  },
};

const lossy: Scenario = {
  name: "half of the datagrams lost",
  hosts: usualLab(6, 0.5),
  patience: 2,
  async run(stage) {
    await stage.relay("relay");
    await stage.nodes(nodeNames(6));
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    return reach(stage, { client, nodes: nodeNames(6).map((name) => stage.host(name)) });
  },
};

const deafNode: Scenario = {
  name: "a node that hears no broadcast of the relay (netrelay: --node)",
  hosts: [...usualLab(1), { name: "far", subnets: [3] }],
  async run(stage) {
    const far = stage.host("far");
    await stage.relay("relay", { nodes: [far.ip] });
    await stage.nodes(["n1", "far"]);
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    return reach(stage, { client, nodes: [stage.host("n1"), far] });
  },
};

export const networks: readonly Scenario[] = [mixed, twoSubnets, lossy, multicast, ipv6, ownPort, deafNode];
