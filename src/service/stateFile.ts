/** The schedulers that a relay knows, kept over restarts. Holds nothing secret: addresses, ports and releases. */

import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { familyOf } from "../relay/addresses.ts";
import type { Remembered } from "../relay/events.ts";

const FORMAT = 1;

/** More entries than any relay writes: a file with more isn't ours. */
const MAX_ENTRIES = 10_000;

export type Loaded =
  | { readonly kind: "loaded"; readonly schedulers: readonly Remembered[] }
  /** The file wasn't readable as state; it now stands at `movedTo`, if it could be moved. */
  | { readonly kind: "damaged"; readonly reason: string; readonly movedTo: string | undefined };

export class StateFile {
  readonly path: string;
  #latest: readonly Remembered[] | undefined;
  #writing: Promise<Error | undefined> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads the file; one that isn't there is an empty one, a damaged one is set aside. */
  async load(): Promise<Loaded> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "loaded", schedulers: [] };
      return { kind: "damaged", reason: (error as Error).message, movedTo: undefined };
    }
    try {
      return { kind: "loaded", schedulers: parse(text) };
    } catch (error) {
      return { kind: "damaged", reason: (error as Error).message, movedTo: await this.#setAside() };
    }
  }

  /** Writes atomically. Calls during a write are joined into one after it. Resolves to what went wrong, if anything. */
  async save(schedulers: readonly Remembered[]): Promise<Error | undefined> {
    this.#latest = schedulers;
    this.#writing ??= this.#writeLatest();
    return this.#writing;
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeLatest(): Promise<Error | undefined> {
    let failure: Error | undefined;
    while (this.#latest !== undefined) {
      const schedulers = this.#latest;
      this.#latest = undefined;
      failure = await this.#write(schedulers).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    }
    this.#writing = undefined;
    return failure;
  }

  async #write(schedulers: readonly Remembered[]): Promise<void> {
    const draft = `${this.path}.${process.pid}.new`;
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    try {
      const file = await open(draft, "w", 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ format: FORMAT, schedulers }, undefined, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, this.path);
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
  }

  async #setAside(): Promise<string | undefined> {
    const aside = `${this.path}.damaged`;
    return rename(this.path, aside).then(
      () => aside,
      () => undefined,
    );
  }
}

function parse(text: string): readonly Remembered[] {
  const state = JSON.parse(text) as { format?: unknown; schedulers?: unknown } | null;
  if (state?.format !== FORMAT) throw new Error(`its format isn't ${FORMAT}`);
  const { schedulers } = state;
  if (!Array.isArray(schedulers) || schedulers.length > MAX_ENTRIES)
    throw new Error("its list of schedulers is unfit");
  return schedulers.map(parseScheduler);
}

function parseScheduler(entry: unknown): Remembered {
  const { wire, release, address, port } = (entry ?? {}) as Record<string, unknown>;
  const isFit =
    wire === "dispy" &&
    typeof release === "string" &&
    release !== "" &&
    typeof address === "string" &&
    familyOf(address) !== undefined &&
    typeof port === "number" &&
    Number.isInteger(port) &&
    port >= 1 &&
    port <= 65535;
  if (!isFit) throw new Error(`it has an unfit scheduler: ${JSON.stringify(entry)}`);
  return { wire, release, address, port };
}
