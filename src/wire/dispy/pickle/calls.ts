import { fillSet } from "./containers.ts";
import { findGlobal, PyGlobal, ReconstructorArgs } from "./globals.ts";
import type { Machine, OperationTable, ReaderTable } from "./machine.ts";
import { OP } from "./opcodes.ts";
import { decodeLatin1, encodeLatin1 } from "./text.ts";
import { isFigure, PyObject, PyTuple, type PyDict, type PyValue } from "./value.ts";

/** Names of classes and functions. */
export const globalReaders: ReaderTable = {
  [OP.GLOBAL]: (m) => {
    const module = decodeLatin1(m.cursor.line());
    return listedGlobal(m, module, decodeLatin1(m.cursor.line()));
  },
  [OP.STACK_GLOBAL]: stackGlobal,
};

/** The few "calls" that Python writes for plain values. Nothing is called: each is a known form of a value. */
export const callOps: OperationTable = {
  [OP.REDUCE]: reduce,
  [OP.NEWOBJ]: newObject,
  [OP.BUILD]: build,
};

function stackGlobal(m: Machine): PyGlobal {
  const name = m.stack.pop();
  const module = m.stack.pop();
  if (typeof module !== "string" || typeof name !== "string") m.fail("pickle-bad-stack", "not two strings");
  return listedGlobal(m, module, name);
}

function listedGlobal(m: Machine, module: string, name: string): PyGlobal {
  return findGlobal(module, name) ?? m.fail("pickle-global-refused", printable(`${module}.${name}`));
}

function reduce(m: Machine): void {
  const args = m.stack.pop();
  const { reach } = m.stack;
  const callee = m.stack.pop();
  if (!(callee instanceof PyGlobal)) m.fail("pickle-bad-stack", "not a function");
  if (args instanceof ReconstructorArgs) {
    if (callee.use !== "reconstructor") return badCall(m, callee);
    m.stack.push(new PyObject(args.record.module, args.record.name, [], undefined), 2);
    return;
  }
  if (!(args instanceof PyTuple)) m.fail("pickle-bad-stack", "not a tuple of arguments");
  // A set is as deep as the list it is made of, one less than the tuple around that.
  if (callee.use === "set") m.stack.push(makeSet(m, callee, args.items), reach - 1);
  else m.stack.push(makeBytes(m, callee, args.items));
}

/** `set([…])`, `frozenset([…])`. */
function makeSet(m: Machine, callee: PyGlobal, [items, ...rest]: readonly PyValue[]): PyValue {
  if (!Array.isArray(items) || rest.length > 0) return badCall(m, callee);
  return fillSet(m, new Set(), items);
}

/** `bytes()` and `_codecs.encode(u'…', 'latin1')`: how Python 3 writes bytes in protocols 0 to 2. */
function makeBytes(m: Machine, callee: PyGlobal, args: readonly PyValue[]): PyValue {
  if (callee.use === "empty-bytes" && args.length === 0) return new Uint8Array(0);
  const [text, encoding] = args;
  if (callee.use !== "encode" || args.length !== 2 || typeof text !== "string" || encoding !== "latin1") {
    return badCall(m, callee);
  }
  return encodeLatin1(text) ?? m.fail("pickle-bad-text", "not Latin-1");
}

function newObject(m: Machine): void {
  const args = m.stack.pop();
  const callee = m.stack.pop();
  if (!(callee instanceof PyGlobal) || !(args instanceof PyTuple))
    m.fail("pickle-bad-stack", "not a class and a tuple");
  if (callee.use !== "record" || !args.items.every(isFigure)) badCall(m, callee);
  m.stack.push(new PyObject(callee.module, callee.name, args.items, undefined), 2);
}

/** Gives the record on top its attributes, once. */
function build(m: Machine): void {
  const state = m.stack.pop();
  const record = m.stack.pop();
  if (!(record instanceof PyObject) || record.state !== undefined) {
    m.fail("pickle-call-refused", "attributes for what isn't a new record");
  }
  if (!isRecordState(state)) m.fail("pickle-call-refused", "attributes that aren't named figures");
  m.stack.push(new PyObject(record.module, record.name, record.args, state), 2);
}

/** Whether `state` is what dispy's records hold: a dict of names to numbers or None. */
export function isRecordState(state: unknown): state is PyDict {
  if (!(state instanceof Map)) return false;
  for (const [key, value] of state as PyDict) if (typeof key !== "string" || !isFigure(value)) return false;
  return true;
}

function badCall(m: Machine, callee: PyGlobal): never {
  m.fail("pickle-call-refused", `${callee.module}.${callee.name} with other arguments or another opcode`);
}

/** A stranger's text for a message: ASCII, at most 80 characters. */
function printable(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, "?");
}
