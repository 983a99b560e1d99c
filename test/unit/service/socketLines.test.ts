import { describe, expect, it } from "vitest";
import type { Subnet } from "../../../src/relay/events.ts";
import type { Fault } from "../../../src/service/listeners.ts";
import { planSockets } from "../../../src/service/plan.ts";
import type { PlannedSocket } from "../../../src/service/plan.ts";
import { faultLines, listeningLines } from "../../../src/service/socketLines.ts";

const SUBNET: Subnet = {
  ...{ id: "eth0 10.0.3.7/24", interface: "eth0", family: 4, address: "10.0.3.7", network: "10.0.3.7/24" },
  broadcast: "10.0.3.255",
};
const OTHER: Subnet = { ...SUBNET, id: "eth1 10.0.4.7/24", interface: "eth1", address: "10.0.4.7" };

function faults(code: string, pick: (socket: PlannedSocket) => boolean): Fault[] {
  return planSockets([SUBNET], [9701], [9700])
    .filter(pick)
    .map((socket) => ({ socket, code }));
}

const tcp = ({ transport }: PlannedSocket): boolean => transport === "tcp";

describe("what is said of sockets that were opened", () => {
  it("is nothing where none was", () => {
    expect(listeningLines([])).toEqual([]);
  });

  it("is a line for each address, and one for the nodes' ports", () => {
    const lines = listeningLines(planSockets([SUBNET, OTHER], [51348, 9701], [51347, 9700]));
    expect(lines.map(({ text }) => text)).toEqual([
      "listening for schedulers on 10.0.3.7 port 51348, 9701",
      "listening for schedulers on 10.0.4.7 port 51348, 9701",
      "listening for nodes' broadcasts on port 51347, 9700",
    ]);
    expect(lines[0]).toMatchObject({
      event: "listening-for-schedulers",
      fields: { address: "10.0.3.7", ports: [51348, 9701] },
    });
  });

  it("names nodes' ports alone where only those were opened", () => {
    const lines = listeningLines(planSockets([SUBNET], [], [9700]));
    expect(lines.map(({ event }) => event)).toEqual(["listening-for-nodes"]);
  });
});

describe("what is said of sockets that couldn't be opened", () => {
  it("names port, address and --listen_port where a listening port is in use", () => {
    expect(faultLines(faults("EADDRINUSE", tcp))).toEqual([
      {
        level: "warning",
        event: "port-unavailable",
        text:
          "TCP port 9701 of 10.0.3.7 is in use by another program (a dispynode on this host?): schedulers can't " +
          "reach this relay there; choose a port of its own with --listen_port N, and clients then list ('10.0.3.7', N)",
        fields: { transport: "tcp", port: 9701, addresses: ["10.0.3.7"], code: "EADDRINUSE" },
      },
    ]);
  });

  it("is one line for all addresses of a port", () => {
    const lines = faultLines(faults("EADDRINUSE", ({ heardAt }) => heardAt === "scheduler-port"));
    expect(lines.map(({ text }) => text)).toEqual([
      "UDP port 9700 of 10.0.3.255, 255.255.255.255, 239.255.61.59 is in use by another program " +
        "(a scheduler on this host?): nodes that start are not heard there",
    ]);
  });

  it("keeps transports, ports and codes apart", () => {
    const all = [...faults("EADDRINUSE", () => true), ...faults("EACCES", tcp)];
    expect(
      faultLines(all).map(({ fields }) => [fields?.["transport"], fields?.["port"], fields?.["code"]]),
    ).toEqual([
      ["tcp", 9701, "EADDRINUSE"],
      ["udp", 9701, "EADDRINUSE"],
      ["udp", 9700, "EADDRINUSE"],
      ["tcp", 9701, "EACCES"],
    ]);
  });

  it.each([
    ["EACCES", "not permitted; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)"],
    ["EADDRNOTAVAIL", "this host doesn't have that address (any more)"],
    ["EMFILE", "EMFILE"],
  ])("explains %s", (code, meaning) => {
    expect(faultLines(faults(code, tcp))[0]?.text).toBe(
      `can't listen on TCP port 9701 of 10.0.3.7: ${meaning}`,
    );
  });
});
