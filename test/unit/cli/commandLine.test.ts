import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../../src/cli/commandLine.ts";
import { UsageError } from "../../../src/cli/usageError.ts";

/** The message of the refusal of these arguments. */
function refusal(...args: string[]): string {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${args.join(" ")}`);
}

describe("the command line", () => {
  test.each([
    [["--node_port", "51348"], { node_port: 51348 }],
    [["--node-port=51348"], { node_port: 51348 }],
    [["--listen_port", "1"], { listen_port: 1 }],
    [["--relay-port", "65535"], { relay_port: 65535 }],
    [["-p", "9700"], { dispy_port: 9700 }],
    [
      ["--scheduler_node", "a", "--scheduler-node", "b:9700"],
      { scheduler_node: [{ host: "a" }, { host: "b", port: 9700 }] },
    ],
    [["--scheduler_node", "[fd00::5]:9700"], { scheduler_node: [{ host: "fd00::5", port: 9700 }] }],
    [["--scheduler_node", "fd00::5"], { scheduler_node: [{ host: "fd00::5" }] }],
    [["--node", "10.0.3.9"], { node: [{ host: "10.0.3.9" }] }],
    [["-i", "eth0", "-i", "10.0.3.1"], { ip_addr: ["eth0", "10.0.3.1"] }],
    [["-s", "pass_word-with-dashes"], { secret: "pass_word-with-dashes" }],
    [["--ipv4-udp-multicast", "-d", "--daemon"], { ipv4_udp_multicast: true, debug: true, daemon: true }],
    [["--log=json", "--state", "/x/y-z_.json"], { log: "json", state: "/x/y-z_.json" }],
    [[], {}],
  ])("%j is understood", (args, settings) => {
    expect(parseCommandLine(args)).toEqual(settings);
  });

  test("takes a network to allow", () => {
    const [network] = parseCommandLine(["--allow", "10.0.0.0/8"]).allow ?? [];
    expect(network?.contains("10.255.0.1")).toBe(true);
    expect(network?.contains("11.0.0.1")).toBe(false);
  });

  test.each([
    [["--node_port", "0"], '--node_port: "0" isn\'t a port: a whole number from 1 to 65535'],
    [["--listen-port", "65536"], '--listen_port: "65536" isn\'t a port: a whole number from 1 to 65535'],
    [
      ["--scheduler_port", "9700x"],
      '--scheduler_port: "9700x" isn\'t a port: a whole number from 1 to 65535',
    ],
    [["-p", "65535"], '--dispy_port: "65535" isn\'t a port: a whole number from 1 to 65533'],
    [["--scheduler_node", "10.0.0.1:99999"], '--scheduler_node: "10.0.0.1:99999" isn\'t a host'],
    [["--scheduler_node", "a b"], '--scheduler_node: "a b" isn\'t a host'],
    [["--node", "-x"], '--node: "-x" isn\'t a host'],
    [["--allow", "10.0.0.0/33"], '--allow: "10.0.0.0/33" isn\'t a network'],
    [["--allow", "10.1"], '--allow: "10.1" isn\'t a network'],
    [["--log", "xml"], '--log: "xml" isn\'t text or json'],
    [["--state", ""], "--state: "],
    [["--nod_port", "1"], "unknown option '--nod_port'"],
    [["--node_port"], "argument missing"],
    [["start"], "too many arguments"],
  ])("%j is refused", (args, message) => {
    expect(refusal(...args)).toContain(message);
  });

  test("never repeats a secret, even an unfit one", () => {
    expect(refusal("--secrt=hush")).not.toContain("hush");
    expect(parseCommandLine(["--secret", "--a-b"]).secret).toBe("--a-b");
    expect(refusal("--secret", "")).toBe("--secret: that isn't a secret: it is empty");
  });
});
