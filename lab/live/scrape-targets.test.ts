import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Plan } from "../../kernel/plan.ts";
import { gatewayMetrics, removeScrapeTargets, scrapeTargetsFile, writeScrapeTargets } from "./scrape-targets.ts";

const part = (id: string, role: string, region: string) => ({ id, role, region, replica: 1 });
const plan = { run: "r-1", components: [part("gateway-a1", "gateway", "a"), part("gateway-b1", "gateway", "b"), part("edge-a", "edge", "a")] } as unknown as Plan;

test("writeScrapeTargets: Prometheus gets an entry for each part, with what it is; none once the run is over", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "blastlab-targets-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const file = scrapeTargetsFile(path.join(root, "a-run"));
  const read = () => JSON.parse(readFileSync(file, "utf8")) as unknown;
  await writeScrapeTargets(file, plan, new Map([["gateway-b1", "http://127.0.0.1:1/metrics"], ["observer", "https://127.0.0.1:2/own"]]));
  expect(read()).toEqual([
    { targets: ["127.0.0.1:1"], labels: { __metrics_path__: "/metrics", __scheme__: "http", run: "r-1", component: "gateway-b1", role: "gateway", region: "b" } },
    { targets: ["127.0.0.1:2"], labels: { __metrics_path__: "/own", __scheme__: "https", run: "r-1", component: "observer", role: "observer" } },
  ]);
  expect(path.matchesGlob(path.relative(root, file), "*.prometheus.json")).toBe(true);
  await removeScrapeTargets(file);
  expect(existsSync(file)).toBe(false);
});

test("gatewayMetrics: the plan's gateways in their order; a system that shows fewer pages has fewer", () => {
  expect(gatewayMetrics(plan, ["http://x/1"])).toEqual(new Map([["gateway-a1", "http://x/1"]]));
  expect([...gatewayMetrics(plan, ["http://x/1", "http://x/2"]).keys()]).toEqual(["gateway-a1", "gateway-b1"]);
});
