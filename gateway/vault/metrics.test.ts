import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { vaultMetricNames as names } from "../../kernel/metric-names.ts";
import { describedMetrics, exposedMetrics } from "../../test/support/metric-tables.ts";
import { vaultFileSchema } from "./config.ts";
import { startVault } from "./server.ts";

const environment = { MASTER: randomBytes(32).toString("hex"), PLANE: "plane-key", OPERATOR: "operator-key", WATCH: "watch-key" };

async function vault(metrics: object) {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-vault-"));
  const file = vaultFileSchema.parse({ region: "a", folder, masterKey: "env:MASTER", planeKey: "env:PLANE", operatorKey: "env:OPERATOR", metrics });
  const running = await startVault(file, environment, () => {});
  onTestFinished(async () => {
    await running.close();
    rmSync(folder, { recursive: true });
  });
  const read = (headers: Record<string, string> = {}) => fetch(`${running.url}/metrics`, { headers });
  const post = (to: string, body: object, key = "operator-key") => fetch(running.url + to, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  return { read, post };
}

test("vaultMetrics: shows what docs/vault.md describes, leases and their refusals, and no name of a secret", async () => {
  const { read, post } = await vault({ open: true });
  expect(await (await read()).text()).toContain(`${names.accesses}{region="a",action="lease",result="ok"} 0\n`);
  await post("/v1/secrets", { name: "PLANTED_NAME", value: "planted-value", operator: "ann" });
  const lease = { name: "PLANTED_NAME", plane: "p1", nonce: "n" };
  expect((await post("/v1/leases", lease, "plane-key")).status).toBe(200);
  await post("/v1/seal", { operator: "ann" });
  expect((await post("/v1/leases", lease, "plane-key")).status).toBe(503);
  const text = await (await read()).text();
  expect(text).toContain(`${names.sealed}{region="a"} 1\n`);
  expect(text).toContain(`${names.secrets}{region="a"} 1\n`);
  expect(text).toContain(`${names.accesses}{region="a",action="lease",result="ok"} 1\n`);
  expect(text).toContain(`${names.accesses}{region="a",action="lease",result="vault_sealed"} 1\n`);
  expect(text).not.toMatch(/PLANTED|planted/);
  expect(exposedMetrics(text)).toEqual(describedMetrics("vault.md"));
  expect([...exposedMetrics(text).keys()].toSorted()).toEqual(Object.values<string>(names).toSorted());
});

test("vaultMetrics: need their own key, and a page of a browser does not read them without it", async () => {
  expect((await (await vault({})).read()).status).toBe(401);
  const keyed = await vault({ key: "env:WATCH" });
  expect((await keyed.read({ authorization: "Bearer plane-key" })).status).toBe(401);
  expect((await keyed.read({ authorization: "Bearer watch-key" })).status).toBe(200);
  expect((await (await vault({ open: true })).read({ origin: "http://evil.example" })).status).toBe(403);
});
