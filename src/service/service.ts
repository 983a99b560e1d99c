/** A relay on this host: the machine, wired to sockets, clock, state file and log. */

import createDebug from "debug";
import { addressesOf } from "../net/resolve.ts";
import type { Effect, Input, Over, Remembered } from "../relay/events.ts";
import { Relay } from "../relay/relay.ts";
import { decodeMessage } from "../wire/dispy/decode.ts";
import { Announcer } from "./announcer.ts";
import { Counters } from "./counters.ts";
import { Hearing } from "./hearing.ts";
import type { Log } from "./log.ts";
import { lineOf } from "./notes.ts";
import type { ServiceOptions } from "./options.ts";
import { Peers } from "./peers.ts";
import type { HeardAt } from "./plan.ts";
import { rehearse } from "./rehearsal.ts";
import { relayOptions } from "./relayOptions.ts";
import { StateFile } from "./stateFile.ts";

const traceIn = createDebug("netrelay:in");
const traceRelay = createDebug("netrelay:relay");

/** What strangers send is reported as counts: this soon after the first, and this long after the last report, ms. */
const REPORT_SOON = 10_000;
const REPORT_AGAIN = 600_000;

/** Nothing is left to listen on. */
export class NothingToListenOnError extends Error {
  readonly code = "nothing-to-listen-on";
}

