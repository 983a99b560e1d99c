import { describe, expect, it } from "vitest";
import { Admission } from "../../../src/service/admission.ts";
import { Counters } from "../../../src/service/counters.ts";

describe("counters", () => {
  it("say nothing where nothing was dropped", () => {
    const counters = new Counters();
    expect([counters.toString(), counters.all]).toEqual(["", {}]);
  });

  it("count by reason, in order of first sight", () => {
    const counters = new Counters();
    for (const reason of ["b", "a", "b"]) counters.count(reason);
    expect(counters.toString()).toBe("b 2, a 1");
    expect(counters.all).toEqual({ b: 2, a: 1 });
  });

  it("give out what later counts don't change", () => {
    const counters = new Counters();
    counters.count("a");
    const { all } = counters;
    counters.count("a");
    expect(all).toEqual({ a: 1 });
  });
});

describe("admission", () => {
  const enter = (admission: Admission, times: number, from: string): (string | undefined)[] =>
    Array.from({ length: times }, () => admission.enter(from));

  it("admits 256 connections of one source, and other sources beside", () => {
    const admission = new Admission();
    expect(new Set(enter(admission, 256, "a"))).toEqual(new Set([undefined]));
    expect(admission.enter("a")).toBe("connections-of-source-full");
    expect(admission.enter("b")).toBeUndefined();
  });

  it("admits 1024 connections in all", () => {
    const admission = new Admission();
    for (const from of ["a", "b", "c", "d"])
      expect(enter(admission, 256, from)).not.toContain("connections-full");
    expect(admission.enter("e")).toBe("connections-full");
  });

  it("admits another for one that left, of any source", () => {
    const admission = new Admission();
    for (const from of ["a", "b", "c", "d"]) enter(admission, 256, from);
    admission.leave("a");
    expect(admission.enter("e")).toBeUndefined();
    expect(admission.enter("e")).toBe("connections-full");
  });

  it("counts no refused connection", () => {
    const admission = new Admission();
    enter(admission, 1000, "a");
    admission.leave("a");
    expect([admission.enter("a"), admission.enter("a")]).toEqual([undefined, "connections-of-source-full"]);
  });
});
