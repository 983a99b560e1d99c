// The lab's table: netrelay beside dispynetrelay, a row per scenario.
import type { RelayName } from "./relay.ts";
import type { Outcome } from "./scenario.ts";

export class Table {
  readonly #rows = new Map<string, Map<RelayName, Outcome[]>>();
  readonly #skipped = new Map<string, string>();

  add(scenario: string, relay: RelayName, outcome: Outcome): void {
    const row = this.#rows.get(scenario) ?? new Map<RelayName, Outcome[]>();
    row.set(relay, [...(row.get(relay) ?? []), outcome]);
    this.#rows.set(scenario, row);
  }

  skip(scenario: string, reason: string): void {
    this.#skipped.set(scenario, reason);
  }

  get isEmpty(): boolean {
    return this.#rows.size + this.#skipped.size === 0;
  }

  /** The whole table, in the order of these scenarios. */
  markdown(scenarios: readonly string[]): string {
    const head = [
      [
        "scenario",
        "netrelay: nodes",
        "first node",
        "all nodes",
        "dispynetrelay: nodes",
        "first node",
        "all nodes",
      ],
      ["---", "---", "---:", "---:", "---", "---:", "---:"],
    ];
    const rows = scenarios.flatMap((name) => {
      const reason = this.#skipped.get(name);
      if (reason !== undefined) return [[name, `skipped: ${reason}`, "", "", "", "", ""]];
      const row = this.#rows.get(name);
      return row ? [[name, ...cells(row.get("netrelay")), ...cells(row.get("dispynetrelay"))]] : [];
    });
    return [...head, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
  }
}

function cells(outcomes: readonly Outcome[] | undefined): [string, string, string] {
  if (!outcomes) return ["–", "", ""];
  return [nodes(outcomes), time(outcomes.map((o) => o.firstMs)), time(outcomes.map((o) => o.allMs))];
}

/** "3 of 3"; with repeats whose results differ, each of them; what went wrong besides. */
function nodes(outcomes: readonly Outcome[]): string {
  const reached = [...new Set(outcomes.map((o) => o.reached))].sort((a, b) => a - b);
  const remarks = new Set(outcomes.map((o) => o.breach).filter((text) => text !== undefined));
  const peak = Math.max(...outcomes.map((o) => o.peakMb ?? 0));
  if (peak > 0) remarks.add(`${peak} MB at most`);
  return [`${reached.join("–")} of ${outcomes[0]!.expected}`, ...remarks].join("; ");
}

/** The median, when every run got that far. */
function time(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length < values.length || known.length === 0) return "never";
  const middle = known[Math.floor(known.length / 2)]!;
  return middle < 1000 ? `${middle} ms` : `${(middle / 1000).toFixed(1)} s`;
}
