/** What is said about sockets that were opened, and about those that couldn't be. */

import type { Fault } from "./listeners.ts";
import type { LogLine } from "./log.ts";
import type { PlannedSocket } from "./plan.ts";

/** `listening for schedulers on 10.0.3.7 ports 9701 (TCP, UDP)`: one line a purpose. */
export function listeningLines(opened: readonly PlannedSocket[]): readonly LogLine[] {
  const tcp = opened.filter((socket) => socket.transport === "tcp");
  const nodes = opened.filter(({ heardAt }) => heardAt === "scheduler-port");
  const lines: LogLine[] = [];
  for (const address of new Set(tcp.map((socket) => socket.address))) {
    const ports = portsOf(tcp.filter((socket) => socket.address === address));
    const text = `listening for schedulers on ${address} port ${ports.join(", ")}`;
    lines.push({ level: "info", event: "listening-for-schedulers", text, fields: { address, ports } });
  }
  if (nodes.length > 0) {
    const ports = portsOf(nodes);
    const text = `listening for nodes' broadcasts on port ${ports.join(", ")}`;
    lines.push({ level: "info", event: "listening-for-nodes", text, fields: { ports } });
  }
  return lines;
}

/** A line for each port that can't be used, with the way out. */
export function faultLines(faults: readonly Fault[]): readonly LogLine[] {
  const groups = new Map<string, Fault[]>();
  for (const fault of faults) {
    const key = `${fault.socket.transport} ${fault.socket.port} ${fault.code}`;
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return [...groups.values()].map(lineOf);
}

function lineOf(group: readonly Fault[]): LogLine {
  const [{ socket, code }] = group as [Fault];
  const addresses = group.map((fault) => addressOf(fault.socket));
  const where = `${socket.transport.toUpperCase()} port ${socket.port} of ${addresses.join(", ")}`;
  const text = code === "EADDRINUSE" ? inUse(socket, where) : `can't listen on ${where}: ${meaningOf(code)}`;
  const { transport, port } = socket;
  return { level: "warning", event: "port-unavailable", text, fields: { transport, port, addresses, code } };
}

function inUse(socket: PlannedSocket, where: string): string {
  if (socket.heardAt === "scheduler-port") {
    return `${where} is in use by another program (a scheduler on this host?): nodes that start are not heard there`;
  }
  const addressed = socket.transport === "tcp" ? `, and clients then list ('${addressOf(socket)}', N)` : "";
  return (
    `${where} is in use by another program (a dispynode on this host?): schedulers can't reach this relay there; ` +
    `choose a port of its own with --listen_port N${addressed}`
  );
}

function meaningOf(code: string): string {
  if (code === "EACCES") return "not permitted; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)";
  if (code === "EADDRNOTAVAIL") return "this host doesn't have that address (any more)";
  return code;
}

function addressOf(socket: PlannedSocket): string {
  return socket.transport === "tcp" ? socket.address : socket.binding.address;
}

function portsOf(sockets: readonly PlannedSocket[]): readonly number[] {
  return [...new Set(sockets.map(({ port }) => port))];
}

/** A line for addresses and interfaces that the host doesn't have (yet), if there is something to say. */
export function missingLine(names: readonly string[], served: number): LogLine | undefined {
  if (names.length === 0 && served > 0) return undefined;
  const what = names.length > 0 ? `no address or interface ${names.join(", ")}` : "no address but loopback";
  const text = `this host has ${what} now; waiting for it`;
  return { level: "warning", event: "interface-missing", text, fields: { names } };
}
