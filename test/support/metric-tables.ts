import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * A metric as a page of docs/ describes it, or as a process exposes it. Labels are sorted; a histogram's `le` is none
 * of them.
 */
export interface DescribedMetric {
  readonly type: string;
  readonly labels: readonly string[];
}

/** Metrics by the rows ``| `name` | type | `label` … | meaning |`` of a page. */
export function describedMetrics(page: string): ReadonlyMap<string, DescribedMetric> {
  const text = readFileSync(path.resolve(import.meta.dirname, "../../docs", page), "utf8");
  const rows = [...text.matchAll(/^\| `((?:blastlab|gen_ai)_\w+)` \| (counter|gauge|histogram) \|([^|]*)\|/gm)];
  return new Map(rows.map(([, name, type, labels]) => [name!, { type: type!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!).toSorted() }]));
}

/** The same of a page in Prometheus' text format. */
export function exposedMetrics(text: string): ReadonlyMap<string, DescribedMetric> {
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, { type: type!, labels: labelsOf(text, name!) }]));
}

function labelsOf(text: string, name: string): readonly string[] {
  const series = [...text.matchAll(new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, "gm"))];
  const labels = series.flatMap(([, pairs]) => [...(pairs ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label!));
  return [...new Set(labels)].filter((label) => label !== "le").toSorted();
}
