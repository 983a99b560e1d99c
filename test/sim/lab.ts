/** A whole lab in one process: the relay's machine, its codec, and peers, over a net that loses, delays and doubles. */
import { DEFAULT_LIMITS } from "../../src/relay/limits.ts";
import type { Effect, Input, Remembered, Subnet } from "../../src/relay/events.ts";
import type { RelayOptions } from "../../src/relay/options.ts";
import { Relay } from "../../src/relay/relay.ts";
import { decodeMessage } from "../../src/wire/dispy/decode.ts";
import { encodeAnnouncement, encodeIntroduction } from "../../src/wire/dispy/encode.ts";
import { formOf, guessesAt, nodePortsOf } from "../../src/wire/dispy/releases.ts";
import type { Endpoint, SchedulerAnnounce } from "../../src/wire/message.ts";
import { Clock } from "./clock.ts";
import { SimNode, SimScheduler } from "./peers.ts";
import type { SimOptions } from "./peers.ts";

export interface Weather {
  /** Chance that a datagram is lost, and that it comes twice. */
  readonly loss?: number;
  readonly doubled?: number;
  /** Longest delay of a datagram, ms. */
  readonly delay?: number;
}

export const SUBNETS: readonly Subnet[] = [2, 3].map((n): Subnet => ({
  ...{ id: `eth${n} 10.71.${n}.1/24`, interface: `eth${n}`, family: 4, address: `10.71.${n}.1` },
  ...{ network: `10.71.${n}.1/24`, broadcast: `10.71.${n}.255` },
}));

export class SimLab {
  readonly clock: Clock;
  readonly schedulers: SimScheduler[] = [];
  readonly nodes: SimNode[] = [];
  readonly announcements: Extract<Effect, { kind: "announce" }>[] = [];
  readonly counts: Map<string, number> = new Map<string, number>();
  /** What the state file has. */
  remembered: readonly Remembered[] = [];
  readonly #weather: Required<Weather>;
  readonly #options: Partial<RelayOptions>;
  #relay!: Relay;
  #life = 0;

  constructor(seed: number, weather: Weather = {}, options: Partial<RelayOptions> = {}) {
    this.clock = new Clock(seed);
    this.#weather = { loss: 0, doubled: 0, delay: 2, ...weather };
    this.#options = options;
    this.startRelay();
  }

  /** Starts the relay, or kills it and starts it again with what the state file had. */
  startRelay(): void {
    this.#life += 1;
    const rules = {
      nodePorts: nodePortsOf,
      guesses: guessesAt,
      canBeAsked: (release: string) => formOf(release).relayInfo,
    };
    this.#relay = new Relay({
      ...{ rules, limits: DEFAULT_LIMITS, hasSecret: false, allow: [], nodeHosts: [] },
      ...{ schedulerHosts: [], schedulerPorts: [9700], random: this.clock.random },
      ...this.#options,
    });
    this.toRelay({ kind: "subnets", subnets: SUBNETS });
    this.toRelay({ kind: "remember", schedulers: this.remembered });
    this.toRelay({ kind: "tick" });
  }

  addScheduler(address: string, options: SimOptions = {}): SimScheduler {
    const scheduler = new SimScheduler(this, address, options);
    this.schedulers.push(scheduler);
    return scheduler;
  }

  addNodes(count: number, release?: string): SimNode[] {
    const added = Array.from({ length: count }, (_, i) => {
      const subnet = SUBNETS[i % SUBNETS.length]!;
      const host = this.nodes.length + i + 10;
      return new SimNode(this, subnet.address.replace(/\d+$/, String(host)), release);
    });
    this.nodes.push(...added);
    return added;
  }

  schedulerAt({ address, port }: Endpoint): SimScheduler | undefined {
    return this.schedulers.findLast(
      ({ endpoint, isAlive }) => isAlive && endpoint.address === address && endpoint.port === port,
    );
  }

  /** Carried by TCP: late, but neither lost nor doubled. */
  stream(arrive: () => void, extra = 0): void {
    this.clock.after(1 + extra + this.clock.random() * 4, arrive);
  }

  datagram(arrive: () => void): void {
    const { loss, doubled, delay } = this.#weather;
    const copies = this.clock.random() < doubled ? 2 : 1;
    for (let i = 0; i < copies; i += 1) {
      if (this.clock.random() < loss) continue;
      this.clock.after(this.clock.random() * delay, arrive);
    }
  }

  toRelay(input: Input): void {
    const life = this.#life;
    for (const effect of this.#relay.handle(input, this.clock.now)) this.#perform(effect);
    const wait = this.#relay.deadline - this.clock.now;
    if (input.kind === "tick" && wait <= 0)
      throw new Error("a tick left something due: the relay would spin");
    if (wait === Infinity) return;
    this.clock.after(Math.max(wait, 0.01), () => {
      if (life === this.#life && this.#relay.deadline <= this.clock.now) this.toRelay({ kind: "tick" });
    });
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "ask":
        this.#ask(effect);
        break;
      case "announce":
        this.announcements.push(effect);
        this.#broadcast(effect);
        break;
      case "introduce": {
        const heard = reread(encodeIntroduction(effect.scheduler));
        const { host, port } = effect.node;
        const node = this.nodes.find((each) => each.address === host && each.port === port);
        this.stream(() => node?.ping(heard));
        break;
      }
      case "report-leave": {
        const { address, sign } = effect.leave;
        this.stream(() => this.schedulerAt(effect.to)?.terminated(address, sign));
        break;
      }
      case "save":
        this.remembered = effect.schedulers;
        break;
      case "count":
        this.counts.set(effect.reason, (this.counts.get(effect.reason) ?? 0) + 1);
        break;
      case "resolve":
      case "listen":
      case "note":
    }
  }

  #ask({ ask, to, announce }: Extract<Effect, { kind: "ask" }>): void {
    const life = this.#life;
    this.stream(() => {
      const answer =
        this.schedulerAt(to)?.answer(announce) ?? ({ verdict: "closed", reason: "nobody listens" } as const);
      this.stream(() => {
        if (life === this.#life) this.toRelay({ kind: "answered", ask, answer });
      });
    });
  }

  #broadcast({ announce, subnets, ports }: Extract<Effect, { kind: "announce" }>): void {
    const heard = reread(encodeAnnouncement(announce)!);
    for (const node of this.nodes) {
      const isThere = subnets.some(({ address }) => node.address.startsWith(address.replace(/\d+$/, "")));
      if (!isThere || !ports.includes(node.port)) continue;
      this.datagram(() => {
        node.ping(heard);
      });
    }
    // A relay hears its own broadcasts.
    this.datagram(() => {
      this.toRelay({ kind: "heard", message: heard, from: subnets[0]!.address, over: "broadcast" });
    });
  }
}

/** What a peer reads in these bytes, if it reads them as the relay's own codec does. */
function reread(bytes: Uint8Array): SchedulerAnnounce {
  const message = decodeMessage(bytes, "node-port");
  if (message.kind !== "scheduler-announce") throw new Error(`not an announcement: ${message.kind}`);
  return message;
}
