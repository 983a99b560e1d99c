import { PickleError } from "./error.ts";

const FIRST_SIZE = 512;

/** Bytes being written, up to a limit. */
export class Output {
  private bytes = new Uint8Array(FIRST_SIZE);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  uint8(value: number): void {
    const from = this.grow(1);
    this.view.setUint8(from, value);
  }

  uint16(value: number): void {
    const from = this.grow(2);
    this.view.setUint16(from, value, true);
  }

  int32(value: number): void {
    const from = this.grow(4);
    this.view.setInt32(from, value, true);
  }

  /** Big-endian. */
  float64(value: number): void {
    const from = this.grow(8);
    this.view.setFloat64(from, value);
  }

  append(bytes: Uint8Array): void {
    const from = this.grow(bytes.length);
    this.bytes.set(bytes, from);
  }

  /** One byte for each character, all of which are 7-bit. */
  ascii(text: string): void {
    const from = this.grow(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[from + index] = text.charCodeAt(index);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** Makes room for `count` bytes, perhaps in a new buffer, and returns where they begin. */
  private grow(count: number): number {
    const from = this.length;
    const end = from + count;
    if (end > this.limit) throw new PickleError("pickle-unwritable", `more than ${this.limit} bytes`);
    if (end > this.bytes.length) this.enlarge(end);
    this.length = end;
    return from;
  }

  private enlarge(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
