import { Cursor } from "./cursor.ts";
import type { PickleErrorCode } from "./error.ts";
import type { StackItem } from "./globals.ts";
import type { PickleLimits } from "./limits.ts";
import { Memo } from "./memo.ts";
import { Stack } from "./stack.ts";

/** The state of one pickle being read: bytes, stack and memo. Lives as long as one call of `readPickle`. */
export class Machine {
  readonly limits: PickleLimits;
  readonly cursor: Cursor;
  readonly stack: Stack;
  readonly memo: Memo;

  constructor(bytes: Uint8Array, limits: PickleLimits) {
    this.limits = limits;
    this.cursor = new Cursor(bytes);
    this.stack = new Stack(this.cursor, limits);
    this.memo = new Memo(this.cursor, limits);
  }

  fail(code: PickleErrorCode, reason: string): never {
    this.cursor.fail(code, reason);
  }
}

/** What an opcode does to the machine. */
export type Operation = (machine: Machine) => void;

/** What an opcode puts on the stack, when that is a scalar or a global and all it does. */
type Reader = (machine: Machine) => StackItem;

/** Operations by opcode. */
export type OperationTable = Readonly<Record<number, Operation>>;

/** Readers by opcode. */
export type ReaderTable = Readonly<Record<number, Reader>>;
