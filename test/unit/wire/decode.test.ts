import { describe, expect, it } from "vitest";
import { decodeAnswer, decodeMessage } from "../../../src/wire/dispy/decode.ts";
import type { HeardAt } from "../../../src/wire/dispy/decode.ts";
import { PyFloat, PyTuple } from "../../../src/wire/dispy/pickle/value.ts";
import type { PyDict, PyValue } from "../../../src/wire/dispy/pickle/value.ts";
import { writePickle } from "../../../src/wire/dispy/pickle/write.ts";
import { dict, joined, latin1, ping, tagged } from "../../support/dispyBytes.ts";
import type { Fields } from "../../support/dispyBytes.ts";
import { loadVectors } from "./pickle-vectors.ts";

const vectors = loadVectors();

const SCHEDULER_SIGN = "142f817c3ec0586de0f960c1c0483043b61a0d06";
const NODE_SIGN = "f8e966d1e207d02c44511a58dccff2f5429e9a3b";

/** The recordings of one message: five Pythons, protocols 0 to 5. */
function recorded(name: string): typeof vectors {
  const found = vectors.filter(({ title }) => title.startsWith(`${name} (`));
  if (found.length === 0) throw new Error(`no recording of ${name}`);
  return found;
}

function described(
  name: string,
  tag: string,
  heardAt: HeardAt,
  extras: readonly string[],
  expected: object,
): void {
  it.each(recorded(name))("$title", ({ bytes, value }) => {
    const extra = new Map(extras.map((key) => [key, (value as PyDict).get(key)]));
    const read = decodeMessage(joined(latin1(`${tag}:`), bytes), heardAt);
    expect(read).toStrictEqual({ ...expected, wire: "dispy", extra });
  });
}

const unsigned = {
  kind: "scheduler-announce",
  release: "4.15.2",
  port: 9700,
  addresses: ["10.71.1.5"],
  relayed: false,
};
const scheduler = { ...unsigned, sign: SCHEDULER_SIGN };
const leave = { kind: "node-leave", address: "10.71.2.14", port: 9701, sign: NODE_SIGN };
const node = { ...leave, kind: "node-announce", release: "4.15.2" };

describe("decodeMessage reads what real Pythons pickled:", () => {
  const relaying = ["scheduler_ip_addr", "auth"];
  const both = ["10.71.1.5", "fd00:71::5"];
  described("message 1 ping", "PING", "node-port", [], { ...scheduler, addresses: both });
  described("message 1 ping, 4.10", "PING", "node-port", [], {
    ...scheduler,
    ...{ release: "4.10.6", port: 51347, addresses: ["192.168.7.20"] },
  });
  described("message 1 ping, before 4.2", "PING", "node-port", [], {
    ...scheduler,
    ...{ release: "3.15", port: 51347, addresses: ["192.168.7.20"] },
  });
  described("message 2 ping to a host", "PING", "node-port", ["node_ip_addr"], {
    ...scheduler,
    ...{ release: "4.12.4", port: 61590 },
  });
  described("message 3 relay info", "PING", "node-port", relaying, {
    ...scheduler,
    ...{ addresses: both, relayed: true },
  });
  described("message 3 relay info without sign", "PING", "node-port", ["scheduler_ip_addr"], {
    ...unsigned,
    relayed: true,
  });
  described("message 4 relayed ping", "PING", "node-port", relaying, {
    ...scheduler,
    ...{ release: "4.12.4", port: 61590, relayed: true },
    addresses: ["10.71.1.5", "172.17.0.1", "fe80::1%eth0"],
  });
  described("message 5 node free", "PING", "scheduler-port", ["scheduler_ip_addr"], node);
  described("message 5 node free", "PING", "node-port", ["scheduler_ip_addr"], node);
  described("message 6 introduction", "PING", "node-port", [], { ...unsigned, relayed: true });
  described("message 6 introduction with sign", "PING", "node-port", [], { ...scheduler, relayed: true });
  described("message 8 node ends", "TERMINATED", "scheduler-port", [], leave);
  described("message 8 node ends", "TERMINATED", "node-port", [], leave);

  it.each(recorded("message 7 pong with record"))("as no message of a relay's: $title", ({ bytes }) => {
    expect(decodeMessage(joined(latin1("PONG:"), bytes), "scheduler-port")).toStrictEqual({
      kind: "refused",
      reason: "tag-unknown",
      detail: "PONG",
    });
  });
});

