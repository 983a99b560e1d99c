// Who starts first, who starts late, who starts again.
import { current, middle, old, type Release } from "../releases.ts";
import { nodeNames, reach, usualLab, type Scenario } from "../scenario.ts";
import { waitFor } from "../shell.ts";

const relayFirst: Scenario = {
  name: "relay and nodes first, then the scheduler",
  hosts: usualLab(3),
  async run(stage) {
    await stage.relay("relay");
    await stage.nodes(nodeNames(3));
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    return reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)) });
  },
};

const schedulerFirst: Scenario = {
  name: "scheduler and nodes first, then the relay (told of the scheduler; with the start of its process)",
  hosts: usualLab(3),
  async run(stage) {
    await stage.nodes(nodeNames(3));
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    const since = Date.now();
    await stage.relay("relay", { schedulers: [stage.ip("client")] });
    return reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)), since });
  },
};

const lateNode: Scenario = {
  name: "late node: starts while the scheduler waits",
  hosts: usualLab(2),
  async run(stage) {
    await stage.relay("relay");
    await stage.node("n1");
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    await reach(stage, { client, nodes: [stage.host("n1")] }); // so the relay knows the scheduler
    const since = Date.now();
    const { upSince: from } = await stage.node("n2");
    return reach(stage, { client, nodes: [stage.host("n2")], since, from });
  },
};

const nodeRestart: Scenario = {
  name: "node restart: killed and started again",
  hosts: usualLab(2),
  async run(stage) {
    await stage.relay("relay");
    const node = await stage.node("n1");
    await stage.node("n2");
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    await reach(stage, { client, nodes: [stage.host("n1"), stage.host("n2")] });
    await node.kill();
    const since = Date.now();
    const { upSince: from } = await stage.node("n1");
    await waitFor(() => client.when("node", since), stage.patience);
    client.tell("rerun");
    return reach(stage, { client, nodes: [stage.host("n1")], since, from });
  },
};

const relayRestart: Scenario = {
  name: "relay restart: killed and started again while the scheduler waits, then a late node",
  hosts: usualLab(2),
  async run(stage) {
    const relay = await stage.relay("relay");
    await stage.node("n1");
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    await reach(stage, { client, nodes: [stage.host("n1")] });
    await relay.kill();
    await stage.relay("relay");
    const since = Date.now();
    const { upSince: from } = await stage.node("n2");
    return reach(stage, { client, nodes: [stage.host("n2")], since, from });
  },
};

const sameHost: Scenario = {
  name: "relay and dispynode on one host",
  hosts: usualLab(3),
  async run(stage) {
    const port = 9801;
    await stage.relay("n1", { listenPort: port });
    await stage.nodes(nodeNames(3));
    const client = await stage.client("client", { nodes: [[stage.ip("n1"), port], "*"] });
    return reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)) });
  },
};

function shared(release: Release): Scenario {
  return {
    name: `dispyscheduler with a SharedJobCluster (dispy ${release.version})`,
    hosts: [...usualLab(3), { name: "scheduler", subnets: [1] }],
    async run(stage) {
      await stage.relay("relay", { release });
      await stage.nodes(nodeNames(3), { release });
      await stage.sharedScheduler("scheduler", { release });
      const nodes = [stage.ip("relay"), "*"];
      const client = await stage.client("client", { nodes, scheduler: stage.ip("scheduler"), release });
      const from = client.when("started")!; // creating a SharedJobCluster takes older releases 5 s of their own
      return reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)), from });
    },
  };
}

export const discovery: readonly Scenario[] = [
  relayFirst,
  schedulerFirst,
  lateNode,
  nodeRestart,
  relayRestart,
  sameHost,
  shared(current),
  shared(middle),
  shared(old),
];
