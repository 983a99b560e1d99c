// One run of one scenario: its world, the relay it runs with, and every program it started.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Actor } from "./actor.ts";
import {
  Client,
  Node,
  sharedScheduler,
  type Certificate,
  type ClientOptions,
  type DispyOptions,
} from "./dispy.ts";
import { environment, type Kind } from "./python.ts";
import { relayProgram, type RelayName, type RelayOptions } from "./relay.ts";
import { current, type Release } from "./releases.ts";
import { run, waitFor } from "./shell.ts";
import { World, type Host, type HostPlan } from "./world.ts";

const ATTACK = fileURLToPath(new URL("actors/attack.py", import.meta.url));
const ATTACK_MS = 60_000;

/** Which dispy a program runs: the current release without optional packages unless said otherwise. */
export interface Flavour {
  readonly release?: Release;
  readonly kind?: Kind;
}

export class Stage {
  readonly relayName: RelayName;
  /** How long to wait for what should happen. */
  readonly patience: number;
  readonly #world: World;
  readonly #actors: Actor[] = [];
  #tls = false;

  private constructor(world: World, relayName: RelayName, patience: number) {
    this.#world = world;
    this.relayName = relayName;
    this.patience = patience;
  }

  static async set(hosts: readonly HostPlan[], relayName: RelayName, patience: number): Promise<Stage> {
    return new Stage(await World.create(hosts), relayName, patience);
  }

  get dir(): string {
    return this.#world.dir;
  }

  host(name: string): Host {
    return this.#world.host(name);
  }

  ip(name: string): string {
    return this.host(name).ip;
  }

  /** A node that listens; it announces itself 2 s later. */
  async node(host: string, options: DispyOptions & Flavour = {}): Promise<Node> {
    const { release = current, kind = "plain" } = options;
    const env = await environment(release, kind, this.#tls);
    const node = this.#keep(new Node(env, release, this.host(host), options));
    await node.listens(options.dispyPort ? options.dispyPort + 1 : release.ports.node);
    return node;
  }

  /** Nodes that have been there for a while: their announcement is over. */
  async nodes(hosts: readonly string[], options: DispyOptions & Flavour = {}): Promise<void> {
    const nodes = await Promise.all(hosts.map((host) => this.node(host, options)));
    await Promise.all(nodes.map((node) => node.announced()));
  }

  /** A client whose cluster exists; it may not have found a node yet. */
  async client(host: string, options: ClientOptions & Flavour): Promise<Client> {
    const { release = current, kind = "plain" } = options;
    const env = await environment(release, kind, this.#tls);
    const client = this.#keep(new Client(env, release, this.host(host), options));
    await client.started();
    return client;
  }

  async sharedScheduler(host: string, flavour: Flavour = {}): Promise<Actor> {
    const { release = current, kind = "plain" } = flavour;
    const env = await environment(release, kind, this.#tls);
    const scheduler = this.#keep(sharedScheduler(env, this.host(host)));
    await scheduler.listens(release.ports.shared);
    return scheduler;
  }

  /** A relay that schedulers can reach. On the same host again it keeps its state, if it has any. */
  async relay(host: string, options: RelayOptions & Flavour = {}): Promise<Actor> {
    const { release = current, kind = "plain" } = options;
    const env = await environment(release, kind, this.#tls);
    const relay = this.#keep(relayProgram(this.relayName, env, this.host(host), options));
    const nodePort = options.dispyPort ? options.dispyPort + 1 : release.ports.node;
    await relay.listens(options.listenPort ?? nodePort);
    return relay;
  }

  /** What dispynetrelay alone is told: where netrelay needs no word, it gets none. */
  peer<T extends object>(options: T): Partial<T> {
    return this.relayName === "dispynetrelay" ? options : {};
  }

  /** How often a busy node refused a scheduler so far. */
  refusals(): number {
    return this.#actors.reduce((sum, actor) => sum + (actor instanceof Node ? actor.refusals : 0), 0);
  }

  /** Lets a host send the relay everything that it shouldn't; its half-open connections stay until it is killed. */
  async attack(host: string, target: Host, marker: string): Promise<Actor> {
    const attacker = this.#keep(
      new Actor(this.host(host), "attacker", ["python3", ATTACK, target.ip, marker]),
    );
    const done = await waitFor(
      () => attacker.lines.some(({ text }) => text.startsWith("@lab done")),
      ATTACK_MS,
    );
    if (!done) throw new Error(`the attack didn't end\n${attacker.tail()}`);
    return attacker;
  }

  /** A certificate for everybody; from here on dispy runs on a Python that its TLS runs on. */
  async certificate(): Promise<Certificate> {
    this.#tls = true;
    const keyfile = join(this.dir, "key.pem");
    const certfile = join(this.dir, "cert.pem");
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lab"];
    await run("openssl", [...request, "-keyout", keyfile, "-out", certfile]);
    return { certfile, keyfile };
  }

  #keep<T extends Actor>(actor: T): T {
    this.#actors.push(actor);
    return actor;
  }

  /** What everybody said last. */
  report(): string {
    return this.#actors.map((actor) => actor.tail()).join("\n");
  }

  async clear(): Promise<void> {
    await Promise.all(this.#actors.map((actor) => actor.kill()));
    await this.#world.remove();
  }
}
