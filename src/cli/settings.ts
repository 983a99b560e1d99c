/** Every setting of the relay, once: the command line, the configuration file and the help are made from this table. */

import { parseNetwork } from "../relay/addresses.ts";
import type { Network } from "../relay/addresses.ts";
import type { NamedHost } from "../relay/events.ts";
import { UsageError } from "./usageError.ts";

/** A setting's name, what it takes and what it means. `T` is its value once it is parsed. */
export interface Setting<T> {
  /** Its key in the configuration file, and with `--` before it its option. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly help: string;
  /** Turns text into the value; says what was expected by throwing {@link Unfit}. */
  readonly parse: (text: string) => T;
}

/** Thrown by parsers: what was expected. */
class Unfit extends Error {}

/** Parsed settings; those that weren't given are absent. */
export interface Settings {
  readonly node_port?: number;
  readonly listen_port?: number;
  readonly relay_port?: number;
  readonly scheduler_node?: readonly NamedHost[];
  readonly scheduler_port?: number;
  readonly dispy_port?: number;
  readonly ip_addr?: readonly string[];
  readonly secret?: string;
  readonly secret_file?: string;
  readonly certfile?: string;
  readonly keyfile?: string;
  readonly ipv4_udp_multicast?: boolean;
  readonly node?: readonly NamedHost[];
  readonly allow?: readonly Network[];
  readonly state?: string;
  readonly config?: string;
  readonly log?: "text" | "json";
  readonly debug?: boolean;
  readonly daemon?: boolean;
}

export type SettingName = keyof Settings;

type Parsed<Value> = Value extends readonly (infer Each)[] ? Each : Exclude<Value, undefined>;

export const SETTINGS: { readonly [Name in SettingName]-?: Setting<Parsed<NonNullable<Settings[Name]>>> } = {
  node_port: port(
    "node_port",
    "port of the nodes (default: 51348, 61591 and 9701, those of every dispy release)",
  ),
  listen_port: port("listen_port", "port for schedulers to reach this relay (default: the node ports)"),
  relay_port: port("relay_port", "the same as --listen_port"),
  scheduler_node: {
    ...{ name: "scheduler_node", value: "addr[:port]", repeatable: true, parse: namedHost },
    help: "a scheduler to look for, by name or address, even if it was started before the relay",
  },
  scheduler_port: port(
    "scheduler_port",
    "port of the scheduler named by --scheduler_node (default: 51349, then every other usual one)",
  ),
  dispy_port: port("dispy_port", "dispy's own -p: scheduler at this port, nodes at the next", "p", 65533),
  ip_addr: {
    ...{ name: "ip_addr", short: "i", value: "addr", repeatable: true, parse: addressOrInterface },
    help: "address or interface to serve (default: all but loopback)",
  },
  secret: text(
    "secret",
    "secret",
    "secret that schedulers and nodes share; better given by one of the next two",
    "s",
  ),
  secret_file: text(
    "secret_file",
    "file",
    "file that holds the secret; or set NETRELAY_SECRET in the environment",
  ),
  certfile: text("certfile", "file", "certificate of the cluster: all TCP connections use TLS"),
  keyfile: text("keyfile", "file", "private key of the certificate, if it isn't in its file"),
  ipv4_udp_multicast: toggle("ipv4_udp_multicast", "use multicast instead of broadcast for IPv4"),
  node: {
    ...{ name: "node", value: "addr[:port]", repeatable: true, parse: namedHost },
    help: "a node that broadcasts don't reach: it is told of each scheduler by itself",
  },
  allow: {
    ...{ name: "allow", value: "cidr", repeatable: true, parse: network },
    help: "network of addresses that may be dialled though an announcement came from elsewhere",
  },
  state: text("state", "file", "file that keeps the schedulers over a restart"),
  config: text("config", "file", "TOML file with these options under the same names"),
  log: {
    ...{ name: "log", value: "format", parse: oneOf<"text" | "json">("text", "json") },
    help: "log lines for people (text, the default) or for machines (json)",
  },
  debug: toggle("debug", "trace what is heard and said (the same as DEBUG=netrelay:*)", "d"),
  daemon: toggle("daemon", 'don\'t read "quit" and "exit" from the terminal'),
};

/**
 * Parses one setting from the texts that it was given.
 * @throws UsageError that names the setting as `label`, the value and what was expected
 */
export function parseSetting(name: SettingName, label: string, texts: readonly string[]): unknown {
  const setting: Setting<unknown> = SETTINGS[name];
  const values = texts.map((given) => {
    try {
      return setting.parse(given);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      throw new UsageError(`${label}: ${quoted(name, given)} isn't ${error.message}`);
    }
  });
  return setting.repeatable === true ? values : values.at(-1);
}

function quoted(name: SettingName, given: string): string {
  return name === "secret" ? "that" : `"${given}"`;
}

function port(name: string, help: string, short?: string, highest = 65535): Setting<number> {
  return {
    ...{ name, value: "n", help },
    ...(short === undefined ? {} : { short }),
    parse(given) {
      const number = /^\d{1,5}$/.test(given) ? Number(given) : 0;
      if (number < 1 || number > highest) throw new Unfit(`a port: a whole number from 1 to ${highest}`);
      return number;
    },
  };
}

function text(name: string, value: string, help: string, short?: string): Setting<string> {
  return {
    ...{ name, value, help },
    ...(short === undefined ? {} : { short }),
    parse(given) {
      if (given === "") throw new Unfit(`a ${value}: it is empty`);
      return given;
    },
  };
}

function toggle(name: string, help: string, short?: string): Setting<boolean> {
  return {
    ...{ name, help },
    ...(short === undefined ? {} : { short }),
    parse(given) {
      if (given !== "true" && given !== "false") throw new Unfit("true or false");
      return given === "true";
    },
  };
}

function oneOf<T extends string>(...allowed: readonly T[]): (given: string) => T {
  return (given) => {
    const found = allowed.find((each) => each === given);
    if (found === undefined) throw new Unfit(allowed.join(" or "));
    return found;
  };
}

/** `name`, `name:9700`, `10.0.1.5`, `10.0.1.5:9700`, `fd00::5`, `[fd00::5]:9700`. */
function namedHost(given: string): NamedHost {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(given);
  const plain = /^([^:]+)(?::(\d{1,5}))?$/.exec(given);
  const [, host = given, digits] = bracketed ?? plain ?? [];
  const isHost = parseNetwork(host) !== undefined ? !host.includes("/") : /^(?!-)[\w.-]{1,253}$/.test(host);
  const number = digits === undefined ? undefined : Number(digits);
  if (!isHost || (number !== undefined && (number < 1 || number > 65535))) {
    throw new Unfit(
      "a host: a name or an address, and after a colon its port if need be (10.0.1.5, [fd00::5]:9700)",
    );
  }
  return number === undefined ? { host } : { host, port: number };
}

function addressOrInterface(given: string): string {
  if (!/^[\w.:%@-]{1,64}$/.test(given))
    throw new Unfit("an address of this host or the name of an interface (eth0)");
  return given;
}

function network(given: string): Network {
  const parsed = parseNetwork(given);
  if (parsed === undefined) throw new Unfit("a network (10.0.0.0/8, fd00::/8) or an address");
  return parsed;
}
