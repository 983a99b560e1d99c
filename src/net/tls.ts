/** TLS as dispy does it: one certificate file for a whole cluster, shown by who accepts, trusted by who connects. */

import { createSecureContext } from "node:tls";
import type { ConnectionOptions } from "node:tls";

/** Certificate and private key, as PEM text; the key may stand in the certificate's file. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What the connecting side trusts: exactly this certificate, whatever the host is called. */
export function connecting({ cert }: TlsFiles): ConnectionOptions {
  return { ca: cert, checkServerIdentity: () => undefined };
}

/** Why certificate and key can't be used, or undefined. */
export function faultOf(files: TlsFiles): string | undefined {
  if (!files.cert.includes("-----BEGIN CERTIFICATE-----")) return "there is no PEM certificate in it";
  try {
    createSecureContext(files);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
