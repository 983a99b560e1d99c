import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/wire/dispy/decode.ts";
import type { HeardAt } from "../../../src/wire/dispy/decode.ts";
import {
  encodeAnnouncement,
  encodeIntroduction,
  encodeLeave,
  encodeQuestion,
  MAX_DATAGRAM_BYTES,
} from "../../../src/wire/dispy/encode.ts";
import { PyFloat, PyTuple } from "../../../src/wire/dispy/pickle/value.ts";
import type { PyDict, PyValue } from "../../../src/wire/dispy/pickle/value.ts";
import { readPickle } from "../../../src/wire/dispy/pickle/read.ts";
import type { Extra, Message, NodeLeave, SchedulerAnnounce } from "../../../src/wire/message.ts";
import { latin1, swellingPing } from "../../support/dispyBytes.ts";

const SIGN = "142f817c3ec0586de0f960c1c0483043b61a0d06";
const AUTH = latin1("ef34a8eeff378d6ab5a5b4ff5c7f209011ebc409");
const ASKED = "10.71.1.5";
const NO_EXTRA: Extra = new Map();

function unsigned(changed: Partial<SchedulerAnnounce> = {}): SchedulerAnnounce {
  return {
    kind: "scheduler-announce",
    wire: "dispy",
    release: "4.15.2",
    port: 9700,
    addresses: [ASKED, "fd00:71::5"],
    relayed: false,
    extra: NO_EXTRA,
    ...changed,
  };
}

function scheduler(changed: Partial<SchedulerAnnounce> = {}): SchedulerAnnounce {
  return unsigned({ sign: SIGN, ...changed });
}

const leave: NodeLeave = {
  kind: "node-leave",
  wire: "dispy",
  address: "10.71.2.14",
  port: 9701,
  sign: SIGN,
  extra: new Map<string, unknown>([["reason", new PyTuple([1, new PyFloat(0.5)])]]),
};

/** Fields of every kind that a pickle can hold. */
const EXTRA: Extra = new Map<string, unknown>([
  ["node_ip_addr", "10.71.2.1"],
  ["nothing", null],
  ["bytes", latin1("\x00\xff")],
  ["long", 2n ** 80n],
  ["ünïcode", ["é", new Map<PyValue, PyValue>([[1, new Set<PyValue>(["a"])]])]],
]);

function split(bytes: Uint8Array): { tag: string; fields: PyDict } {
  const colon = bytes.indexOf(0x3a);
  const tag = Buffer.from(bytes.subarray(0, colon)).toString("ascii");
  return { tag, fields: readPickle(bytes.subarray(colon + 1)) as PyDict };
}

function names(bytes: Uint8Array): PyValue[] {
  return [...split(bytes).fields.keys()].sort();
}

/** What was encoded is what is read back by whoever hears it. RELAY_INFO carries what PING does, under its own tag. */
function expectContract(bytes: Uint8Array | undefined, expected: Message, heardAt: HeardAt): void {
  const { tag } = split(bytes!);
  const ping =
    tag === "RELAY_INFO" ? new Uint8Array([...latin1("PING:"), ...bytes!.subarray(tag.length + 1)]) : bytes!;
  expect(decodeMessage(ping, heardAt)).toStrictEqual(expected);
}

/** What a relay adds when it says a scheduler's ping again. */
function relayed(announce: SchedulerAnnounce, added: readonly (readonly [string, unknown])[]): Message {
  return { ...announce, relayed: true, extra: new Map([...announce.extra, ...added]) };
}

const announces: readonly [string, SchedulerAnnounce][] = [
  ["as usual", scheduler()],
  ["without sign", unsigned()],
  ["with unknown fields", scheduler({ extra: EXTRA })],
  ["of 4.2, the first with a list of addresses", scheduler({ release: "4.2", port: 51347 })],
  ["of a release to come", scheduler({ release: "5.0rc1", port: 1 })],
  ["with a zone and text beyond ASCII", scheduler({ addresses: ["fe80::1%eth0", "é"], port: 65535 })],
];

