// Every scenario, in the order of the table.
import type { Scenario } from "../scenario.ts";
import { discovery } from "./discovery.ts";
import { networks } from "./networks.ts";
import { releases } from "./releases.ts";
import { schedulers } from "./schedulers.ts";
import { security } from "./security.ts";

export const scenarios: readonly Scenario[] = [
  ...discovery,
  ...schedulers,
  ...networks,
  ...releases,
  ...security,
];
