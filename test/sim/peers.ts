/** Schedulers and nodes that behave as dispy 4.15's do, as far as discovery goes (read off its source, seen in the lab). */
import type { Answer, Endpoint, NodeAnnounce, SchedulerAnnounce } from "../../src/wire/message.ts";
import type { SimLab } from "./lab.ts";

/** What a Python process needs to answer, ms. */
const THINKS = 15;

export interface SimOptions {
  readonly release?: string;
  readonly port?: number;
}

export class SimScheduler {
  readonly endpoint: Endpoint;
  readonly release: string;
  readonly sign: string;
  readonly served: Set<string> = new Set<string>();
  isAlive = true;
  /** Set when it was made to forget a node that it uses: its jobs there are lost. */
  wasWronged = false;
  readonly #lab: SimLab;
  /** Nodes that it knows, by address: their signs. One that it knows is never set up again. */
  readonly #known = new Map<string, string>();
  readonly #holds = new Set<SimNode>();

  constructor(lab: SimLab, address: string, { release = "4.15.2", port = 9700 }: SimOptions = {}) {
    this.#lab = lab;
    this.endpoint = { address, port };
    this.release = release;
    this.sign = `sign of ${address}:${port} since ${lab.clock.now}`;
  }

  get announce(): SchedulerAnnounce {
    const { address, port } = this.endpoint;
    const { release, sign } = this;
    return {
      ...{ kind: "scheduler-announce", wire: "dispy", release, port, addresses: [address], sign },
      ...{ relayed: false, extra: new Map<string, unknown>() },
    };
  }

  /** Pings the relay by TCP, as for a host in `nodes`. */
  pingRelay(): void {
    this.#lab.stream(() => {
      this.#lab.toRelay({
        kind: "heard",
        message: this.announce,
        from: this.endpoint.address,
        over: "stream",
      });
    });
  }

  answer(asked: SchedulerAnnounce): Answer {
    if (!this.isAlive) return { verdict: "closed", reason: "nobody listens" };
    if (asked.release !== this.release) return { verdict: "refused" };
    return { verdict: "verified", port: this.endpoint.port, sign: this.sign };
  }

  pong(node: SimNode): void {
    if (!this.isAlive || this.#known.get(node.address) === node.sign) return;
    this.#known.set(node.address, node.sign);
    this.#lab.stream(() => {
      if (!node.take(this)) return;
      this.#holds.add(node);
      this.served.add(node.address);
    }, THINKS);
  }

  terminated(address: string, sign: string): void {
    if (this.#known.get(address) !== sign) return;
    this.#known.delete(address);
    if ([...this.#holds].some((node) => node.address === address)) this.wasWronged = true;
  }

  /** Its cluster is done: the process ends and its nodes are free. */
  close(): void {
    this.isAlive = false;
    for (const node of this.#holds) node.free();
    this.#holds.clear();
  }
}

export class SimNode {
  readonly address: string;
  readonly release: string;
  readonly sign: string;
  readonly port: number = 9701;
  readonly #lab: SimLab;
  #holder: SimScheduler | undefined;
  pingsHeard = 0;

  constructor(lab: SimLab, address: string, release = "4.15.2") {
    this.#lab = lab;
    this.address = address;
    this.release = release;
    this.sign = `sign of node ${address} since ${lab.clock.now}`;
  }

  /** Says that it is free, by a broadcast that may be lost. */
  announce(): void {
    const { address, port, release, sign } = this;
    const message: NodeAnnounce = {
      ...{
        kind: "node-announce",
        wire: "dispy",
        release,
        address,
        port,
        sign,
        extra: new Map<string, unknown>(),
      },
    };
    this.#lab.datagram(() => {
      this.#lab.toRelay({ kind: "heard", message, from: address, over: "broadcast" });
    });
  }

  /** Hears of a scheduler, and answers it if it is free and of the same release. */
  ping({ addresses, port, release }: SchedulerAnnounce): void {
    this.pingsHeard += 1;
    if (this.#holder !== undefined || release !== this.release) return;
    const scheduler = this.#lab.schedulerAt({ address: addresses[0] ?? "", port });
    this.#lab.stream(() => scheduler?.pong(this), THINKS);
  }

  take(scheduler: SimScheduler): boolean {
    if (this.#holder !== undefined) return false;
    this.#holder = scheduler;
    return true;
  }

  free(): void {
    this.#holder = undefined;
    this.announce();
  }
}
