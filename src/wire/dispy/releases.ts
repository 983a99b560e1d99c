/**
 * Which dispy release uses which ports and says things in which form.
 *
 * Source: dispy's releases 3.15 to 4.15.2 on PyPI, read and run. netrelay has no dispy version of its own, so this
 * page is all that it knows about releases; one that isn't listed is taken for the newest kind.
 */

/** The usual ports of an era: `client` is a JobCluster's, `shared` a dispyscheduler's for its clients. */
export interface EraPorts {
  readonly client: number;
  readonly node: number;
  readonly shared: number;
}

export interface Era {
  /** First release of the era. */
  readonly since: string;
  readonly ports: EraPorts;
}

const NEWEST: Era = { since: "4.15", ports: { client: 9700, node: 9701, shared: 9702 } };

/** Newest first. */
export const ERAS: readonly Era[] = [
  NEWEST,
  { since: "4.11", ports: { client: 61590, node: 61591, shared: 61592 } },
  { since: "0", ports: { client: 51347, node: 51348, shared: 51349 } },
];

/** Where nodes and schedulers listen when multicast takes the place of broadcast; always so with IPv6. */
export const MULTICAST_GROUPS: { readonly 4: string; readonly 6: string } = {
  4: "239.255.61.59",
  6: "ff05::b409:3171:9705:5134:6159",
};

/** How a release says things. */
export interface Form {
  /** Addresses are the list `ip_addrs`; before 4.2 a single `ip_addr`. */
  readonly addressList: boolean;
  /** Answers RELAY_INFO; before 4.9.0 a scheduler can't be asked who it is. */
  readonly relayInfo: boolean;
  /** From 4.11 one number sets all ports: client p, node p + 1, shared scheduler p + 2. */
  readonly portTriple: boolean;
}

/** Releases that answer RELAY_INFO, newest first: what to try when a scheduler's release isn't known. */
export const ASKABLE_RELEASES: readonly string[] = [
  ...["4.15.2", "4.15.1", "4.15.0", "4.14.0", "4.13.0"],
  ...["4.12.4", "4.12.3", "4.12.2", "4.12.1", "4.12.0", "4.11.1", "4.11.0"],
  ...["4.10.6", "4.10.5", "4.10.4", "4.10.3", "4.10.2", "4.10.1", "4.10.0", "4.9.1", "4.9.0"],
];

/** The era of `release`, by its number; text that isn't a number counts as the newest. */
export function eraOf(release: string): Era {
  return ERAS.find((era) => !isBefore(release, era.since)) ?? NEWEST;
}

export function formOf(release: string): Form {
  return {
    addressList: !isBefore(release, "4.2"),
    relayInfo: !isBefore(release, "4.9.0"),
    portTriple: !isBefore(release, "4.11"),
  };
}

/** The node ports that the nodes of a scheduler listen on: its era's, and the one beside a port of its own. */
export function nodePortsOf(release: string, schedulerPort: number): readonly number[] {
  const { ports } = eraOf(release);
  if (schedulerPort === ports.client || !formOf(release).portTriple || schedulerPort >= 65535)
    return [ports.node];
  return [ports.node, schedulerPort + 1];
}

/** The releases to try at a scheduler port, those of the port's own era first. */
export function guessesAt(port: number): readonly string[] {
  const usual = (release: string): boolean => Object.values(eraOf(release).ports).includes(port);
  return [...ASKABLE_RELEASES].sort((a, b) => Number(usual(b)) - Number(usual(a)));
}

/** Compares dotted numbers; a part that isn't a number makes the release count as newer than any. */
function isBefore(release: string, since: string): boolean {
  const left = release.split(".").map(Number);
  const right = since.split(".").map(Number);
  if (left.some((part) => Number.isNaN(part))) return false;
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
