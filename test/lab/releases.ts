// The releases of dispy in the lab: one of each port era.

export interface Release {
  readonly version: string;
  /** Where clients, nodes and shared schedulers listen. */
  readonly ports: { readonly client: number; readonly node: number; readonly shared: number };
  /** Pythons that it runs on, as [minor of the oldest, minor of the newest] Python 3. */
  readonly pythons: readonly [number, number];
  /** The newest Python 3 on which its TLS runs: pycos calls ssl.wrap_socket, gone in 3.12. */
  readonly tlsUpTo: number;
}

export const current: Release = {
  version: "4.15.2",
  ports: { client: 9700, node: 9701, shared: 9702 },
  pythons: [7, 13],
  tlsUpTo: 11,
};

export const middle: Release = {
  version: "4.12.4",
  ports: { client: 61590, node: 61591, shared: 61592 },
  pythons: [7, 13],
  tlsUpTo: 11,
};

export const old: Release = {
  version: "4.10.6",
  ports: { client: 51347, node: 51348, shared: 51349 },
  pythons: [7, 13],
  tlsUpTo: 11,
};
