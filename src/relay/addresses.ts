/** Questions about IP addresses and networks, answered on text without touching the host. */

import ipaddr from "ipaddr.js";

/** A network that addresses can be tested against. */
export interface Network {
  /** As it was written: `10.0.0.0/8`. */
  readonly text: string;
  contains(address: string): boolean;
}

/** Parses `10.0.0.0/8`, `fd00::/8` or a single address. Undefined if it is none of them. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const base = parseAddress(address);
  if (base === undefined || more.length > 0) return undefined;
  const longest = base.kind() === "ipv4" ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? longest : Number(bits);
  if (length > longest) return undefined;
  return {
    text,
    contains(candidate) {
      const parsed = parseAddress(candidate);
      return parsed?.kind() === base.kind() && parsed.match(base, length);
    },
  };
}

/** 4, 6, or undefined when `address` isn't an IP address in strict notation. */
export function familyOf(address: string): 4 | 6 | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  return parsed.kind() === "ipv4" ? 4 : 6;
}

/** Whether two texts are the same address; dispy shortens IPv6 by rules of its own. */
export function sameAddress(a: string, b: string): boolean {
  return a === b || canonical(a) === canonical(b);
}

/** One text for each address; text that isn't an address stays as it is. */
export function canonical(address: string): string {
  return parseAddress(address)?.toString() ?? address;
}

/** IPv4 strictly dotted (`ipaddr.js` alone takes `127.1` and `010.0.0.1`), IPv6 with or without a zone. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes(":") && ipaddr.IPv6.isValid(text)) return ipaddr.IPv6.parse(text);
  return undefined;
}
