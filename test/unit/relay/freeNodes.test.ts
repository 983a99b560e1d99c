import { describe, expect, test } from "vitest";
import { Bench, CLOSED, nodeAnnounce } from "./bench.ts";
import type { NodeLeave } from "../../../src/wire/message.ts";

const NODE = "10.0.2.9";

function leave(sign: string): NodeLeave {
  return { kind: "node-leave", wire: "dispy", address: NODE, port: 9701, sign, extra: new Map() };
}

/** Three schedulers, admitted ten seconds apart, the first the longest waiting. */
function threeWaiting(): Bench {
  const bench = new Bench();
  for (const host of ["5", "6", "7"]) {
    bench.admit(`10.0.1.${host}`);
    bench.now += 10_000;
  }
  return bench;
}

function told(bench: Bench): string[] {
  return bench.all("introduce").map(({ scheduler }) => scheduler.addresses[0]!);
}

describe("a node that says it is free", () => {
  test("is told of the longest waiting scheduler at once, with both signs, and of the others in turn", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    expect(bench.all("introduce")).toMatchObject([
      { node: { host: NODE, port: 9701, sign: `sign of ${NODE}` }, scheduler: { sign: "sign of 10.0.1.5" } },
    ]);
    bench.pass(499);
    expect(told(bench)).toEqual([]);
    bench.pass(1);
    expect(told(bench)).toEqual(["10.0.1.6"]);
    bench.pass(500);
    expect(told(bench)).toEqual(["10.0.1.7"]);
  });

  test("is told of the next at once when the first turns out to be gone", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    const [asked] = bench.all("ask");
    expect(asked?.to.address).toBe("10.0.1.5");
    bench.give({ kind: "answered", ask: asked!.ask, answer: CLOSED });
    bench.pass(0);
    expect(told(bench)).toEqual(["10.0.1.6"]);
  });

  test("is told last of the scheduler that it was told of first the last time", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.pass(5000);
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    expect(told(bench)).toEqual(["10.0.1.6"]);
  });

  test("of another release is told of nobody, and the log says which release waits", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE, { release: "4.12.4" }), NODE, "broadcast");
    expect(bench.all("introduce")).toEqual([]);
    expect(bench.all("note")[0]?.note).toMatchObject({ event: "node-unmatched", live: ["4.15.2"] });
  });

  test("is reached at the address that it sends from, whatever it calls itself", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce("203.0.113.8"), NODE, "broadcast");
    expect(bench.all("introduce")[0]?.node.host).toBe(NODE);
  });

  test.each([
    ["by a datagram to the relay alone", NODE, "datagram", "node-not-by-broadcast"],
    ["by a connection", NODE, "stream", "node-not-by-broadcast"],
    ["from outside the subnets", "172.16.0.9", "broadcast", "sender-outside"],
  ] as const)("%s is not dialled", (_, from, over, reason) => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), from, over);
    expect(bench.all("introduce")).toEqual([]);
    expect(bench.counted).toEqual([reason]);
  });

  test("twice within milliseconds is the same datagram on two sockets", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.now += 5;
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    expect(bench.effects).toEqual([{ kind: "count", reason: "node-repeated" }]);
  });
});

describe("a node for which there were rivals", () => {
  test("is taken off the lists of those that may have found it busy, before it is offered anew", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.pass(5000);
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    const kinds = bench.effects.map(({ kind }) => kind);
    expect(bench.all("report-leave").map(({ to }) => to.address)).toEqual([
      "10.0.1.5",
      "10.0.1.6",
      "10.0.1.7",
    ]);
    expect(kinds.indexOf("report-leave")).toBeLessThan(kinds.indexOf("introduce"));
  });

  test("stays on them when it is free again within the time that taking it needs", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.pass(400);
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    expect(bench.all("report-leave")).toEqual([]);
  });

  test("needs nothing of it when it has restarted: its new sign makes it a new node", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.pass(5000);
    bench.heard(nodeAnnounce(NODE, { sign: "restarted" }), NODE, "broadcast");
    expect(bench.all("report-leave")).toEqual([]);
    expect(told(bench)).toEqual(["10.0.1.5"]);
  });

  test("is not for a single scheduler, which is never told that it left", () => {
    const bench = new Bench();
    bench.admit();
    for (let times = 0; times < 3; times += 1) {
      bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
      expect(bench.all("report-leave")).toEqual([]);
      bench.pass(5000);
    }
  });
});

describe("a node that ends", () => {
  test("is reported to the live schedulers of its release", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.heard(leave(`sign of ${NODE}`), NODE, "broadcast");
    expect(bench.all("report-leave").map(({ to }) => to.address)).toEqual([
      "10.0.1.5",
      "10.0.1.6",
      "10.0.1.7",
    ]);
    bench.pass(5000);
    expect(told(bench)).toEqual([]);
  });

  test("is not believed with another's sign, nor when it was never heard", () => {
    const bench = threeWaiting();
    bench.heard(nodeAnnounce(NODE), NODE, "broadcast");
    bench.heard(leave("guessed"), NODE, "broadcast");
    expect(bench.effects).toEqual([{ kind: "count", reason: "leave-of-unknown-node" }]);
    bench.heard(leave(`sign of ${NODE}`), "10.0.2.66", "broadcast");
    expect(bench.effects).toEqual([{ kind: "count", reason: "leave-of-unknown-node" }]);
  });
});

test("nodes that hear no broadcast are told of a scheduler with each announcement", () => {
  const bench = new Bench({ nodeHosts: [{ host: "cloud-node" }, { host: "10.9.9.9", port: 7000 }] });
  bench.admit();
  expect(bench.all("introduce").map(({ node }) => node)).toEqual([
    { host: "cloud-node", port: 9701 },
    { host: "10.9.9.9", port: 7000 },
  ]);
});