describe("decodeMessage tells schedulers from nodes before 4.2, when both said ip_addr:", () => {
  const fields = { ip_addr: "10.0.0.1", port: 51347, sign: "s", version: "3.15" };
  it.each<[string, Fields, HeardAt, string]>([
    ["at a node port it is a scheduler", fields, "node-port", "scheduler-announce"],
    ["at a scheduler port it is a node", fields, "scheduler-port", "node-announce"],
    [
      "at a node port, with a scheduler_ip_addr, a node",
      { ...fields, scheduler_ip_addr: null },
      "node-port",
      "node-announce",
    ],
    [
      "with ip_addrs a scheduler, wherever",
      { ...fields, ip_addrs: ["10.0.0.2"] },
      "scheduler-port",
      "scheduler-announce",
    ],
  ])("%s", (_name, said, heardAt, kind) => {
    expect(decodeMessage(ping(said), heardAt)).toMatchObject({ kind });
  });
});

describe("decodeMessage refuses", () => {
  const good = writePickle(dict({ version: "4.15.2", port: 9700, ip_addrs: ["10.0.0.1"], sign: "s" }));
  const bare: readonly [string, Uint8Array][] = [
    ["nothing", new Uint8Array(0)],
    ["a tag without a colon", latin1("PING")],
    ["a colon without a tag", joined(latin1(":"), good)],
    ["a pickle without a tag", good],
    ["a tag in small letters", joined(latin1("ping:"), good)],
    ["a tag with a blank", joined(latin1("PING :"), good)],
    ["a tag with a digit", joined(latin1("PING1:"), good)],
    ["a tag above ASCII", joined(latin1("P\xcfNG:"), good)],
    ["a colon that comes too late", joined(latin1(`${"A".repeat(24)}:`), good)],
  ];
  it.each(bare)("%s as not dispy's", (_name, bytes) => {
    expect(decodeMessage(bytes, "node-port")).toStrictEqual({ kind: "refused", reason: "not-dispy" });
  });

  it.each(["RELAY_INFO", "PONG", "PINGS", "PIN", "__PROTO__", "A".repeat(23)])("the tag %s", (tag) => {
    expect(decodeMessage(joined(latin1(`${tag}:`), good), "node-port")).toStrictEqual({
      kind: "refused",
      reason: "tag-unknown",
      detail: tag,
    });
  });

  it.each<[string, PyValue]>([
    ["a list", []],
    ["a text", "version"],
    ["a number", 1],
    ["a tuple", new PyTuple([])],
    ["a set", new Set()],
    ["bytes", latin1("a")],
    ["False", false],
  ])("%s in place of the fields", (_name, value) => {
    for (const tag of ["PING", "TERMINATED"])
      expect(decodeMessage(tagged(tag, value), "node-port")).toStrictEqual({
        kind: "refused",
        reason: "fields-unfit",
        detail: "the content isn't a dict",
      });
  });

  it("None in place of the fields", () => {
    expect(decodeMessage(tagged("PING", null), "node-port")).toStrictEqual({
      kind: "refused",
      reason: "fields-none",
    });
  });

  it("a pickle that runs code, by the reader's own label", () => {
    const bytes = latin1("PING:cos\nsystem\n(S'id'\ntR.");
    expect(decodeMessage(bytes, "node-port")).toMatchObject({
      kind: "refused",
      reason: "pickle-global-refused",
    });
  });

  it("a pickle cut short, wherever that is", () => {
    const bytes = joined(latin1("PING:"), good);
    for (let end = 5; end < bytes.length; end += 1)
      expect(decodeMessage(bytes.subarray(0, end), "node-port")).toMatchObject({
        kind: "refused",
        reason: expect.stringMatching(/^pickle-/) as string,
      });
  });
});

