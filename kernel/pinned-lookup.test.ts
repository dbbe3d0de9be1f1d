import { expect, test } from "vitest";
import { pinnedLookup } from "./pinned-lookup.ts";

const lookUp = (pins: Record<string, string[]>, name: string, all: boolean) =>
  new Promise((resolve) => pinnedLookup(pins)(name, { all }, (...results: unknown[]) => resolve(results)));

test("pinnedLookup: a judged name has its judged addresses, in both forms of the answer", async () => {
  expect(await lookUp({ gateway: ["127.0.0.2", "::1"] }, "gateway", false)).toEqual([null, "127.0.0.2", 4]);
  expect(await lookUp({ gateway: ["127.0.0.2", "::1"] }, "gateway", true)).toEqual([null, [{ address: "127.0.0.2", family: 4 }, { address: "::1", family: 6 }]]);
});

test("pinnedLookup: the services of a network of its own are looked up there, and no domain", async () => {
  const services: Parameters<typeof pinnedLookup>[1] = (name, _, callback) => callback(null, `address of ${name}`, 4);
  const found = (name: string) => new Promise((resolve) => pinnedLookup({}, services)(name, {}, (...results: unknown[]) => resolve(results)));
  expect(await found("edge-a")).toEqual([null, "address of edge-a", 4]);
  for (const name of ["evil.test", "edge-a.evil.test", "localhost"]) expect(await found(name), name).toEqual([expect.objectContaining({ code: "ENOTFOUND" }), ""]);
});

test("pinnedLookup: no other name has an address, those of Object included", async () => {
  expect(await lookUp({}, "localhost", false)).toEqual([expect.objectContaining({ code: "ENOTFOUND" }), ""]);
  expect(await lookUp({}, "constructor", true)).toEqual([expect.objectContaining({ code: "ENOTFOUND" }), ""]);
});
