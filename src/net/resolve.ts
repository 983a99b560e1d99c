/** Names → addresses, by the system's own rules (/etc/hosts, then DNS). */

import { lookup } from "node:dns/promises";

/** All addresses of `host`; none where it isn't known. */
export async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
