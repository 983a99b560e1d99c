import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPickle } from "../../src/wire/dispy/pickle/read.ts";
import { PickleError, PyFloat, PyObject, PyTuple, type PyValue } from "../../src/wire/dispy/pickle/value.ts";
import { writePickle } from "../../src/wire/dispy/pickle/write.ts";
import { loadVectors } from "../unit/wire/pickle-vectors.ts";

const SEED = 20261121;
const INPUTS = 60_000;
/** Far above what the limits allow an input to take, far below a hang. */
const MOST_MILLISECONDS = 100;

const seeds = loadVectors()
  .map(({ bytes }) => bytes)
  .filter((bytes) => bytes.length < 2000);

/** A small generator (mulberry32): the same inputs in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Changes, inserts, removes, repeats bytes of a recorded pickle, or crosses it with another. */
function mutate(random: (below: number) => number): Uint8Array {
  let bytes = [...seeds[random(seeds.length)]!];
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const count = 1 + random(8);
    const kind = random(6);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes.splice(at, 0, random(256));
    else if (kind === 2) bytes.splice(at, count);
    else if (kind === 3) bytes.splice(at, 0, ...bytes.slice(at, at + count));
    else if (kind === 4) bytes[at] = [0x00, 0x7f, 0x80, 0xff][random(4)]!;
    else bytes = [...bytes.slice(0, at), ...seeds[random(seeds.length)]!.subarray(random(40))];
  }
  return new Uint8Array(bytes);
}

/** The value, or `undefined` where a PickleError was thrown; any other error fails the test. */
function tried<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof PickleError) return undefined;
    throw error;
  }
}

describe("readPickle, given anything", () => {
  it("gives a value or a PickleError, soon", () => {
    const random = generator(SEED);
    let values = 0;
    let slowest = 0;
    for (let input = 0; input < INPUTS; input++) {
      const bytes = mutate(random);
      const start = performance.now();
      const value = tried(() => readPickle(bytes));
      slowest = Math.max(slowest, performance.now() - start);
      if (value === undefined) continue;
      values++;
      const written = tried(() => writePickle(value));
      if (values % 10 === 0 && written !== undefined) expect(readPickle(written)).toStrictEqual(value);
    }
    expect(slowest).toBeLessThan(MOST_MILLISECONDS);
    expect(values).toBeGreaterThan(INPUTS / 50);
    expect(values).toBeLessThan(INPUTS);
  });

  it("takes bytes without any form", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        tried(() => readPickle(bytes));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });
});

const TWO_255 = 2n ** 255n;
const text = fc.string({ unit: "binary" });
const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.bigInt({ min: 2n ** 53n, max: TWO_255 - 1n }),
  fc.bigInt({ min: -TWO_255, max: -(2n ** 53n) }),
);
const float = fc.double().map((value) => new PyFloat(value));
const figure = fc.oneof(fc.constant(null), integer, float);
const scalar = fc.oneof(figure, fc.boolean(), text, fc.string(), fc.uint8Array());
const key = fc.oneof(text, fc.string(), integer);
const record = fc
  .tuple(fc.array(figure, { maxLength: 3 }), fc.option(fc.array(fc.tuple(text, figure)), { nil: undefined }))
  .map(
    ([args, state]) =>
      new PyObject("dispy", "DispyNodeAvailInfo", args, state && new Map<PyValue, PyValue>(state)),
  );

const { value: anyValue } = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 8, withCrossShrink: true },
    scalar,
    record,
    fc.array(tie("value")),
    fc.array(tie("value")).map((items) => new PyTuple(items)),
    fc.array(fc.tuple(key, tie("value"))).map((pairs) => new Map<PyValue, PyValue>(pairs)),
    fc.array(key).map((items) => new Set<PyValue>(items)),
  ),
}));

describe("writePickle", () => {
  it("writes what readPickle reads as the same", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(readPickle(writePickle(value))).toStrictEqual(value);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
});
