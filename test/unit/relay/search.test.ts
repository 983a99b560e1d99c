import { describe, expect, test } from "vitest";
import { announce, Bench, CLOSED, MUTE, nodeAnnounce, REFUSED, UNREACHABLE, verified } from "./bench.ts";

const HOST = "10.0.1.5";

function searching(options: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const bench = new Bench({ schedulerHosts: [{ host: HOST }], schedulerPorts: [51349, 9700], ...options });
  bench.pass(0);
  return bench;
}

describe("a scheduler that the operator has named", () => {
  test("is asked port by port, and found with the first release that it takes", () => {
    const bench = searching();
    expect(bench.all("ask")[0]?.to).toEqual({ address: HOST, port: 51349 });
    bench.answer(CLOSED);
    expect(bench.all("ask")[0]).toMatchObject({ to: { port: 9700 }, announce: { release: "4.15.2" } });
    bench.answer(REFUSED);
    expect(bench.all("ask")[0]).toMatchObject({ to: { port: 9700 }, announce: { release: "4.15.1" } });
    bench.answer(verified(announce()));
    expect(bench.all("announce")[0]?.announce).toMatchObject({ release: "4.15.1", addresses: [HOST] });
    bench.pass(60_000);
    expect(bench.all("note").filter(({ note }) => note.event === "scheduler-searched")).toEqual([]);
  });

  test("is asked first with a release that was heard from nodes", () => {
    const bench = new Bench({ schedulerHosts: [{ host: HOST, port: 9700 }] });
    bench.heard(nodeAnnounce("10.0.2.9", { release: "4.99" }), "10.0.2.9", "broadcast");
    bench.pass(0);
    expect(bench.all("ask")[0]?.announce.release).toBe("4.99");
  });

  test("is looked for again, less and less often, with a reason in the log", () => {
    const bench = searching({ schedulerPorts: [9700] });
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      bench.answer(CLOSED);
      const { note } = bench.all("note")[0]!;
      expect(note).toMatchObject({ event: "scheduler-searched", scheduler: HOST, reason: "nobody listens" });
      waits.push("retryMs" in note ? note.retryMs : 0);
      bench.pass(16_000);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
  });

  test("whose host doesn't answer at all costs one time-out a round, not one a port", () => {
    const bench = searching();
    bench.answer(UNREACHABLE);
    expect(bench.all("ask")).toEqual([]);
    expect(bench.noted).toEqual(["scheduler-searched"]);
  });

  test("isn't asked for other releases where somebody else listens", () => {
    const bench = searching();
    bench.answer(MUTE);
    expect(bench.all("ask")[0]?.to.port).toBe(9700);
  });

  test("with another secret is named as such", () => {
    const bench = searching({ hasSecret: true, schedulerPorts: [9700] });
    bench.answer(verified(announce()));
    bench.answer(REFUSED);
    expect(bench.all("note")[0]?.note).toMatchObject({ reason: expect.stringContaining("secret") as string });
    expect(bench.all("announce")).toEqual([]);
  });

  test("by name is looked up in each round", () => {
    const bench = searching({ schedulerHosts: [{ host: "master", port: 9700 }] });
    expect(bench.all("resolve")).toEqual([{ kind: "resolve", host: "master" }]);
    bench.give({ kind: "resolved", host: "master", addresses: [] });
    expect(bench.noted).toEqual(["scheduler-searched"]);
    bench.pass(2000);
    expect(bench.all("resolve")).toHaveLength(1);
    bench.give({ kind: "resolved", host: "master", addresses: [HOST] });
    expect(bench.all("ask")[0]?.to.address).toBe(HOST);
  });

  test("that was found and has gone is looked for anew", () => {
    const bench = searching({ schedulerPorts: [9700] });
    bench.answer(verified(announce()));
    let searched = 0;
    for (const end = bench.now + 120_000; bench.now < end;) {
      bench.pass(100);
      if (bench.all("ask").length > 0) bench.answer(CLOSED);
      searched += bench.noted.filter((event) => event === "scheduler-searched").length;
    }
    expect(searched).toBeGreaterThan(2);
  });
});
