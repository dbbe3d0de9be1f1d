import { writeFile } from "node:fs/promises";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf, componentsOf } from "../../kernel/topology.ts";
import type { RunDirectory } from "./directory.ts";

/** Where a run's metrics are, by the component's id. */
export type MetricsUrls = ReadonlyMap<string, string>;

/** One entry of Prometheus' `file_sd_configs`. */
interface ScrapeTarget {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The file by which a Prometheus finds the parts of a run, whatever their ports. */
export const scrapeTargetsFile = (directory: RunDirectory): string => directory.config("prometheus-targets");

/** Gateways by their order in the plan, in which a system gives their URLs. */
export function gatewayMetrics(plan: Plan, urls: readonly string[]): MetricsUrls {
  const gateways = componentsOf(plan, "gateway");
  return new Map(urls.flatMap((url, index) => (gateways[index] === undefined ? [] : [[gateways[index].id, url] as const])));
}

/** Written when everything is up. `observer` is no component of the plan. */
export async function writeScrapeTargets(directory: RunDirectory, plan: Plan, urls: MetricsUrls): Promise<void> {
  const targets = [...urls].map(([id, url]): ScrapeTarget => {
    const { host, pathname, protocol } = new URL(url);
    const { role, region } = id === "observer" ? { role: "observer", region: "" } : componentOf(plan, id);
    return { targets: [host], labels: { __metrics_path__: pathname, __scheme__: protocol.slice(0, -1), run: plan.run, component: id, role, ...(region !== "" && { region }) } };
  });
  await write(directory, targets);
}

/** The run is over: nobody is to miss its parts. */
export const clearScrapeTargets = (directory: RunDirectory): Promise<void> => write(directory, []);

async function write(directory: RunDirectory, targets: readonly ScrapeTarget[]): Promise<void> {
  await writeFile(scrapeTargetsFile(directory), `${JSON.stringify(targets, null, 1)}\n`);
}