describe("decodeMessage reads back what is encoded:", () => {
  it.each(announces)("a question about a scheduler %s", (_name, announce) => {
    const asked = ["scheduler_ip_addr", ASKED] as const;
    expectContract(encodeQuestion(announce, ASKED), relayed(announce, [asked]), "scheduler-port");
    expectContract(
      encodeQuestion(announce, ASKED, AUTH),
      relayed(announce, [asked, ["auth", AUTH]]),
      "scheduler-port",
    );
  });

  it.each(announces)("an announcement of a scheduler %s", (_name, announce) => {
    const verified = ["scheduler_ip_addr", announce.addresses[0]] as const;
    expectContract(encodeAnnouncement(announce), relayed(announce, [verified]), "node-port");
    expectContract(
      encodeAnnouncement(announce, AUTH),
      relayed(announce, [verified, ["auth", AUTH]]),
      "node-port",
    );
  });

  it.each(announces)("an introduction of a scheduler %s, without unknown fields", (_name, announce) => {
    const expected = { ...announce, relayed: true, extra: NO_EXTRA };
    expectContract(encodeIntroduction(announce), expected, "node-port");
  });

  it("an introduction of a scheduler before 4.2, with its first address", () => {
    const announce = scheduler({ release: "4.1", port: 51347 });
    const expected = { ...announce, addresses: [ASKED], relayed: true };
    expectContract(encodeIntroduction(announce), expected, "node-port");
  });

  // A relay hears its own announcement: taken for a node's, it wouldn't be dropped as relayed.
  it("an announcement of a scheduler before 4.2, with its first address", () => {
    const announce = scheduler({ release: "4.1", port: 51347 });
    const expected = relayed({ ...announce, addresses: [ASKED] }, [["scheduler_ip_addr", ASKED]]);
    expectContract(encodeAnnouncement(announce), expected, "node-port");
  });

  it.each(["node-port", "scheduler-port"] as const)("a leave, at a %s", (heardAt) => {
    expectContract(encodeLeave(leave), leave, heardAt);
  });
});

describe("a question", () => {
  it("is RELAY_INFO with the fields of dispy's own", () => {
    const bytes = encodeQuestion(scheduler(), ASKED, AUTH);
    expect(split(bytes)).toStrictEqual({
      tag: "RELAY_INFO",
      fields: new Map<PyValue, PyValue>([
        ["version", "4.15.2"],
        ["sign", SIGN],
        ["port", 9700],
        ["relay", "y"],
        ["scheduler_ip_addr", ASKED],
        ["ip_addrs", [ASKED, "fd00:71::5"]],
        ["auth", AUTH],
      ]),
    });
  });

  it("says a sign of None where it isn't known", () => {
    expect(split(encodeQuestion(unsigned(), ASKED)).fields.get("sign")).toBeNull();
  });

  it("has no auth without a proof, not even the one that came with the ping", () => {
    const announce = scheduler({ extra: new Map([["auth", latin1("another's")]]) });
    expect(names(encodeQuestion(announce, ASKED))).not.toContain("auth");
    expect(split(encodeQuestion(announce, ASKED, AUTH)).fields.get("auth")).toStrictEqual(AUTH);
  });

  it("isn't led astray by unknown fields of its own names", () => {
    const extra = new Map<string, unknown>([
      ["scheduler_ip_addr", "10.9.9.9"],
      ["relay", ""],
      ["version", "0"],
      ["port", 1],
      ["sign", "x"],
      ["ip_addrs", []],
    ]);
    const announce = scheduler({ extra });
    expect(split(encodeQuestion(announce, ASKED)).fields).toStrictEqual(
      split(encodeQuestion(scheduler(), ASKED)).fields,
    );
  });

  it("leaves the announce as it was", () => {
    const extra = new Map<string, unknown>([["auth", 1]]);
    const announce = scheduler({ extra });
    encodeQuestion(announce, ASKED, AUTH);
    encodeAnnouncement(announce);
    expect(announce).toStrictEqual(scheduler({ extra: new Map([["auth", 1]]) }));
  });
});

