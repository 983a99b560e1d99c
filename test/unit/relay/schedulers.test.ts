import { describe, expect, test } from "vitest";
import type { Effect } from "../../../src/relay/events.ts";
import { DEFAULT_LIMITS } from "../../../src/relay/limits.ts";
import {
  announce,
  Bench,
  CLOSED,
  LAB,
  OTHER_LAB,
  REFUSED,
  SCHEDULER,
  UNREACHABLE,
  verified,
} from "./bench.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

function announcementsIn(effects: readonly Effect[]): number {
  return effects.filter(({ kind }) => kind === "announce").length;
}

/** Passes time and answers each question for a scheduler that is well. Returns how often it was announced. */
function passAnswering(bench: Bench, ms: number): number {
  let announced = 0;
  for (const end = bench.now + ms; bench.now < end;) {
    announced += announcementsIn(bench.pass(100));
    if (bench.all("ask").length > 0)
      announced += announcementsIn(bench.answer(verified(announce({ sign: `sign of ${SCHEDULER}` }))));
  }
  return announced;
}

describe("a live scheduler", () => {
  test("is announced often at first and then every two minutes, for as long as it answers", () => {
    const bench = new Bench();
    bench.admit();
    expect(passAnswering(bench, 10 * SECOND)).toBeGreaterThanOrEqual(6);
    expect(passAnswering(bench, 50 * SECOND)).toBeLessThanOrEqual(6);
    passAnswering(bench, 10 * MINUTE);
    const anHour = passAnswering(bench, 60 * MINUTE);
    expect(anHour).toBeGreaterThanOrEqual(27);
    expect(anHour).toBeLessThanOrEqual(34);
  });

  test("is asked again before an announcement once its answer isn't fresh", () => {
    const bench = new Bench();
    bench.admit();
    bench.pass(30 * SECOND);
    expect(bench.all("ask")).toHaveLength(1);
    expect(bench.all("ask")[0]?.announce.sign).toBe(`sign of ${SCHEDULER}`);
  });

  test("that pings again is announced at once, but for its last announcement a moment ago", () => {
    const bench = new Bench();
    bench.admit();
    bench.pass(1500);
    bench.now += 100;
    const again = announce({ sign: `sign of ${SCHEDULER}` });
    bench.now = Math.max(bench.now, bench.relay.schedulers[0]!.offeredAt + 250);
    bench.heard(again, SCHEDULER, "stream");
    expect(bench.all("announce")).toHaveLength(1);
    bench.heard(again, SCHEDULER, "stream");
    expect(bench.all("announce")).toEqual([]);
  });

  test("that pings again at once causes nothing, after the burst a new burst without a dial", () => {
    const bench = new Bench();
    bench.admit();
    bench.heard(announce({ sign: `sign of ${SCHEDULER}` }), SCHEDULER, "stream");
    expect(bench.effects).toEqual([{ kind: "count", reason: "scheduler-already-announced" }]);
    bench.pass(19 * SECOND);
    bench.heard(announce({ sign: `sign of ${SCHEDULER}` }), SCHEDULER, "stream");
    expect(bench.all("ask")).toEqual([]);
    expect(bench.all("announce")).toHaveLength(1);
  });

  test("that restarted is believed at once by its own connection", () => {
    const bench = new Bench();
    bench.admit();
    bench.heard(announce({ sign: "new" }), SCHEDULER, "stream");
    expect(bench.all("ask")).toEqual([]);
    expect(bench.all("announce")[0]?.announce.sign).toBe("new");
    expect(bench.noted).toEqual(["scheduler-restarted"]);
  });

  test("with a new sign in a datagram is asked first: a forged sign would cut it off", () => {
    const bench = new Bench();
    bench.admit("10.0.2.77");
    bench.heard(announce({ sign: "forged" }), "10.0.2.77", "broadcast");
    expect(bench.all("announce")).toEqual([]);
    bench.answer(REFUSED);
    expect(bench.relay.schedulers).toEqual([]);
  });

  test("isn't replaced by a stranger who names its address", () => {
    const bench = new Bench({ allow: [{ text: "all", contains: () => true }] });
    bench.admit();
    bench.heard(announce({ sign: "stranger's", addresses: [SCHEDULER] }), "10.0.9.9", "stream");
    expect(bench.all("announce")).toEqual([]);
    expect(bench.all("ask").map(({ to }) => to.address)).toEqual([SCHEDULER]);
  });

  test("is announced anew when a subnet appears", () => {
    const bench = new Bench();
    bench.admit();
    passAnswering(bench, 10 * MINUTE);
    bench.give({ kind: "subnets", subnets: [LAB] });
    expect(announcementsIn(bench.pass(0))).toBe(0);
    bench.give({ kind: "subnets", subnets: [LAB, OTHER_LAB] });
    bench.pass(0);
    bench.answer(verified(announce({ sign: `sign of ${SCHEDULER}` })));
    bench.pass(0);
    expect(bench.all("announce")[0]?.subnets).toHaveLength(2);
  });

  test("of IPv4 only is not announced on an IPv6 subnet", () => {
    const bench = new Bench();
    const six = {
      id: "eth1 fd00::1/64",
      interface: "eth1",
      family: 6,
      address: "fd00::1",
      network: "fd00::1/64",
    } as const;
    bench.give({ kind: "subnets", subnets: [LAB, six] });
    bench.admit();
    expect(bench.all("announce")[0]?.subnets.map(({ id }) => id)).toEqual([LAB.id]);
  });
});

