/** Why a pickle was refused: short and stable, fit for a counter's label. */
export type PickleErrorCode =
  /** No bytes at all. */
  | "pickle-empty"
  /** More bytes than allowed, or strings recalled so often that they come to more. */
  | "pickle-too-large"
  /** The bytes end before the value does, or a length says more than there is. */
  | "pickle-truncated"
  /** Bytes are left behind the value. */
  | "pickle-trailing-bytes"
  /** An opcode of Python's that this reader doesn't do. */
  | "pickle-opcode-refused"
  /** A byte that is no opcode. */
  | "pickle-opcode-unknown"
  /** A protocol above 5, or named anywhere but at the beginning. */
  | "pickle-bad-protocol"
  /** A class or function that isn't on the list. */
  | "pickle-global-refused"
  /** A listed class or function, with other arguments than Python itself writes. */
  | "pickle-call-refused"
  /** A negative length, or one above 2^32. */
  | "pickle-bad-length"
  /** Text that is no number, or not the number that the opcode needs. */
  | "pickle-bad-number"
  /** A number of more bytes or digits than allowed. */
  | "pickle-number-too-long"
  /** Invalid UTF-8, quotes or escapes, or a lone surrogate. */
  | "pickle-bad-text"
  /** A dict's key or set's item that Python could not hash. */
  | "pickle-bad-key"
  /** An opcode that finds too little or the wrong thing on the stack, or a value left there at the end. */
  | "pickle-bad-stack"
  /** A recall of something never stored. */
  | "pickle-memo-missing"
  /** A recall of a container, by which values grow without bound or contain themselves. */
  | "pickle-memo-shared"
  /** A memo index at or above the limit. */
  | "pickle-memo-full"
  | "pickle-too-deep"
  | "pickle-too-many-ops"
  | "pickle-too-many-items"
  | "pickle-too-many-marks"
  /** The only code of the writer: a value that can't be written, or not within the limits. */
  | "pickle-unwritable";

/** The only error of this folder. `message` names the opcode and its offset. */
export class PickleError extends Error {
  override readonly name = "PickleError";
  readonly code: PickleErrorCode;

  constructor(code: PickleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
