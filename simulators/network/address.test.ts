import { expect, test } from "vitest";
import { resolveListen, resolveUpstream } from "./address.ts";

test("resolveUpstream: a name keeps all its addresses, in the resolver's order, each once", async () => {
  const lookup = () => Promise.resolve(["::1", "127.0.0.1", "::1"]);
  expect(await resolveUpstream("localhost:80", lookup)).toEqual({ hosts: ["::1", "127.0.0.1"], port: 80 });
});

test("resolveUpstream: one address that is not loopback refuses the name", async () => {
  const lookup = () => Promise.resolve(["127.0.0.1", "10.0.0.1"]);
  await expect(resolveUpstream("localhost:80", lookup)).rejects.toThrow("upstream localhost:80 refused: 10.0.0.1 is not a loopback address");
});

test.each([["no address", () => Promise.resolve([])], ["a failed lookup", () => Promise.reject(new Error("ENOTFOUND"))]])(
  "resolveUpstream: %s: refused",
  async (_what, lookup) => {
    await expect(resolveUpstream("nowhere:80", lookup)).rejects.toThrow("upstream nowhere:80 refused: nowhere does not resolve");
  },
);

test("resolveListen: a name is its IPv4 address, and no address is a free port of 127.0.0.1", async () => {
  expect(await resolveListen("localhost:81")).toEqual({ host: "127.0.0.1", port: 81 });
  expect(await resolveListen("")).toEqual({ host: "127.0.0.1", port: 0 });
});
