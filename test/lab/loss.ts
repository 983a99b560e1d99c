// Lost datagrams: UDP alone, at the receiving host, so that each host loses its own. TCP, ARP and ICMP pass.
import { NotToBeHad } from "./python.ts";
import { run, succeeds } from "./shell.ts";

// Classic BPF, since it needs the least of a kernel: `tc` compiles nothing, and netem isn't built everywhere.
//   ldh [12]; jne 0x800, pass      an IPv4 packet …
//   ldb [23]; jne 17, pass         … with a datagram …
//   ld rand; jge threshold, pass   … that is unlucky
//   ret -1; pass: ret 0
function unlucky(part: number): string {
  const threshold = Math.min(0xffffffff, Math.round(part * 2 ** 32));
  return `8,40 0 0 12,21 0 5 2048,48 0 0 23,21 0 3 17,32 0 0 4294963256,53 1 0 ${threshold},6 0 0 4294967295,6 0 0 0`;
}

/** Loses this part (0 … 1) of the UDP datagrams that arrive at an interface. */
export async function loseDatagrams(namespace: string, device: string, part: number): Promise<void> {
  const filter = ["-n", namespace, "filter", "add", "dev", device, "parent", "ffff:", "protocol", "ip"];
  const unluckyOnes = [...filter, "bpf", "bytecode", unlucky(part)];
  try {
    await run("tc", ["-n", namespace, "qdisc", "add", "dev", device, "ingress"]);
    if (await succeeds("tc", [...unluckyOnes, "action", "drop"])) return;
    // A kernel without the drop action: into a cable whose other end is down.
    await run("ip", ["-n", namespace, "link", "add", "hole", "type", "veth", "peer", "name", "nowhere"]);
    await run("ip", ["-n", namespace, "link", "set", "hole", "up"]);
    await run("tc", [...unluckyOnes, "action", "mirred", "egress", "redirect", "dev", "hole"]);
  } catch (error) {
    throw new NotToBeHad(`tc loses no datagrams here: ${(error as Error).message}`);
  }
}
