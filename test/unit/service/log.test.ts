import { describe, expect, it } from "vitest";
import { asJson, asText, FoldingLog } from "../../../src/service/log.ts";
import type { LogLine } from "../../../src/service/log.ts";

const TIME = new Date("2026-11-21T01:02:03.456Z");

function line(text: string, more: Partial<LogLine> = {}): LogLine {
  return { level: "info", event: "test", text, ...more };
}

function folding(): { log: FoldingLog; printed: string[] } {
  const printed: string[] = [];
  return { log: new FoldingLog(({ text }) => printed.push(text)), printed };
}

function flood(log: FoldingLog, count: number, now: number): void {
  for (let n = 0; n < count; n += 1) log.write(line(`line ${n} at ${now}`), now);
}

describe("folding", () => {
  it("prints a line at once, and its repetitions as one later", () => {
    const { log, printed } = folding();
    for (const now of [0, 1, 9_999]) log.write(line("again"), now);
    expect(printed).toEqual(["again"]);
    expect(log.deadline).toBe(10_000);
    log.flush(10_000);
    expect(printed).toEqual(["again", "again (2 more times in 10 s)"]);
    expect(log.deadline).toBe(Infinity);
  });

  it("has nothing to flush where nothing was repeated", () => {
    const { log, printed } = folding();
    log.write(line("once"), 0);
    expect(log.deadline).toBe(Infinity);
    log.flush(Infinity);
    expect(printed).toEqual(["once"]);
  });

  it("prints a line anew once its time is over", () => {
    const { log, printed } = folding();
    log.write(line("a"), 0);
    log.write(line("a"), 10_000);
    expect(printed).toEqual(["a", "a"]);
  });

  it("prints what was held back before the line that comes then", () => {
    const { log, printed } = folding();
    log.write(line("a"), 0);
    log.write(line("a"), 5);
    log.write(line("b"), 20_000);
    expect(printed).toEqual(["a", "a (1 more time in 10 s)", "b"]);
  });

  it("keeps lines of different events apart", () => {
    const { log, printed } = folding();
    log.write(line("same"), 0);
    log.write(line("same", { event: "other" }), 0);
    expect(printed).toEqual(["same", "same"]);
  });

  it("prints everything that is held back when flushed for good", () => {
    const { log, printed } = folding();
    for (const text of ["a", "b", "a", "b", "c", "c"]) log.write(line(text), 0);
    log.flush(Infinity);
    expect(printed.slice(3).map((text) => text[0])).toEqual(["a", "b", "c"]);
  });

  it("forgets nobody's line when more differ than are remembered", () => {
    const { log, printed } = folding();
    for (let second = 0; second < 120; second += 1) flood(log, 10, second * 50);
    const cut = 1200 - printed.length;
    expect(printed.filter((text) => text.startsWith("line"))).toHaveLength(
      200 + Math.floor((119 * 50 * 10) / 1000),
    );
    expect(cut).toBeGreaterThan(0);
  });
});

describe("the budget of lines", () => {
  it("lets 200 through at once", () => {
    const { log, printed } = folding();
    flood(log, 500, 0);
    expect(printed).toHaveLength(200);
  });

  it("lets 10 a second through after that, and says first how many were left out", () => {
    const { log, printed } = folding();
    flood(log, 500, 0);
    flood(log, 50, 1000);
    expect(printed.slice(200, 202)).toEqual(["300 lines left out: more than 10 a second", "line 0 at 1000"]);
    expect(printed).toHaveLength(200 + 1 + 10);
  });

  it("is whole again after a quiet time, and never more than that", () => {
    const { log, printed } = folding();
    flood(log, 200, 0);
    flood(log, 500, 3_600_000);
    expect(printed).toHaveLength(400);
  });

  it("reports the lines left out at the deadline, though no other line comes", () => {
    const { log, printed } = folding();
    flood(log, 500, 1000);
    const { deadline } = log;
    expect(deadline).toBeLessThanOrEqual(11_000);
    log.flush(deadline);
    expect(printed.at(-1)).toBe("300 lines left out: more than 10 a second");
  });

  it("has no deadline in the past once it is flushed: a timer would spin", () => {
    const { log } = folding();
    flood(log, 500, 1000);
    log.flush(11_000);
    expect(log.deadline).toBeGreaterThan(11_000);
  });

  it("reports the lines left out at the end", () => {
    const { log, printed } = folding();
    flood(log, 201, 0);
    log.flush(Infinity);
    expect(printed.at(-1)).toBe("1 lines left out: more than 10 a second");
  });
});

describe("a line as text", () => {
  it.each([
    ["info", "2026-11-21T01:02:03Z hello"],
    ["warning", "2026-11-21T01:02:03Z warning: hello"],
    ["error", "2026-11-21T01:02:03Z error: hello"],
  ] as const)("of level %s is %s", (level, text) => {
    expect(asText(line("hello", { level }), TIME)).toBe(text);
  });

  it.each([
    ["a new line", "\n", "\\u000a"],
    ["a return", "\r", "\\u000d"],
    ["an escape", "\u001b[2J", "\\u001b[2J"],
    ["a C1 control", "\u009b2J", "\\u009b2J"],
    ["delete", "\u007f", "\\u007f"],
    ["nul", "\u0000", "\\u0000"],
    ["a line separator", "\u2028", "\\u2028"],
    ["a paragraph separator", "\u2029", "\\u2029"],
    ["text that turns round", "\u202e", "\\u202e"],
    ["a tag beyond 16 bits", "\u{e0001}", "\\udb40\\udc01"],
    ["letters of all scripts as they are", "höst-主机-🙂", "höst-主机-🙂"],
  ])("shows %s harmlessly", (_, raw, shown) => {
    expect(asText(line(`<${raw}>`), TIME)).toBe(`2026-11-21T01:02:03Z <${shown}>`);
  });
});

describe("a line as JSON", () => {
  it("has time, level, event, text and the fields", () => {
    const written = asJson(line("hello", { level: "warning", fields: { port: 1, names: ["a"] } }), TIME);
    expect(JSON.parse(written)).toEqual({
      ...{ time: "2026-11-21T01:02:03.456Z", level: "warning", event: "test", text: "hello" },
      ...{ port: 1, names: ["a"] },
    });
  });

  it("keeps its own names whatever the fields are called", () => {
    const fields = { time: "never", level: "error", event: "forged", text: "forged" };
    expect(JSON.parse(asJson(line("true", { fields }), TIME))).toMatchObject({
      ...{ time: "2026-11-21T01:02:03.456Z", level: "info", event: "test", text: "true" },
    });
  });

  it("has no control character in it, in text or fields", () => {
    const nasty = "\n\r\u001b\u007f\u009b2J\u2028\u2029\u202e";
    const written = asJson(line(nasty, { fields: { release: nasty, live: [nasty] } }), TIME);
    expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});
