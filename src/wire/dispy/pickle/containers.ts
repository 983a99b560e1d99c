import { PyGlobal, ReconstructorArgs, type StackItem } from "./globals.ts";
import type { Machine, OperationTable } from "./machine.ts";
import { OP } from "./opcodes.ts";
import type { Stack } from "./stack.ts";
import { isHashable, PyTuple, type PyDict, type PySet, type PyValue } from "./value.ts";

/** Tuples, lists, dicts and sets. */
export const containerOps: OperationTable = {
  [OP.MARK]: ({ stack }) => {
    stack.mark();
  },

  [OP.EMPTY_TUPLE]: ({ stack }) => {
    stack.push(new PyTuple([]), 1);
  },
  [OP.TUPLE1]: ({ stack }) => {
    makeTuple(stack, stack.popMany(1));
  },
  [OP.TUPLE2]: ({ stack }) => {
    makeTuple(stack, stack.popMany(2));
  },
  [OP.TUPLE3]: ({ stack }) => {
    makeTuple(stack, stack.popMany(3));
  },
  [OP.TUPLE]: ({ stack }) => {
    makeTuple(stack, stack.popToMark());
  },

  [OP.EMPTY_LIST]: ({ stack }) => {
    stack.push([], 1);
  },
  [OP.LIST]: ({ stack }) => {
    stack.pushAround(stack.values(stack.popToMark()));
  },
  [OP.APPEND]: (m) => {
    append(m, m.stack.popMany(1));
  },
  [OP.APPENDS]: (m) => {
    append(m, m.stack.popToMark());
  },

  [OP.EMPTY_DICT]: ({ stack }) => {
    stack.push(new Map(), 1);
  },
  [OP.DICT]: (m) => {
    m.stack.pushAround(fillDict(m, new Map(), m.stack.popToMark()));
  },
  [OP.SETITEM]: (m) => {
    setItems(m, m.stack.popMany(2));
  },
  [OP.SETITEMS]: (m) => {
    setItems(m, m.stack.popToMark());
  },

  [OP.EMPTY_SET]: ({ stack }) => {
    stack.push(new Set(), 1);
  },
  [OP.FROZENSET]: (m) => {
    m.stack.pushAround(fillSet(m, new Set(), m.stack.values(m.stack.popToMark())));
  },
  [OP.ADDITEMS]: (m) => {
    addItems(m, m.stack.values(m.stack.popToMark()));
  },
};

/** Adds `items` to `set`, as Python does: equal scalars count once. */
export function fillSet(m: Machine, set: PySet, items: readonly PyValue[]): PySet {
  for (const item of items) set.add(isHashable(item) ? item : badKey(m));
  return set;
}

function fillDict(m: Machine, dict: PyDict, items: StackItem[]): PyDict {
  const pairs = m.stack.values(items);
  if (pairs.length % 2 !== 0) m.fail("pickle-bad-stack", "a key without a value");
  for (let index = 0; index < pairs.length; index += 2) {
    const key = pairs[index] ?? null;
    dict.set(isHashable(key) ? key : badKey(m), pairs[index + 1] ?? null);
  }
  return dict;
}

function makeTuple(stack: Stack, items: StackItem[]): void {
  stack.pushAround(reconstructorArgs(items) ?? new PyTuple(stack.values(items)));
}

/** Protocols 0 and 1 write objects as a call with the argument tuple (class, object, None). */
function reconstructorArgs(items: StackItem[]): ReconstructorArgs | undefined {
  const [record, base, state] = items;
  if (!(record instanceof PyGlobal) || !(base instanceof PyGlobal) || items.length !== 3) return undefined;
  const known = record.use === "record" && base.use === "object" && state === null;
  return known ? new ReconstructorArgs(record) : undefined;
}

function append(m: Machine, items: StackItem[]): void {
  const list = m.stack.top();
  if (!Array.isArray(list)) m.fail("pickle-bad-stack", "not a list");
  for (const value of m.stack.values(items)) list.push(value);
  m.stack.deepenTop();
}

function setItems(m: Machine, items: StackItem[]): void {
  const dict = m.stack.top();
  if (!(dict instanceof Map)) m.fail("pickle-bad-stack", "not a dict");
  fillDict(m, dict, items);
  m.stack.deepenTop();
}

function addItems(m: Machine, items: PyValue[]): void {
  const set = m.stack.top();
  if (!(set instanceof Set)) m.fail("pickle-bad-stack", "not a set");
  fillSet(m, set, items);
  m.stack.deepenTop();
}

function badKey(m: Machine): never {
  m.fail("pickle-bad-key", "a key or set item that can't be hashed");
}