export class RelayService {
  readonly #options: ServiceOptions;
  readonly #log: Log;
  readonly #relay: Relay;
  readonly #peers: Peers;
  readonly #announcer: Announcer;
  readonly #hearing: Hearing;
  readonly #state: StateFile;
  readonly #counters = new Counters();
  #deadline: NodeJS.Timeout | undefined;
  #nextReport = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: ServiceOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#peers = new Peers(options.secret, options.tls);
    this.#announcer = new Announcer(options.multicast);
    this.#state = new StateFile(options.stateFile);
    this.#relay = new Relay(relayOptions(options));
    this.#hearing = new Hearing(options, log, {
      onBytes: (bytes, from, over, heardAt) => {
        this.#received(bytes, from, over, heardAt);
      },
      onDropped: (reason, from) => {
        this.#dropped(reason, from);
      },
      onSubnets: async (subnets) => {
        await this.#announcer.serve(subnets);
        this.#handle({ kind: "subnets", subnets });
      },
    });
  }

  /** What was dropped so far, by reason. */
  get dropped(): Readonly<Record<string, number>> {
    return this.#counters.all;
  }

  /**
   * Opens the sockets, and remembers the schedulers of last time.
   * @throws NothingToListenOnError when every socket that it wants belongs to somebody else
   */
  async start(): Promise<void> {
    const loaded = await this.#state.load();
    if (loaded.kind === "damaged") this.#logDamaged(loaded.reason, loaded.movedTo);
    await this.#hearing.open();
    if (this.#stopping !== undefined) return;
    if (this.#hearing.isDeaf) {
      await this.stop();
      throw new NothingToListenOnError("none of its ports could be opened: see the lines above");
    }
    if (loaded.kind === "loaded") this.#handle({ kind: "remember", schedulers: loaded.schedulers });
    this.#handle({ kind: "tick" });
    if (this.#relay.deadline === Infinity) void rehearse(this.#options, this.#peers);
  }

  /** Closes everything and writes the state; the same promise however often it is called. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#deadline);
    this.#peers.stop();
    await Promise.all([this.#hearing.close(), this.#announcer.close()]);
    // What the last input left for later, the state among it, is done first.
    await new Promise(setImmediate);
    await this.#state.settled();
    this.#reportDropped();
  }

  #received(bytes: Uint8Array, from: string, over: Over, heardAt: HeardAt): void {
    const message = decodeMessage(bytes, heardAt);
    if (message.kind === "refused") {
      this.#dropped(message.reason, from, message.detail);
      return;
    }
    traceIn("%s from %s by %s", message.kind, from, over);
    this.#handle({ kind: "heard", message, from, over });
  }

  #dropped(reason: string, from: string, detail = ""): void {
    traceIn("dropped: %s from %s %s", reason, from, detail);
    this.#counters.count(reason);
    if (performance.now() < this.#nextReport) return;
    this.#nextReport = performance.now() + REPORT_AGAIN;
    setTimeout(() => {
      this.#reportDropped();
    }, REPORT_SOON).unref();
  }

  #reportDropped(): void {
    const dropped = this.#counters.toString();
    if (!dropped) return;
    const text = `dropped since the start: ${dropped}`;
    this.#log({ level: "info", event: "dropped", text, fields: this.#counters.all });
  }

  #handle(input: Input): void {
    if (this.#stopping !== undefined) return;
    const effects = this.#relay.handle(input, performance.now());
    // Peers first: writing the log and the state would keep them waiting for a millisecond or more.
    for (const effect of effects) if (isForPeers(effect)) this.#perform(effect);
    setImmediate(() => {
      for (const effect of effects) if (!isForPeers(effect)) this.#perform(effect);
    });
    clearTimeout(this.#deadline);
    const wait = this.#relay.deadline - performance.now();
    if (wait === Infinity) return;
    this.#deadline = setTimeout(
      () => {
        this.#handle({ kind: "tick" });
      },
      Math.max(0, Math.ceil(wait)),
    );
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "ask":
        traceRelay("ask %s port %d (%s)", effect.to.address, effect.to.port, effect.announce.release);
        this.#inBackground(this.#ask(effect));
        break;
      case "resolve":
        this.#inBackground(this.#resolve(effect.host));
        break;
      case "announce":
        traceRelay(
          "announce %j port %d to ports %j",
          effect.announce.addresses,
          effect.announce.port,
          effect.ports,
        );
        this.#inBackground(this.#announce(effect));
        break;
      case "introduce":
        traceRelay("tell %s port %d of %j", effect.node.host, effect.node.port, effect.scheduler.addresses);
        this.#inBackground(
          this.#told(this.#peers.introduce(effect.node, effect.scheduler), "introduction-failed"),
        );
        break;
      case "report-leave":
        this.#inBackground(
          this.#told(this.#peers.reportLeave(effect.to, effect.leave), "leave-report-failed"),
        );
        break;
      case "listen":
        this.#inBackground(this.#hearing.alsoAt(effect.ports));
        break;
      case "save":
        this.#inBackground(this.#save(effect.schedulers));
        break;
      case "note":
        this.#log(lineOf(effect.note, this.#options.secret !== ""));
        break;
      case "count":
        this.#counters.count(effect.reason);
    }
  }

  /** What is started here sees to its own failures; one that it didn't foresee must not end the relay. */
  #inBackground(task: Promise<void>): void {
    task.catch((error: unknown) => {
      this.#counters.count("internal-error");
      const text = `something unforeseen went wrong, please report it: ${(error as Error).stack ?? String(error)}`;
      this.#log({ level: "error", event: "internal-error", text });
    });
  }

  async #ask({ ask, to, announce }: Extract<Effect, { kind: "ask" }>): Promise<void> {
    const answer = await this.#peers.ask(to, announce);
    traceRelay("answer of %s port %d: %j", to.address, to.port, answer);
    this.#handle({ kind: "answered", ask, answer });
  }

  async #resolve(host: string): Promise<void> {
    const addresses = await addressesOf(host);
    this.#handle({ kind: "resolved", host, addresses });
  }

  async #announce({ announce, subnets, ports }: Extract<Effect, { kind: "announce" }>): Promise<void> {
    const bytes = this.#peers.announcement(announce);
    if (bytes === undefined) {
      this.#counters.count("announcement-too-long");
      return;
    }
    for (const { subnet, reason } of await this.#announcer.announce(bytes, subnets, ports)) {
      this.#counters.count("announcement-unsent");
      const text = `announcement on ${subnet.id} not sent: ${reason}`;
      this.#log({
        level: "warning",
        event: "announcement-unsent",
        text,
        fields: { subnet: subnet.id, reason },
      });
    }
  }

  async #told(telling: Promise<string | undefined>, label: string): Promise<void> {
    const failure = await telling;
    if (failure === undefined) return;
    traceRelay("%s: %s", label, failure);
    this.#counters.count(label);
  }

  async #save(schedulers: readonly Remembered[]): Promise<void> {
    const failure = await this.#state.save(schedulers);
    if (failure === undefined) return;
    const text =
      `state file ${this.#state.path} can't be written (${failure.message}): ` +
      `a restart will forget the schedulers; name a writable file with --state`;
    this.#log({ level: "warning", event: "state-unwritable", text, fields: { file: this.#state.path } });
  }

  #logDamaged(reason: string, movedTo: string | undefined): void {
    const where = movedTo === undefined ? "" : `; it is now ${movedTo}`;
    const text = `state file ${this.#state.path} is unusable (${reason}): starting without it${where}`;
    this.#log({
      level: "warning",
      event: "state-damaged",
      text,
      fields: { file: this.#state.path, movedTo },
    });
  }
}

function isForPeers({ kind }: Effect): boolean {
  return kind === "ask" || kind === "announce" || kind === "introduce" || kind === "report-leave";
}
