import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Remembered } from "../../../src/relay/events.ts";
import { StateFile } from "../../../src/service/stateFile.ts";

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "netrelay-state-"));
  path = join(folder, "schedulers.json");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function scheduler(n: number): Remembered {
  return { wire: "dispy", release: "4.15.2", address: `10.0.1.${n}`, port: 9700 };
}

const GOOD = scheduler(1);

describe("the state file", () => {
  it("that isn't there is an empty one", async () => {
    expect(await new StateFile(path).load()).toEqual({ kind: "loaded", schedulers: [] });
  });

  it("gives back what was saved, in folders that it makes", async () => {
    const deep = join(folder, "a", "b", "state.json");
    expect(await new StateFile(deep).save([scheduler(1), scheduler(2)])).toBeUndefined();
    expect(await new StateFile(deep).load()).toEqual({
      kind: "loaded",
      schedulers: [scheduler(1), scheduler(2)],
    });
    expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o700);
  });

  it("is for its owner alone, even where a file open to all stood before", async () => {
    await writeFile(path, "{}", { mode: 0o666 });
    await new StateFile(path).save([GOOD]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("leaves no draft behind", async () => {
    await new StateFile(path).save([GOOD]);
    expect(await readdir(folder)).toEqual(["schedulers.json"]);
  });

  it("is replaced, never written into: who has it open reads the old one to its end", async () => {
    const file = new StateFile(path);
    await file.save([scheduler(1)]);
    const { ino } = await stat(path);
    await file.save([scheduler(2)]);
    expect((await stat(path)).ino).not.toBe(ino);
  });

  it("holds the last of concurrent saves, and all of them end", async () => {
    const file = new StateFile(path);
    const saves = Array.from({ length: 50 }, (_, n) => file.save([scheduler(n)]));
    expect(await Promise.all(saves)).toEqual(saves.map(() => undefined));
    expect(await file.load()).toEqual({ kind: "loaded", schedulers: [scheduler(49)] });
    expect(await readdir(folder)).toEqual(["schedulers.json"]);
  });

  it("joins saves that come during a write into one", async () => {
    const file = new StateFile(path);
    const first = file.save([scheduler(1)]);
    expect(await Promise.all([first, file.save([scheduler(2)]), file.save([])])).toHaveLength(3);
    await file.settled();
    expect(await file.load()).toEqual({ kind: "loaded", schedulers: [] });
  });

  it("that can't be written says so, stays unsaved, and may be tried again", async () => {
    const plain = join(folder, "plain");
    await writeFile(plain, "kept");
    const file = new StateFile(join(plain, "state.json"));
    expect(await file.save([GOOD])).toBeInstanceOf(Error);
    expect(await readFile(plain, "utf8")).toBe("kept");
    await rm(plain);
    expect(await file.save([GOOD])).toBeUndefined();
  });

  it("that can't be replaced leaves no draft behind", async () => {
    await mkdir(join(path, "in the way"), { recursive: true });
    expect(await new StateFile(path).save([GOOD])).toBeInstanceOf(Error);
    expect(await readdir(folder)).toEqual(["schedulers.json"]);
  });

  it("that is a folder is damaged, and stays where it is", async () => {
    await mkdir(path);
    expect(await new StateFile(path).load()).toMatchObject({ kind: "damaged", movedTo: undefined });
    expect(await readdir(folder)).toEqual(["schedulers.json"]);
  });
});

describe("a damaged state file is set aside:", () => {
  const entry = (change: Record<string, unknown>): string =>
    JSON.stringify({ format: 1, schedulers: [GOOD, { ...GOOD, ...change }] });
  it.each([
    ["empty", ""],
    ["half of JSON", '{"format": 1, "schedul'],
    ["bytes of all sorts", "\u0000\u0001\ufffd"],
    ["null", "null"],
    ["a number", "7"],
    ["a list", "[]"],
    ["another format", '{"format": 2, "schedulers": []}'],
    ["no format", '{"schedulers": []}'],
    ["no schedulers", '{"format": 1}'],
    ["schedulers that are no list", '{"format": 1, "schedulers": {}}'],
    ["too many schedulers", JSON.stringify({ format: 1, schedulers: Array(10_001).fill(GOOD) })],
    ["a scheduler that is null", '{"format": 1, "schedulers": [null]}'],
    ["a scheduler that is text", '{"format": 1, "schedulers": ["10.0.1.5:9700"]}'],
    ["another wire", entry({ wire: "carrier pigeon" })],
    ["a release that is a number", entry({ release: 4.15 })],
    ["no address", entry({ address: undefined })],
    ["port 0", entry({ port: 0 })],
    ["port 65536", entry({ port: 65536 })],
    ["a port that isn't whole", entry({ port: 9700.5 })],
    ["a port as text", entry({ port: "9700" })],
    ["an empty address, which would be dialled as localhost", entry({ address: "" })],
  ])("%s", async (_, content) => {
    await writeFile(path, content);
    const loaded = await new StateFile(path).load();
    expect(loaded).toEqual({
      kind: "damaged",
      reason: expect.stringMatching(/./) as unknown,
      movedTo: `${path}.damaged`,
    });
    expect(await readdir(folder)).toEqual(["schedulers.json.damaged"]);
    expect(await readFile(`${path}.damaged`, "utf8")).toBe(content);
  });
});
