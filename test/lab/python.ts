// Virtual environments with real dispy from PyPI, made once per machine and kept in a cache directory.
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Release } from "./releases.ts";
import { run } from "./shell.ts";

/** What this machine doesn't have: the row or the lab is skipped, and says why. */
export class NotToBeHad extends Error {
  override readonly name = "NotToBeHad";
}

/** No Python here that a release runs on: its row is skipped even where the lab is required. */
export class NoSuchPython extends NotToBeHad {}

/** Which optional packages dispy finds: none, or netifaces and psutil. */
export type Kind = "plain" | "full";

export interface Environment {
  readonly python: string;
  /** The path of a program of dispy: dispynode, dispynetrelay, dispyscheduler. */
  program(name: string): string;
}

interface Python {
  readonly path: string;
  readonly minor: number;
}

// netifaces has no wheels for newer Pythons and wants a compiler; netifaces2 is the same module with wheels.
const PACKAGES: Record<Kind, readonly (readonly string[])[]> = {
  plain: [[]],
  full: [
    ["netifaces", "psutil"],
    ["netifaces2", "psutil"],
  ],
};

// Python 3.13 took two things away that dispy uses: the module cgi, and shelves that several threads write. There `legacy-cgi`
// and the next database brought by Python stand in; dispy itself stays as it is.
const SINCE_313 = {
  packages: ["legacy-cgi"],
  atStart: 'import dbm; "dbm.sqlite3" in dbm._names and dbm._names.remove("dbm.sqlite3")\n',
};

const user = process.getuid?.() ?? 0;
const cache = process.env["XDG_CACHE_HOME"]
  ? join(process.env["XDG_CACHE_HOME"], "netrelay-lab")
  : join(tmpdir(), `netrelay-lab-${user}`);

async function ask(path: string): Promise<Python | undefined> {
  const version = "import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1])";
  const answer = await run(path, ["-c", version]).catch(() => "");
  const [major, minor] = answer.trim().split(" ").map(Number);
  return major === 3 && minor !== undefined ? { path, minor } : undefined;
}

/** The machine's Pythons: `python3` first, then others on the PATH and of pyenv. */
async function findPythons(): Promise<Python[]> {
  const minors = [13, 12, 11, 10, 9, 8, 7];
  const versions = join(homedir(), ".pyenv", "versions");
  const pyenv = (await readdir(versions).catch(() => [] as string[])).map((name) =>
    join(versions, name, "bin", "python3"),
  );
  const found: Python[] = [];
  for (const path of ["python3", ...minors.map((minor) => `python3.${minor}`), ...pyenv]) {
    const python = await ask(path);
    if (python) found.push(python);
  }
  return found;
}

let pythons: Promise<Python[]> | undefined;
const made = new Map<string, Promise<Environment>>();

async function pick(release: Release, newest: number): Promise<Python> {
  pythons ??= findPythons();
  const [oldest] = release.pythons;
  const python = (await pythons).find(({ minor }) => minor >= oldest && minor <= newest);
  if (!python) throw new NoSuchPython(`needs Python 3.${oldest} to 3.${newest}`);
  return python;
}

/** An environment with this release; `tls` asks for a Python on which its TLS runs. */
export async function environment(release: Release, kind: Kind, tls = false): Promise<Environment> {
  const [, newest] = release.pythons;
  const python = await pick(release, tls ? Math.min(newest, release.tlsUpTo) : newest);
  const name = `dispy-${release.version}-${kind}-py3.${python.minor}`;
  let environment = made.get(name);
  if (!environment) made.set(name, (environment = make(name, python, release, kind)));
  return environment;
}

async function make(name: string, python: Python, release: Release, kind: Kind): Promise<Environment> {
  const dir = join(cache, name);
  const bin = join(dir, "bin");
  if (!existsSync(join(dir, "ready"))) await install(dir, python, release, kind);
  return { python: join(bin, "python"), program: (program) => join(bin, `${program}.py`) };
}

async function install(dir: string, python: Python, release: Release, kind: Kind): Promise<void> {
  const draft = `${dir}.${process.pid}`; // renamed when whole, so that two runs don't meet in one directory
  await mkdir(cache, { recursive: true });
  try {
    await run(python.path, ["-m", "venv", draft]);
    await fill(draft, python, release, kind);
    await writeFile(join(draft, "ready"), "");
    await rm(dir, { recursive: true, force: true });
    await rename(draft, dir);
  } catch (error) {
    const reason = (error as Error).message.split("\n").filter(Boolean).slice(-3).join(" ");
    throw new NotToBeHad(`no dispy ${release.version} (${kind}) from PyPI: ${reason}`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fill(dir: string, python: Python, release: Release, kind: Kind): Promise<void> {
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  const basic = [`dispy==${release.version}`, ...(python.minor >= 13 ? SINCE_313.packages : [])];
  if (python.minor >= 13) {
    const packages = join(dir, "lib", `python3.${python.minor}`, "site-packages");
    await writeFile(join(packages, "netrelay-lab.pth"), SINCE_313.atStart);
  }
  const [first, ...others] = PACKAGES[kind].map(
    (optional) => () => run(join(dir, "bin", "python"), [...pip, ...basic, ...optional]),
  );
  let installed = first!();
  for (const other of others) installed = installed.catch(other);
  await installed;
}
