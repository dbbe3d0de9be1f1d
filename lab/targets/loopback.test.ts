import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allowedTarget, atAddress, isLoopback, pinsOf, readAllowList, type Resolve } from "./loopback.ts";

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ["127.0.0.1", "::1"],
  "six.test": ["::1"],
  "half.test": ["127.0.0.1", "93.184.216.34"],
  "metadata.test": ["169.254.169.254"],
  "empty.test": [],
  "staging.test": ["10.1.2.3"],
};
const resolve: Resolve = (name) => (name in names ? Promise.resolve(names[name]!) : Promise.reject(new Error(`ENOTFOUND ${name}`)));
const judge = (target: string, allowList: readonly string[] = []) =>
  allowedTarget(target, allowList, { resolve }).then((allowed) => atAddress(allowed, { accepts: async () => false })).catch((error: { code: string }) => error.code);

test.each([
  ["http://127.0.0.1:8474", "http://127.0.0.1:8474"],
  ["http://127.9.8.7:1/x", "http://127.9.8.7:1/x"],
  ["http://[::1]:8474", "http://[::1]:8474"],
  ["http://[::ffff:127.0.0.1]:80", "http://[::ffff:127.0.0.1]:80"],
  ["http://2130706433/", "http://2130706433/"],
  ["http://0177.0.0.1:9", "http://0177.0.0.1:9"],
  ["http://127.1", "http://127.1"],
  ["http://localhost:8474", "http://127.0.0.1:8474"],
  ["http://localhost:8474/v1/", "http://127.0.0.1:8474/v1/"],
  ["http://LOCALHOST:8474", "http://127.0.0.1:8474"],
  ["http://six.test:8474", "http://[::1]:8474"],
])("allowedTarget: allows %s", async (target, used) => {
  expect(await judge(target)).toBe(used);
});

test.each([
  ["http://0.0.0.0:8474"],
  ["http://0:8474"],
  ["http://[::]:8474"],
  ["http://8.8.8.8"],
  ["http://134744072"],
  ["http://10.0.0.1"],
  ["http://169.254.169.254/latest"],
  ["http://[fe80::1]"],
  ["http://[::ffff:8.8.8.8]"],
  ["http://half.test"],
  ["http://metadata.test"],
  ["http://empty.test"],
  ["http://unknown.test"],
  ["http://127.0.0.1@unknown.test"],
  ["http://127.0.0.1.unknown.test"],
])("allowedTarget: forbids %s", async (target) => {
  expect(await judge(target)).toBe("target_forbidden");
});

test.each([["127.0.0.1:8474"], ["ftp://127.0.0.1"], ["file:///etc/passwd"], ["nonsense"], [""]])("allowedTarget: no target is %j", async (target) => {
  expect(await judge(target)).toBe("target_invalid");
});

test.each([
  ["http://staging.test:8474", ["staging.test"], "http://10.1.2.3:8474"],
  ["http://staging.test:8474", ["staging.test:8474"], "http://10.1.2.3:8474"],
  ["https://staging.test", ["Staging.test:443"], "https://10.1.2.3"],
  ["http://10.0.0.1:1", ["10.0.0.1"], "http://10.0.0.1:1"],
  ["http://staging.test:8474", ["staging.test:80"], "target_forbidden"],
  ["http://evil-staging.test", ["staging.test", "unknown.test"], "target_forbidden"],
  ["http://unknown.test", ["unknown.test"], "target_forbidden"],
])("allowedTarget: %s with the list %j", async (target, allowList, result) => {
  expect(await judge(target, allowList)).toBe(result);
});

test("allowedTarget: localhost by the system's own resolver", async () => {
  expect(await atAddress(await allowedTarget("http://localhost:8474"))).toMatch(/^http:\/\/(127\.0\.0\.1|\[::1\]):8474$/);
});

test.each([
  ["[::1]", "::1"],
  ["127.0.0.1", "127.0.0.1"],
])("atAddress: of a name's addresses the one where something listens: %s", async (host, listening) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, listening, resolve));
  const { port } = server.address() as AddressInfo;
  for (const addresses of [["127.0.0.1", "::1"], ["::1", "127.0.0.1"]]) {
    expect(await atAddress({ url: `http://localhost:${port}`, host: "localhost", addresses })).toBe(`http://${host}:${port}`);
  }
  await new Promise((resolve) => server.close(resolve));
});

test("atAddress: a name none of whose addresses answers keeps its first: whoever connects reports it", async () => {
  const asked: string[] = [];
  const accepts = async (address: string, port: number) => {
    asked.push(`${address} ${port}`);
    return false;
  };
  expect(await atAddress(await allowedTarget("http://localhost", [], { resolve }), { accepts })).toBe("http://127.0.0.1");
  expect(asked).toEqual(["127.0.0.1 80", "::1 80"]);
});

test("pinsOf: a name has every address for which it was allowed; an address needs none", async () => {
  const targets = ["http://localhost:4000", "http://localhost:9000/metrics", "http://127.0.0.1:1", "http://[::1]:2", "https://STAGING.test/v1"];
  const allowed = await Promise.all(targets.map((target) => allowedTarget(target, ["staging.test"], { resolve })));
  expect(pinsOf(allowed)).toEqual({ localhost: ["127.0.0.1", "::1"], "staging.test": ["10.1.2.3"] });
});

test("isLoopback: a name is no address", () => {
  expect(isLoopback("localhost")).toBe(false);
});

test("readAllowList: comments and blank lines are left out; a missing file is refused", () => {
  const directory = mkdtempSync(join(tmpdir(), "blastlab-targets-"));
  const file = join(directory, "allowed");
  writeFileSync(file, "# staging\nstaging.test:8474  # the proxy\n\n10.0.0.1\n");
  expect(readAllowList(file)).toEqual(["staging.test:8474", "10.0.0.1"]);
  rmSync(directory, { recursive: true });
  expect(() => readAllowList(file)).toThrow(expect.objectContaining({ code: "allow_list_unreadable" }));
});
