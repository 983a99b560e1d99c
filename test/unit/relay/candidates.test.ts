import { describe, expect, test } from "vitest";
import { parseNetwork } from "../../../src/relay/addresses.ts";
import { DEFAULT_LIMITS } from "../../../src/relay/limits.ts";
import {
  announce,
  Bench,
  CLOSED,
  LAB,
  MUTE,
  OTHER_LAB,
  REFUSED,
  SCHEDULER,
  UNREACHABLE,
  verified,
} from "./bench.ts";

const ALLOW = [parseNetwork("192.168.0.0/16")!];

describe("a scheduler that announces itself", () => {
  test("is asked before anything is broadcast for it, at the address that it came from", () => {
    const bench = new Bench();
    bench.heard(announce({ addresses: ["172.16.0.9"] }), SCHEDULER, "stream");
    expect(bench.all("ask").map(({ to }) => to)).toEqual([{ address: SCHEDULER, port: 9700 }]);
    expect(bench.all("announce")).toEqual([]);
  });

  test("is announced on every subnet once it is verified, with its verified address first", () => {
    const bench = new Bench();
    bench.heard(announce(), SCHEDULER, "stream");
    bench.answer(verified(announce()));
    expect(bench.all("announce")).toMatchObject([
      {
        announce: { addresses: [SCHEDULER], sign: "scheduler-sign" },
        subnets: [LAB, OTHER_LAB],
        ports: [9701],
      },
    ]);
    expect(bench.noted).toContain("scheduler-verified");
  });

  test("is not announced where its own broadcast was heard", () => {
    const bench = new Bench();
    bench.heard(announce(), "10.0.2.77", "broadcast");
    bench.answer(verified(announce()));
    expect(bench.all("announce")[0]?.subnets.map(({ id }) => id)).toEqual([OTHER_LAB.id]);
  });

  test("is announced everywhere if it pinged by TCP too", () => {
    const bench = new Bench();
    bench.heard(announce(), "10.0.2.77", "broadcast");
    const [asked] = bench.all("ask");
    bench.heard(announce(), "10.0.2.77", "stream");
    bench.give({ kind: "answered", ask: asked!.ask, answer: verified(announce()) });
    expect(bench.all("announce")[0]?.subnets).toHaveLength(2);
  });

  test.each([
    ["refused", REFUSED, "scheduler-refused"],
    ["no scheduler's", MUTE, "scheduler-unverified"],
  ] as const)("whose answer is %s gets nothing", (_, answer, event) => {
    const bench = new Bench();
    bench.heard(announce(), SCHEDULER, "datagram");
    bench.answer(answer);
    expect(bench.all("announce")).toEqual([]);
    expect(bench.noted).toEqual([event]);
  });

  test("marked as relayed is dropped, so that relays don't echo each other", () => {
    const bench = new Bench();
    bench.heard(announce({ relayed: true }), SCHEDULER, "stream");
    expect(bench.effects).toEqual([{ kind: "count", reason: "scheduler-already-relayed" }]);
  });

  test("by broadcast from no subnet of the relay's is dropped", () => {
    const bench = new Bench();
    bench.heard(announce(), "172.16.9.9", "broadcast");
    expect(bench.all("ask")).toEqual([]);
    expect(bench.counted).toEqual(["sender-outside"]);
  });
});

describe("the other addresses that a scheduler names", () => {
  test("are not dialled, and the log says which they were", () => {
    const bench = new Bench();
    bench.heard(announce({ addresses: ["192.168.1.5"] }), SCHEDULER, "datagram");
    bench.answer(CLOSED);
    expect(bench.all("ask")).toEqual([]);
    expect(bench.all("note")[0]?.note).toMatchObject({
      event: "scheduler-unverified",
      notAllowed: ["192.168.1.5"],
    });
  });

  test("are dialled where they are allowed, and stand first once verified there", () => {
    const bench = new Bench({ allow: ALLOW });
    bench.heard(announce({ addresses: ["172.16.0.9", "192.168.1.5"] }), SCHEDULER, "stream");
    bench.answer(CLOSED);
    expect(bench.all("ask").map(({ to }) => to.address)).toEqual(["192.168.1.5"]);
    bench.answer(verified(announce()));
    expect(bench.all("announce")[0]?.announce.addresses).toEqual(["192.168.1.5"]);
  });

  test("are passed on to nodes only where they are allowed", () => {
    const bench = new Bench({ allow: ALLOW });
    const message = announce({ addresses: ["172.16.0.9", "192.168.1.5", SCHEDULER] });
    bench.heard(message, SCHEDULER, "stream");
    bench.answer(verified(message));
    expect(bench.all("announce")[0]?.announce.addresses).toEqual([SCHEDULER, "192.168.1.5"]);
  });
});

describe("dials that strangers can cause", () => {
  test("are one for a datagram: its sender may be forged", () => {
    const bench = new Bench();
    bench.heard(announce(), "10.0.2.77", "broadcast");
    bench.answer(UNREACHABLE);
    bench.pass(60_000);
    expect(bench.all("ask")).toEqual([]);
  });

  test("are four for a connection, for a scheduler may announce itself before it listens", () => {
    const bench = new Bench();
    bench.heard(announce(), SCHEDULER, "stream");
    for (let dials = 1; dials < 4; dials += 1) {
      bench.answer(CLOSED);
      bench.pass(5000);
      expect(bench.all("ask")).toHaveLength(1);
    }
    bench.answer(CLOSED);
    bench.pass(600_000);
    expect(bench.all("ask")).toEqual([]);
  });

  test("are one while the answer to the same scheduler is awaited", () => {
    const bench = new Bench();
    bench.heard(announce(), SCHEDULER, "stream");
    bench.heard(announce({ sign: "newer" }), SCHEDULER, "stream");
    expect(bench.all("ask")).toEqual([]);
    expect(bench.counted).toEqual(["scheduler-already-asked"]);
  });

  test("end where the table of those being asked is full", () => {
    const bench = new Bench({ limits: { ...DEFAULT_LIMITS, candidates: 2 } });
    for (const host of ["1", "2", "3"]) bench.heard(announce(), `10.0.9.${host}`, "stream");
    expect(bench.counted).toEqual(["candidates-full"]);
    expect(bench.all("ask")).toEqual([]);
  });
});

describe("a release that can't be asked (before 4.9)", () => {
  const old = announce({ release: "4.6.18", port: 51347 });

  test("is believed when it pinged by TCP and takes a connection", () => {
    const bench = new Bench();
    bench.heard(old, SCHEDULER, "stream");
    bench.answer(MUTE);
    expect(bench.all("announce")[0]).toMatchObject({ announce: { release: "4.6.18" }, ports: [51348] });
  });

  test.each([
    ["by datagram", "datagram", false],
    ["when this relay has a secret", "stream", true],
  ] as const)("is not believed %s", (_, over, hasSecret) => {
    const bench = new Bench({ hasSecret });
    bench.heard(old, SCHEDULER, over);
    bench.answer(MUTE);
    expect(bench.all("announce")).toEqual([]);
  });
});
