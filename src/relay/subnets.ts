/** The relay's subnets, and which of them an address is in. */

import { parseNetwork } from "./addresses.ts";
import type { Network } from "./addresses.ts";
import type { Subnet } from "./events.ts";

export class Subnets {
  #subnets: readonly { readonly subnet: Subnet; readonly network: Network | undefined }[] = [];

  get list(): readonly Subnet[] {
    return this.#subnets.map(({ subnet }) => subnet);
  }

  /** Takes the subnets as they are now. Returns whether some of them are new. */
  replace(subnets: readonly Subnet[]): boolean {
    const before = new Set(this.list.map(({ id }) => id));
    this.#subnets = subnets.map((subnet) => ({ subnet, network: parseNetwork(subnet.network) }));
    return subnets.some(({ id }) => !before.has(id));
  }

  around(address: string): readonly Subnet[] {
    return this.#subnets.filter(({ network }) => network?.contains(address)).map(({ subnet }) => subnet);
  }
}
