// Hosts, subnets and a router made of Linux network namespaces.
//
//   host ── eth0 ─────┐                    ┌───── eth0 ── host
//   host ── eth0 ── bridge 1 ─ router ─ bridge 2 ─ eth0 ── host
//                 10.71.1.0/24          10.71.2.0/24
//
// The router routes, and passes neither broadcasts nor multicasts: what netrelay is for.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loseDatagrams } from "./loss.ts";
import { run, succeeds } from "./shell.ts";

export interface HostPlan {
  readonly name: string;
  /** The subnets this host has an interface in: eth0 in the first, eth1 in the second. */
  readonly subnets: readonly number[];
  /** Part of the UDP datagrams towards this host that is lost, 0 … 1. */
  readonly loss?: number;
}

export class Host {
  readonly name: string;
  readonly namespace: string;
  /** The IPv4 address in each of the host's subnets. */
  readonly ips: readonly string[];
  readonly ip6s: readonly string[];
  /** Where this host's processes keep their files. */
  readonly dir: string;

  constructor(world: string, base: string, plan: HostPlan, place: number) {
    this.name = plan.name;
    this.namespace = `${world}-${plan.name}`;
    this.ips = plan.subnets.map((subnet) => `10.71.${subnet}.${10 + place}`);
    // dispy shortens IPv6 addresses by rules of its own; it and everybody else agree on these.
    this.ip6s = plan.subnets.map((subnet) => `fd71:${subnet}::${(0xa0 + place).toString(16)}`);
    this.dir = join(base, plan.name);
  }

  get ip(): string {
    return this.ips[0]!;
  }

  get ip6(): string {
    return this.ip6s[0]!;
  }

  /** The command that runs `argv` on this host: in its network, with its name, with its /etc/hosts. */
  command(argv: readonly string[]): [string, string[]] {
    // `ip netns exec` gives a mount namespace of its own, so the bind mount is this host's alone. dispy without netifaces
    // finds its own address by its host name.
    const become = 'mount --bind "$0/../hosts" /etc/hosts && hostname "$1" && shift && exec "$@"';
    return [
      "ip",
      [
        ...["netns", "exec", this.namespace, "unshare", "--uts"],
        ...["sh", "-c", become, this.dir, this.name, ...argv],
      ],
    ];
  }
}

const PREFIX = "nrl";
let worlds = 0;

/** The processes in a namespace; none when it is gone. */
async function processesIn(namespace: string): Promise<number[]> {
  const pids = await run("ip", ["netns", "pids", namespace]).catch(() => "");
  return pids.split("\n").filter(Boolean).map(Number);
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const pid of await processesIn(name)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended by itself
      }
    }
  }
  await Promise.all(names.map((name) => succeeds("ip", ["netns", "del", name])));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Removes what earlier runs left that were killed: their names have the pid of the run. */
export async function sweep(): Promise<void> {
  const left = (name: string): boolean => {
    const pid = new RegExp(`^${PREFIX}(\\d+)x`).exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  };
  const names = (await run("ip", ["netns", "list"])).split("\n").map((line) => line.split(" ")[0]!);
  await removeNamespaces(names.filter(left));
  for (const name of (await readdir(tmpdir())).filter(left))
    await rm(join(tmpdir(), name), { recursive: true, force: true });
}