describe("a scheduler that stops answering", () => {
  test("is forgotten within seconds when its host says that nobody listens", () => {
    const bench = new Bench();
    bench.admit();
    const noted: string[] = [];
    for (const end = bench.now + MINUTE; bench.now < end;) {
      bench.pass(100);
      if (bench.all("ask").length > 0) bench.answer(CLOSED);
      noted.push(...bench.noted);
    }
    expect(noted).toEqual(["scheduler-silent", "scheduler-gone"]);
    expect(bench.relay.schedulers).toEqual([]);
    expect(bench.relay.deadline).toBe(Infinity);
  });

  test("behind a broken link is kept for half an hour, and announced when it is back", () => {
    const bench = new Bench();
    bench.admit();
    for (const end = bench.now + 20 * MINUTE; bench.now < end;) {
      bench.pass(SECOND);
      if (bench.all("ask").length > 0) bench.answer(UNREACHABLE);
    }
    while (bench.all("ask").length === 0) bench.pass(SECOND);
    bench.answer(verified(announce({ sign: `sign of ${SCHEDULER}` })));
    expect(bench.noted).toEqual(["scheduler-back"]);
    expect(bench.all("announce")).toHaveLength(1);
  });
});

describe("what is remembered", () => {
  test("is told whenever it changes, and holds no sign", () => {
    const bench = new Bench();
    bench.admit();
    expect(bench.all("save")).toEqual([
      { kind: "save", schedulers: [{ address: SCHEDULER, port: 9700, wire: "dispy", release: "4.15.2" }] },
    ]);
    bench.pass(SECOND);
    expect(bench.all("save")).toEqual([]);
  });

  test("is asked anew after a restart, and announced only then", () => {
    const bench = new Bench();
    bench.give({
      kind: "remember",
      schedulers: [{ address: SCHEDULER, port: 9700, wire: "dispy", release: "4.15.2" }],
    });
    expect(bench.all("listen")).toEqual([{ kind: "listen", ports: [9700] }]);
    bench.pass(0);
    expect(bench.all("announce")).toEqual([]);
    bench.answer(verified(announce()));
    expect(bench.all("announce")[0]?.announce.sign).toBe("scheduler-sign");
  });

  test("with a secret is asked twice: for its sign, and then with the proof", () => {
    const bench = new Bench({ hasSecret: true });
    bench.give({
      kind: "remember",
      schedulers: [{ address: SCHEDULER, port: 9700, wire: "dispy", release: "4.15.2" }],
    });
    bench.pass(0);
    bench.answer(verified(announce()));
    expect(bench.all("announce")).toEqual([]);
    expect(bench.all("ask")[0]?.announce.sign).toBe("scheduler-sign");
    bench.answer(REFUSED);
    expect(bench.relay.schedulers).toEqual([]);
  });

  test("never exceeds its limit: the newest is turned away", () => {
    const bench = new Bench({ limits: { ...DEFAULT_LIMITS, schedulers: 1 } });
    bench.admit();
    bench.admit("10.0.1.6");
    expect(bench.counted).toContain("schedulers-full");
    expect(bench.relay.schedulers.map(({ endpoint }) => endpoint.address)).toEqual([SCHEDULER]);
  });
});

describe("announcements of several schedulers", () => {
  test("are made at once the first time, and repeated half a second apart", () => {
    const bench = new Bench();
    bench.admit("10.0.1.5");
    bench.now += 10;
    bench.admit("10.0.1.6");
    expect(bench.all("announce")).toHaveLength(1);
    let last = { address: "10.0.1.6", at: bench.now };
    for (const end = bench.now + 4 * SECOND; bench.now < end;) {
      bench.pass(1);
      for (const { announce: made } of bench.all("announce")) {
        const address = made.addresses[0]!;
        if (address !== last.address) expect(bench.now - last.at).toBeGreaterThanOrEqual(499);
        last = { address, at: bench.now };
      }
    }
    expect(last.at).toBeGreaterThan(3000);
  });
});
