import type { PyValue } from "./value.ts";

/** What a listed global may be used for; see calls.ts. */
export type GlobalUse = "set" | "empty-bytes" | "encode" | "reconstructor" | "object" | "record";

/**
 * A class or function named by a pickle: a word on a list, with nothing behind it. It lives on the stack until an opcode
 * consumes it and is never part of a value.
 */
export class PyGlobal {
  readonly module: string;
  readonly name: string;
  readonly use: GlobalUse;

  constructor(module: string, name: string, use: GlobalUse) {
    this.module = module;
    this.name = name;
    this.use = use;
  }
}

/** The argument tuple of `copy_reg._reconstructor(record, object, None)`: the one tuple that may hold classes. */
export class ReconstructorArgs {
  readonly record: PyGlobal;

  constructor(record: PyGlobal) {
    this.record = record;
  }
}

/** What may stand on the stack. */
export type StackItem = PyValue | PyGlobal | ReconstructorArgs;

/** Whether `item` may become part of the result. */
export function isValue(item: StackItem): item is PyValue {
  return !(item instanceof PyGlobal || item instanceof ReconstructorArgs);
}

/** The class whose objects dispy's nodes send. */
const RECORD = { module: "dispy", name: "DispyNodeAvailInfo" } as const;

/** Every global that a pickle may name. In Python 2 (and in protocols 0 to 2 of Python 3) the module is the first. */
const ALLOWED: ReadonlyMap<string, PyGlobal> = new Map(
  [
    new PyGlobal("__builtin__", "set", "set"),
    new PyGlobal("builtins", "set", "set"),
    new PyGlobal("__builtin__", "frozenset", "set"),
    new PyGlobal("builtins", "frozenset", "set"),
    new PyGlobal("__builtin__", "bytes", "empty-bytes"),
    new PyGlobal("builtins", "bytes", "empty-bytes"),
    new PyGlobal("_codecs", "encode", "encode"),
    new PyGlobal("copy_reg", "_reconstructor", "reconstructor"),
    new PyGlobal("copyreg", "_reconstructor", "reconstructor"),
    new PyGlobal("__builtin__", "object", "object"),
    new PyGlobal("builtins", "object", "object"),
    new PyGlobal(RECORD.module, RECORD.name, "record"),
  ].map((global) => [globalKey(global.module, global.name), global]),
);

/** The listed global of that name, or `undefined`. */
export function findGlobal(module: string, name: string): PyGlobal | undefined {
  return ALLOWED.get(globalKey(module, name));
}

/** No two pairs share a key: no listed module or name contains the newline. */
function globalKey(module: string, name: string): string {
  return `${module}\n${name}`;
}
