import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { resolveGatewayConfig } from "./resolve.ts";
import { checkPackage, type ConfigPackage, hashOf, ownName, packageBytesMax, type PackageHost, sizeOf } from "./package.ts";

const config = {
  keys: [{ key: "k", team: "a", feature: "f" }],
  deployments: [{ name: "primary", dialect: "openai", model: "m", baseUrl: "http://127.0.0.1:1/v1", credential: "env:KEY" }],
  routes: [{ name: "chat", deployments: ["primary"] }],
};
const host: PackageHost = { region: "a", store: { kind: "memory" }, listPrices: {}, runtimes: { v1: [], v2: [{ kind: "fail", share: 1 }] } };

function packageOf(changes: Partial<ConfigPackage> = {}): ConfigPackage {
  const content = { version: 1, parent: null, madeAt: 0, config, ...changes };
  return { hash: hashOf(content, createHash), ...content };
}

const check = (input: unknown) => checkPackage(input, host, createHash);

test("hashOf: follows content, code and parent, and neither version, time nor the order of fields", () => {
  const reordered = Object.fromEntries(Object.entries(config).reverse());
  expect(packageOf({ version: 7, madeAt: 99, config: reordered }).hash).toBe(packageOf().hash);
  const others = [packageOf({ config: { ...config, contractCheck: false } }), packageOf({ parent: "0".repeat(64) }), packageOf({ runtime: "v1" })];
  expect(new Set([packageOf(), ...others].map(({ hash }) => hash)).size).toBe(4);
});

test("sizeOf: bytes of the content", () => {
  expect(sizeOf({ config: { a: "é" } })).toBe(10);
});

test("checkPackage: a package that can be run, with the region of the process and the defects of its code", () => {
  expect(check(packageOf({ runtime: "v2" }))).toMatchObject({ ok: { config: { region: "a", defects: [{ kind: "fail" }] } } });
  expect(check(packageOf({ runtime: "v1" }))).toMatchObject({ ok: { config: { defects: [] } } });
});

test.each([
  ["another content than its hash", { ...packageOf(), config: { ...config, contractCheck: false } }, "its hash is not that of its content"],
  ["a section of the process", packageOf({ config: { ...config, listen: { port: 1 } } }), "listen: belongs to the gateway's own file, not to a package"],
  ["code that is not there", packageOf({ runtime: "v3" }), "runtime: this gateway has no code v3"],
  ["an unknown setting", packageOf({ config: { ...config, retries: 3 } }), '(root): Unrecognized key: "retries"'],
  ["a broken rule", packageOf({ config: { ...config, routes: [{ name: "chat", deployments: ["gone"] }] } }), 'routes[0].deployments[0]: No deployment is called "gone"'],
  ["too large", packageOf({ config: { ...config, filler: "x".repeat(packageBytesMax) } }), /^too large: \d+ bytes/],
  ["no package", { version: 0 }, /^not a package: /],
])("checkPackage: refuses %s", (_, input, reason) => {
  expect(check(input)).toEqual({ reason: typeof reason === "string" ? reason : expect.stringMatching(reason) });
});

test("ownName: follows what a gateway does, and neither where it listens, its clock nor its clients' keys", () => {
  const nameOf = (changes: object) => {
    const resolved = resolveGatewayConfig({ ...config, ...changes }, {});
    return "ok" in resolved ? ownName(resolved.ok.file, createHash) : resolved.problems[0]!.message;
  };
  const name = nameOf({});
  expect(name).toMatch(/^0@[0-9a-f]{64}$/);
  expect(nameOf({ listen: { port: 7 }, epochMs: 5, region: "b", keys: [{ ...config.keys[0], key: "another" }] })).toBe(name);
  expect(nameOf({ contractCheck: false })).not.toBe(name);
});