/** Why this machine can't have namespaces; undefined if it can. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  const name = `${PREFIX}${process.pid}xprobe`;
  try {
    await run("ip", ["netns", "add", name]);
    const veth = ["link", "add", "name", "probe0", "type", "veth", "peer", "name", "probe1"];
    await run("ip", ["-n", name, ...veth]);
    await run("ip", ["-n", name, "link", "add", "name", "probe2", "type", "bridge"]);
    await run("ip", ["netns", "exec", name, "unshare", "--uts", "hostname", "probe"]);
    return undefined;
  } catch (error) {
    return `no network namespaces: ${(error as Error).message}`;
  } finally {
    await succeeds("ip", ["netns", "del", name]);
  }
}

const QUIET_IPV6 = "for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done";
const ROUTE = "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding";

export class World {
  readonly dir: string;
  readonly #id: string;
  readonly #hosts = new Map<string, Host>();

  private constructor() {
    worlds += 1;
    this.#id = `${PREFIX}${process.pid}x${worlds}`;
    this.dir = join(tmpdir(), this.#id);
  }

  static async create(plans: readonly HostPlan[]): Promise<World> {
    const world = new World();
    try {
      await world.#build(plans);
    } catch (error) {
      await world.remove();
      throw error;
    }
    return world;
  }

  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (!host) throw new Error(`no host ${name} in this world`);
    return host;
  }

  get #router(): string {
    return `${this.#id}-router`;
  }

  async #build(plans: readonly HostPlan[]): Promise<void> {
    plans.forEach((plan, place) => {
      this.#hosts.set(plan.name, new Host(this.#id, this.dir, plan, place));
    });
    for (const host of this.#hosts.values()) await mkdir(host.dir, { recursive: true });
    const names = [...this.#hosts.values()].map((host) => `${host.ip} ${host.name}`);
    await writeFile(
      join(this.dir, "hosts"),
      ["127.0.0.1 localhost", "::1 localhost", ...names, ""].join("\n"),
    );

    await run("ip", ["-batch", "-"], this.#namespacesAndCables(plans));
    await this.#configure(this.#router, `${QUIET_IPV6}; ${ROUTE}`, this.#routerSetup(plans));
    await Promise.all(plans.map((plan) => this.#hostSetup(plan)));
  }

  #namespacesAndCables(plans: readonly HostPlan[]): string {
    const lines = [`netns add ${this.#router}`];
    for (const plan of plans) {
      const namespace = this.host(plan.name).namespace;
      lines.push(`netns add ${namespace}`);
      plan.subnets.forEach((_, i) => {
        const plug = `${plan.name}-${i}`;
        lines.push(`link add eth${i} netns ${namespace} type veth peer name ${plug} netns ${this.#router}`);
      });
    }
    return lines.join("\n");
  }

  #routerSetup(plans: readonly HostPlan[]): string {
    const subnets = new Set(plans.flatMap((plan) => plan.subnets));
    const bridges = [...subnets].flatMap((subnet) => [
      `link add lab${subnet} type bridge mcast_snooping 0 forward_delay 0`,
      `link set lab${subnet} up`,
      `addr add 10.71.${subnet}.1/24 brd + dev lab${subnet}`,
      `addr add fd71:${subnet}::1/64 dev lab${subnet} nodad`,
    ]);
    const plugs = plans.flatMap((plan) =>
      plan.subnets.map((subnet, i) => `link set ${plan.name}-${i} master lab${subnet} up`),
    );
    return ["link set lo up", ...bridges, ...plugs].join("\n");
  }

  async #hostSetup(plan: HostPlan): Promise<void> {
    const host = this.host(plan.name);
    const interfaces = plan.subnets.flatMap((_, i) => [
      `addr add ${host.ips[i]!}/24 brd + dev eth${i}`,
      `addr add ${host.ip6s[i]!}/64 dev eth${i} nodad`,
      `link set eth${i} up`,
    ]);
    const [first] = plan.subnets;
    const routes = [`route add default via 10.71.${first!}.1`, `route add ::/0 via fd71:${first!}::1`];
    await this.#configure(
      host.namespace,
      QUIET_IPV6,
      ["link set lo up", ...interfaces, ...routes].join("\n"),
    );
    if (plan.loss) await loseDatagrams(host.namespace, "eth0", plan.loss);
  }

  async #configure(namespace: string, settings: string, batch: string): Promise<void> {
    await run("ip", ["netns", "exec", namespace, "sh", "-c", `${settings}; exec ip -batch -`], batch);
  }

  /** Ends every process of this world and removes it. */
  async remove(): Promise<void> {
    const names = [this.#router, ...[...this.#hosts.values()].map((host) => host.namespace)];
    await removeNamespaces(names);
    await rm(this.dir, { recursive: true, force: true });
  }
}