describe("an announcement", () => {
  const sixty = Array.from({ length: 60 }, (_item, i) => `fd00:71:0:0:8000:ffff:0:${1000 + i}`);

  function fieldsOf(bytes: Uint8Array | undefined): PyDict {
    expect(bytes!.length).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
    return split(bytes!).fields;
  }

  it("names the verified address as the one that was asked", () => {
    const { tag, fields } = split(encodeAnnouncement(scheduler(), AUTH)!);
    expect(tag).toBe("PING");
    expect(fields.get("scheduler_ip_addr")).toBe(ASKED);
    expect(fields.get("ip_addrs")).toStrictEqual([ASKED, "fd00:71::5"]);
    expect(fields.get("auth")).toStrictEqual(AUTH);
  });

  it("carries no auth where there is none", () => {
    expect(names(encodeAnnouncement(scheduler())!)).not.toContain("auth");
  });

  it("says a scheduler before 4.2 by one address, and no list", () => {
    const { fields } = split(encodeAnnouncement(scheduler({ release: "4.1" }))!);
    expect(fields.get("ip_addr")).toBe(ASKED);
    expect(fields.has("ip_addrs")).toBe(false);
  });

  it("of 60 addresses keeps as many as a node reads, cut from the end", () => {
    const announce = scheduler({ addresses: [ASKED, ...sixty.slice(1)], extra: EXTRA });
    const fields = fieldsOf(encodeAnnouncement(announce, AUTH));
    const kept = fields.get("ip_addrs") as string[];
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(60);
    expect(kept).toStrictEqual(announce.addresses.slice(0, kept.length));
    for (const [name, value] of EXTRA) expect(fields.get(name)).toStrictEqual(value);
    const oneMore = encodeQuestion(
      { ...announce, addresses: announce.addresses.slice(0, kept.length + 1) },
      ASKED,
      AUTH,
    );
    expect(oneMore.length - "RELAY_INFO:".length + "PING:".length).toBeGreaterThan(MAX_DATAGRAM_BYTES);
  });

  it("is 1000 bytes at the most, exactly", () => {
    const padded = (length: number): SchedulerAnnounce =>
      scheduler({ extra: new Map([["pad", "x".repeat(length)]]), addresses: [ASKED] });
    // 256 and more characters have a longer header, so measure beyond that.
    const room = MAX_DATAGRAM_BYTES - encodeAnnouncement(padded(300))!.length;
    const full = encodeAnnouncement(padded(300 + room));
    expect(full).toHaveLength(MAX_DATAGRAM_BYTES);
    expect(split(full!).fields.has("pad")).toBe(true);
    expect(names(encodeAnnouncement(padded(301 + room))!)).not.toContain("pad");
  });

  it("gives up the unknown fields last, and then as few addresses as can be", () => {
    const extra = new Map<string, unknown>([["pad", "x".repeat(2000)]]);
    const fields = fieldsOf(encodeAnnouncement(scheduler({ extra }), AUTH));
    expect(fields.has("pad")).toBe(false);
    expect(fields.get("ip_addrs")).toStrictEqual([ASKED]);
    expect(fields.get("auth")).toStrictEqual(AUTH);
  });

  it("is none without an address", () => {
    expect(encodeAnnouncement(scheduler({ addresses: [] }))).toBeUndefined();
  });

  it("is none where the fields that it needs are too long", () => {
    expect(encodeAnnouncement(scheduler({ sign: "s".repeat(MAX_DATAGRAM_BYTES) }))).toBeUndefined();
  });

  it("gives up unknown fields that grow beyond what can be written", () => {
    const heard = decodeMessage(swellingPing(9700, "4.15.2"), "node-port") as SchedulerAnnounce;
    expect(heard.kind).toBe("scheduler-announce");
    fieldsOf(encodeAnnouncement({ ...heard, addresses: [ASKED] }));
  });
});

describe("an introduction", () => {
  it("has the fields that dispy's own has, and not the unknown ones", () => {
    expect(split(encodeIntroduction(unsigned({ extra: EXTRA })))).toStrictEqual({
      tag: "PING",
      fields: new Map<PyValue, PyValue>([
        ["version", "4.15.2"],
        ["port", 9700],
        ["relay", "y"],
        ["ip_addrs", [ASKED, "fd00:71::5"]],
      ]),
    });
  });

  it("has the scheduler's sign where it is known", () => {
    expect(names(encodeIntroduction(scheduler()))).toStrictEqual([
      ...["ip_addrs", "port", "relay", "sign", "version"],
    ]);
  });
});

describe("a leave", () => {
  it("is TERMINATED with the node's own fields", () => {
    expect(split(encodeLeave({ ...leave, extra: NO_EXTRA }))).toStrictEqual({
      tag: "TERMINATED",
      fields: new Map<PyValue, PyValue>([
        ["ip_addr", "10.71.2.14"],
        ["port", 9701],
        ["sign", SIGN],
      ]),
    });
  });
});
