import { formatValue } from "../../observer/measure/format.ts";
import { ms, share } from "../../observer/measure/quantity.ts";
import { markdownTable } from "../../lab/compare/markdown.ts";
import type { ClientMean } from "../../lab/compare/over-clients.ts";
import type { CellEnd } from "../../lab/suite/cell.ts";
import { playedText, resultsOf, type ResultStore } from "../support/result-store.ts";
import { stackWithout } from "../../lab/suite/protections.ts";
import { full, furtherProtections, measuredSix, type MeasuredProtection } from "./rows.ts";
import { worthOf, type Detection, type Worth } from "./worth.ts";

/** docs/results/worth.md: a row for each protection and scenario, and what it says. */
export function worthPage(store: ResultStore): string {
  const rows = store.rows();
  const seeds = Math.max(0, ...rows.map(({ result }) => result.cell.seed));
  return `# What each protection is worth

${playedText(rows)}: \`npm run worth -- --seeds ${seeds}\`, in virtual time. The same scenario on \`${full}\` and on \`${full}-without-…\`, with the same seeds. *Seeds* is how many were
judged on both. Lost demand and the difference have their 95 % intervals from the clients within runs. *Told apart* is by seeds where the paired seeds separate the two at 99 %
([metrics.md](../metrics.md#over-several-runs)), which takes more than two or three of them; else by clients where the interval of the difference excludes 0.

## The six protections

${tableOf(measuredSix, store)}

## What else \`${full}\` has

${tableOf(furtherProtections, store)}

Independent observability is measured by detection: without it the alarm of the gateway's own metrics is the only one. Where two protections stop the same fault, each by itself is
worth nothing in it: the identity canary stops \`bad-config-swapped-providers\` before the first step of its push. Agents and MCP are out of scope.
`;
}

const heads = ["protection", "scenario", "seeds", "ended with it", "ended without", "lost with it", "lost without", "worth: lost demand that it saves", "told apart"];

function tableOf(protections: readonly MeasuredProtection[], store: ResultStore): string {
  const rows = protections.flatMap((protection) =>
    protection.scenarios.map((scenario) => {
      const without = resultsOf(store.of(scenario, stackWithout(protection)));
      const worth = worthOf(resultsOf(store.of(scenario, full)), without);
      const name = `${protection.title} (\`${protection.name}\`)`;
      if (worth === null) return [name, `\`${scenario}\``, "0", ...Array<string>(5).fill("-"), notPlayed(without.map(({ end }) => end))];
      return [name, `\`${scenario}\``, String(worth.seeds), ...worth.ends.map(endsText), ...(protection.by === "detection" ? detectionCells(worth) : lostCells(worth))];
    }),
  );
  return markdownTable([heads, ...rows]);
}

const notPlayed = (ends: readonly CellEnd[]) => (ends.length === 0 ? "not played" : `no verdict: ${endsText(ends)}`);

const endsText = (ends: readonly CellEnd[]) => {
  const counts = Map.groupBy(ends, (end) => end.replace("_", " "));
  return [...counts].map(([end, of]) => (counts.size === 1 ? end : `${end} ${of.length}`)).join(", ");
};

function lostCells({ lost }: Worth): readonly string[] {
  if (lost === null) return ["-", "-", "-", "not measured"];
  const { withIt, without, difference, paired } = lost;
  const byClients = difference.interval !== null && (difference.interval[0] > 0 || difference.interval[1] < 0);
  const apart = paired.separated ? "by seeds" : byClients ? "by clients" : "no";
  return [clientText(withIt), clientText(without), clientText(difference), apart];
}

const clientText = ({ mean, interval }: ClientMean) => `${formatValue(share(mean))}${interval === null || interval[0] === interval[1] ? "" : ` (${formatValue(share(interval))})`}`;

function detectionCells({ detection: [withIt, without] }: Worth): readonly string[] {
  const later = withIt.meanMs === null || without.meanMs === null ? null : without.meanMs - withIt.meanMs;
  const worth = without.alarms < withIt.alarms ? `an alarm in ${withIt.alarms - without.alarms} of ${withIt.of} more` : later === null ? "-" : `an alarm ${formatValue(ms(Math.abs(later)))} ${later < 0 ? "later" : "sooner"}`;
  return [detectionText(withIt), detectionText(without), worth, "-"];
}

const detectionText = ({ alarms, of, meanMs }: Detection) => (meanMs === null ? "no alarm" : `alarm after ${formatValue(ms(meanMs))}${alarms === of ? "" : `, in ${alarms} of ${of}`}`);
