/**
 * dispy's TCP framing: an optional 40-byte proof, a 4-byte big-endian length, and that many bytes.
 * Pure: bytes are pushed in as they arrive, and one frame comes out.
 */

import type { Refusal } from "../message.ts";

/** The proof that opens a connection to a node or relay: sha1hex(secret + sign), or as many times `x`. */
export const PROOF_BYTES = 40;

/** What a scheduler sends to a host whose sign it doesn't know yet. */
export const NO_PROOF: Uint8Array = new TextEncoder().encode("x".repeat(PROOF_BYTES));

/** An honest ping is some 300 bytes, with many addresses and fields a few thousand. */
export const MAX_FRAME_BYTES: number = 16 * 1024;

const LENGTH_BYTES = 4;

/** `length ‖ body`, after `proof` if there is one. */
export function frame(body: Uint8Array, proof?: Uint8Array): Uint8Array {
  const start = proof?.length ?? 0;
  const bytes = new Uint8Array(start + LENGTH_BYTES + body.length);
  if (proof) bytes.set(proof);
  new DataView(bytes.buffer).setUint32(start, body.length);
  bytes.set(body, start + LENGTH_BYTES);
  return bytes;
}

/** A whole frame: `body` is its content, `proof` the bytes before its length, empty where none are expected. */
export interface Frame {
  readonly kind: "frame";
  readonly proof: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * Collects one frame. Holds at most `proofBytes` + 4 + MAX_FRAME_BYTES, and no more than has arrived: a length that
 * claims gigabytes is refused by its four bytes alone.
 */
export class FrameReader {
  readonly #proofBytes: number;
  #held: Uint8Array = new Uint8Array(0);

  /** @param proofBytes length of the proof that comes first: {@link PROOF_BYTES}, or 0 for connections to a scheduler */
  constructor(proofBytes: number) {
    this.#proofBytes = proofBytes;
  }

  /** Takes the next bytes. Returns the frame once it is whole, a refusal once it can't be one, else undefined. */
  push(bytes: Uint8Array): Frame | Refusal | undefined {
    const limit = this.#proofBytes + LENGTH_BYTES + MAX_FRAME_BYTES;
    this.#held = joined(this.#held, bytes.subarray(0, limit - this.#held.length));
    const start = this.#proofBytes + LENGTH_BYTES;
    if (this.#held.length < start) return undefined;
    const length = new DataView(this.#held.buffer, this.#held.byteOffset).getUint32(this.#proofBytes);
    if (length > MAX_FRAME_BYTES) {
      return {
        kind: "refused",
        reason: "frame-too-long",
        detail: `${length} bytes, at most ${MAX_FRAME_BYTES}`,
      };
    }
    if (this.#held.length < start + length) return undefined;
    return {
      kind: "frame",
      proof: this.#held.subarray(0, this.#proofBytes),
      body: this.#held.subarray(start, start + length),
    };
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}
