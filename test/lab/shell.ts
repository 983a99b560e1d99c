// Commands that set the lab up: they run to their end, and their failure is an error that says what they said.
import { spawn } from "node:child_process";

export class CommandFailed extends Error {
  constructor(command: string, output: string) {
    super(`${command}: ${output.trim() || "failed"}`);
    this.name = "CommandFailed";
  }
}

/** Runs a command with `input` on its stdin; gives its stdout. */
export function run(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.on("error", (error) => {
      reject(new CommandFailed(command, error.message));
    });
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new CommandFailed([command, ...args].join(" "), err + out));
    });
    child.stdin.on("error", () => undefined); // it ended without reading: its exit code tells
    child.stdin.end(input);
  });
}

/** True when the command succeeds. */
export async function succeeds(command: string, args: readonly string[], input = ""): Promise<boolean> {
  return run(command, args, input).then(
    () => true,
    () => false,
  );
}

const EVERY_MS = 20;

/** Asks `probe` again and again until it gives something; undefined once `within` ms are over. */
export async function waitFor<T>(probe: () => T | undefined | false, within: number): Promise<T | undefined> {
  const deadline = Date.now() + within;
  for (;;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
