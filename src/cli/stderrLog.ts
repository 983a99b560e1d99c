/** The log on standard error, folded, and flushed by a timer only while something is held back. */

import { asJson, asText, FoldingLog } from "../service/log.ts";
import type { Log } from "../service/log.ts";

export interface StderrLog {
  readonly write: Log;
  /** Prints what was held back. */
  close(): void;
}

export function stderrLog(format: "text" | "json"): StderrLog {
  const render = format === "json" ? asJson : asText;
  // A reader of the log that goes away must not take the relay with it.
  process.stderr.on("error", () => undefined);
  const folding = new FoldingLog((line) => {
    process.stderr.write(`${render(line, new Date())}\n`);
  });
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    const wait = folding.deadline - performance.now();
    if (wait === Infinity) return;
    timer = setTimeout(
      () => {
        folding.flush(performance.now());
        arm();
      },
      Math.max(wait, 0) + 1,
    );
    timer.unref();
  };
  return {
    write(line) {
      folding.write(line, performance.now());
      arm();
    },
    close() {
      clearTimeout(timer);
      folding.flush(Infinity);
    },
  };
}
