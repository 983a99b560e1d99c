import { describe, expect, it } from "vitest";
import type { Note } from "../../../src/relay/events.ts";
import { asText } from "../../../src/service/log.ts";
import { lineOf } from "../../../src/service/notes.ts";

const S = { scheduler: "10.0.1.5:9700", release: "4.15.2" } as const;
const WHOM = "scheduler 10.0.1.5:9700 (dispy 4.15.2)";
const N = { node: "10.0.3.9:9701", release: "4.15.2" } as const;

const NOTES: readonly (readonly [Note, level: string, text: string])[] = [
  [{ event: "scheduler-verified", ...S }, "info", `${WHOM} verified; announcing it`],
  [{ event: "scheduler-restarted", ...S }, "info", `${WHOM} has restarted; announcing it anew`],
  [{ event: "scheduler-back", ...S }, "info", `${WHOM} answers; announcing it`],
  [
    { event: "scheduler-refused", ...S },
    "warning",
    `${WHOM} refused this relay: it has a secret: give it to this relay with --secret`,
  ],
  [{ event: "scheduler-silent", ...S, reason: "why" }, "info", `${WHOM} doesn't answer any more: why`],
  [{ event: "scheduler-gone", ...S, reason: "why" }, "info", `${WHOM} forgotten: why`],
  [
    { event: "scheduler-unverified", ...S, reason: "why", notAllowed: [] },
    "warning",
    `${WHOM} announced itself, but why`,
  ],
  [
    { event: "scheduler-unverified", ...S, reason: "why", notAllowed: ["10.9.0.1", "10.9.0.2"] },
    "warning",
    `${WHOM} announced itself, but why; it also named 10.9.0.1, 10.9.0.2, which may be tried with --allow`,
  ],
  [
    { event: "scheduler-searched", scheduler: "lab", reason: "why", retryMs: 2049 },
    "warning",
    "no scheduler found yet at lab: why; next try in 2 s",
  ],
  [
    { event: "node-introduced", ...N, schedulers: 1 },
    "info",
    "node 10.0.3.9:9701 (dispy 4.15.2) heard, and told of its scheduler",
  ],
  [
    { event: "node-introduced", ...N, schedulers: 3 },
    "info",
    "node 10.0.3.9:9701 (dispy 4.15.2) heard, and told of 3 schedulers",
  ],
  [
    { event: "node-unmatched", ...N, live: [] },
    "info",
    "node 10.0.3.9:9701 (dispy 4.15.2) heard; no scheduler waits",
  ],
  [
    { event: "node-unmatched", ...N, live: ["4.12.4", "4.9.1"] },
    "info",
    "node 10.0.3.9:9701 (dispy 4.15.2) heard; schedulers that wait are of 4.12.4, 4.9.1",
  ],
  [
    { event: "sender-outside", sender: "10.7.7.7" },
    "warning",
    "broadcast from 10.7.7.7 ignored: it is in none of this relay's subnets (--allow admits it)",
  ],
  [{ event: "node-left", node: "10.0.3.9:9701" }, "info", "node 10.0.3.9:9701 has ended"],
];

describe("the line for", () => {
  it.each(NOTES)("$event is in words", (note, level, text) => {
    const { event, ...fields } = note;
    expect(lineOf(note, false)).toEqual({ level, event, text, fields });
  });

  it("a refusal names the other way out where the relay has a secret", () => {
    expect(lineOf({ event: "scheduler-refused", ...S }, true).text).toBe(
      `${WHOM} refused this relay: this relay's --secret isn't its own`,
    );
  });

  it.each(NOTES)("$event stays one line, whatever peers call themselves", (note) => {
    const hostile = "x\r\n2026-11-21T01:02:03Z error: forged\u001b[2J\u009b\u2028\u202e";
    const poisoned = Object.fromEntries(
      Object.entries(note).map(([name, value]) => {
        if (name === "event" || typeof value === "number") return [name, value];
        return [name, typeof value === "string" ? hostile : [hostile]];
      }),
    ) as unknown as Note;
    const text = asText(lineOf(poisoned, false), new Date(0));
    expect(text).toContain("\\u000a2026");
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});
