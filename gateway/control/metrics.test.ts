import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { controlMetricNames as names } from "../../kernel/metric-names.ts";
import { describedMetrics, exposedMetrics } from "../../test/support/metric-tables.ts";
import { controlFileSchema } from "./config.ts";
import { startControl } from "./server.ts";

const environment = { PLANE: "plane-key", OPERATOR: "operator-key", FOLDER: "folder-key", WATCH: "watch-key" };
const hash = "a".repeat(64);

async function control(metrics: object) {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-control-"));
  const file = controlFileSchema.parse({ region: "a", folder, planeKey: "env:PLANE", operatorKey: "env:OPERATOR", folderKey: "env:FOLDER", canary: null, metrics });
  const running = await startControl(file, environment, () => {});
  onTestFinished(async () => {
    await running.close();
    rmSync(folder, { recursive: true });
  });
  const read = (headers: Record<string, string> = {}) => fetch(`${running.url}/metrics`, { headers });
  const post = (to: string, body: object, key: string) => fetch(running.url + to, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  return { read, post };
}

test("controlMetrics: shows what docs/control-plane.md describes, a data plane that reports and a push that is refused", async () => {
  const { read, post } = await control({ open: true });
  expect(await (await read()).text()).not.toContain(names.activeVersion);
  const report = { plane: "p1", boot: "1", atMs: 0, current: null, candidate: null, packages: [], evidence: [], diskTrouble: null };
  expect((await post("/v1/reports", report, "plane-key")).status).toBe(204);
  expect((await post("/v1/push", { config: {}, parent: hash, who: "ann", why: "test" }, "operator-key")).status).toBe(409);
  const text = await (await read()).text();
  expect(text).toContain(`${names.events}{region="a",event="push_refused"} 1\n`);
  expect(text).toContain(`${names.onActive}{region="a",plane="p1"} 0\n`);
  expect(text).toContain(`${names.rollout}{region="a",phase="none"} 1\n`);
  const described = describedMetrics("control-plane.md");
  expect([...described.keys()].toSorted()).toEqual(Object.values<string>(names).toSorted());
  for (const [name, metric] of exposedMetrics(text)) expect(metric, name).toEqual(described.get(name));
});

test("controlMetrics: a package on its way has its phase, and nothing is active yet", async () => {
  const { read, post } = await control({ open: true });
  const config = { deployments: [{ name: "p", dialect: "openai", model: "m", baseUrl: "http://127.0.0.1:9/v1", credential: "env:K" }], routes: [{ name: "r", deployments: ["p"] }], keys: [{ key: "vk", team: "t", feature: "f" }] };
  const pushed = await post("/v1/push", { config, parent: null, who: "ann", why: "test", force: true, receipt: null }, "operator-key");
  expect(pushed.status).toBe(200);
  const text = await (await read()).text();
  expect(text).toMatch(new RegExp(`${names.rollout}\\{region="a",phase="(checking|identity|step)"\\} 1`));
  expect(text).toContain(`${names.rollout}{region="a",phase="none"} 0\n`);
  expect(text).not.toContain(names.activeVersion);
});

test("controlMetrics: need their own key, and a page of a browser does not read them without it", async () => {
  const closed = await control({});
  expect((await closed.read()).status).toBe(401);
  const keyed = await control({ key: "env:WATCH" });
  expect((await keyed.read({ authorization: "Bearer operator-key" })).status).toBe(401);
  expect((await keyed.read({ authorization: "Bearer watch-key" })).status).toBe(200);
  const open = await control({ open: true });
  expect((await open.read({ origin: "http://evil.example" })).status).toBe(403);
});
