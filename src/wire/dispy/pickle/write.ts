import { isRecordState } from "./calls.ts";
import { PickleError } from "./error.ts";
import { findGlobal } from "./globals.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { encodeLong } from "./numbers.ts";
import { OP } from "./opcodes.ts";
import { Output } from "./output.ts";
import { decodeLatin1, isAscii, isWellFormed } from "./text.ts";
import { isFigure, isHashable, PyFloat, PyObject, PyTuple, type PyValue } from "./value.ts";

const UTF8 = new TextEncoder();

/** Items per APPENDS or SETITEMS, as CPython has it, so that no reader's stack grows with the container. */
const BATCH = 1000;

/**
 * Writes `value` as a pickle of protocol 2, which Python 2.7 and every Python 3 load.
 *
 * ASCII text is written as Python 2's `str`, which either Python loads as its own `str`: dispy's nodes under Python 2
 * pass over addresses that are `unicode`. Other text is `unicode` there. Sets become `set`, never `frozenset`.
 *
 * @throws {PickleError} with the code `pickle-unwritable` for a value deeper than 16 levels (or within itself) or longer than
 * 64 KiB, a number that is no safe integer (floats are {@link PyFloat}), an integer beyond 32 bytes, a lone surrogate, a
 * key that Python can't hash, and a {@link PyObject} that `readPickle` would refuse.
 */
export function writePickle(value: PyValue): Uint8Array {
  const out = new Output(DEFAULT_LIMITS.bytes);
  out.uint8(OP.PROTO);
  out.uint8(2);
  writeValue(out, value, 0);
  out.uint8(OP.STOP);
  return out.finish();
}

/** `depth` is how many containers are around `value`. */
function writeValue(out: Output, value: PyValue, depth: number): void {
  switch (typeof value) {
    case "string":
      writeText(out, value);
      return;
    case "number":
      writeInteger(out, value);
      return;
    case "boolean":
      out.uint8(value ? OP.NEWTRUE : OP.NEWFALSE);
      return;
    case "bigint":
      writeLong(out, value);
      return;
    case "object":
      writeObject(out, value, depth);
      return;
    case "undefined":
    case "function":
    case "symbol":
      unwritable(`a JavaScript ${typeof value}`);
  }
}

function writeObject(out: Output, value: PyValue & (object | null), depth: number): void {
  if (value === null) out.uint8(OP.NONE);
  else if (value instanceof PyFloat) writeFloat(out, value);
  else if (value instanceof Uint8Array) writeBytes(out, value);
  else writeContainer(out, value, depth + 1);
}

function writeContainer(out: Output, value: PyValue & object, depth: number): void {
  if (depth > DEFAULT_LIMITS.depth) unwritable(`more than ${DEFAULT_LIMITS.depth} levels, or a cycle`);
  if (Array.isArray(value)) writeList(out, value, depth);
  else if (value instanceof Map) writeDict(out, value, depth);
  else if (value instanceof Set) writeSet(out, value, depth);
  else if (value instanceof PyTuple) writeTuple(out, value.items, depth);
  else if (value instanceof PyObject) writeRecord(out, value, depth);
  else unwritable("an object that is no Python value");
}

function writeText(out: Output, text: string): void {
  if (!isAscii(text)) {
    writeUnicode(out, text);
    return;
  }
  if (text.length <= 0xff) {
    out.uint8(OP.SHORT_BINSTRING);
    out.uint8(text.length);
  } else {
    out.uint8(OP.BINSTRING);
    out.int32(text.length);
  }
  out.ascii(text);
}

function writeUnicode(out: Output, text: string): void {
  if (!isWellFormed(text)) unwritable("text with a lone surrogate");
  const bytes = UTF8.encode(text);
  out.uint8(OP.BINUNICODE);
  out.int32(bytes.length);
  out.append(bytes);
}

