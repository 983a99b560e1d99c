import type { Cursor } from "./cursor.ts";
import { isValue, type StackItem } from "./globals.ts";
import type { PickleLimits } from "./limits.ts";
import type { PyValue } from "./value.ts";

/**
 * The stack of a pickle machine, with its marks. It knows how deep each item goes (a scalar 0, an empty list 1), so
 * that depth is bounded while the value grows, without walking it. Nothing is taken from below the last mark.
 */
export class Stack {
  /** The depth of the deepest among the items taken last. */
  reach = 0;

  private readonly items: StackItem[] = [];
  private readonly depths: number[] = [];
  private readonly marks: number[] = [];
  private readonly cursor: Cursor;
  private readonly limits: PickleLimits;

  constructor(cursor: Cursor, limits: PickleLimits) {
    this.cursor = cursor;
    this.limits = limits;
  }

  push(item: StackItem, depth = 0): void {
    if (this.items.length >= this.limits.stack)
      this.cursor.fail("pickle-too-many-items", "the stack is full");
    this.checkDepth(depth);
    this.items.push(item);
    this.depths.push(depth);
  }

  /** Pushes a container filled with the items taken last. */
  pushAround(container: StackItem): void {
    this.push(container, this.reach + 1);
  }

  /** The item on top stays; it has taken in the items taken last. */
  deepenTop(): void {
    const top = this.depths.length - 1;
    const depth = this.reach + 1;
    if (depth <= (this.depths[top] ?? 0)) return;
    this.checkDepth(depth);
    this.depths[top] = depth;
  }

  mark(): void {
    if (this.marks.length >= this.limits.marks)
      this.cursor.fail("pickle-too-many-marks", "too many open marks");
    this.marks.push(this.items.length);
  }

  top(): StackItem {
    const top = this.items.length > this.floor() ? this.items.at(-1) : undefined;
    return top === undefined ? this.underflow() : top;
  }

  pop(): StackItem {
    const item = this.items.length > this.floor() ? this.items.pop() : undefined;
    if (item === undefined) return this.underflow();
    this.reach = this.depths.pop() ?? 0;
    return item;
  }

  /** The topmost `count` items, lowest first. */
  popMany(count: number): StackItem[] {
    const from = this.items.length - count;
    return from < this.floor() ? this.underflow() : this.cut(from);
  }

  /** All items above the last mark, and the mark. */
  popToMark(): StackItem[] {
    const mark = this.marks.pop();
    return mark === undefined ? this.cursor.fail("pickle-bad-stack", "no mark") : this.cut(mark);
  }

  /** Refuses `items` that may not become part of the result. */
  values(items: StackItem[]): PyValue[] {
    if (!items.every(isValue)) this.cursor.fail("pickle-call-refused", "a class or function as a value");
    return items;
  }

  /** The one value left at the end. */
  result(): PyValue {
    if (this.marks.length > 0) this.cursor.fail("pickle-bad-stack", "a mark is left");
    const [value] = this.values([this.pop()]);
    if (value === undefined || this.items.length > 0) this.cursor.fail("pickle-bad-stack", "a value is left");
    return value;
  }

  private cut(from: number): StackItem[] {
    let reach = 0;
    for (let index = from; index < this.depths.length; index++)
      reach = Math.max(reach, this.depths[index] ?? 0);
    this.reach = reach;
    this.depths.length = from;
    return this.items.splice(from);
  }

  private floor(): number {
    return this.marks.at(-1) ?? 0;
  }

  private checkDepth(depth: number): void {
    if (depth > this.limits.depth)
      this.cursor.fail("pickle-too-deep", `more than ${this.limits.depth} levels`);
  }

  private underflow(): never {
    this.cursor.fail("pickle-bad-stack", "nothing to take");
  }
}
