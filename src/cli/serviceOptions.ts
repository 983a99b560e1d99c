/** Settings → what the service is told: ports of the releases, files read, defaults filled in. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faultOf } from "../net/tls.ts";
import type { TlsFiles } from "../net/tls.ts";
import { DEFAULT_LIMITS } from "../relay/limits.ts";
import type { ServiceOptions } from "../service/options.ts";
import { ERAS } from "../wire/dispy/releases.ts";
import type { Settings } from "./settings.ts";
import { UsageError } from "./usageError.ts";

/** The environment's variables that matter here. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws UsageError for files that can't be read or used */
export function serviceOptions(settings: Settings, environment: Environment): ServiceOptions {
  const ports = portsOf(settings);
  const tls = tlsOf(settings);
  return {
    ...ports,
    interfaces: settings.ip_addr ?? [],
    schedulerHosts: settings.scheduler_node ?? [],
    nodeHosts: settings.node ?? [],
    allow: settings.allow ?? [],
    secret: secretOf(settings, environment),
    ...(tls === undefined ? {} : { tls }),
    multicast: settings.ipv4_udp_multicast ?? false,
    stateFile: settings.state ?? defaultStateFile(ports, environment),
    limits: DEFAULT_LIMITS,
  };
}

type Ports = Pick<ServiceOptions, "listenPorts" | "schedulerPorts" | "nodePorts" | "searchPorts">;

function portsOf({ node_port, listen_port, relay_port, scheduler_port, dispy_port }: Settings): Ports {
  const nodePort = node_port ?? (dispy_port === undefined ? undefined : dispy_port + 1);
  const listenPort = listen_port ?? relay_port ?? nodePort;
  const own = [scheduler_port, dispy_port].filter((each) => each !== undefined);
  return {
    listenPorts: listenPort === undefined ? usual("node") : [listenPort],
    schedulerPorts: [...new Set([...own, ...usual("client")])],
    searchPorts: searchPorts(scheduler_port, dispy_port),
    ...(nodePort === undefined ? {} : { nodePorts: [nodePort] }),
  };
}

/** The ports of one kind, those of dispynetrelay's own page first. */
function usual(kind: "client" | "node" | "shared"): number[] {
  return ERAS.map(({ ports }) => ports[kind]).reverse();
}

/** 51349 first, as dispynetrelay's page says; then 51347, as its code did; then the later releases'. */
function searchPorts(schedulerPort: number | undefined, dispyPort: number | undefined): readonly number[] {
  if (schedulerPort !== undefined) return [schedulerPort];
  if (dispyPort !== undefined) return [dispyPort, dispyPort + 2];
  const [oldShared = 0, ...newShared] = usual("shared");
  return [oldShared, ...usual("client"), ...newShared];
}

function secretOf({ secret, secret_file }: Settings, environment: Environment): string {
  if (secret !== undefined) return secret;
  if (secret_file === undefined) return environment["NETRELAY_SECRET"] ?? "";
  const content = readOrRefuse("--secret_file", secret_file).replace(/\r?\n$/, "");
  if (content === "")
    throw new UsageError(`--secret_file ${secret_file}: it is empty, a secret was expected`);
  return content;
}

function tlsOf({ certfile, keyfile }: Settings): TlsFiles | undefined {
  if (certfile === undefined) {
    if (keyfile === undefined) return undefined;
    throw new UsageError(`--keyfile ${keyfile}: a private key is of use only with its --certfile`);
  }
  const cert = readOrRefuse("--certfile", certfile);
  const files = { cert, key: keyfile === undefined ? cert : readOrRefuse("--keyfile", keyfile) };
  const fault = faultOf(files);
  if (fault === undefined) return files;
  const hint =
    keyfile === undefined ? "; if its private key is in another file, name that with --keyfile" : "";
  throw new UsageError(
    `--certfile ${certfile}: can't be used (${fault}), a PEM certificate and its key were expected${hint}`,
  );
}

function readOrRefuse(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${option} ${path}: can't be read (${(error as Error).message})`);
  }
}

/** Under systemd its state directory, else the XDG state folder. Relays on ports of their own have files of their own. */
function defaultStateFile({ listenPorts }: Ports, environment: Environment): string {
  const isUsual = listenPorts.join() === usual("node").join();
  const name = isUsual ? "schedulers.json" : `schedulers-${listenPorts.join("-")}.json`;
  const { STATE_DIRECTORY, XDG_STATE_HOME, HOME } = environment;
  if (STATE_DIRECTORY) return join(STATE_DIRECTORY.split(":")[0] ?? "", name);
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, "netrelay", name);
  return HOME ? join(HOME, ".local", "state", "netrelay", name) : join("/var/lib/netrelay", name);
}
