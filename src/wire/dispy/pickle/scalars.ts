import type { Machine, ReaderTable } from "./machine.ts";
import { decodeLong, parseDecimal, parseFloatText } from "./numbers.ts";
import { OP } from "./opcodes.ts";
import { decodeLatin1, decodeRawUnicode, decodeUtf8, unquote } from "./text.ts";
import { PyFloat } from "./value.ts";

/** None, booleans and numbers. */
export const numberReaders: ReaderTable = {
  [OP.NONE]: () => null,
  [OP.NEWTRUE]: () => true,
  [OP.NEWFALSE]: () => false,
  [OP.BININT]: (m) => m.cursor.int32(),
  [OP.BININT1]: (m) => m.cursor.uint8(),
  [OP.BININT2]: (m) => m.cursor.uint16(),
  [OP.LONG1]: (m) => long(m, m.cursor.uint8()),
  [OP.LONG4]: (m) => long(m, m.cursor.signedLength()),
  [OP.BINFLOAT]: (m) => new PyFloat(m.cursor.float64()),
  [OP.INT]: intLine,
  [OP.LONG]: longLine,
  [OP.FLOAT]: floatLine,
};

/** Text and bytes. */
export const textReaders: ReaderTable = {
  [OP.BINUNICODE]: (m) => text(m, m.cursor.uint32()),
  [OP.SHORT_BINUNICODE]: (m) => text(m, m.cursor.uint8()),
  [OP.BINUNICODE8]: (m) => text(m, m.cursor.length8()),
  [OP.UNICODE]: (m) => decodeRawUnicode(m.cursor.line()) ?? badText(m),
  [OP.BINBYTES]: (m) => bytes(m, m.cursor.uint32()),
  [OP.SHORT_BINBYTES]: (m) => bytes(m, m.cursor.uint8()),
  [OP.BINBYTES8]: (m) => bytes(m, m.cursor.length8()),
  [OP.BYTEARRAY8]: (m) => bytes(m, m.cursor.length8()),
  [OP.BINSTRING]: (m) => oldString(m.cursor.take(m.cursor.signedLength())),
  [OP.SHORT_BINSTRING]: (m) => oldString(m.cursor.take(m.cursor.uint8())),
  [OP.STRING]: (m) => oldString(unquote(m.cursor.line()) ?? badText(m)),
};

/** The number written on the rest of the line, as text of bounded length. */
export function numberLine(m: Machine): string {
  const line = m.cursor.line();
  if (line.length > m.limits.digits) m.fail("pickle-number-too-long", `${line.length} characters`);
  return decodeLatin1(line);
}

/** Protocols 0 and 1 write True as 01 and False as 00. */
function intLine(m: Machine): number | bigint | boolean {
  const digits = numberLine(m);
  if (digits === "01" || digits === "00") return digits === "01";
  return parseDecimal(digits) ?? m.fail("pickle-bad-number", "not an integer");
}

function longLine(m: Machine): number | bigint {
  const digits = numberLine(m);
  const bare = digits.endsWith("L") ? digits.slice(0, -1) : digits;
  return parseDecimal(bare) ?? m.fail("pickle-bad-number", "not an integer");
}

function floatLine(m: Machine): PyFloat {
  return new PyFloat(parseFloatText(numberLine(m)) ?? m.fail("pickle-bad-number", "not a float"));
}

function long(m: Machine, length: number): number | bigint {
  if (length > m.limits.integerBytes) m.fail("pickle-number-too-long", `${length} bytes`);
  return decodeLong(m.cursor.take(length));
}

function text(m: Machine, length: number): string {
  return decodeUtf8(m.cursor.take(length)) ?? badText(m);
}

/** A copy: the input is the caller's and may be overwritten. */
function bytes(m: Machine, length: number): Uint8Array {
  return m.cursor.take(length).slice();
}

/** Python 2's str doesn't say whether it is text. */
function oldString(raw: Uint8Array): string | Uint8Array {
  return decodeUtf8(raw) ?? raw.slice();
}

function badText(m: Machine): never {
  m.fail("pickle-bad-text", "malformed text");
}
