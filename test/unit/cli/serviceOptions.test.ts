import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readConfigFile } from "../../../src/cli/configFile.ts";
import { serviceOptions } from "../../../src/cli/serviceOptions.ts";
import type { Settings } from "../../../src/cli/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "netrelay-test-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const NODES = [51348, 61591, 9701];
const CLIENTS = [51347, 61590, 9700];

describe("ports", () => {
  test.each([
    [{}, { listenPorts: NODES, schedulerPorts: CLIENTS, nodePorts: undefined }],
    [{ node_port: 7000 }, { listenPorts: [7000], schedulerPorts: CLIENTS, nodePorts: [7000] }],
    [{ listen_port: 8000 }, { listenPorts: [8000], schedulerPorts: CLIENTS, nodePorts: undefined }],
    [{ relay_port: 8000 }, { listenPorts: [8000], schedulerPorts: CLIENTS, nodePorts: undefined }],
    [
      { node_port: 7000, listen_port: 8000 },
      { listenPorts: [8000], schedulerPorts: CLIENTS, nodePorts: [7000] },
    ],
    [{ dispy_port: 6000 }, { listenPorts: [6001], schedulerPorts: [6000, ...CLIENTS], nodePorts: [6001] }],
    [
      { dispy_port: 6000, listen_port: 8000 },
      { listenPorts: [8000], nodePorts: [6001] },
    ],
    [
      { scheduler_port: 5000 },
      { listenPorts: NODES, schedulerPorts: [5000, ...CLIENTS], searchPorts: [5000] },
    ],
  ])("%j", (settings: Settings, expected) => {
    expect({ nodePorts: undefined, ...serviceOptions(settings, {}) }).toMatchObject(expected);
  });

  test("at which a named scheduler is looked for are all usual ones, 51349 first", () => {
    expect(serviceOptions({}, {}).searchPorts).toEqual([51349, 51347, 61590, 9700, 61592, 9702]);
    expect(serviceOptions({ dispy_port: 6000 }, {}).searchPorts).toEqual([6000, 6002]);
  });
});

describe("the secret", () => {
  const NETRELAY_SECRET = "of the environment";

  test("comes from the option, else from the file, else from the environment", () => {
    const secret_file = file("secret", "of the file\n");
    expect(serviceOptions({ secret: "given", secret_file }, { NETRELAY_SECRET }).secret).toBe("given");
    expect(serviceOptions({ secret_file }, { NETRELAY_SECRET }).secret).toBe("of the file");
    expect(serviceOptions({}, { NETRELAY_SECRET }).secret).toBe(NETRELAY_SECRET);
    expect(serviceOptions({}, {}).secret).toBe("");
  });

  test.each([["empty-secret", "\n", "it is empty"]])(
    "file that is %s is refused",
    (name, content, message) => {
      const secret_file = file(name, content);
      expect(() => serviceOptions({ secret_file }, {})).toThrow(message);
    },
  );
});

describe("the state file", () => {
  test.each([
    [{ STATE_DIRECTORY: "/var/lib/netrelay:/x", HOME: "/h" }, "/var/lib/netrelay/schedulers.json"],
    [{ XDG_STATE_HOME: "/s", HOME: "/h" }, "/s/netrelay/schedulers.json"],
    [{ HOME: "/h" }, "/h/.local/state/netrelay/schedulers.json"],
    [{}, "/var/lib/netrelay/schedulers.json"],
  ])("with %j is %s", (environment, path) => {
    expect(serviceOptions({}, environment).stateFile).toBe(path);
  });

  test("of a relay on a port of its own is its own", () => {
    expect(serviceOptions({ listen_port: 8000 }, { HOME: "/h" }).stateFile).toMatch(/schedulers-8000\.json$/);
    expect(serviceOptions({ state: "/x.json" }, { HOME: "/h" }).stateFile).toBe("/x.json");
  });
});

describe("certificates that can't be used are refused with the reason:", () => {
  test("a file that isn't there", () => {
    expect(() => serviceOptions({ certfile: join(folder, "none.pem") }, {})).toThrow(
      /--certfile .*none\.pem: can't be read/,
    );
  });

  test("a file that is no certificate", () => {
    expect(() => serviceOptions({ certfile: file("cert.pem", "hello") }, {})).toThrow("--keyfile");
  });

  test("a key without a certificate", () => {
    expect(() => serviceOptions({ keyfile: "key.pem" }, {})).toThrow("only with its --certfile");
  });
});

describe("a configuration file", () => {
  test("has the options under the same names, with underscores or dashes", () => {
    const path = file(
      "good.toml",
      'node_port = 7000\nscheduler-node = ["a", "b:9700"]\nip_addr = "eth1"\ndaemon = true\nlog = "json"\n',
    );
    expect(readConfigFile(path)).toEqual({
      ...{ node_port: 7000, scheduler_node: [{ host: "a" }, { host: "b", port: 9700 }] },
      ...{ ip_addr: ["eth1"], daemon: true, log: "json" },
    });
  });

  test.each([
    ["unknown.toml", "nodeport = 1", 'there is no option "nodeport"; there are node_port'],
    ["config.toml", 'config = "other.toml"', 'there is no option "config"'],
    ["bad.toml", "node_port = 70000", 'node_port: "70000" isn\'t a port: a whole number from 1 to 65535'],
    ["float.toml", "node_port = 1.5", '"1.5" isn\'t a port'],
    ["list.toml", "node_port = [1, 2]", "node_port takes one value, not a list"],
    ["table.toml", "[node_port]\na = 1", "node_port takes text, a number or true/false"],
    ["switch.toml", 'daemon = "yes"', 'daemon: "yes" isn\'t true or false'],
    ["broken.toml", "node_port = ", "--config"],
    ["secret.toml", 'secret = ["hush", "hush"]', "secret takes one value"],
  ])("%s is refused by name", (name, content, message) => {
    const path = file(name, content);
    expect(() => readConfigFile(path)).toThrow(message);
    expect(() => readConfigFile(path)).toThrow(path);
  });

  test("with a slip beside a secret is refused without quoting it", () => {
    const path = file("slip.toml", 'secret = "hush"\nlog = \n');
    expect(() => readConfigFile(path)).toThrow(/line 2/);
    expect(() => readConfigFile(path)).not.toThrow(/hush/);
  });

  test("that isn't there is refused", () => {
    expect(() => readConfigFile(join(folder, "none.toml"))).toThrow("none.toml");
  });
});
