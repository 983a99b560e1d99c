/** The command line, by commander, made from the table of settings. */

import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { parseSetting, SETTINGS } from "./settings.ts";
import type { Setting, SettingName, Settings } from "./settings.ts";
import { UsageError } from "./usageError.ts";

const EXAMPLES = `
Examples:
  netrelay                                   serve every dispy release on its usual ports
  netrelay --scheduler_node 10.0.1.5         find the nodes here for a scheduler that already runs
  netrelay --listen_port 51400               beside a dispynode, whose port is taken; clients then
                                             list the relay as ('10.0.2.1', 51400)
  netrelay -i eth1 --secret_file /etc/netrelay/secret --daemon

Options may be written with dashes too (--scheduler-node).`;

/**
 * Reads the arguments.
 * @throws UsageError for unknown options and bad values
 * @throws CommanderError with exit code 0 once help or version are printed
 */
export function parseCommandLine(args: readonly string[]): Settings {
  const command = build();
  try {
    command.parse(args.map(withUnderscores), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode === 0) throw error;
    // A mistyped option's value may be a secret.
    throw new UsageError(
      error.message.replace(/^error: /, "").replace(/^(unknown option '[^'=]*)=[^']*'/, "$1'"),
    );
  }
  const settings: Partial<Record<SettingName, unknown>> = {};
  for (const [key, texts] of Object.entries(command.opts<Record<string, readonly string[]>>())) {
    const name = key as SettingName;
    settings[name] = parseSetting(name, `--${name}`, texts);
  }
  return settings as Settings;
}

function build(): Command {
  const command = new Command("netrelay")
    .description("Lets schedulers find the nodes of this host's subnets, as if they were their own.")
    .usage("[options]")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  for (const setting of Object.values(SETTINGS)) command.addOption(optionFor(setting));
  return command;
}

/** Collects the texts as given: they are parsed later, in one way whatever they came from. */
function optionFor({ name, short, value, help, repeatable }: Setting<unknown>): Option {
  const long = value === undefined ? `--${name}` : `--${name} <${value}>`;
  const flags = short === undefined ? long : `-${short}, ${long}`;
  const option = new Option(flags, repeatable === true ? `${help} (repeatable)` : help);
  option.attributeName = () => name;
  if (value === undefined) return option.preset("true").argParser(() => ["true"]);
  return option.argParser((given: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    given,
  ]);
}

/** `--scheduler-node=x` → `--scheduler_node=x`; what isn't an option's name (a value, say) stays as it is. */
function withUnderscores(arg: string): string {
  if (!arg.startsWith("--") || arg === "--") return arg;
  const [name = "", ...rest] = arg.slice(2).split("=");
  const known = name.replaceAll("-", "_");
  return Object.hasOwn(SETTINGS, known) ? [`--${known}`, ...rest].join("=") : arg;
}

function version(): string {
  const packageFile = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(packageFile, "utf8")) as { version: string }).version;
}
