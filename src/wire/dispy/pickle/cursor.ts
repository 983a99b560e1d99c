import { PickleError, type PickleErrorCode } from "./error.ts";
import { opcodeName } from "./opcodes.ts";

const NEWLINE = 0x0a;

/** Walks through a pickle's bytes, never past their end, and knows the opcode at work for the messages of errors. */
export class Cursor {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private position = 0;
  private opcodeAt = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset of the opcode at work. */
  get offset(): number {
    return this.opcodeAt;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.bytes.length - this.position;
  }

  /** The next opcode, from now on the one at work. */
  opcode(): number {
    this.opcodeAt = this.position;
    return this.uint8();
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** Big-endian, as pickle writes floats and nothing else. */
  float64(): number {
    return this.view.getFloat64(this.advance(8));
  }

  /** A 4-byte length, signed in the opcodes of Python 2. */
  signedLength(): number {
    const length = this.int32();
    if (length < 0) this.fail("pickle-bad-length", `length ${length}`);
    return length;
  }

  /** An 8-byte length. */
  length8(): number {
    const low = this.uint32();
    const high = this.uint32();
    if (high !== 0) this.fail("pickle-bad-length", "length above 2^32");
    return low;
  }

  /** The next `length` bytes: a view, to be copied by whoever keeps it. */
  take(length: number): Uint8Array {
    const from = this.advance(length);
    return this.bytes.subarray(from, from + length);
  }

  /** The bytes up to the next newline, which is passed over: a view. */
  line(): Uint8Array {
    const from = this.position;
    const to = this.bytes.indexOf(NEWLINE, from);
    if (to < 0) this.fail("pickle-truncated", "no newline");
    this.position = to + 1;
    return this.bytes.subarray(from, to);
  }

  /** Throws a {@link PickleError} that names the opcode at work and its offset. */
  fail(code: PickleErrorCode, reason: string): never {
    throw new PickleError(code, `${this.describeOpcode()} at byte ${this.opcodeAt}: ${reason}`);
  }

  private describeOpcode(): string {
    if (this.opcodeAt >= this.bytes.length) return "end";
    const code = this.view.getUint8(this.opcodeAt);
    return opcodeName(code) ?? `byte 0x${code.toString(16).padStart(2, "0")}`;
  }

  /** Moves on by `length` and returns where it stood. */
  private advance(length: number): number {
    const from = this.position;
    if (length > this.bytes.length - from) {
      this.fail("pickle-truncated", `${length} bytes wanted, ${this.bytes.length - from} left`);
    }
    this.position = from + length;
    return from;
  }
}
