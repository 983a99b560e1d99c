// Old and new dispy: one release of each port era, and two at once.
import { current, middle, old, type Release } from "../releases.ts";
import { both, reach, usualLab, type Scenario } from "../scenario.ts";

function era(release: Release): Scenario {
  return {
    name: `dispy ${release.version} (port ${release.ports.client}): relay first, then a late node`,
    hosts: usualLab(3),
    async run(stage) {
      await stage.relay("relay", { release });
      await stage.nodes(["n1", "n2"], { release });
      const client = await stage.client("client", { nodes: [stage.ip("relay"), "*"], release });
      const first = await reach(stage, { client, nodes: [stage.host("n1"), stage.host("n2")] });
      const since = Date.now();
      await stage.node("n3", { release });
      const late = await reach(stage, { client, nodes: [stage.host("n3")], since });
      return { ...both(first, late), firstMs: first.firstMs, allMs: first.allMs };
    },
  };
}

const twoAtOnce: Scenario = {
  name: `dispy ${current.version} and ${middle.version} at once, one relay`,
  hosts: [...usualLab(4), { name: "client2", subnets: [1] }],
  async run(stage) {
    await stage.relay("relay");
    await Promise.all([
      stage.nodes(["n1", "n2"], { release: current }),
      stage.nodes(["n3", "n4"], { release: middle }),
    ]);
    const nodes = [stage.ip("relay"), "*"];
    const [a, b] = await Promise.all([
      stage.client("client", { nodes, release: current }),
      stage.client("client2", { nodes, release: middle }),
    ]);
    const [new_, older] = await Promise.all([
      reach(stage, { client: a, nodes: [stage.host("n1"), stage.host("n2")] }),
      reach(stage, { client: b, nodes: [stage.host("n3"), stage.host("n4")] }),
    ]);
    return both(new_, older);
  },
};

export const releases: readonly Scenario[] = [era(middle), era(old), twoAtOnce];
