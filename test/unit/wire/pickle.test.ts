import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type PickleLimits } from "../../../src/wire/dispy/pickle/limits.ts";
import { OP } from "../../../src/wire/dispy/pickle/opcodes.ts";
import { readPickle } from "../../../src/wire/dispy/pickle/read.ts";
import {
  PickleError,
  PyFloat,
  PyObject,
  PyTuple,
  type PickleErrorCode,
  type PyValue,
} from "../../../src/wire/dispy/pickle/value.ts";
import { writePickle } from "../../../src/wire/dispy/pickle/write.ts";
import { hex, loadVectors } from "./pickle-vectors.ts";

const vectors = loadVectors();

/** One byte for each character. */
function raw(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function refusal(action: () => unknown): PickleError {
  try {
    action();
  } catch (error) {
    if (error instanceof PickleError) return error;
    throw error;
  }
  throw new Error("not refused");
}

function refused(pickle: string, limits?: Partial<PickleLimits>): PickleErrorCode {
  return refusal(() => readPickle(raw(pickle), limits)).code;
}

/** A case each: what it is, the pickle, the code of its refusal. */
function expectRefusals(cases: readonly (readonly [string, string, PickleErrorCode])[]): void {
  it.each(cases)("%s", (_, pickle, code) => {
    expect(refused(pickle)).toBe(code);
  });
}

describe("pickles recorded from CPython", () => {
  it.each(vectors)("$title", ({ bytes, value }) => {
    const read = readPickle(bytes);
    expect(read).toStrictEqual(value);
    expect(readPickle(writePickle(read))).toStrictEqual(value);
  });

  it("are refused when cut short, wherever that is", () => {
    for (const { bytes } of vectors.filter(({ title }) => title.startsWith("message"))) {
      for (let end = 0; end < bytes.length; end++) refusal(() => readPickle(bytes.subarray(0, end)));
    }
  });

  it("share no memory with the input", () => {
    const input = raw("C\x02ab.");
    const read = readPickle(input);
    input.fill(0);
    expect(read).toStrictEqual(raw("ab"));
  });
});

describe("readPickle refuses code:", () => {
  expectRefusals([
    ["os.system by GLOBAL", "cos\nsystem\n(S'id'\ntR.", "pickle-global-refused"],
    [
      "posix.system by STACK_GLOBAL",
      "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
      "pickle-global-refused",
    ],
    ["os.system by INST", "(S'id'\nios\nsystem\n.", "pickle-opcode-refused"],
    ["os.system by OBJ", "(cos\nsystem\nS'id'\no.", "pickle-global-refused"],
    ["a listed class by OBJ", "(c__builtin__\nset\no.", "pickle-opcode-refused"],
    ["subprocess.Popen by NEWOBJ", "csubprocess\nPopen\nU\x02id\x85\x81.", "pickle-global-refused"],
    ["a listed class by NEWOBJ", "c__builtin__\nset\n)\x81.", "pickle-call-refused"],
    ["a listed class by NEWOBJ_EX", "cdispy\nDispyNodeAvailInfo\n)}\x92.", "pickle-opcode-refused"],
    ["builtins.eval", "c__builtin__\neval\n(U\x011tR.", "pickle-global-refused"],
    ["builtins.getattr", "cbuiltins\ngetattr\n(U\x011tR.", "pickle-global-refused"],
    [
      "a way around by dots",
      "\x80\x04\x8c\x05dispy\x8c\x1bDispyNodeAvailInfo.__init__\x93.",
      "pickle-global-refused",
    ],
    ["another class of dispy", "cdispy\nDispyJob\n)\x81.", "pickle-global-refused"],
    ["a name over the seam", "\x80\x04\x8c\x0f__builtin__\nset\x8c\x00\x93.", "pickle-global-refused"],
    ["names that are no strings", "NN\x93.", "pickle-bad-stack"],
    ["the record by REDUCE", "cdispy\nDispyNodeAvailInfo\n)R.", "pickle-call-refused"],
    ["the record with an argument", "cdispy\nDispyNodeAvailInfo\nU\x01a\x85\x81.", "pickle-call-refused"],
    [
      "another class by _reconstructor",
      "ccopy_reg\n_reconstructor\n(c__builtin__\nset\nc__builtin__\nobject\nNtR.",
      "pickle-call-refused",
    ],
    [
      "another base by _reconstructor",
      "ccopy_reg\n_reconstructor\n(cdispy\nDispyNodeAvailInfo\nc__builtin__\nset\nNtR.",
      "pickle-call-refused",
    ],
    [
      "another function for a class",
      "c_codecs\nencode\n(cdispy\nDispyNodeAvailInfo\nc__builtin__\nobject\nNtR.",
      "pickle-call-refused",
    ],
    ["another codec", "c_codecs\nencode\n(U\x01aU\x03ziptR.", "pickle-call-refused"],
    ["encode of a list", "c_codecs\nencode\n(]U\x06latin1tR.", "pickle-call-refused"],
    ["bytes(10**9)", "c__builtin__\nbytes\n(J\x00\xca\x9a\x3btR.", "pickle-call-refused"],
    ["set of a string", "c__builtin__\nset\n(U\x03abctR.", "pickle-call-refused"],
    ["a call of what is no function", "]]\x85R.", "pickle-bad-stack"],
    ["arguments that are no tuple", "c__builtin__\nset\n]R.", "pickle-bad-stack"],
    ["BUILD on a dict", "}}b.", "pickle-call-refused"],
    ["BUILD twice", "cdispy\nDispyNodeAvailInfo\n)\x81}b}b.", "pickle-call-refused"],
    ["BUILD with a list", "cdispy\nDispyNodeAvailInfo\n)\x81]b.", "pickle-call-refused"],
    ["BUILD with a dict of dicts", "cdispy\nDispyNodeAvailInfo\n)\x81}U\x01a}sb.", "pickle-call-refused"],
    [
      "BUILD with keys that are no text",
      "cdispy\nDispyNodeAvailInfo\n)\x81}K\x01K\x01sb.",
      "pickle-call-refused",
    ],
    ["a class as the result", "cdispy\nDispyNodeAvailInfo\n.", "pickle-call-refused"],
    ["a class in a list", "]c__builtin__\nset\na.", "pickle-call-refused"],
    ["a class in a tuple", "c__builtin__\nset\n\x85.", "pickle-call-refused"],
  ]);

  const opcodes = [
    "INST",
    "OBJ",
    "NEWOBJ_EX",
    "EXT1",
    "EXT2",
    "EXT4",
    "PERSID",
    "BINPERSID",
    "DUP",
    "POP",
    "POP_MARK",
  ] as const;
  it.each([...opcodes, "NEXT_BUFFER", "READONLY_BUFFER"] as const)("the opcode %s", (name) => {
    const error = refusal(() => readPickle(new Uint8Array([OP.NONE, OP[name], 1, 1, 1, 1])));
    expect(error.code).toBe("pickle-opcode-refused");
    expect(error.message).toContain(`${name} at byte 1`);
  });

  it("and says what it was, in plain characters", () => {
    const { message } = refusal(() => readPickle(raw("Ncos\x1b[2J\nsystem\n.")));
    expect(message).toBe("GLOBAL at byte 1: os?[2J.system");
  });
});

describe("readPickle refuses to grow:", () => {
  const laughs = "(lp0\n" + Array.from({ length: 30 }, (_, i) => `(g${i}\ng${i}\nlp${i + 1}\n`).join("");
  expectRefusals([
    ["a billion laughs", `${laughs}.`, "pickle-memo-shared"],
    ["a list within itself", "]q\x00h\x00a.", "pickle-memo-shared"],
    ["a dict within itself", "}q\x00U\x01ah\x00s.", "pickle-memo-shared"],
    ["a tuple within its list", "]q\x00h\x00\x85a.", "pickle-memo-shared"],
    ["a record shared", "cdispy\nDispyNodeAvailInfo\n)\x81q\x00h\x00\x86.", "pickle-memo-shared"],
    [
      "long strings recalled",
      `(X\x00\x80\x00\x00${"x".repeat(0x8000)}q\x00${"h\x00".repeat(4000)}t.`,
      "pickle-too-large",
    ],
    [
      "long bytes recalled",
      `(B\x00\x80\x00\x00${"x".repeat(0x8000)}q\x00${"h\x00".repeat(4000)}t.`,
      "pickle-too-large",
    ],
    ["more bytes than allowed", `${"N".repeat(DEFAULT_LIMITS.bytes)}.`, "pickle-too-large"],
    ["100k nested lists", "]".repeat(1e5) + "a".repeat(1e5 - 1) + ".", "pickle-too-large"],
    ["17 nested lists", "]".repeat(17) + "a".repeat(16) + ".", "pickle-too-deep"],
    ["4000 nested lists", "]".repeat(4000) + "a".repeat(3999) + ".", "pickle-too-deep"],
    ["4000 nested tuples", `)${"\x85".repeat(4000)}.`, "pickle-too-deep"],
    ["4000 nested dicts", "}K\x01".repeat(2000) + "N" + "s".repeat(2000) + ".", "pickle-too-deep"],
    [
      "nested sets of protocol 2",
      "c__builtin__\nset\n](".repeat(20) + "e\x85R".repeat(20) + ".",
      "pickle-bad-key",
    ],
    ["lists below a list", "](" + "](".repeat(20) + "e".repeat(21) + ".", "pickle-too-deep"],
    ["a MARK flood", "(".repeat(1e4), "pickle-too-many-marks"],
    ["marks of nested lists", "(".repeat(33) + "l".repeat(33) + ".", "pickle-too-many-marks"],
    ["a stack flood", "N".repeat(1e4), "pickle-too-many-items"],
    ["an opcode flood", `N${"q\x00".repeat(1e4)}.`, "pickle-too-many-ops"],
    ["a MEMOIZE flood", `N${"\x94".repeat(5000)}.`, "pickle-memo-full"],
    ["PUT 4294967295", "Np4294967295\n.", "pickle-memo-full"],
    ["LONG_BINPUT 2^32-1", "Nr\xff\xff\xff\xff.", "pickle-memo-full"],
    ["PUT of 70 digits", `Np${"9".repeat(70)}\n.`, "pickle-number-too-long"],
    ["PUT of 60 digits", `Np${"9".repeat(60)}\n.`, "pickle-bad-number"],
    ["LONG4 of 2 GB", "\x8b\xff\xff\xff\x7f.", "pickle-number-too-long"],
    ["LONG4 of 33 bytes", `\x8b\x21\x00\x00\x00${"\x01".repeat(33)}.`, "pickle-number-too-long"],
    ["LONG1 of 33 bytes", `\x8a\x21${"\x01".repeat(33)}.`, "pickle-number-too-long"],
    ["LONG of 10000 digits", `L${"9".repeat(1e4)}L\n.`, "pickle-number-too-long"],
    ["INT of 10000 digits", `I${"9".repeat(1e4)}\n.`, "pickle-number-too-long"],
    ["FLOAT of 10000 digits", `F${"9".repeat(1e4)}\n.`, "pickle-number-too-long"],
  ]);

  it("in each dimension of its limits", () => {
    const roomy = { bytes: 1e6, ops: 1e6, stack: 1e6, marks: 1e6, memo: 1e6, depth: 1e6 };
    const nested = "]".repeat(1e5) + "a".repeat(1e5 - 1) + ".";
    expect(refused(nested, { ...roomy, ops: 1000 })).toBe("pickle-too-many-ops");
    expect(refused(nested, { ...roomy, stack: 1000 })).toBe("pickle-too-many-items");
    expect(refused(nested, { ...roomy, depth: 1000 })).toBe("pickle-too-deep");
    expect(refused("I123\n.", { digits: 2 })).toBe("pickle-number-too-long");
    expect(readPickle(raw("]".repeat(16) + "a".repeat(15) + "."))).toHaveLength(1);
    expect(readPickle(raw(nested), roomy)).toHaveLength(1);
  });
});

describe("readPickle refuses lengths:", () => {
  const high = "\xff".repeat(8);
  expectRefusals([
    ["BINSTRING of -1", "T\xff\xff\xff\xff.", "pickle-bad-length"],
    ["LONG4 of -1", "\x8b\xff\xff\xff\xff.", "pickle-bad-length"],
    ["BINUNICODE8 of -1", `\x8d${high}.`, "pickle-bad-length"],
    ["BINBYTES8 of -1", `\x8e${high}.`, "pickle-bad-length"],
    ["BYTEARRAY8 of 2^32", "\x96\x00\x00\x00\x00\x01\x00\x00\x00.", "pickle-bad-length"],
    ["FRAME of -1", `\x80\x04\x95${high}N.`, "pickle-bad-length"],
    ["FRAME past the end", "\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00N.", "pickle-truncated"],
    ["BINUNICODE of 4 GB", "X\xff\xff\xff\xff.", "pickle-truncated"],
    ["BINBYTES of 4 GB", "B\xff\xff\xff\xff.", "pickle-truncated"],
    ["BINBYTES8 of 4 GB", "\x8e\xff\xff\xff\xff\x00\x00\x00\x00.", "pickle-truncated"],
    ["SHORT_BINSTRING past the end", "U\x02a", "pickle-truncated"],
    ["a line without an end", "I123", "pickle-truncated"],
    ["no bytes", "", "pickle-empty"],
    ["no STOP", "N", "pickle-truncated"],
    ["bytes behind STOP", "N.N.", "pickle-trailing-bytes"],
  ]);
});

describe("readPickle refuses nonsense:", () => {
  expectRefusals([
    ["a byte that is no opcode", "\xff.", "pickle-opcode-unknown"],
    ["protocol 6", "\x80\x06N.", "pickle-bad-protocol"],
    ["a protocol in the middle", "N\x80\x02.", "pickle-bad-protocol"],
    ["nothing at STOP", ".", "pickle-bad-stack"],
    ["two values at STOP", "NN.", "pickle-bad-stack"],
    ["a mark at STOP", "N(.", "pickle-bad-stack"],
    ["TUPLE without a mark", "Nt.", "pickle-bad-stack"],
    ["TUPLE2 of one", "N\x86.", "pickle-bad-stack"],
    ["TUPLE1 below the mark", "N(\x85.", "pickle-bad-stack"],
    ["APPEND to None", "NNa.", "pickle-bad-stack"],
    ["APPENDS to a tuple", ")(Ne.", "pickle-bad-stack"],
    ["SETITEM on a list", "]NNs.", "pickle-bad-stack"],
    ["SETITEMS of a lone key", "}(Nu.", "pickle-bad-stack"],
    ["DICT of a lone key", "(Nd.", "pickle-bad-stack"],
    ["ADDITEMS to a list", "](N\x90.", "pickle-bad-stack"],
    ["PUT of nothing", "p0\n.", "pickle-bad-stack"],
    ["MEMOIZE of a mark", "N(\x94.", "pickle-bad-stack"],
    ["GET of nothing", "g0\n.", "pickle-memo-missing"],
    ["LONG_BINGET 2^32-1", "j\xff\xff\xff\xff.", "pickle-memo-missing"],
    ["PUT without a number", "Np\n.", "pickle-bad-number"],
    ["PUT -1", "Np-1\n.", "pickle-bad-number"],
    ["INT without a number", "I\n.", "pickle-bad-number"],
    ["INT in hexadecimal", "I0x10\n.", "pickle-bad-number"],
    ["INT with a blank", "I 1\n.", "pickle-bad-number"],
    ["INT with a suffix", "I1L\n.", "pickle-bad-number"],
    ["LONG with two suffixes", "L1LL\n.", "pickle-bad-number"],
    ["LONG of underscores", "L1_0L\n.", "pickle-bad-number"],
    ["FLOAT of words", "FInfinity\n.", "pickle-bad-number"],
    ["FLOAT without a number", "F\n.", "pickle-bad-number"],
    ["a list as a key", "}]Ns.", "pickle-bad-key"],
    ["a list in a tuple as a key", "}]\x85Ns.", "pickle-bad-key"],
    ["a dict in a set", "\x8f(}\x90.", "pickle-bad-key"],
    ["a list in a frozenset", "(]\x91.", "pickle-bad-key"],
    ["invalid UTF-8", "X\x01\x00\x00\x00\xff.", "pickle-bad-text"],
    ["a surrogate in UTF-8", "X\x03\x00\x00\x00\xed\xa0\x80.", "pickle-bad-text"],
    ["a lone surrogate in UNICODE", "V\\ud800\n.", "pickle-bad-text"],
    ["a low surrogate in UNICODE", "V\\udc00x\n.", "pickle-bad-text"],
    ["a backslash in UNICODE", "Va\\b\n.", "pickle-bad-text"],
    ["a short escape in UNICODE", "V\\u12\n.", "pickle-bad-text"],
    ["a character above U+10FFFF", "V\\U00110000\n.", "pickle-bad-text"],
    ["STRING without quotes", "Sabc\n.", "pickle-bad-text"],
    ["STRING with a lone quote", "S'\n.", "pickle-bad-text"],
    ["STRING of two quotes", "S'a\"\n.", "pickle-bad-text"],
    ["STRING with a quote inside", "S'a'b'\n.", "pickle-bad-text"],
    ["STRING with its end escaped", "S'a\\'\n.", "pickle-bad-text"],
    ["STRING with an unknown escape", "S'\\q'\n.", "pickle-bad-text"],
    ["STRING with a short escape", "S'\\x4'\n.", "pickle-bad-text"],
    ["encode of what is not Latin-1", "c_codecs\nencode\n(V\\u20ac\nU\x06latin1tR.", "pickle-bad-text"],
  ]);
});

describe("readPickle", () => {
  it("reaches no prototype by a key", () => {
    const dict = readPickle(raw("}(U\x09__proto__}U\x08pollutedK\x01sU\x0bconstructorK\x02u."));
    expect(dict).toStrictEqual(
      new Map<PyValue, PyValue>([
        ["__proto__", new Map([["polluted", 1]])],
        ["constructor", 2],
      ]),
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("reads Python 2's str as text where it is UTF-8, else as bytes", () => {
    expect(readPickle(raw("U\x02\xc3\xa9."))).toBe("é");
    expect(readPickle(raw("U\x02\xe9\xc3."))).toStrictEqual(raw("\xe9\xc3"));
    expect(readPickle(raw("S'\\xe9\\n\\\\'\n."))).toStrictEqual(raw("\xe9\n\\"));
  });

  it("joins the surrogates of a narrow Python 2", () => {
    expect(readPickle(raw("V\\ud83d\\ude00\n."))).toBe("😀");
  });

  it("gives integers one form", () => {
    expect(readPickle(raw("I-0\n."))).toBe(0);
    expect(readPickle(raw("\x8a\x00."))).toBe(0);
    expect(readPickle(raw("L9007199254740991L\n."))).toBe(Number.MAX_SAFE_INTEGER);
    expect(readPickle(raw("L9007199254740992L\n."))).toBe(9007199254740992n);
  });
});

describe("writePickle", () => {
  const within: PyValue[] = [];
  within.push(within);
  const withinTuple: PyValue[] = [];
  const tuple = new PyTuple(withinTuple);
  withinTuple.push(tuple);
  const nested = (levels: number): PyValue => (levels === 0 ? 1 : [nested(levels - 1)]);
  const record = (args: PyValue[], state?: PyValue): PyValue =>
    new PyObject("dispy", "DispyNodeAvailInfo", args, state);

  it.each<[string, unknown]>([
    ["a list within itself", within],
    ["a tuple within itself as a key", new Map([[tuple, 1]])],
    ["17 levels", nested(17)],
    ["more than 64 KiB", "x".repeat(DEFAULT_LIMITS.bytes)],
    ["a fraction", 1.5],
    ["an unsafe integer", 2 ** 53],
    ["an integer of 33 bytes", 2n ** 256n],
    ["a lone surrogate", "\ud800"],
    ["a list as a key", new Map([[[], 1]])],
    ["a dict in a set", new Set([new Map()])],
    ["another class", new PyObject("os", "system", [], undefined)],
    ["a listed function as a class", new PyObject("_codecs", "encode", [], undefined)],
    ["a record of text", record(["a"])],
    ["a record with lists", record([], new Map([["a", []]]))],
    ["a record whose state is a list", record([], [])],
    ["undefined", undefined],
    ["a function", () => 1],
    ["a plain object", {}],
  ])("refuses %s", (_, value) => {
    expect(refusal(() => writePickle(value as PyValue)).code).toBe("pickle-unwritable");
  });

  it("writes up to the limits", () => {
    const values = [
      nested(16),
      "x".repeat(65000),
      -(2n ** 255n),
      2n ** 255n - 1n,
      record([1, null, new PyFloat(2)]),
    ];
    for (const value of values) expect(readPickle(writePickle(value))).toStrictEqual(value);
  });

  it("writes ASCII as either Python's str, and bytes as either Python's bytes", () => {
    expect(writePickle("a")).toStrictEqual(raw("\x80\x02U\x01a."));
    expect(writePickle("é")).toStrictEqual(raw("\x80\x02X\x02\x00\x00\x00\xc3\xa9."));
    expect(writePickle(hex("ff"))).toStrictEqual(
      raw("\x80\x02c_codecs\nencode\nX\x02\x00\x00\x00\xc3\xbfX\x06\x00\x00\x00latin1\x86R."),
    );
  });
});
