/** Where the relay listens: follows the host's addresses and the ports that schedulers name, and says what it does. */

import { hostAddresses } from "../net/interfaces.ts";
import type { Subnet } from "../relay/events.ts";
import { Listeners } from "./listeners.ts";
import type { Fault, ListenersOwner } from "./listeners.ts";
import type { Log } from "./log.ts";
import type { ServiceOptions } from "./options.ts";
import { planSockets } from "./plan.ts";
import { faultLines, listeningLines, missingLine } from "./socketLines.ts";
import { missing, subnetsOf } from "./subnets.ts";

/** How often the host's addresses are looked at, ms: Node tells nobody when they change. */
const LOOK_AGAIN = 5000;

interface Owner extends ListenersOwner {
  /** The subnets have changed; awaited before anything else is looked at. */
  onSubnets(subnets: readonly Subnet[]): Promise<void>;
}

export class Hearing {
  readonly #options: ServiceOptions;
  readonly #log: Log;
  readonly #owner: Owner;
  readonly #listeners: Listeners;
  #subnets: readonly Subnet[] = [];
  #missing = "";
  /** Scheduler ports that live schedulers have named. */
  #namedPorts: readonly number[] = [];
  #faults: readonly Fault[] = [];
  #looking: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ServiceOptions, log: Log, owner: Owner) {
    this.#options = options;
    this.#log = log;
    this.#owner = owner;
    this.#listeners = new Listeners(owner, options.tls);
  }

  /** Whether there are addresses to listen on, and no port of any of them could be had. */
  get isDeaf(): boolean {
    return this.#subnets.length > 0 && this.#listeners.open.every(({ heardAt }) => heardAt !== "node-port");
  }

  /** Opens the sockets, and from now on keeps them in step with the host. */
  async open(): Promise<void> {
    await this.#look();
    if (this.#isClosed) return;
    this.#looking = setInterval(() => void this.#look(), LOOK_AGAIN);
  }

  /** Hears nodes at these ports too, instead of those of the last call. */
  async alsoAt(ports: readonly number[]): Promise<void> {
    this.#namedPorts = ports;
    await this.#listen();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looking);
    await this.#listeners.reconcile([]);
  }

  /** Looks which addresses the host has now; tries again what couldn't be opened. */
  async #look(): Promise<void> {
    const addresses = hostAddresses();
    const subnets = subnetsOf(addresses, this.#options.interfaces);
    this.#logMissing(missing(addresses, this.#options.interfaces), subnets.length);
    const isSame = subnets.map(({ id }) => id).join() === this.#subnets.map(({ id }) => id).join();
    if (isSame && this.#faults.length === 0) return;
    this.#subnets = subnets;
    await this.#listen();
    if (!isSame && !this.#isClosed) await this.#owner.onSubnets(subnets);
  }

  async #listen(): Promise<void> {
    const { listenPorts, schedulerPorts } = this.#options;
    const planned = planSockets(this.#subnets, listenPorts, [...schedulerPorts, ...this.#namedPorts]);
    const { opened, faults } = await this.#listeners.reconcile(this.#isClosed ? [] : planned);
    const known = new Set(this.#faults.map(({ socket }) => socket.key));
    for (const line of listeningLines(opened)) this.#log(line);
    for (const line of faultLines(faults.filter(({ socket }) => !known.has(socket.key)))) this.#log(line);
    this.#faults = faults;
  }

  #logMissing(names: readonly string[], served: number): void {
    const key = `${names.join(", ")} ${served === 0}`;
    if (key === this.#missing) return;
    this.#missing = key;
    const line = missingLine(names, served);
    if (line) this.#log(line);
  }
}