const NO_TEXT: readonly PyValue[] = [
  null,
  5,
  true,
  ["a"],
  latin1("a"),
  new PyFloat(1),
  new PyTuple(["a"]),
  "",
];
const NO_PORT: readonly PyValue[] = [
  ...[null, true, "9700", 0, -1, 65536, 2n ** 64n],
  ...[new PyFloat(9700), [9700], latin1("9700")],
];
const MESSAGES = {
  scheduler: { tag: "PING", fields: { version: "4.15.2", port: 9700, ip_addrs: ["10.0.0.1"], sign: "s" } },
  oldScheduler: { tag: "PING", fields: { version: "3.15", port: 51347, ip_addr: "10.0.0.1", sign: "s" } },
  node: {
    tag: "PING",
    fields: { version: "4.15.2", port: 9701, ip_addr: "10.0.0.1", sign: "s", scheduler_ip_addr: null },
  },
  leave: { tag: "TERMINATED", fields: { port: 9701, ip_addr: "10.0.0.1", sign: "s" } },
} as const;

function read(who: keyof typeof MESSAGES, changed: Fields, without?: string): unknown {
  const { tag, fields } = MESSAGES[who];
  const all: Record<string, PyValue> = { ...(fields as unknown as Fields), ...changed };
  const kept = Object.entries(all).filter(([name]) => name !== without);
  return decodeMessage(tagged(tag, new Map<PyValue, PyValue>(kept)), "node-port");
}

describe("decodeMessage, of each field,", () => {
  const texts = [
    ["scheduler", "version", 32],
    ["oldScheduler", "ip_addr", 64],
    ["node", "version", 32],
    ["node", "ip_addr", 64],
    ["node", "sign", 128],
    ["leave", "ip_addr", 64],
    ["leave", "sign", 128],
  ] as const;
  const named = (name: string): object => ({
    kind: "refused",
    reason: "fields-unfit",
    detail: expect.stringMatching(new RegExp(`^${name} isn't`)) as string,
  });

  it.each(texts)("%s: refuses a %s that is missing or no text", (who, name) => {
    for (const value of NO_TEXT) expect(read(who, { [name]: value })).toStrictEqual(named(name));
    if (name !== "ip_addr" || who !== "oldScheduler") expect(read(who, {}, name)).toStrictEqual(named(name));
  });

  it.each(texts)("%s: takes a %s of %i characters and refuses a longer one", (who, name, longest) => {
    expect(read(who, { [name]: "1".repeat(longest) })).not.toMatchObject({ kind: "refused" });
    expect(read(who, { [name]: "1".repeat(longest + 1) })).toStrictEqual(named(name));
  });

  it.each(["scheduler", "oldScheduler", "node", "leave"] as const)(
    "%s: refuses a port that is none",
    (who) => {
      for (const value of NO_PORT) expect(read(who, { port: value })).toStrictEqual(named("port"));
      expect(read(who, {}, "port")).toStrictEqual(named("port"));
      for (const port of [1, 65535]) expect(read(who, { port })).toMatchObject({ port });
    },
  );

  it("takes a scheduler without a sign, and refuses one that is no text or too long", () => {
    for (const result of [read("scheduler", { sign: null }), read("scheduler", { sign: "" })])
      expect(result).not.toHaveProperty("sign");
    expect(read("scheduler", {}, "sign")).toStrictEqual(read("scheduler", { sign: null }));
    for (const sign of [5, false, ["s"], latin1("s"), "s".repeat(129)])
      expect(read("scheduler", { sign })).toStrictEqual(named("sign"));
    expect(read("scheduler", { sign: "s".repeat(128) })).toMatchObject({ sign: "s".repeat(128) });
  });

  it.each<[string, PyValue]>([
    ["a text", "10.0.0.1"],
    ["None", null],
    ["a tuple", new PyTuple(["10.0.0.1"])],
    ["a set", new Set<PyValue>(["10.0.0.1"])],
    ["a dict", new Map<PyValue, PyValue>([["10.0.0.1", 1]])],
  ])("refuses %s in place of the list of addresses", (_name, value) => {
    expect(read("scheduler", { ip_addrs: value })).toStrictEqual(named("ip_addrs"));
  });

  it("takes 64 addresses, refuses 65", () => {
    const list = Array.from({ length: 65 }, (_item, i) => `10.0.0.${i}`);
    expect(read("scheduler", { ip_addrs: list.slice(1) })).toMatchObject({ addresses: list.slice(1) });
    expect(read("scheduler", { ip_addrs: list })).toMatchObject({
      kind: "refused",
      detail: "ip_addrs has 65 entries, at most 64",
    });
  });

  it("passes over addresses that are no text or too long, and keeps the order of the others", () => {
    const ip_addrs = ["10.0.0.2", null, "1".repeat(65), 7, latin1("10.0.0.3"), ["10.0.0.4"], "10.0.0.1"];
    expect(read("scheduler", { ip_addrs })).toMatchObject({ addresses: ["10.0.0.2", "10.0.0.1"] });
  });

  it("takes an empty list of addresses: whoever sent it is known by where it came from", () => {
    expect(read("scheduler", { ip_addrs: [] })).toMatchObject({ kind: "scheduler-announce", addresses: [] });
  });

  it.each<[PyValue, boolean]>([
    ["y", true],
    [true, true],
    [1, true],
    ["", false],
    [null, false],
    [false, false],
    [0, false],
  ])("takes relay=%j for %s", (relay, relayed) => {
    expect(read("scheduler", { relay })).toMatchObject({ relayed });
  });

  it("keeps those that it doesn't know, whatever they hold", () => {
    const unknown: Fields = {
      auth: latin1("\x00\xff"),
      node_ip_addr: null,
      future: new Map<PyValue, PyValue>([["deep", [1, 2n ** 80n, new PyTuple([new PyFloat(0.5)])]]]),
      constructor: "x",
    };
    for (const who of ["scheduler", "leave"] as const)
      expect(read(who, unknown)).toMatchObject({ extra: new Map(Object.entries(unknown)) });
    expect(read("node", unknown)).toMatchObject({
      extra: new Map<string, unknown>([...Object.entries(unknown), ["scheduler_ip_addr", null]]),
    });
  });

  it("keeps __proto__ as a name like any other", () => {
    const pairs = Object.entries(MESSAGES.leave.fields) as [PyValue, PyValue][];
    const result = decodeMessage(tagged("TERMINATED", new Map([...pairs, ["__proto__", 1]])), "node-port");
    expect(result).toMatchObject({ extra: new Map([["__proto__", 1]]) });
  });

  it.each<[PyValue]>([[1], [null], [latin1("port")], [new PyTuple(["port"])]])(
    "refuses the name %j",
    (key) => {
      for (const { tag, fields } of Object.values(MESSAGES)) {
        const pairs = Object.entries(fields) as unknown as [PyValue, PyValue][];
        expect(decodeMessage(tagged(tag, new Map([...pairs, [key, 1]])), "node-port")).toStrictEqual({
          kind: "refused",
          reason: "fields-unfit",
          detail: "a field's name isn't text",
        });
      }
    },
  );
});

