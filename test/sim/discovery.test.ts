import { describe, expect, test } from "vitest";
import { SimLab } from "./lab.ts";
import type { SimScheduler } from "./peers.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

/** Runs until these schedulers together have had every node of the lab. */
function allServed(lab: SimLab, schedulers: readonly SimScheduler[], limit: number): boolean {
  const isServed = ({ address }: { address: string }): boolean =>
    schedulers.some(({ served }) => served.has(address));
  return lab.clock.runUntil(() => lab.nodes.every(isServed), limit);
}

describe("a scheduler that pings the relay", () => {
  test("gets the nodes of every subnet at once", () => {
    const lab = new SimLab(1);
    lab.addNodes(30);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    expect(allServed(lab, [scheduler], SECOND)).toBe(true);
  });

  test.each(SEEDS)("gets all of 50 nodes though half of the datagrams are lost (seed %i)", (seed) => {
    const lab = new SimLab(seed, { loss: 0.5, doubled: 0.1, delay: 50 });
    lab.addNodes(50);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    expect(allServed(lab, [scheduler], 3 * MINUTE)).toBe(true);
  });

  test("gets a node that starts later, with the first word it says", () => {
    const lab = new SimLab(2);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    lab.clock.runUntil(() => false, 10 * MINUTE);
    lab.addNodes(1)[0]!.announce();
    expect(allServed(lab, [scheduler], 100)).toBe(true);
  });

  test("gets a late node whose only word was lost, when it is announced the next time", () => {
    const lab = new SimLab(3);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    lab.clock.runUntil(() => false, 10 * MINUTE);
    lab.addNodes(1);
    expect(allServed(lab, [scheduler], 3 * MINUTE)).toBe(true);
  });

  test("gets none of another release's nodes", () => {
    const lab = new SimLab(4);
    const old = lab.addNodes(5, "4.12.4");
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    for (const node of old) node.announce();
    lab.clock.runUntil(() => false, MINUTE);
    expect(scheduler.served.size).toBe(0);
  });
});

describe("several schedulers", () => {
  test.each(SEEDS)("that start at the same moment have the nodes one after the other (seed %i)", (seed) => {
    const lab = new SimLab(seed);
    for (const node of lab.addNodes(6)) if (lab.clock.random() < 0.5) node.announce();
    lab.clock.runUntil(() => false, 1000 * lab.clock.random());
    const [a, b, c] = [5, 6, 7].map((n) => lab.addScheduler(`10.71.1.${n}`)) as [
      SimScheduler,
      SimScheduler,
      SimScheduler,
    ];
    for (const each of [a, b, c]) each.pingRelay();
    expect(allServed(lab, [a, b, c], 10 * SECOND)).toBe(true);

    const waiting = new Set([a, b, c]);
    for (let round = 0; round < 2; round += 1) {
      const holder = [...waiting].sort((x, y) => y.served.size - x.served.size)[0]!;
      waiting.delete(holder);
      for (const each of waiting) each.served.clear();
      const held = [...holder.served];
      lab.clock.runUntil(() => false, 60 + 2000 * lab.clock.random()); // jobs take their time
      holder.close();
      const isHandedOn = (): boolean =>
        held.every((address) => [...waiting].some(({ served }) => served.has(address)));
      expect(lab.clock.runUntil(isHandedOn, 30 * SECOND)).toBe(true);
    }
    expect(lab.schedulers.some(({ wasWronged }) => wasWronged)).toBe(false);
  });

  test.each(SEEDS)("whose nodes' goodbyes and greetings get lost have them in the end (seed %i)", (seed) => {
    const lab = new SimLab(seed, { loss: 0.3, doubled: 0.1, delay: 20 });
    lab.addNodes(6);
    const a = lab.addScheduler("10.71.1.5");
    a.pingRelay();
    expect(allServed(lab, [a], 3 * MINUTE)).toBe(true);
    const b = lab.addScheduler("10.71.1.6");
    b.pingRelay();
    lab.clock.runUntil(() => false, MINUTE);
    a.close();
    expect(allServed(lab, [b], 5 * MINUTE)).toBe(true);
    expect(b.wasWronged).toBe(false);
  });

  test("that died don't shadow one that waits", () => {
    const lab = new SimLab(5);
    lab.addNodes(4);
    const [a, dead, b] = [5, 6, 7].map((n) => lab.addScheduler(`10.71.1.${n}`)) as [
      SimScheduler,
      SimScheduler,
      SimScheduler,
    ];
    for (const each of [a, dead, b]) {
      each.pingRelay();
      lab.clock.runUntil(() => false, 2 * SECOND);
    }
    dead.isAlive = false;
    a.close();
    expect(allServed(lab, [b], SECOND)).toBe(true);
  });

  test("that have ended are forgotten, and asked no more", () => {
    const lab = new SimLab(6);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    lab.clock.runUntil(() => lab.remembered.length === 1, SECOND);
    scheduler.close();
    expect(lab.clock.runUntil(() => lab.remembered.length === 0, 3 * MINUTE)).toBe(true);
    expect(lab.clock.runUntil(() => false, 60 * MINUTE)).toBe(false);
    expect(lab.announcements.filter(({ announce }) => announce.port === 9700).length).toBeLessThan(30);
  });
});

describe("a relay that restarts", () => {
  test("announces the schedulers that it knew, though they say nothing again", () => {
    const lab = new SimLab(7);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    lab.clock.runUntil(() => lab.remembered.length === 1, SECOND);
    lab.addNodes(3);
    lab.startRelay();
    expect(allServed(lab, [scheduler], SECOND)).toBe(true);
  });

  test("forgets those that ended meanwhile", () => {
    const lab = new SimLab(8);
    const scheduler = lab.addScheduler("10.71.1.5");
    scheduler.pingRelay();
    lab.clock.runUntil(() => lab.remembered.length === 1, SECOND);
    scheduler.close();
    lab.startRelay();
    lab.announcements.length = 0;
    expect(lab.clock.runUntil(() => lab.remembered.length === 0, MINUTE)).toBe(true);
    expect(lab.announcements).toEqual([]);
  });
});

test("a relay's own announcements end at itself", () => {
  const lab = new SimLab(9);
  lab.addScheduler("10.71.1.5").pingRelay();
  lab.clock.runUntil(() => false, MINUTE);
  expect(lab.counts.get("scheduler-already-relayed")).toBe(lab.announcements.length);
  expect(lab.announcements.length).toBeLessThan(20);
});
