// The relay under test: netrelay, or the relay that it takes the place of, started in the same way.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Actor } from "./actor.ts";
import type { DispyOptions } from "./dispy.ts";
import type { Environment } from "./python.ts";
import type { Host } from "./world.ts";

export type RelayName = "netrelay" | "dispynetrelay";

export interface RelayOptions extends Omit<DispyOptions, "address"> {
  /** `-i`: the addresses to serve, where the relay's own choice won't do. */
  readonly addresses?: readonly string[];
  /** Where schedulers reach the relay, if not on the nodes' port. */
  readonly listenPort?: number;
  /** `--scheduler_node`: schedulers that run already. */
  readonly schedulers?: readonly string[];
  /** `--node`, of netrelay alone: nodes that hear no broadcast. */
  readonly nodes?: readonly string[];
}

const NETRELAY = fileURLToPath(new URL("../../bin/netrelay.js", import.meta.url));
/** Traces cost time, so they are written only where somebody reads them. */
const TRACE = process.env["LAB_LOGS"] === "1" ? ["-d"] : [];
const BUILT = fileURLToPath(new URL("../../dist", import.meta.url));

const MEMORY = 1024 ** 3;

export function isBuilt(): boolean {
  return existsSync(NETRELAY) && existsSync(BUILT);
}

function common(options: RelayOptions): string[] {
  const { secret, certificate, multicast, addresses, schedulers } = options;
  return [
    ...(secret ? ["-s", secret] : []),
    ...(certificate ? ["--certfile", certificate.certfile, "--keyfile", certificate.keyfile] : []),
    ...(multicast ? ["--ipv4_udp_multicast"] : []),
    ...(addresses ?? []).flatMap((address) => ["-i", address]),
    ...(schedulers ?? []).flatMap((scheduler) => ["--scheduler_node", scheduler]),
  ];
}

function netrelay(host: Host, options: RelayOptions): Actor {
  const { dispyPort, listenPort, nodes } = options;
  return new Actor(host, "netrelay", [
    ...[process.execPath, NETRELAY, "--daemon", ...TRACE, "--state", join(host.dir, "netrelay-state.json")],
    ...common(options),
    ...(dispyPort ? ["-p", String(dispyPort)] : []),
    ...(listenPort ? ["--listen_port", String(listenPort)] : []),
    ...(nodes ?? []).flatMap((node) => ["--node", node]),
  ]);
}

function dispynetrelay(env: Environment, host: Host, options: RelayOptions): Actor {
  const { dispyPort, listenPort } = options;
  // It works out the other ports before it has read -p, so it is told all of them.
  const ports = dispyPort
    ? ["-p", String(dispyPort), "--scheduler_port", String(dispyPort), "--relay_port", String(dispyPort + 1)]
    : [];
  // With a limit, since it reserves every byte that a stranger announces and would take the machine's memory.
  return new Actor(host, "dispynetrelay", [
    ...["prlimit", `--as=${MEMORY}`],
    ...[env.python, env.program("dispynetrelay"), "--daemon", ...TRACE],
    ...common(options),
    ...ports,
    ...(listenPort ? ["--relay_port", String(listenPort)] : []),
  ]);
}

/** A relay of this name; the release matters to dispynetrelay alone, netrelay serves them all. */
export function relayProgram(name: RelayName, env: Environment, host: Host, options: RelayOptions): Actor {
  return name === "netrelay" ? netrelay(host, options) : dispynetrelay(env, host, options);
}
