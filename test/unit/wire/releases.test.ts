import { describe, expect, it } from "vitest";
import {
  ASKABLE_RELEASES,
  ERAS,
  eraOf,
  formOf,
  guessesAt,
  nodePortsOf,
} from "../../../src/wire/dispy/releases.ts";

const OLD = { client: 51347, node: 51348, shared: 51349 };
const MIDDLE = { client: 61590, node: 61591, shared: 61592 };
const NEW = { client: 9700, node: 9701, shared: 9702 };

describe("the usual ports", () => {
  it.each([
    ["3.15", OLD],
    ["4.2", OLD],
    ["4.8.9", OLD],
    ["4.9.0", OLD],
    ["4.10", OLD],
    ["4.10.6", OLD],
    ["4.11", MIDDLE],
    ["4.11.0", MIDDLE],
    ["4.12.4", MIDDLE],
    ["4.14.0", MIDDLE],
    ["4.15", NEW],
    ["4.15.0", NEW],
    ["4.15.2", NEW],
    ["4.100.0", NEW],
    ["5.0", NEW],
    ["10", NEW],
  ])("of %s", (release, ports) => {
    expect(eraOf(release).ports).toStrictEqual(ports);
  });

  it.each(["4.15rc1", "dev", "4.x", "?", "٤.٢", "4.9.0-1"])(
    "of %j, which is no number, are the newest",
    (text) => {
      expect(eraOf(text).ports).toStrictEqual(NEW);
      expect(formOf(text)).toStrictEqual({ addressList: true, relayInfo: true, portTriple: true });
    },
  );

  it("overlap in no era, so that a port tells its era", () => {
    const all = ERAS.flatMap(({ ports }) => [ports.client, ports.node, ports.shared]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("how a release says things", () => {
  it.each([
    ["3.15", false, false, false],
    ["4.1.9", false, false, false],
    ["4.2", true, false, false],
    ["4.2.0", true, false, false],
    ["4.8.9", true, false, false],
    ["4.9", true, true, false],
    ["4.9.0", true, true, false],
    ["4.9.2", true, true, false],
    ["4.10.6", true, true, false],
    ["4.11.0", true, true, true],
    ["4.15.2", true, true, true],
  ])("%s: address list %s, RELAY_INFO %s, port triple %s", (release, addressList, relayInfo, portTriple) => {
    expect(formOf(release)).toStrictEqual({ addressList, relayInfo, portTriple });
  });
});

describe("the node ports of a scheduler", () => {
  it.each([
    ["4.15.2", 9700, [9701]],
    ["4.15.2", 8000, [9701, 8001]],
    ["4.12.4", 61590, [61591]],
    ["4.12.4", 9700, [61591, 9701]],
    ["4.10.6", 51347, [51348]],
    ["4.10.6", 8000, [51348]],
    ["3.15", 8000, [51348]],
    ["4.15.2", 65534, [9701, 65535]],
    ["4.15.2", 65535, [9701]],
  ])("of release %s at port %i", (release, port, expected) => {
    expect(nodePortsOf(release, port)).toStrictEqual(expected);
  });
});

describe("the releases to try at a port", () => {
  it.each([
    [9700, "4.15.2", "4.15.0"],
    [9702, "4.15.2", "4.15.0"],
    [61590, "4.14.0", "4.11.0"],
    [61592, "4.14.0", "4.11.0"],
    [51347, "4.10.6", "4.9.0"],
    [51349, "4.10.6", "4.9.0"],
  ])("%i: those of its era, from %s down to %s, come first", (port, newest, oldest) => {
    const guesses = guessesAt(port);
    const era = eraOf(newest);
    expect(guesses[0]).toBe(newest);
    const last = guesses.indexOf(oldest);
    expect(guesses.slice(0, last + 1).every((release) => eraOf(release) === era)).toBe(true);
    expect(guesses.slice(last + 1).some((release) => eraOf(release) === era)).toBe(false);
  });

  it("are all that can be asked, each once, whatever the port", () => {
    for (const port of [9700, 51347, 12345]) {
      expect([...guessesAt(port)].sort()).toStrictEqual([...ASKABLE_RELEASES].sort());
    }
    expect(new Set(ASKABLE_RELEASES).size).toBe(ASKABLE_RELEASES.length);
    expect(ASKABLE_RELEASES.every((release) => formOf(release).relayInfo)).toBe(true);
  });

  it("are the newest first at a port of nobody's", () => {
    expect(guessesAt(12345)).toStrictEqual(ASKABLE_RELEASES);
  });
});
