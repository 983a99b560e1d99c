/** The addresses of this host. */

import { networkInterfaces } from "node:os";

/** One address on one interface. An interface with several addresses appears several times. */
export interface HostAddress {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly address: string;
  /** Address and prefix length: `10.0.3.7/24`. */
  readonly cidr: string;
  readonly isLoopback: boolean;
}

/** What the operating system says now; IPv6 link-local addresses are left out: no peer is told of them. */
export function hostAddresses(): readonly HostAddress[] {
  const found: HostAddress[] = [];
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { family, address, cidr, internal } of addresses) {
      if (cidr === null || address.startsWith("fe80:")) continue;
      found.push({ interface: name, family: family === "IPv4" ? 4 : 6, address, cidr, isLoopback: internal });
    }
  }
  return found;
}
