/** The configuration file: TOML, with the options under the same names. */

import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { parseSetting, SETTINGS } from "./settings.ts";
import type { SettingName, Settings } from "./settings.ts";
import { UsageError } from "./usageError.ts";

/** @throws UsageError that names file, setting, value and what was expected */
export function readConfigFile(path: string): Settings {
  let entries: Record<string, unknown>;
  try {
    entries = parse(readFileSync(path, "utf8"));
  } catch (error) {
    // The parser's further lines quote the file, and there may be a secret in it.
    const [what = ""] = (error as Error).message.split("\n");
    const where = error instanceof TomlError ? ` (line ${error.line}, column ${error.column})` : "";
    throw new UsageError(`--config ${path}: ${what}${where}`);
  }
  const settings: Partial<Record<SettingName, unknown>> = {};
  for (const [key, value] of Object.entries(entries)) {
    const name = key.replaceAll("-", "_");
    if (!isSetting(name) || name === "config") {
      const names = Object.keys(SETTINGS).filter((each) => each !== "config");
      throw new UsageError(`${path}: there is no option "${key}"; there are ${names.join(", ")}`);
    }
    settings[name] = parseSetting(name, `${path}: ${key}`, textsOf(path, name, value));
  }
  return settings as Settings;
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** A repeatable option may be a list; everything else is one string, number or boolean. */
function textsOf(path: string, name: SettingName, value: unknown): readonly string[] {
  const isList = Array.isArray(value);
  const items: readonly unknown[] = isList ? value : [value];
  if (isList && SETTINGS[name].repeatable !== true)
    throw new UsageError(`${path}: ${name} takes one value, not a list`);
  return items.map((item) => {
    if (typeof item === "string" || typeof item === "number" || typeof item === "boolean")
      return String(item);
    throw new UsageError(`${path}: ${name} takes text, a number or true/false, not a table or a date`);
  });
}
