import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const NETRELAY = fileURLToPath(new URL("../../bin/netrelay.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "netrelay-test-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly child: ChildProcess;
  stdout: string;
  stderr: string;
  readonly code: Promise<number | null>;
  /** Resolves once standard error has this. */
  said(pattern: RegExp): Promise<void>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [NETRELAY, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const code = new Promise<number | null>((resolve) => child.on("close", resolve));
  const result: Run = {
    ...{ child, code, stdout: "", stderr: "" },
    said(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(result.stderr)) resolve();
        };
        child.stderr.on("data", look);
        void code.then(() => {
          reject(new Error(`ended without saying ${String(pattern)}: ${result.stderr}`));
        });
        look();
      });
    },
  };
  child.stdout.on("data", (text: Buffer) => (result.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (result.stderr += text.toString()));
  return result;
}

/** A port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(...args: string[]): Promise<Run> {
  const port = await freePort();
  const options = ["-i", "127.0.0.1", "--listen_port", String(port), "--daemon"];
  return run(...options, "--state", join(folder, `${port}.json`), ...args);
}

test("--version and --help print and end well", async () => {
  const version = run("--version");
  expect(await version.code).toBe(0);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = run("--help");
  expect(await help.code).toBe(0);
  expect(help.stdout).toContain("Examples:");
});

test("a bad value ends it with code 2, its name, its value and what was expected", async () => {
  const bad = run("--node-port", "high");
  expect(await bad.code).toBe(2);
  expect(bad.stderr).toBe(
    'netrelay: --node_port: "high" isn\'t a port: a whole number from 1 to 65535\nSee netrelay --help.\n',
  );
});

test.each(["SIGTERM", "SIGINT"] as const)("it listens, and ends well on %s", async (signal) => {
  const relay = await start();
  await relay.said(/listening for nodes/);
  relay.child.kill(signal);
  expect(await relay.code).toBe(0);
});

test("the log for machines is one JSON object a line", async () => {
  const relay = await start("--log", "json");
  await relay.said(/listening-for-nodes/);
  relay.child.kill();
  await relay.code;
  const events = relay.stderr
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events).toContain("listening-for-schedulers");
});

test("a damaged state file is set aside with a warning", async () => {
  const state = join(folder, "damaged.json");
  writeFileSync(state, '{"format": 1, "schedu');
  const relay = await start("--state", state);
  await relay.said(/listening for nodes/);
  relay.child.kill();
  await relay.code;
  expect(relay.stderr).toContain(`state file ${state} is unusable`);
  expect(readFileSync(`${state}.damaged`, "utf8")).toContain("schedu");
});

test("the secret is in no line, not even in the trace", async () => {
  const relay = await start("-d", "--secret", "hush-hush", "--scheduler_node", "127.0.0.1:1");
  await relay.said(/no scheduler found yet/);
  relay.child.kill();
  await relay.code;
  expect(relay.stderr).not.toContain("hush-hush");
});
