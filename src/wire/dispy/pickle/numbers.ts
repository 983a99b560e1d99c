/** Python's numbers, as text and as bytes. */

const DECIMAL = /^-?\d+$/;
const FLOAT = /^-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf|nan)$/;

/** The one form of a Python int: a number where that is exact, else a bigint. */
function toInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A decimal integer, or `undefined`. */
export function parseDecimal(text: string): number | bigint | undefined {
  return DECIMAL.test(text) ? toInteger(BigInt(text)) : undefined;
}

/** A float as Python's `repr` writes it, or `undefined`. */
export function parseFloatText(text: string): number | undefined {
  if (!FLOAT.test(text)) return undefined;
  return Number(text.replace("inf", "Infinity").replace("-nan", "nan").replace("nan", "NaN"));
}

/** Two's complement, little-endian; no bytes are 0. */
export function decodeLong(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return toInteger(BigInt.asIntN(bytes.length * 8, value));
}

/** The shortest form that {@link decodeLong} reads; `undefined` when it takes more than `limit` bytes. */
export function encodeLong(value: bigint, limit: number): Uint8Array | undefined {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) if (++length > limit) return undefined;
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = Number((value >> BigInt(index * 8)) & 0xffn);
  return bytes;
}
