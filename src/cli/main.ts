/** `netrelay`: reads the options, runs the relay, ends it on a signal. */

import { CommanderError } from "commander";
import createDebug from "debug";
import { NothingToListenOnError, RelayService } from "../service/service.ts";
import { parseCommandLine } from "./commandLine.ts";
import { serviceOptions } from "./serviceOptions.ts";
import type { Settings } from "./settings.ts";
import { stderrLog } from "./stderrLog.ts";
import { readTerminal } from "./terminal.ts";
import { UsageError } from "./usageError.ts";

/** Exit codes: 0 ended as asked, 1 couldn't do its work, 2 used wrongly. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await run(await settingsFrom(args));
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
    } else if (error instanceof UsageError) {
      process.stderr.write(`netrelay: ${error.message}\nSee netrelay --help.\n`);
      process.exitCode = 2;
    } else if (error instanceof NothingToListenOnError) {
      process.stderr.write(`netrelay: ${error.message}\n`);
      process.exitCode = 1;
    } else {
      throw error;
    }
  }
}

/** What the command line says goes before what the file says. */
async function settingsFrom(args: readonly string[]): Promise<Settings> {
  const given = parseCommandLine(args);
  if (given.config === undefined) return given;
  // Loaded where it is needed: the TOML parser takes a tenth of the start.
  const { readConfigFile } = await import("./configFile.ts");
  return merged(readConfigFile(given.config), given);
}

/** Two options for one thing: naming either on the command line sets both aside in the file. */
const SAME_THING = [
  ["secret", "secret_file"],
  ["listen_port", "relay_port"],
] as const;

function merged(file: Settings, given: Settings): Settings {
  const kept: Record<string, unknown> = { ...file };
  for (const names of SAME_THING) {
    if (names.some((name) => given[name] !== undefined))
      for (const name of names) Reflect.deleteProperty(kept, name);
  }
  return { ...kept, ...given };
}

async function run(settings: Settings): Promise<void> {
  if (settings.debug === true) createDebug.enable("netrelay:*");
  const options = serviceOptions(settings, process.env);
  const log = stderrLog(settings.log ?? "text");
  const service = new RelayService(options, log.write);
  const end = async (): Promise<void> => {
    await service.stop();
    log.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end());
  await service.start();
  if (settings.daemon !== true) readTerminal(() => void end());
}
