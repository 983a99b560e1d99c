import { callOps, globalReaders } from "./calls.ts";
import { containerOps } from "./containers.ts";
import { DEFAULT_LIMITS, type PickleLimits } from "./limits.ts";
import { Machine, type Operation, type OperationTable, type ReaderTable } from "./machine.ts";
import { parseDecimal } from "./numbers.ts";
import { OP, opcodeName } from "./opcodes.ts";
import { numberLine, numberReaders, textReaders } from "./scalars.ts";
import type { PyValue } from "./value.ts";

const HIGHEST_PROTOCOL = 5;

/**
 * Reads one Python pickle, protocols 0 to 5, from bytes that nobody vouches for.
 *
 * No code is run and no class looked up: a global is a name compared with a fixed list. What is read is a tree, without
 * cycles or shared containers, at most `limits.depth` deep, in time linear in `bytes.length`; it shares no memory with
 * `bytes`. Limits not given are {@link DEFAULT_LIMITS}.
 *
 * @throws {PickleError} for anything else than exactly one such pickle; no other error is thrown.
 */
export function readPickle(bytes: Uint8Array, limits?: Partial<PickleLimits>): PyValue {
  const m = new Machine(bytes, limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits });
  if (bytes.length === 0) m.fail("pickle-empty", "no bytes");
  if (bytes.length > m.limits.bytes) m.fail("pickle-too-large", `${bytes.length} bytes`);
  for (let ops = 1; ; ops++) {
    const code = m.cursor.opcode();
    if (code === OP.STOP) return finish(m);
    if (ops > m.limits.ops) m.fail("pickle-too-many-ops", `more than ${m.limits.ops} opcodes`);
    const operation = OPERATIONS[code];
    if (operation === undefined) refuse(m, code);
    operation(m);
  }
}

function finish(m: Machine): PyValue {
  const value = m.stack.result();
  if (m.cursor.left > 0) m.fail("pickle-trailing-bytes", `${m.cursor.left} bytes are left`);
  return value;
}

function refuse(m: Machine, code: number): never {
  if (opcodeName(code) === undefined) m.fail("pickle-opcode-unknown", "no opcode");
  m.fail("pickle-opcode-refused", "not read from strangers");
}

/** The header of a pickle and of its frames. Frames only help Python to read files: their bounds mean nothing else. */
const framingOps: OperationTable = {
  [OP.PROTO]: (m) => {
    if (m.cursor.uint8() > HIGHEST_PROTOCOL) m.fail("pickle-bad-protocol", "unknown protocol");
    if (m.cursor.offset > 0) m.fail("pickle-bad-protocol", "not at the beginning");
  },
  [OP.FRAME]: (m) => {
    const length = m.cursor.length8();
    if (length > m.cursor.left) m.fail("pickle-truncated", `a frame of ${length} bytes`);
  },
};

const memoOps: OperationTable = {
  [OP.MEMOIZE]: ({ memo, stack }) => {
    memo.append(stack.top());
  },
  [OP.PUT]: (m) => {
    m.memo.store(memoIndex(m), m.stack.top());
  },
  [OP.BINPUT]: ({ cursor, memo, stack }) => {
    memo.store(cursor.uint8(), stack.top());
  },
  [OP.LONG_BINPUT]: ({ cursor, memo, stack }) => {
    memo.store(cursor.uint32(), stack.top());
  },
};

const memoReaders: ReaderTable = {
  [OP.GET]: (m) => m.memo.recall(memoIndex(m)),
  [OP.BINGET]: ({ cursor, memo }) => memo.recall(cursor.uint8()),
  [OP.LONG_BINGET]: ({ cursor, memo }) => memo.recall(cursor.uint32()),
};

function memoIndex(m: Machine): number {
  const index = parseDecimal(numberLine(m));
  return typeof index === "number" && index >= 0 ? index : m.fail("pickle-bad-number", "not a memo index");
}

/** Every opcode that is read, STOP apart. */
const OPERATIONS: readonly (Operation | undefined)[] = byOpcode(
  { ...framingOps, ...memoOps, ...containerOps, ...callOps },
  { ...memoReaders, ...numberReaders, ...textReaders, ...globalReaders },
);

function byOpcode(operations: OperationTable, readers: ReaderTable): (Operation | undefined)[] {
  return Array.from({ length: 256 }, (_, code) => {
    const reader = readers[code];
    if (reader === undefined) return operations[code];
    return (m) => {
      m.stack.push(reader(m));
    };
  });
}
