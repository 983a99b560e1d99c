import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  frame,
  FrameReader,
  MAX_FRAME_BYTES,
  NO_PROOF,
  PROOF_BYTES,
} from "../../../src/wire/dispy/frames.ts";
import { latin1 } from "../../support/dispyBytes.ts";

const body = latin1("PING:and a pickle");
const proof = latin1("0123456789abcdef0123456789abcdef01234567");

function length(claimed: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, claimed);
  return bytes;
}

describe("frame", () => {
  it("is the length, big-endian, and the body", () => {
    expect(frame(latin1("abc"))).toStrictEqual(latin1("\x00\x00\x00\x03abc"));
  });

  it("begins with the proof where there is one", () => {
    expect(frame(latin1("abc"), proof)).toStrictEqual(
      latin1("0123456789abcdef0123456789abcdef01234567\x00\x00\x00\x03abc"),
    );
  });

  it("says 40 times x where the proof isn't known", () => {
    expect(NO_PROOF).toStrictEqual(latin1("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
  });
});

describe("FrameReader", () => {
  it("takes a frame that comes in one piece", () => {
    const read = new FrameReader(0).push(frame(body));
    expect(read).toStrictEqual({ kind: "frame", proof: new Uint8Array(0), body });
  });

  it("keeps the proof apart from the body", () => {
    const read = new FrameReader(PROOF_BYTES).push(frame(body, proof));
    expect(read).toStrictEqual({ kind: "frame", proof, body });
  });

  it("takes a frame that comes byte by byte, and no byte too early", () => {
    const reader = new FrameReader(PROOF_BYTES);
    const bytes = frame(body, proof);
    for (let at = 0; at < bytes.length - 1; at += 1) {
      expect(reader.push(bytes.subarray(at, at + 1))).toBeUndefined();
    }
    expect(reader.push(bytes.subarray(-1))).toStrictEqual({ kind: "frame", proof, body });
  });

  it("takes a frame split anywhere, into any number of pieces", () => {
    const content = fc.uint8Array({ maxLength: 300 });
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    fc.assert(
      fc.property(content, cuts, (sent, places) => {
        const bytes = frame(sent, proof);
        const edges = [0, ...places.map((at) => Math.min(at, bytes.length)), bytes.length].sort(
          (a, b) => a - b,
        );
        const reader = new FrameReader(PROOF_BYTES);
        const results = edges
          .slice(1)
          .map((edge, i) => reader.push(bytes.subarray(edges[i], edge)))
          .filter((result) => result !== undefined);
        expect(results[0]).toStrictEqual({ kind: "frame", proof, body: sent });
      }),
    );
  });

  it("takes an empty body", () => {
    expect(new FrameReader(0).push(length(0))).toStrictEqual({
      kind: "frame",
      proof: new Uint8Array(0),
      body: new Uint8Array(0),
    });
  });

  it("leaves bytes behind the frame out of its body", () => {
    const reader = new FrameReader(0);
    const read = reader.push(new Uint8Array([...frame(body), 1, 2, 3]));
    expect(read).toStrictEqual({ kind: "frame", proof: new Uint8Array(0), body });
  });

  it("takes a body of exactly the longest length, and refuses one byte more", () => {
    const longest = new Uint8Array(MAX_FRAME_BYTES).fill(7);
    expect(new FrameReader(PROOF_BYTES).push(frame(longest, proof))).toStrictEqual({
      kind: "frame",
      proof,
      body: longest,
    });
    expect(new FrameReader(0).push(length(MAX_FRAME_BYTES + 1))).toMatchObject({
      kind: "refused",
      reason: "frame-too-long",
    });
  });

  it("refuses a length that claims gigabytes by its four bytes alone", () => {
    const reader = new FrameReader(PROOF_BYTES);
    expect(reader.push(proof)).toBeUndefined();
    expect(reader.push(latin1("\xff\xff\xff"))).toBeUndefined();
    expect(reader.push(latin1("\xff"))).toStrictEqual({
      kind: "refused",
      reason: "frame-too-long",
      detail: "4294967295 bytes, at most 16384",
    });
  });

  it("doesn't take the proof's own bytes for a length", () => {
    const reader = new FrameReader(PROOF_BYTES);
    expect(reader.push(new Uint8Array(PROOF_BYTES + 3).fill(0xff))).toBeUndefined();
  });

  it("goes on refusing when more comes, however much", () => {
    const reader = new FrameReader(0);
    const refusal = reader.push(length(2 ** 31));
    for (let i = 0; i < 4; i += 1) expect(reader.push(new Uint8Array(64 * 1024))).toStrictEqual(refusal);
  });
});
