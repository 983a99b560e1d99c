import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { hostAddresses } from "../../../src/net/interfaces.ts";
import { addressesOf } from "../../../src/net/resolve.ts";

describe("addressesOf", () => {
  it("knows localhost, by addresses of the loopback", async () => {
    const found = await addressesOf("localhost");
    expect(found.length).toBeGreaterThan(0);
    for (const address of found) expect(address).toMatch(/^(127\.|::1$)/);
  });

  it("gives an address as it is", async () => {
    expect(await addressesOf("127.0.0.9")).toStrictEqual(["127.0.0.9"]);
    expect(await addressesOf("::1")).toStrictEqual(["::1"]);
  });

  it("has none for a name that nobody has", async () => {
    expect(await addressesOf("unknown.invalid")).toStrictEqual([]);
  });
});

describe("hostAddresses", () => {
  it("has the loopback", () => {
    const loopback = hostAddresses().find(({ address }) => address === "127.0.0.1");
    expect(loopback).toMatchObject({ family: 4, cidr: "127.0.0.1/8", isLoopback: true });
  });

  it("says each address with its family and prefix, none of them link-local", () => {
    for (const each of hostAddresses()) {
      expect(isIP(each.address)).toBe(each.family);
      expect(each.cidr.startsWith(`${each.address}/`)).toBe(true);
      expect(each.address).not.toMatch(/^fe80:/);
    }
  });
});
