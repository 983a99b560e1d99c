// What a scenario is, what comes of it, and how most of them are measured.
import type { Client } from "./dispy.ts";
import { waitFor } from "./shell.ts";
import type { Stage } from "./stage.ts";
import type { Host, HostPlan } from "./world.ts";

export interface Outcome {
  /** Nodes that ran a job of the cluster that they should reach … */
  readonly reached: number;
  /** … of this many. */
  readonly expected: number;
  /** From the moment that the scenario names (mostly the cluster's creation) until its first, its last node was known. */
  readonly firstMs?: number | undefined;
  readonly allMs?: number | undefined;
  readonly jobs: number;
  /** What must not happen and did. */
  readonly breach?: string | undefined;
  /** The most memory that the relay had, where the scenario asks. */
  readonly peakMb?: number | undefined;
}

export interface Scenario {
  /** One plain line, for the table. */
  readonly name: string;
  readonly hosts: readonly HostPlan[];
  /** Longer than usual to wait, where the scenario needs it: a factor. */
  readonly patience?: number;
  run(stage: Stage): Promise<Outcome>;
}

/** The usual lab: a client in one subnet, a relay and `count` nodes in the other. */
export function usualLab(count: number, loss = 0): HostPlan[] {
  const nodes = nodeNames(count).map((name) => ({ name, subnets: [2], loss }));
  return [{ name: "client", subnets: [1] }, { name: "relay", subnets: [2], loss }, ...nodes];
}

/** n1, n2, … */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `n${i + 1}`);
}

export interface Wanted {
  readonly client: Client;
  readonly nodes: readonly Host[];
  /** Nodes known from here on count, and time is measured from here; the cluster's creation if not said. */
  readonly since?: number;
  /** Time is measured from here instead. */
  readonly from?: number;
  /** The nodes' IPv6 addresses are meant. */
  readonly ipv6?: boolean;
}

/** Waits until each of these nodes has run a job of the client, or patience ends. */
export async function reach(stage: Stage, wanted: Wanted): Promise<Outcome> {
  const { client, nodes } = wanted;
  const since = wanted.since ?? client.when("starting") ?? 0;
  const ips = nodes.map((host) => (wanted.ipv6 ? host.ip6 : host.ip));
  const served = (): string[] => ips.filter((ip) => client.served(since).has(ip));
  await waitFor(() => served().length === ips.length, stage.patience);
  const reached = served();
  const known = reached.map((ip) => client.when("node", since, ip) ?? since).sort((a, b) => a - b);
  const after = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : Math.max(0, Math.round(at - (wanted.from ?? since)));
  return {
    reached: reached.length,
    expected: ips.length,
    firstMs: after(known[0]),
    allMs: reached.length === ips.length ? after(known.at(-1)) : undefined,
    jobs: client.jobsDone,
  };
}

/** Two outcomes as one: the nodes of both, the slower of the times. */
export function both(a: Outcome, b: Outcome): Outcome {
  const slower = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined || y === undefined ? undefined : Math.max(x, y);
  return {
    reached: a.reached + b.reached,
    expected: a.expected + b.expected,
    firstMs: slower(a.firstMs, b.firstMs),
    allMs: slower(a.allMs, b.allMs),
    jobs: a.jobs + b.jobs,
    breach: a.breach ?? b.breach,
  };
}
