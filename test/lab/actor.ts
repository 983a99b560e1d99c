// A program that runs on a host of the lab, and everything it said.
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { waitFor } from "./shell.ts";
import type { Host } from "./world.ts";

export interface Line {
  readonly at: number;
  readonly text: string;
}

const START_MS = 30_000;
const TAIL = Number(process.env["LAB_TAIL"] ?? 15);
const LISTEN = "0A";
const OUTSIDE = readlinkSync("/proc/self/ns/net");

export class Actor {
  readonly label: string;
  readonly host: Host;
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #ended = false;

  constructor(host: Host, label: string, argv: readonly string[]) {
    this.label = `${label} on ${host.name}`;
    this.host = host;
    const [command, args] = host.command(argv);
    // A process group of its own: dispynode's children end with it.
    this.#child = spawn(command, args, {
      cwd: host.dir,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PYTHONUNBUFFERED: "1", TMPDIR: host.dir, HOME: host.dir },
    });
    this.#child.stdin?.on("error", () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#collect(stream!);
    this.#child.on("error", (error) => this.lines.push({ at: Date.now(), text: error.message }));
    this.#child.on("close", () => (this.#ended = true));
  }

  #collect(stream: NodeJS.ReadableStream): void {
    let rest = "";
    stream.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop()!;
      for (const text of parts) this.lines.push({ at: Date.now(), text });
    });
  }

  get running(): boolean {
    return !this.#ended;
  }

  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  /** The last lines it said, for a failure's message. */
  tail(): string {
    return [`--- ${this.label}`, ...this.lines.slice(-TAIL).map(({ text }) => `    ${text}`)].join("\n");
  }

  /** Waits until somebody on this host listens on a TCP port; the program must still run by then. */
  async listens(port: number): Promise<void> {
    const state = await waitFor(() => (this.#ended ? "ended" : this.#hasListener(port) && "up"), START_MS);
    if (state !== "up")
      throw new Error(`${this.label} ${state ?? "doesn't listen"} (port ${port})\n${this.tail()}`);
  }

  #hasListener(port: number): boolean {
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    for (const table of ["tcp", "tcp6"]) {
      for (const line of this.#hostsTable(table)) {
        const [, local, , state] = line.trim().split(/\s+/);
        if (state === LISTEN && local?.endsWith(suffix)) return true;
      }
    }
    return false;
  }

  /** UDP datagrams that this host has sent since it exists. */
  protected datagramsSent(): number {
    const ipv4 = this.#hostsTable("snmp").find((line) => /^Udp: \d/.test(line));
    const ipv6 = this.#hostsTable("snmp6").find((line) => line.startsWith("Udp6OutDatagrams"));
    return Number(ipv4?.split(" ")[4] ?? 0) + Number(ipv6?.split(/\s+/)[1] ?? 0);
  }

  /** The most memory it ever had, in MB. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.#child.pid!}/status`, "utf8");
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  /** A network table of this program's host; empty while `ip netns exec` isn't that far, or once the program ended. */
  #hostsTable(name: string): string[] {
    try {
      const home = readlinkSync(`/proc/${this.#child.pid!}/ns/net`);
      if (home === OUTSIDE) return [];
      return readFileSync(`/proc/${this.#child.pid!}/net/${name}`, "utf8").split("\n");
    } catch {
      return [];
    }
  }

  /** Ends the program and what it started, and waits for that. */
  async kill(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    if (!this.#ended) {
      try {
        process.kill(-this.#child.pid!, signal);
      } catch {
        // it ended by itself
      }
    }
    await waitFor(() => this.#ended, START_MS);
  }
}
