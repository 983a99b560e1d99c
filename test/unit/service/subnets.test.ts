import { describe, expect, it } from "vitest";
import type { HostAddress } from "../../../src/net/interfaces.ts";
import { missing, subnetsOf } from "../../../src/service/subnets.ts";

function v4(cidr: string, name = "eth0", isLoopback = false): HostAddress {
  return { interface: name, family: 4, address: cidr.split("/")[0]!, cidr, isLoopback };
}

function v6(cidr: string, name = "eth0", isLoopback = false): HostAddress {
  return { interface: name, family: 6, address: cidr.split("/")[0]!, cidr, isLoopback };
}

const HOST = [
  v4("127.0.0.1/8", "lo", true),
  v6("::1/128", "lo", true),
  v4("10.0.3.7/24"),
  v4("10.0.4.7/24"),
  v6("fd00::7/64"),
  v4("192.168.1.2/16", "wlan0"),
];

describe("the broadcast address of", () => {
  it.each([
    ["10.1.2.3/8", "10.255.255.255"],
    ["10.1.2.3/9", "10.127.255.255"],
    ["10.200.2.3/9", "10.255.255.255"],
    ["172.16.5.4/12", "172.31.255.255"],
    ["192.168.1.2/16", "192.168.255.255"],
    ["10.0.3.7/23", "10.0.3.255"],
    ["10.0.3.7/24", "10.0.3.255"],
    ["10.0.3.7/25", "10.0.3.127"],
    ["10.0.3.200/25", "10.0.3.255"],
    ["10.0.3.65/28", "10.0.3.79"],
    ["10.0.3.7/30", "10.0.3.7"],
    ["255.255.254.1/24", "255.255.254.255"],
    ["10.0.3.7/31", undefined],
    ["10.0.3.7/32", undefined],
  ])("%s is %s", (cidr, broadcast) => {
    const [subnet] = subnetsOf([v4(cidr)], []);
    expect(subnet?.broadcast).toBe(broadcast);
    expect(Object.hasOwn(subnet!, "broadcast")).toBe(broadcast !== undefined);
  });

  it("an IPv6 network isn't there", () => {
    const [subnet] = subnetsOf([v6("fd00::7/64")], []);
    expect(subnet).toEqual({
      id: "eth0 fd00::7/64",
      interface: "eth0",
      family: 6,
      address: "fd00::7",
      network: "fd00::7/64",
    });
  });
});

describe("the subnets served", () => {
  it.each([
    { named: [], served: ["10.0.3.7", "10.0.4.7", "fd00::7", "192.168.1.2"] },
    { named: ["eth0"], served: ["10.0.3.7", "10.0.4.7", "fd00::7"] },
    { named: ["10.0.4.7"], served: ["10.0.4.7"] },
    { named: ["wlan0", "10.0.3.7"], served: ["10.0.3.7", "192.168.1.2"] },
    { named: ["eth0", "10.0.3.7"], served: ["10.0.3.7", "10.0.4.7", "fd00::7"] },
    { named: ["fd00:0::0007"], served: ["fd00::7"] },
    { named: ["lo"], served: ["127.0.0.1", "::1"] },
    { named: ["127.0.0.1"], served: ["127.0.0.1"] },
    { named: ["eth"], served: [] },
    { named: ["10.0.3.8"], served: [] },
  ])("for $named are those of $served", ({ named, served }) => {
    expect(subnetsOf(HOST, named).map(({ address }) => address)).toEqual(served);
  });

  it("keep their ids whatever else the host has", () => {
    const alone = subnetsOf([v4("10.0.3.7/24")], []).map(({ id }) => id);
    expect(subnetsOf(HOST, ["10.0.3.7"]).map(({ id }) => id)).toEqual(alone);
  });

  it("have different ids for different addresses, masks and interfaces", () => {
    const all = [v4("10.0.3.7/24"), v4("10.0.3.7/25"), v4("10.0.3.8/24"), v4("10.0.3.7/24", "eth1")];
    expect(new Set(subnetsOf(all, []).map(({ id }) => id)).size).toBe(4);
  });
});

describe("missing", () => {
  it.each([
    { named: [], absent: [] },
    { named: ["eth0", "127.0.0.1"], absent: [] },
    { named: ["eth9", "eth0", "10.9.9.9"], absent: ["eth9", "10.9.9.9"] },
  ])("of $named are $absent", ({ named, absent }) => {
    expect(missing(HOST, named)).toEqual(absent);
  });
});
