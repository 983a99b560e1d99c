import { readFileSync } from "node:fs";
import type { TlsFiles } from "../../../src/net/tls.ts";

/**
 * A self-signed certificate of test/vectors/tls, valid for 100 years, and its key:
 *
 *     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 \
 *       -subj /CN=cluster.test -keyout cluster.key -out cluster.pem
 */
export function certificate(name: "cluster" | "other"): TlsFiles {
  const read = (file: string): string =>
    readFileSync(new URL(`../../vectors/tls/${file}`, import.meta.url), "ascii");
  return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
}
