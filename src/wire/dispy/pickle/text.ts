/** Text as pickles hold it. Each function returns `undefined` for text that isn't well formed. */

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const TO_UTF8 = new TextEncoder();
const REPLACEMENT = "\ufffd";
const BACKSLASH = 0x5c;

/**
 * UTF-8 without surrogates; a byte order mark is a character like any other. Malformed bytes show by the replacement
 * character, which needn't be one: a decoder that throws takes 5 µs a throw, and a datagram can hold 300 such strings.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = UTF8.decode(bytes);
  return !text.includes(REPLACEMENT) || isSame(TO_UTF8.encode(text), bytes) ? text : undefined;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** One character for each byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The reverse of {@link decodeLatin1}; `undefined` when a character doesn't fit a byte. */
export function encodeLatin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return undefined;
    bytes[index] = code;
  }
  return bytes;
}

/** Whether all of `text` is 7-bit. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** Python's raw-unicode-escape, as the opcode UNICODE has it: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. */
export function decodeRawUnicode(line: Uint8Array): string | undefined {
  let text = "";
  for (let index = 0; index < line.length; index++) {
    const byte = line[index] ?? 0;
    if (byte !== BACKSLASH) {
      text += String.fromCharCode(byte);
      continue;
    }
    const digits = line[index + 1] === 0x75 ? 4 : line[index + 1] === 0x55 ? 8 : 0;
    const code = digits === 0 ? -1 : parseHex(line, index + 2, digits);
    if (code < 0 || code > 0x10ffff) return undefined;
    text += String.fromCodePoint(code);
    index += 1 + digits;
  }
  return isWellFormed(text) ? text : undefined;
}

/** The bytes of a Python 2 string literal, quotes and the escapes of `repr` included, as the opcode STRING has it. */
export function unquote(line: Uint8Array): Uint8Array | undefined {
  const quote = line[0];
  const last = line.length - 1;
  if ((quote !== 0x27 && quote !== 0x22) || last < 1 || line[last] !== quote) return undefined;
  const bytes = new Uint8Array(last - 1);
  let length = 0;
  for (let index = 1; index < last; index++) {
    let byte = line[index] ?? 0;
    if (byte === quote) return undefined;
    if (byte === BACKSLASH) {
      const escape = line[++index] ?? 0;
      byte = escape === 0x78 ? parseHex(line, index + 1, 2) : (ESCAPES.get(escape) ?? -1);
      if (escape === 0x78) index += 2;
      if (byte < 0 || index >= last) return undefined;
    }
    bytes[length++] = byte;
  }
  return bytes.slice(0, length);
}

/** What `repr` puts behind a backslash, beside `x`: a backslash, both quotes, n, r and t. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [BACKSLASH, BACKSLASH],
  [0x27, 0x27],
  [0x22, 0x22],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/** Whether every surrogate has its partner. */
export function isWellFormed(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0xd800 || code > 0xdfff) continue;
    const next = text.charCodeAt(++index);
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
  }
  return true;
}

/** The number in `count` hexadecimal digits, or -1. */
function parseHex(line: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index++) {
    const digit = hexDigit(line[index] ?? 0);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
