/** Which of the host's addresses the relay serves, and the network around each. Pure. */

import type { HostAddress } from "../net/interfaces.ts";
import { sameAddress } from "../relay/addresses.ts";
import type { Subnet } from "../relay/events.ts";

/** The subnets named by `interfaces` (addresses or interface names); all but loopback where none is named. */
export function subnetsOf(
  addresses: readonly HostAddress[],
  interfaces: readonly string[],
): readonly Subnet[] {
  const isNamed = (found: HostAddress): boolean =>
    interfaces.some((name) => name === found.interface || sameAddress(name, found.address));
  const isServed = interfaces.length === 0 ? (found: HostAddress) => !found.isLoopback : isNamed;
  return addresses.filter(isServed).map(toSubnet);
}

/** Those of `interfaces` that the host doesn't have, now. */
export function missing(addresses: readonly HostAddress[], interfaces: readonly string[]): readonly string[] {
  return interfaces.filter((name) => subnetsOf(addresses, [name]).length === 0);
}

function toSubnet({ interface: name, family, address, cidr }: HostAddress): Subnet {
  const broadcast = family === 4 ? broadcastOf(address, prefixOf(cidr)) : undefined;
  const id = `${name} ${cidr}`;
  return {
    id,
    interface: name,
    family,
    address,
    network: cidr,
    ...(broadcast === undefined ? {} : { broadcast }),
  };
}

function prefixOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

/** Directed broadcast address; networks of one or two addresses (/32, /31) have none. */
function broadcastOf(address: string, prefix: number): string | undefined {
  if (prefix > 30) return undefined;
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const last = Math.floor(value / size) * size + size - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join(".");
}
