// Real dispy on hosts of the lab: nodes, clients, shared schedulers.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Actor } from "./actor.ts";
import type { Environment } from "./python.ts";
import type { Release } from "./releases.ts";
import { waitFor } from "./shell.ts";
import type { Host } from "./world.ts";

const START_MS = 30_000;
const CLIENT = fileURLToPath(new URL("actors/client.py", import.meta.url));

export interface Certificate {
  readonly certfile: string;
  readonly keyfile: string;
}

/** What a program of dispy is told, whichever it is. */
export interface DispyOptions {
  readonly secret?: string | undefined;
  readonly certificate?: Certificate | undefined;
  readonly multicast?: boolean | undefined;
  /** The address to use, where dispy's own choice won't do. */
  readonly address?: string | undefined;
  /** `--dispy_port`: the three ports are this one and the next two. */
  readonly dispyPort?: number | undefined;
}

export interface ClientOptions extends DispyOptions {
  /** As in JobCluster: addresses, `*`, or [address, port]. */
  readonly nodes: readonly (string | readonly [string, number])[];
  /** The shared scheduler to use; without it the client is a scheduler itself. */
  readonly scheduler?: string;
}

function flags(options: DispyOptions): string[] {
  const { secret, certificate, multicast, address, dispyPort } = options;
  return [
    ...(secret ? ["--secret", secret] : []),
    ...(certificate ? ["--certfile", certificate.certfile, "--keyfile", certificate.keyfile] : []),
    ...(multicast ? ["--ipv4_udp_multicast"] : []),
    ...(address ? ["-i", address] : []),
    ...(dispyPort ? ["-p", String(dispyPort)] : []),
  ];
}

/** A dispynode. */
export class Node extends Actor {
  constructor(env: Environment, release: Release, host: Host, options: DispyOptions) {
    const program = [env.python, env.program("dispynode"), "--daemon", "--debug", "--cpus", "1"];
    rmSync(join(host.dir, "dispy"), { recursive: true, force: true }); // what one that was killed left would stop it
    super(host, `dispynode ${release.version}`, [...program, ...flags(options)]);
  }

  /** Waits until it has announced itself to its subnet, which it does once and if no scheduler has it 2 s after its start. */
  async announced(): Promise<void> {
    const done = await waitFor(() => this.datagramsSent() > 0, START_MS);
    if (!done) throw new Error(`${this.label} never announced itself\n${this.tail()}`);
  }

  /** When it was there for others: it says so. */
  get upSince(): number {
    return this.lines.find(({ text }) => text.includes("TCP server at"))?.at ?? Date.now();
  }

  /** How often it was asked by a scheduler while it worked for another. */
  get refusals(): number {
    return this.lines.filter(({ text }) => text.includes("ignoring ping message")).length;
  }
}

/** A dispyscheduler: SharedJobClusters tell it which nodes they want. */
export function sharedScheduler(env: Environment, host: Host): Actor {
  return new Actor(host, "dispyscheduler", [
    env.python,
    env.program("dispyscheduler"),
    "--daemon",
    "--debug",
  ]);
}

interface ClientEvent {
  readonly event: string;
  readonly at: number;
  readonly ip?: string;
}

const MARK = "@lab ";

/** A program that runs jobs on the nodes it gets; it is a scheduler, or has one. */
export class Client extends Actor {
  constructor(env: Environment, release: Release, host: Host, options: ClientOptions) {
    const { nodes, scheduler, secret, certificate, multicast, address, dispyPort } = options;
    const told = {
      nodes,
      scheduler,
      secret,
      ...certificate,
      ipv4_udp_multicast: multicast,
      host: address,
      dispy_port: dispyPort,
    };
    super(host, `client ${release.version}`, [env.python, CLIENT, JSON.stringify(told)]);
  }

  get events(): ClientEvent[] {
    return this.lines
      .filter(({ text }) => text.startsWith(MARK))
      .map(({ text }) => JSON.parse(text.slice(MARK.length)) as ClientEvent);
  }

  /** When this happened first, at or after `since`; undefined if it didn't. */
  when(event: string, since = 0, ip?: string): number | undefined {
    return this.events.find((e) => e.event === event && e.at >= since && (ip === undefined || e.ip === ip))
      ?.at;
  }

  /** The nodes that ran a job at or after `since`. */
  served(since = 0): Set<string> {
    return new Set(this.events.filter((e) => e.event === "job" && e.at >= since).map(({ ip }) => ip!));
  }

  get jobsDone(): number {
    return this.events.filter(({ event }) => event === "job").length;
  }

  /** Waits until the cluster is there. */
  async started(): Promise<void> {
    await this.#happens("started");
  }

  /** Closes the cluster, as a program that is done does: its nodes become free. */
  async close(): Promise<void> {
    this.tell("close");
    await this.#happens("closed");
  }

  async #happens(event: string): Promise<void> {
    const at = await waitFor(() => this.when(event) ?? (!this.running && -1), START_MS);
    if (at === undefined || at < 0) throw new Error(`${this.label}: never ${event}\n${this.tail()}`);
  }
}
