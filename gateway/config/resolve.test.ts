import { expect, test } from "vitest";
import { priceAt } from "../core/cost/price.ts";
import { readPriceList } from "../http/price-list.ts";
import { resolveGatewayConfig, type ResolvedConfig } from "./resolve.ts";

const minimal = {
  keys: [{ key: "vk-1", team: "search", feature: "answers" }],
  deployments: [{ name: "primary", dialect: "openai", model: "gpt-4o-mini", baseUrl: "http://127.0.0.1:9001/v1", credential: "env:PRIMARY" }],
  routes: [{ name: "chat", deployments: ["primary"] }],
};

function resolved(input: object): ResolvedConfig {
  const result = resolveGatewayConfig(input, readPriceList());
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.ok;
}

test("resolveGatewayConfig: the file that it gives resolves to the same again", () => {
  const input = { ...minimal, cache: { semantic: {} }, guards: { pii: {} }, limits: { rules: [{ team: "*", windowMs: 1_000, usd: 1 }] }, cost: { prices: { own: { input: 1, output: 2 } } } };
  const first = resolved(input);
  expect(resolved(JSON.parse(JSON.stringify(first.file)) as object)).toEqual(first);
  expect(Object.keys(first.file.cost.prices)).toEqual(expect.arrayContaining(["own", "gpt-4o-mini"]));
  expect(priceAt(first.gateway.prices!, "gpt-4o-mini", 0)).not.toBeNull();
});

test("resolveGatewayConfig: problems of form and of meaning have the path of their setting", () => {
  expect(resolveGatewayConfig({ ...minimal, polcy: {} }, readPriceList())).toEqual({ problems: [{ path: [], message: 'Unrecognized key: "polcy"', unknownKey: "polcy" }] });
  expect(resolveGatewayConfig({ ...minimal, routes: [{ name: "chat", deployments: ["primary", "backup"] }] }, readPriceList())).toEqual({
    problems: [{ path: ["routes", 0, "deployments", 1], message: 'No deployment is called "backup"' }],
  });
  expect(resolveGatewayConfig("text", readPriceList())).toMatchObject({ problems: [{ path: [] }] });
});

test("resolveGatewayConfig: a shared cache needs the store that is in use, whatever the input names", () => {
  const redis = { kind: "redis", url: "redis://127.0.0.1:6379", credential: null, localShare: 0.5 } as const;
  const shared = { ...minimal, cache: { backend: "store" } };
  expect(resolveGatewayConfig({ ...shared, store: redis }, readPriceList(), { kind: "memory" })).toMatchObject({ problems: [{ path: ["cache", "backend"] }] });
  expect(resolveGatewayConfig(shared, readPriceList(), redis)).toHaveProperty("ok");
});

test("resolveGatewayConfig: a secret in a vault needs the vault's setting, wherever it is named", () => {
  const vault = { engine: "blastlab", url: "http://127.0.0.1:8200", credential: "env:PLANE", regionalKey: "env:REGIONAL", folder: "leases" };
  const inVault = { ...minimal, deployments: [{ ...minimal.deployments[0], credential: "vault:PRIMARY" }], admin: { key: "vault:ADMIN" } };
  const message = "A vault: reference needs the setting `vault`, which says where the vault is";
  expect(resolveGatewayConfig(inVault, readPriceList())).toEqual({ problems: [{ path: ["deployments", 0, "credential"], message }, { path: ["admin", "key"], message }] });
  expect(resolved({ ...inVault, vault }).vault).toEqual({ ...vault, plane: "data-plane", checkMs: 1_000, timeoutMs: 5_000 });
  expect(resolveGatewayConfig({ ...minimal, vault: { ...vault, credential: "vault:PLANE" } }, readPriceList())).toMatchObject({ problems: [{ path: ["vault", "credential"] }] });
  expect(resolveGatewayConfig({ ...inVault, vault, deployments: [{ ...minimal.deployments[0], credential: "vault:../x" }] }, readPriceList())).toMatchObject({ problems: [{ path: ["deployments", 0, "credential"] }] });
});
