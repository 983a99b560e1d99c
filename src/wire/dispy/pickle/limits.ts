/** What a stranger's pickle may cost. dispy's own messages need less than a tenth of each. */
export interface PickleLimits {
  /** Bytes of one pickle, and apart from that bytes of strings recalled from its memo: what is read is at most twice this. */
  readonly bytes: number;
  /** Opcodes of one pickle: bounds the time, since each costs a constant plus the bytes it consumes. */
  readonly ops: number;
  /** Values on the stack: CPython itself puts up to 2000 there, a dict's batch of 1000 keys and values. */
  readonly stack: number;
  /** Open marks: each container being filled holds one. */
  readonly marks: number;
  /** Memo entries, and so the highest memo index plus one. */
  readonly memo: number;
  /** Containers within each other: whoever walks a value may then do so by recursion. */
  readonly depth: number;
  /** Bytes of one binary integer: arithmetic on huge ones takes more than linear time. */
  readonly integerBytes: number;
  /** Characters of one number written as text: 78 digits would fill `integerBytes`, 64 more than any address or counter. */
  readonly digits: number;
}

export const DEFAULT_LIMITS: PickleLimits = {
  bytes: 64 * 1024,
  ops: 8 * 1024,
  stack: 4 * 1024,
  marks: 32,
  memo: 4 * 1024,
  depth: 16,
  integerBytes: 32,
  digits: 64,
};
