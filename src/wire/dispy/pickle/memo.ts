import type { Cursor } from "./cursor.ts";
import { PyGlobal, type StackItem } from "./globals.ts";
import type { PickleLimits } from "./limits.ts";
import { PyFloat } from "./value.ts";

/**
 * What a pickle has stored for later. Anything can be stored, since Python stores every container it writes, but only
 * scalars and globals are recalled: with shared containers a few bytes could grow to billions of values, or to a cycle.
 */
export class Memo {
  private readonly entries = new Map<number, StackItem>();
  private recalled = 0;
  private readonly cursor: Cursor;
  private readonly limits: PickleLimits;

  constructor(cursor: Cursor, limits: PickleLimits) {
    this.cursor = cursor;
    this.limits = limits;
  }

  store(index: number, item: StackItem): void {
    if (index >= this.limits.memo) this.cursor.fail("pickle-memo-full", `memo index ${index}`);
    this.entries.set(index, item);
  }

  /** Stores under the next free index, as protocol 4 counts. */
  append(item: StackItem): void {
    this.store(this.entries.size, item);
  }

  recall(index: number): StackItem {
    const item = this.entries.get(index);
    if (item === undefined) this.cursor.fail("pickle-memo-missing", `memo index ${index}`);
    if (!isShareable(item)) this.cursor.fail("pickle-memo-shared", "a container is used twice");
    if (typeof item === "string" || item instanceof Uint8Array) this.charge(item.length);
    return item;
  }

  private charge(size: number): void {
    this.recalled += size;
    if (this.recalled > this.limits.bytes) this.cursor.fail("pickle-too-large", "strings recalled too often");
  }
}

function isShareable(item: StackItem): boolean {
  if (typeof item !== "object" || item === null) return true;
  return item instanceof PyGlobal || item instanceof Uint8Array || item instanceof PyFloat;
}
