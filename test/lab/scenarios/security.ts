// Secrets, TLS, and what strangers send.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeNames, reach, usualLab, type Outcome, type Scenario } from "../scenario.ts";
import { waitFor } from "../shell.ts";

const SECRET = "the right one";
/** How long nothing may happen: many times what it takes with the right secret. */
const QUIET_MS = 4_000;

const rightSecret: Scenario = {
  name: "secret: the right one",
  hosts: usualLab(3),
  async run(stage) {
    await stage.relay("relay", { secret: SECRET });
    await stage.nodes(nodeNames(3), { secret: SECRET });
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"], secret: SECRET });
    return reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)) });
  },
};

const wrongRelay: Scenario = {
  name: "secret: the relay has a wrong one and is refused, then the right one",
  hosts: usualLab(2),
  async run(stage) {
    const nodes = nodeNames(2).map((name) => stage.host(name));
    const wrong = await stage.relay("relay", { secret: "a wrong one" });
    await stage.nodes(nodeNames(2), { secret: SECRET });
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"], secret: SECRET });
    const leaked = await waitFor(() => client.when("node"), QUIET_MS);
    await wrong.kill();
    const since = Date.now();
    await stage.relay("relay", { secret: SECRET, schedulers: [stage.ip("client")] });
    const outcome = await reach(stage, { client, nodes, since });
    return leaked === undefined ? outcome : { ...outcome, breach: "relayed with a wrong secret" };
  },
};

const wrongScheduler: Scenario = {
  name: "secret: a scheduler with a wrong one gets nothing, one with the right one everything",
  hosts: [...usualLab(2), { name: "stranger", subnets: [1] }],
  async run(stage) {
    await stage.relay("relay", { secret: SECRET });
    await stage.nodes(nodeNames(2), { secret: SECRET });
    const nodes = [stage.ip("relay"), "*"];
    const stranger = await stage.client("stranger", { nodes, secret: "a wrong one" });
    const client = await stage.client("client", { nodes, secret: SECRET });
    const outcome = await reach(stage, { client, nodes: nodeNames(2).map((name) => stage.host(name)) });
    const leaked = await waitFor(() => stranger.when("node"), QUIET_MS);
    return leaked === undefined ? outcome : { ...outcome, breach: "relayed with a wrong secret" };
  },
};

const tls: Scenario = {
  name: "TLS",
  hosts: usualLab(3),
  async run(stage) {
    const certificate = await stage.certificate();
    await stage.relay("relay", { certificate });
    await stage.nodes(["n1", "n2"], { certificate });
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"], certificate });
    const outcome = await reach(stage, { client, nodes: [stage.host("n1"), stage.host("n2")] });
    const since = Date.now();
    await stage.node("n3", { certificate });
    const late = await reach(stage, { client, nodes: [stage.host("n3")], since });
    return { ...outcome, reached: outcome.reached + late.reached, expected: 3, jobs: late.jobs };
  },
};

const hostile: Scenario = {
  name: "noise, half frames and hostile pickles before the real thing",
  hosts: [...usualLab(3), { name: "neighbour", subnets: [2] }, { name: "stranger", subnets: [1] }],
  async run(stage) {
    const relay = await stage.relay("relay");
    // The nodes start afterwards: they unpickle everything too, and here the relay alone is asked.
    const markers = ["neighbour", "stranger"].map((name) => join(stage.dir, `owned-by-${name}`));
    const attackers = await Promise.all([
      stage.attack("neighbour", stage.host("relay"), markers[0]!),
      stage.attack("stranger", stage.host("relay"), markers[1]!),
    ]);
    const owned = markers.some((marker) => existsSync(marker));

    await stage.nodes(nodeNames(3));
    const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"] });
    const outcome = await reach(stage, { client, nodes: nodeNames(3).map((name) => stage.host(name)) });
    await Promise.all(attackers.map((attacker) => attacker.kill()));
    const noted: Outcome = { ...outcome, peakMb: relay.peakMemory() };
    return owned ? { ...noted, breach: "ran the attacker's command" } : noted;
  },
};

export const security: readonly Scenario[] = [rightSecret, wrongRelay, wrongScheduler, tls, hostile];
