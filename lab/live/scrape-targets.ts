import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf, componentsOf } from "../../kernel/topology.ts";

/** Where a run's metrics are, by the component's id. */
export type MetricsUrls = ReadonlyMap<string, string>;

/** One entry of Prometheus' `file_sd_configs`. */
interface ScrapeTarget {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The file by which a Prometheus finds the parts of a run, whatever their ports. It lies beside the run directory:
 * Prometheus takes a `*` in the last part of a path only. A paired control, which is played before its run, has the
 * same.
 */
export const scrapeTargetsFile = (root: string): string => `${path.resolve(root)}.prometheus.json`;

/** Gateways by their order in the plan, in which a system gives their URLs. */
export function gatewayMetrics(plan: Plan, urls: readonly string[]): MetricsUrls {
  const gateways = componentsOf(plan, "gateway");
  return new Map(urls.flatMap((url, index) => (gateways[index] === undefined ? [] : [[gateways[index].id, url] as const])));
}

/**
 * Written when everything is up. `observer` is no component of the plan. Rejects where the folder of the run directory
 * cannot be written.
 */
export async function writeScrapeTargets(file: string, plan: Plan, urls: MetricsUrls): Promise<void> {
  const targets = [...urls].map(([id, url]): ScrapeTarget => {
    const { host, pathname, protocol } = new URL(url);
    const { role, region } = id === "observer" ? { role: "observer", region: "" } : componentOf(plan, id);
    return { targets: [host], labels: { __metrics_path__: pathname, __scheme__: protocol.slice(0, -1), run: plan.run, component: id, role, ...(region !== "" && { region }) } };
  });
  await writeFile(file, `${JSON.stringify(targets, null, 1)}\n`);
}

/** The run is over: nobody is to miss its parts. */
export const removeScrapeTargets = (file: string): Promise<void> => rm(file, { force: true });
