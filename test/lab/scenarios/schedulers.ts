// More schedulers than one: a node serves one at a time, and is free for the next when that one is done.
import type { Client } from "../dispy.ts";
import { both, nodeNames, reach, type Outcome, type Scenario } from "../scenario.ts";
import { waitFor } from "../shell.ts";
import type { Stage } from "../stage.ts";
import type { HostPlan } from "../world.ts";

const NODES = nodeNames(2);

const hosts: HostPlan[] = [
  ...["a", "b", "c"].map((name) => ({ name, subnets: [1] })),
  ...["relay", ...NODES].map((name) => ({ name, subnets: [2] })),
];

/** A relay, nodes, and a cluster that has taken all of them. */
async function takenBy(stage: Stage, host: string): Promise<Client> {
  await stage.relay("relay");
  await stage.nodes(NODES);
  const client = await stage.client(host, { nodes: [stage.ip("relay"), "*"] });
  await reach(stage, { client, nodes: NODES.map((name) => stage.host(name)) });
  return client;
}

/** A cluster that gets no node for now, and whose wish the relay has passed on: the busy nodes say so. */
async function waiting(stage: Stage, host: string): Promise<Client> {
  const before = stage.refusals();
  const client = await stage.client(host, { nodes: [stage.ip("relay"), "*"] });
  await waitFor(() => stage.refusals() > before, stage.patience);
  return client;
}

const freedNodes: Scenario = {
  name: "three schedulers, one after another: freed nodes come to one that waits, then to the other",
  hosts,
  async run(stage) {
    const a = await takenBy(stage, "a");
    const b = await waiting(stage, "b");
    const c = await waiting(stage, "c");

    const since = Date.now();
    await a.close();
    return handedOn(stage, [b, c], since);
  },
};

/** The nodes come to one of two clusters, or some to each; that one closes, and the other gets them all. */
async function handedOn(stage: Stage, [a, b]: readonly [Client, Client], since: number): Promise<Outcome> {
  const first = await either(stage, [a, b], since);
  const [holder, other] = a.served(since).size > 0 ? [a, b] : [b, a];
  const closing = Date.now();
  await holder.close();
  const missing = NODES.map((name) => stage.host(name)).filter(({ ip }) => !other.served(since).has(ip));
  const second = await reach(stage, { client: other, nodes: missing, since: closing });
  const reached = NODES.length - missing.length + second.reached;
  return both(first, { ...second, reached, expected: NODES.length });
}

/** Waits until each node has served one of these clients since it was freed. */
async function either(stage: Stage, clients: readonly Client[], since: number): Promise<Outcome> {
  const ips = NODES.map((name) => stage.ip(name));
  const reached = (): string[] => ips.filter((ip) => clients.some((client) => client.served(since).has(ip)));
  await waitFor(() => reached().length === ips.length, stage.patience);
  const known = clients.flatMap((client) => ips.map((ip) => client.when("node", since, ip) ?? Infinity));
  const times = known.filter(Number.isFinite).sort((x, y) => x - y);
  const after = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : Math.round(at - since);
  return {
    reached: reached().length,
    expected: ips.length,
    firstMs: after(times[0]),
    allMs: reached().length === ips.length ? after(times.at(-1)) : undefined,
    jobs: clients.reduce((sum, client) => sum + client.jobsDone, 0),
  };
}

const sameMoment: Scenario = {
  name: "two schedulers at the same moment: the nodes come to one, and when it is done to the other",
  hosts,
  async run(stage) {
    await stage.relay("relay");
    await stage.nodes(NODES);
    const nodes = [stage.ip("relay"), "*"];
    const [a, b] = await Promise.all([stage.client("a", { nodes }), stage.client("b", { nodes })]);
    return handedOn(stage, [a, b], Math.min(a.when("starting")!, b.when("starting")!));
  },
};

const diedWaiting: Scenario = {
  name: "a scheduler that died while it waited doesn't shadow one that still waits",
  hosts,
  async run(stage) {
    const a = await takenBy(stage, "a");
    const b = await waiting(stage, "b");
    const c = await waiting(stage, "c");
    await c.kill();
    const since = Date.now();
    await a.close();
    return reach(stage, { client: b, nodes: NODES.map((name) => stage.host(name)), since });
  },
};

export const schedulers: readonly Scenario[] = [freedNodes, diedWaiting, sameMoment];