describe("decodeAnswer", () => {
  it.each(recorded("message 3 answer"))("is verified by $title", ({ bytes }) => {
    expect(decodeAnswer(bytes)).toStrictEqual({ verdict: "verified", port: 9700, sign: SCHEDULER_SIGN });
  });

  it.each(recorded("message 3 answer none"))("is refused by $title", ({ bytes }) => {
    expect(decodeAnswer(bytes)).toStrictEqual({ verdict: "refused" });
  });

  const fields = { sign: "s", port: 9700, ip_addrs: ["10.0.0.1"] };
  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["ACK", latin1("ACK")],
    ["a pickle that runs code", latin1("cos\nsystem\n(S'id'\ntR.")],
    ["None with bytes behind it", latin1("N.N.")],
    ["a message with its tag", ping(fields)],
    ["a list", writePickle([])],
    ["False", writePickle(false)],
    ["no fields", writePickle(new Map())],
    ["a port of 0", writePickle(dict({ ...fields, port: 0 }))],
    ["a port that is text", writePickle(dict({ ...fields, port: "9700" }))],
    ["a sign of None", writePickle(dict({ ...fields, sign: null }))],
    ["an empty sign", writePickle(dict({ ...fields, sign: "" }))],
    ["a sign of 129 characters", writePickle(dict({ ...fields, sign: "s".repeat(129) }))],
  ])("is mute where it is %s", (_name, body) => {
    expect(decodeAnswer(body)).toStrictEqual({
      verdict: "mute",
      reason: expect.stringMatching(/^its answer isn't dispy's \(.+\)$/) as string,
    });
  });
});
