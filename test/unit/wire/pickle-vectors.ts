import { readFileSync } from "node:fs";
import {
  PyFloat,
  PyObject,
  PyTuple,
  type PyDict,
  type PyValue,
} from "../../../src/wire/dispy/pickle/value.ts";

/** A pickle recorded by test/vectors/record-pickles.py, which says how `value` is spelled. */
export interface Vector {
  /** What was pickled, by which Python, module and protocol. */
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly value: PyValue;
}

interface Line {
  readonly name: string;
  readonly from: readonly string[];
  readonly hex: string;
  readonly value: Described;
}

type Described = null | boolean | number | string | Described[] | Tagged;
interface Tagged {
  readonly int?: string;
  readonly float?: string;
  readonly bytes?: string;
  readonly tuple?: Described[];
  readonly set?: Described[];
  readonly dict?: [Described, Described][];
  readonly object?: [string, string, Described[], Described];
}

export function loadVectors(): Vector[] {
  const text = readFileSync(new URL("../../vectors/pickles.jsonl", import.meta.url), "ascii");
  return text
    .trimEnd()
    .split("\n")
    .map((json) => {
      const line = JSON.parse(json) as Line;
      return {
        title: `${line.name} (${line.from.join(" ")})`,
        bytes: hex(line.hex),
        value: build(line.value),
      };
    });
}

export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function build(described: Described): PyValue {
  if (described === null || typeof described !== "object") return described;
  if (Array.isArray(described)) return described.map(build);
  if (described.int !== undefined) return BigInt(described.int);
  if (described.float !== undefined) return new PyFloat(Number(described.float.replace("inf", "Infinity")));
  if (described.bytes !== undefined) return hex(described.bytes);
  if (described.tuple !== undefined) return new PyTuple(described.tuple.map(build));
  if (described.set !== undefined) return new Set(described.set.map(build));
  if (described.dict !== undefined) return buildDict(described.dict);
  if (described.object === undefined) throw new Error(`unknown description ${JSON.stringify(described)}`);
  const [module, name, args, state] = described.object;
  return new PyObject(module, name, args.map(build), build(state));
}

function buildDict(pairs: [Described, Described][]): PyDict {
  return new Map(pairs.map(([key, value]) => [build(key), build(value)]));
}
