/** A relay on the bench: inputs in, effects out, at times that the test says. */
import type { Effect, Input, Over, Subnet } from "../../../src/relay/events.ts";
import { DEFAULT_LIMITS } from "../../../src/relay/limits.ts";
import type { RelayOptions } from "../../../src/relay/options.ts";
import { Relay } from "../../../src/relay/relay.ts";
import { formOf, guessesAt, nodePortsOf } from "../../../src/wire/dispy/releases.ts";
import type { Answer, Message, NodeAnnounce, SchedulerAnnounce } from "../../../src/wire/message.ts";

export const LAB: Subnet = {
  ...{ id: "eth1 10.0.2.1/24", interface: "eth1", family: 4, address: "10.0.2.1" },
  ...{ network: "10.0.2.1/24", broadcast: "10.0.2.255" },
};

export const OTHER_LAB: Subnet = {
  ...{ id: "eth2 10.0.3.1/24", interface: "eth2", family: 4, address: "10.0.3.1" },
  ...{ network: "10.0.3.1/24", broadcast: "10.0.3.255" },
};

export const SCHEDULER = "10.0.1.5";

export function announce(changes: Partial<SchedulerAnnounce> = {}): SchedulerAnnounce {
  return {
    ...{ kind: "scheduler-announce", wire: "dispy", release: "4.15.2", port: 9700, addresses: [SCHEDULER] },
    ...{ sign: "scheduler-sign", relayed: false, extra: new Map<string, unknown>() },
    ...changes,
  };
}

export function nodeAnnounce(address: string, changes: Partial<NodeAnnounce> = {}): NodeAnnounce {
  return {
    ...{
      kind: "node-announce",
      wire: "dispy",
      release: "4.15.2",
      address,
      port: 9701,
      sign: `sign of ${address}`,
    },
    ...{ extra: new Map<string, unknown>() },
    ...changes,
  };
}

type Kind = Effect["kind"];
type Of<K extends Kind> = Extract<Effect, { kind: K }>;

export class Bench {
  readonly relay: Relay;
  now = 1000;
  /** What the last input led to. */
  effects: readonly Effect[] = [];

  constructor(options: Partial<RelayOptions> = {}) {
    this.relay = new Relay({
      rules: {
        nodePorts: nodePortsOf,
        guesses: guessesAt,
        canBeAsked: (release: string) => formOf(release).relayInfo,
      },
      ...{ limits: DEFAULT_LIMITS, hasSecret: false, allow: [], schedulerHosts: [], schedulerPorts: [9700] },
      ...{ nodeHosts: [], random: () => 0.5 },
      ...options,
    });
    this.give({ kind: "subnets", subnets: [LAB, OTHER_LAB] });
  }

  give(input: Input): readonly Effect[] {
    this.effects = this.relay.handle(input, this.now);
    return this.effects;
  }

  heard(message: Message, from: string, over: Over): readonly Effect[] {
    return this.give({ kind: "heard", message, from, over });
  }

  /** Answers the last question among the effects at hand. */
  answer(answer: Answer): readonly Effect[] {
    const [asked] = this.all("ask").slice(-1);
    if (asked === undefined) throw new Error("nobody was asked");
    return this.give({ kind: "answered", ask: asked.ask, answer });
  }

  /** Lets so much time go by; returns everything that happened in it. */
  pass(ms: number): readonly Effect[] {
    const end = this.now + ms;
    const happened: Effect[] = [];
    while (this.relay.deadline <= end) {
      this.now = Math.max(this.now, this.relay.deadline);
      happened.push(...this.give({ kind: "tick" }));
      if (this.relay.deadline <= this.now) throw new Error("a tick left something due: the relay would spin");
    }
    this.now = end;
    this.effects = happened;
    return happened;
  }

  /** The last effects of this kind. */
  all<K extends Kind>(kind: K): readonly Of<K>[] {
    return this.effects.filter((effect): effect is Of<K> => effect.kind === kind);
  }

  get counted(): readonly string[] {
    return this.all("count").map(({ reason }) => reason);
  }

  get noted(): readonly string[] {
    return this.all("note").map(({ note }) => note.event);
  }

  /** A scheduler at this address announces itself by TCP and is verified. */
  admit(address: string = SCHEDULER, changes: Partial<SchedulerAnnounce> = {}): readonly Effect[] {
    const message = announce({ addresses: [address], sign: `sign of ${address}`, ...changes });
    this.heard(message, address, "stream");
    return this.answer(verified(message));
  }
}

export function verified({ port, sign = "told by the answer" }: SchedulerAnnounce): Answer {
  return { verdict: "verified", port, sign };
}

export const CLOSED: Answer = { verdict: "closed", reason: "nobody listens" };
export const UNREACHABLE: Answer = { verdict: "unreachable", reason: "no answer" };
export const MUTE: Answer = { verdict: "mute", reason: "closed without an answer" };
export const REFUSED: Answer = { verdict: "refused" };
