import { describe, expect, it } from "vitest";
import { connecting, faultOf } from "../../../src/net/tls.ts";
import { certificate } from "./certificates.ts";

const cluster = certificate("cluster");

describe("faultOf", () => {
  it("finds none in a certificate and its key", () => {
    expect(faultOf(cluster)).toBeUndefined();
  });

  it("finds none where one file holds both", () => {
    const both = cluster.cert + cluster.key;
    expect(faultOf({ cert: both, key: both })).toBeUndefined();
  });

  it.each([
    ["another's key", { cert: cluster.cert, key: certificate("other").key }],
    ["text in place of a certificate", { cert: "certificate", key: cluster.key }],
    ["text in place of a key", { cert: cluster.cert, key: "key" }],
    ["a certificate in place of the key", { cert: cluster.cert, key: cluster.cert }],
  ])("says what is wrong with %s", (_name, files) => {
    expect(faultOf(files)).toMatch(/./);
  });
});

// Node itself takes an empty certificate for none, which only the first connection would show.
it("faultOf says what is wrong with an empty certificate", () => {
  expect(faultOf({ cert: "", key: cluster.key })).toMatch(/./);
});

describe("connecting", () => {
  it("trusts the cluster's certificate and no other, and doesn't show the key", () => {
    expect(connecting(cluster)).toStrictEqual({
      ca: cluster.cert,
      checkServerIdentity: expect.any(Function) as unknown,
    });
  });
});
