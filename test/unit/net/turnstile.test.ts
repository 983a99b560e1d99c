import { describe, expect, it } from "vitest";
import { Turnstile } from "../../../src/net/turnstile.ts";

/** A task that begins when its turn comes and ends when the test says so. */
class Task {
  readonly begun: Promise<void>;
  hasBegun = false;
  #begin!: () => void;
  #end!: (value: string) => void;
  #fail!: (error: Error) => void;
  readonly #ended: Promise<string>;

  constructor() {
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
  }

  readonly run = (): Promise<string> => {
    this.hasBegun = true;
    this.#begin();
    return this.#ended;
  };

  end(value = "done"): void {
    this.#end(value);
  }

  fail(): void {
    this.#fail(new Error("failed"));
  }
}

function tasks(count: number): Task[] {
  return Array.from({ length: count }, () => new Task());
}

function begun(all: readonly Task[]): number[] {
  return all.flatMap(({ hasBegun }, index) => (hasBegun ? [index] : []));
}

describe("Turnstile", () => {
  it("resolves to what the task does", async () => {
    expect(await new Turnstile(1, 0).run(() => Promise.resolve(7))).toBe(7);
  });

  it("begins so many at once, and the others in the order in which they came", async () => {
    const turnstile = new Turnstile(2, 3);
    const all = tasks(5);
    const results = all.map(({ run }) => turnstile.run(run));
    expect(begun(all)).toStrictEqual([0, 1]);
    all[1]!.end("b");
    await all[2]!.begun;
    expect(begun(all)).toStrictEqual([0, 1, 2]);
    all[0]!.end("a");
    await all[3]!.begun;
    expect(begun(all)).toStrictEqual([0, 1, 2, 3]);
    for (const [index, task] of all.entries()) task.end("abcde"[index]);
    expect(await Promise.all(results)).toStrictEqual(["a", "b", "c", "d", "e"]);
  });

  it("turns away what comes while too many wait, without beginning it", async () => {
    const turnstile = new Turnstile(1, 1);
    const all = tasks(3);
    const results = all.map(({ run }) => turnstile.run(run));
    expect(await results[2]).toBeUndefined();
    for (const task of all) task.end();
    expect(await Promise.all(results)).toStrictEqual(["done", "done", undefined]);
    expect(begun(all)).toStrictEqual([0, 1]);
  });

  it("turns away at once where nobody may wait, and takes the next when the place is free", async () => {
    const turnstile = new Turnstile(1, 0);
    const [first, second, third] = tasks(3) as [Task, Task, Task];
    const running = turnstile.run(first.run);
    expect(await turnstile.run(second.run)).toBeUndefined();
    first.end();
    await running;
    third.end("third");
    expect(await turnstile.run(third.run)).toBe("third");
  });

  it("passes a failure on, and the place to who waits", async () => {
    const turnstile = new Turnstile(1, 1);
    const [first, second, third] = tasks(3) as [Task, Task, Task];
    const failing = turnstile.run(first.run);
    const waiting = turnstile.run(second.run);
    first.fail();
    await expect(failing).rejects.toThrow("failed");
    second.fail();
    await expect(waiting).rejects.toThrow("failed");
    third.end();
    expect(await turnstile.run(third.run)).toBe("done");
  });

  it("frees the place of a task that throws before it is one", async () => {
    const turnstile = new Turnstile(1, 0);
    const throwing = turnstile.run(() => {
      throw new Error("at once");
    });
    await expect(throwing).rejects.toThrow("at once");
    expect(await turnstile.run(() => Promise.resolve(1))).toBe(1);
  });

  it("never runs more at once, whoever comes when a place is passed on", async () => {
    const turnstile = new Turnstile(1, 2);
    const all = tasks(3);
    const first = turnstile.run(all[0]!.run);
    const second = turnstile.run(all[1]!.run);
    all[0]!.end();
    await first;
    const third = turnstile.run(all[2]!.run);
    await all[1]!.begun;
    expect(begun(all)).toStrictEqual([0, 1]);
    all[1]!.end();
    all[2]!.end();
    expect(await Promise.all([second, third])).toStrictEqual(["done", "done"]);
  });
});