function writeInteger(out: Output, value: number): void {
  if (!Number.isSafeInteger(value)) unwritable("a number that is no safe integer");
  if (value >= 0 && value <= 0xff) {
    out.uint8(OP.BININT1);
    out.uint8(value);
  } else if (value >= 0 && value <= 0xffff) {
    out.uint8(OP.BININT2);
    out.uint16(value);
  } else if (value === (value | 0)) {
    out.uint8(OP.BININT);
    out.int32(value);
  } else {
    writeLong(out, BigInt(value));
  }
}

function writeLong(out: Output, value: bigint): void {
  const bytes = encodeLong(value, DEFAULT_LIMITS.integerBytes) ?? unwritable("an integer that is too long");
  out.uint8(OP.LONG1);
  out.uint8(bytes.length);
  out.append(bytes);
}

function writeFloat(out: Output, float: PyFloat): void {
  out.uint8(OP.BINFLOAT);
  out.float64(float.value);
}

/** `_codecs.encode(u'…', 'latin1')`: bytes under Python 3, str under Python 2, as Python 3 itself writes them. */
function writeBytes(out: Output, bytes: Uint8Array): void {
  writeGlobal(out, "_codecs", "encode");
  writeUnicode(out, decodeLatin1(bytes));
  writeUnicode(out, "latin1");
  out.uint8(OP.TUPLE2);
  out.uint8(OP.REDUCE);
}

function writeList(out: Output, items: readonly PyValue[], depth: number): void {
  out.uint8(OP.EMPTY_LIST);
  for (let from = 0; from < items.length; from += BATCH) {
    out.uint8(OP.MARK);
    for (const item of items.slice(from, from + BATCH)) writeValue(out, item, depth);
    out.uint8(OP.APPENDS);
  }
}

function writeDict(out: Output, dict: ReadonlyMap<PyValue, PyValue>, depth: number): void {
  out.uint8(OP.EMPTY_DICT);
  let written = 0;
  for (const [key, value] of dict) {
    if (written % BATCH === 0) out.uint8(OP.MARK);
    writeKey(out, key, depth);
    writeValue(out, value, depth);
    if (++written % BATCH === 0 || written === dict.size) out.uint8(OP.SETITEMS);
  }
}

function writeSet(out: Output, set: ReadonlySet<PyValue>, depth: number): void {
  writeGlobal(out, "__builtin__", "set");
  out.uint8(OP.EMPTY_LIST);
  out.uint8(OP.MARK);
  // Whoever reads it back counts the argument tuple around the list, too.
  for (const item of set) writeKey(out, item, depth + 1);
  out.uint8(OP.APPENDS);
  out.uint8(OP.TUPLE1);
  out.uint8(OP.REDUCE);
}

function writeKey(out: Output, key: PyValue, depth: number): void {
  // Bounds the walk below, too: a key may be a tuple within itself.
  writeValue(out, key, depth);
  if (!isHashable(key)) unwritable("a key or set item that can't be hashed");
}

function writeTuple(out: Output, items: readonly PyValue[], depth: number): void {
  const opcode = SHORT_TUPLES[items.length];
  if (opcode === undefined) out.uint8(OP.MARK);
  for (const item of items) writeValue(out, item, depth);
  out.uint8(opcode ?? OP.TUPLE);
}

const SHORT_TUPLES = [OP.EMPTY_TUPLE, OP.TUPLE1, OP.TUPLE2, OP.TUPLE3];

function writeRecord(out: Output, { module, name, args, state }: PyObject, depth: number): void {
  if (findGlobal(module, name)?.use !== "record") unwritable("an object of another class");
  if (!args.every(isFigure)) unwritable("an object with other arguments than figures");
  if (state !== undefined && !isRecordState(state))
    unwritable("an object with other attributes than figures");
  writeGlobal(out, module, name);
  writeContainer(out, new PyTuple(args), depth + 1);
  out.uint8(OP.NEWOBJ);
  if (state === undefined) return;
  writeContainer(out, state, depth + 1);
  out.uint8(OP.BUILD);
}

function writeGlobal(out: Output, module: string, name: string): void {
  out.uint8(OP.GLOBAL);
  out.ascii(`${module}\n${name}\n`);
}

function unwritable(what: string): never {
  throw new PickleError("pickle-unwritable", `can't write ${what}`);
}
