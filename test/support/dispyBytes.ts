import type { PyDict, PyValue } from "../../src/wire/dispy/pickle/value.ts";
import { writePickle } from "../../src/wire/dispy/pickle/write.ts";

/** One byte for each character. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export type Fields = Readonly<Record<string, PyValue>>;

export function dict(fields: Fields): PyDict {
  return new Map<PyValue, PyValue>(Object.entries(fields));
}

/** `PING:` and the pickle of `value`. */
export function tagged(tag: string, value: PyValue): Uint8Array {
  return joined(latin1(`${tag}:`), writePickle(value));
}

export function ping(fields: Fields): Uint8Array {
  return tagged("PING", dict(fields));
}

/**
 * A well-formed PING that is longer when it is written again: its bytes above 127 take two each in protocol 2.
 * 40,000 of them are more than the writer's limit.
 */
export function swellingPing(port: number, release: string): Uint8Array {
  const count = 40_000;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, count, true);
  const { buffer } = Uint16Array.of(port);
  return joined(
    latin1(`PING:\x80\x03}(U\x07versionU${String.fromCharCode(release.length)}${release}U\x04portM`),
    new Uint8Array(buffer),
    latin1("U\x08ip_addrs]U\x05extraB"),
    length,
    new Uint8Array(count).fill(0xff),
    latin1("u."),
  );
}
