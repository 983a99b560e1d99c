// Real dispy on real hosts, made of network namespaces: each scenario with netrelay and then with dispynetrelay.
//
//   LAB_REPEAT=5   each scenario so often, relays taking turns; the table has medians
//   LAB_PEER=off   netrelay alone; LAB_PEER=only: dispynetrelay alone
//   LAB_LOGS=1     what everybody said last, also where all went well; LAB_TAIL=50: so many lines of each
//   LAB_WRITE=1    keep the table in docs/measured/lab.md
//   NETRELAY_LAB=required   no namespaces or no PyPI is a failure, not a skip
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment, NoSuchPython, NotToBeHad } from "./python.ts";
import { isBuilt, type RelayName } from "./relay.ts";
import { current, middle, old } from "./releases.ts";
import type { Outcome, Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";
import { writeMeasured } from "./measured.ts";
import { Stage } from "./stage.ts";
import { Table } from "./table.ts";
import { sweep, whyNoNamespaces } from "./world.ts";

const REPEAT = Number(process.env["LAB_REPEAT"] ?? 1);
const REQUIRED = process.env["NETRELAY_LAB"] === "required";
const PEER = process.env["LAB_PEER"] ?? "on";
const LOGS = process.env["LAB_LOGS"] === "1";
const PATIENCE_MS: Record<RelayName, number> = { netrelay: 30_000, dispynetrelay: 12_000 };

const relays = (["netrelay", "dispynetrelay"] as const).filter(
  (name) => PEER === "on" || (PEER === "only") === (name === "dispynetrelay"),
);
const table = new Table();
let missing: string | undefined;

beforeAll(async () => {
  missing = await whatIsMissing();
  if (missing !== undefined) {
    if (REQUIRED) throw new Error(`the lab can't run: ${missing}`);
    console.warn(`the lab is skipped: ${missing}`);
    return;
  }
  await sweep();
  if (relays.includes("netrelay") && !isBuilt()) throw new Error("netrelay isn't built: npm run build");
});

async function whatIsMissing(): Promise<string | undefined> {
  const noNamespaces = await whyNoNamespaces();
  if (noNamespaces !== undefined) return noNamespaces;
  try {
    await environment(current, "plain");
    await prepare();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Makes every environment now, so that no scenario waits for pip. What can't be had is told by the rows that want it. */
async function prepare(): Promise<void> {
  const wanted = [current, middle, old].map((release) => environment(release, "plain"));
  await Promise.allSettled([...wanted, environment(current, "full"), environment(current, "plain", true)]);
}

/** A scenario with one relay, from an empty world to an empty world. */
async function play(scenario: Scenario, relay: RelayName): Promise<Outcome> {
  const stage = await Stage.set(scenario.hosts, relay, PATIENCE_MS[relay] * (scenario.patience ?? 1));
  try {
    const outcome = await scenario.run(stage);
    table.add(scenario.name, relay, outcome);
    const short = outcome.reached !== outcome.expected || outcome.breach !== undefined;
    if (LOGS || (short && relay === "netrelay")) {
      console.error(`${scenario.name}, ${relay}: ${JSON.stringify(outcome)}\n${stage.report()}`);
    }
    return outcome;
  } catch (error) {
    if (!(error instanceof NotToBeHad)) console.error(`${scenario.name}, ${relay}:\n${stage.report()}`);
    throw error;
  } finally {
    await stage.clear();
  }
}

describe("lab", () => {
  for (const scenario of scenarios) {
    test(scenario.name, { timeout: 180_000 * REPEAT }, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      for (let round = 0; round < REPEAT; round++) {
        for (const relay of relays) {
          const outcome = await play(scenario, relay).catch((error: unknown) => {
            if (!(error instanceof NotToBeHad) || (REQUIRED && !(error instanceof NoSuchPython))) throw error;
            table.skip(scenario.name, error.message);
            return skip(error.message);
          });
          if (relay !== "netrelay") continue;
          expect.soft(outcome.reached, "nodes reached").toBe(outcome.expected);
          expect.soft(outcome.breach).toBeUndefined();
        }
      }
    });
  }
});

afterAll(async () => {
  if (table.isEmpty) return;
  const text = table.markdown(scenarios.map(({ name }) => name));
  console.log(text);
  if (process.env["LAB_WRITE"] === "1") await writeMeasured(text, REPEAT);
});
