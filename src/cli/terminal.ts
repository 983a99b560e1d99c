/** "quit" and "exit" at the terminal, as with dispynetrelay. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** Calls `onQuit` once `quit` or `exit` is typed; does nothing where standard input is no terminal of ours to read. */
export function readTerminal(onQuit: () => void): void {
  if (!process.stdin.isTTY || isInBackground()) return;
  const prompt = 'Enter "quit" or "exit" to end netrelay: ';
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt });
  lines.on("line", (line) => {
    const word = line.trim().toLowerCase();
    if (word === "quit" || word === "exit") {
      lines.close();
      onQuit();
    } else if (word !== "") {
      lines.prompt();
    }
  });
  // The interface takes ^C for itself.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  lines.prompt();
}

/** A job in the background that reads the terminal is stopped by the system. Known on Linux only. */
function isInBackground(): boolean {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const [, , group, , , foreground] = fields;
    return group !== foreground;
  } catch {
    return false;
  }
}
