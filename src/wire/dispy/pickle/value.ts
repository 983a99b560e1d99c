export { PickleError, type PickleErrorCode } from "./error.ts";

/**
 * Python values as TypeScript holds them.
 *
 * | Python          | here                                             |
 * |-----------------|--------------------------------------------------|
 * | None, bool      | `null`, `boolean`                                |
 * | int, long       | `number` where it is a safe integer, else `bigint` |
 * | float           | {@link PyFloat}, so that 1.0 is passed on as 1.0 |
 * | str, unicode    | `string`, never with a lone surrogate            |
 * | bytes, bytearray | `Uint8Array`                                    |
 * | tuple           | {@link PyTuple}                                  |
 * | list            | array                                            |
 * | dict            | `Map`: no key can reach a prototype              |
 * | set, frozenset  | `Set`                                            |
 * | DispyNodeAvailInfo | {@link PyObject}                              |
 *
 * Python 2's `str` is text where it is valid UTF-8, else bytes.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyFloat
  | PyTuple
  | PyObject
  | PyValue[]
  | PyDict
  | PySet;

export type PyDict = Map<PyValue, PyValue>;
export type PySet = Set<PyValue>;

/** A Python float; `value` may be infinite or NaN. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A Python tuple. */
export class PyTuple {
  readonly items: readonly PyValue[];

  constructor(items: readonly PyValue[]) {
    this.items = items;
  }
}

/**
 * A record of the one class that dispy sends, kept to be looked at and passed on. It is inert: no class stands behind it.
 *
 * `module` and `name` are those of the class, `args` what its `__new__` got (dispy: nothing), `state` the attributes as a
 * {@link PyDict} of text to number or None, or `undefined` when none were sent.
 */
export class PyObject {
  readonly module: string;
  readonly name: string;
  readonly args: readonly PyValue[];
  readonly state: PyValue | undefined;

  constructor(module: string, name: string, args: readonly PyValue[], state: PyValue | undefined) {
    this.module = module;
    this.name = name;
    this.args = args;
    this.state = state;
  }
}

/** Whether Python would take `value` as a dict's key or a set's item. Lists, dicts, sets and records are refused. */
export function isHashable(value: PyValue): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof PyTuple) return value.items.every(isHashable);
  return value instanceof PyFloat || value instanceof Uint8Array;
}

/** Whether `value` is None or a Python number: all that dispy's records hold. */
export function isFigure(value: PyValue): boolean {
  return value === null || typeof value === "number" || typeof value === "bigint" || value instanceof PyFloat;
}
