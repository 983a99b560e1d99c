import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAnswer, decodeMessage } from "../../src/wire/dispy/decode.ts";
import type { HeardAt } from "../../src/wire/dispy/decode.ts";
import {
  encodeAnnouncement,
  encodeIntroduction,
  encodeLeave,
  encodeQuestion,
} from "../../src/wire/dispy/encode.ts";
import { MAX_DATAGRAM_BYTES } from "../../src/wire/dispy/encode.ts";
import { FrameReader, MAX_FRAME_BYTES, PROOF_BYTES } from "../../src/wire/dispy/frames.ts";
import type { Answer, Message, Refusal, SchedulerAnnounce } from "../../src/wire/message.ts";
import { joined, latin1 } from "../support/dispyBytes.ts";
import { loadVectors } from "../unit/wire/pickle-vectors.ts";

const SEED = 20261121;

const pickles = loadVectors()
  .filter(({ title }) => title.startsWith("message"))
  .map(({ bytes }) => bytes);

const tag = fc.constantFrom(
  "PING:",
  "PING:",
  "PING:",
  "TERMINATED:",
  "TERMINATED:",
  "RELAY_INFO:",
  "PONG:",
  "",
);
const heardAt = fc.constantFrom<HeardAt>("node-port", "scheduler-port");

interface Change {
  readonly at: number;
  readonly removed: number;
  readonly added: Uint8Array;
}

const at = fc.nat(400);
const snippets = ["N.", "K\x00", "J\xff\xff\xff\xff", "]", "}", "(", "U\x00", "\x94", "h\x00", "0"].map(
  latin1,
);
/** Mostly one byte for another, which often leaves a message, else bytes inserted, removed or put for others. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ at, removed: fc.constant(1), added: fc.uint8Array({ minLength: 1, maxLength: 1 }) }),
  fc.record({
    at,
    removed: fc.constant(1),
    added: fc.uint8Array({ minLength: 1, maxLength: 1, max: 0x39, min: 0x30 }),
  }),
  fc.record({
    at,
    removed: fc.nat(8),
    added: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(...snippets)),
  }),
);

const mutated = fc
  .record({ pickle: fc.constantFrom(...pickles), changes: fc.array(change, { minLength: 1, maxLength: 3 }) })
  .map(({ pickle, changes }) =>
    changes.reduce((bytes, { at, removed, added }) => {
      const from = at % (bytes.length + 1);
      return joined(bytes.subarray(0, from), added, bytes.subarray(from + removed));
    }, pickle),
  );

function expectWellFormed(read: Message | Refusal): void {
  if (read.kind === "refused") {
    expect(read.reason).toMatch(/^[a-z-]+$/);
    return;
  }
  expect(Number.isInteger(read.port) && read.port >= 1 && read.port <= 65535).toBe(true);
  expect(read.extra).toBeInstanceOf(Map);
  const texts = read.kind === "scheduler-announce" ? read.addresses : [read.address, read.sign];
  for (const text of texts) expect(text).toBeTypeOf("string");
  if (read.kind !== "node-leave") expect(read.release).toMatch(/^[^]{1,32}$/);
}

function expectAnswer(answer: Answer): void {
  expect(["verified", "refused", "mute"]).toContain(answer.verdict);
}

describe("decodeMessage and decodeAnswer never throw", () => {
  it("on bytes without any form", () => {
    fc.assert(
      fc.property(tag, fc.uint8Array({ maxLength: 300 }), heardAt, (start, bytes, at) => {
        expectWellFormed(decodeMessage(joined(latin1(start), bytes), at));
        expectAnswer(decodeAnswer(bytes));
      }),
      { seed: SEED, numRuns: 10_000 },
    );
  });

  it("on real messages that were changed, and some of those are still messages", () => {
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(tag, mutated, heardAt, (start, bytes, at) => {
        const read = decodeMessage(joined(latin1(start), bytes), at);
        expectWellFormed(read);
        expectAnswer(decodeAnswer(bytes));
        kinds.set(read.kind, (kinds.get(read.kind) ?? 0) + 1);
      }),
      { seed: SEED, numRuns: 15_000 },
    );
    for (const kind of ["refused", "scheduler-announce", "node-announce", "node-leave"])
      expect(kinds.get(kind)).toBeGreaterThan(50);
  });
});

describe("what could be read of a changed message of usual size", () => {
  it("can be written again", () => {
    let written = 0;
    fc.assert(
      fc.property(tag, mutated, heardAt, (start, bytes, at) => {
        const read = decodeMessage(joined(latin1(start), bytes), at);
        if (read.kind === "refused" || read.kind === "node-announce") return;
        written += 1;
        if (read.kind === "node-leave") {
          expect(decodeMessage(encodeLeave(read), at)).toStrictEqual(read);
          return;
        }
        encodeQuestion(read, "10.0.0.1");
        encodeIntroduction(read);
        expect(encodeAnnouncement(read)?.length ?? 0).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
      }),
      { seed: SEED, numRuns: 10_000 },
    );
    expect(written).toBeGreaterThan(500);
  });

  // Bytes recalled from the memo count once for the reader; written, each takes two bytes.
  it("can be written again where one frame repeats a long field", () => {
    const value = `B\x28\x23\x00\x00${"\xff".repeat(9000)}q\x00${"h\x00".repeat(6)}`;
    const fields = `U\x07versionU\x064.15.2U\x04portM\xe4\x25U\x08ip_addrs]U\x05extra](${value}e`;
    const bytes = latin1(`PING:\x80\x03}(${fields}u.`);
    const read = decodeMessage(bytes, "node-port");
    expect(bytes.length).toBeLessThan(MAX_FRAME_BYTES);
    expect(read.kind).toBe("scheduler-announce");
    const question = encodeQuestion(read as SchedulerAnnounce, "10.0.0.1");
    expect(
      decodeMessage(joined(latin1("PING:"), question.subarray("RELAY_INFO:".length)), "node-port"),
    ).toMatchObject({
      kind: "scheduler-announce",
      extra: new Map([["scheduler_ip_addr", "10.0.0.1"]]),
    });
  });
});

describe("FrameReader", () => {
  it("takes bytes without any form, in any pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 10 }), (pieces) => {
        const reader = new FrameReader(PROOF_BYTES);
        for (const piece of pieces) {
          const read = reader.push(piece);
          if (read?.kind === "frame") expect(read.proof).toHaveLength(PROOF_BYTES);
          else if (read !== undefined) expect(read.reason).toBe("frame-too-long");
        }
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });
});
