import { timesFirstTokens } from "../../kernel/load-source.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Evidence } from "./evidence.ts";
import type { RunSeries } from "./run-view.ts";

/** A run of two hours is shown second by second; a longer one in steps of as many whole seconds as it takes. */
const stepsMax = 7_200;

/** The run step by step, from the timeline's zero to its end; what arrived after the end counts in the last step. */
export function seriesOf({ plan, records, judged }: Evidence): RunSeries {
  const { endMs } = plan.timeline;
  const stepMs = 1_000 * Math.max(1, Math.ceil(endMs / 1_000 / stepsMax));
  const length = Math.max(1, Math.ceil(endMs / stepMs));
  const stepOf = (atMs: number) => Math.min(length - 1, Math.max(0, Math.floor(atMs / stepMs)));
  const tokensTimed = timesFirstTokens(records.loadSource);
  const zeros = () => Array.from({ length }, () => 0);
  const offered = zeros();
  const good = zeros();
  const bad = zeros();
  const silent = zeros();
  const firstTokens: number[][] = Array.from({ length }, () => []);
  const packages: Record<string, number[]> = {};
  for (const { record, state, silent: isSilent } of judged) {
    const at = stepOf(record.intendedMs);
    if (record.package !== undefined) (packages[record.package] ??= zeros())[at]!++;
    offered[at]!++;
    if (state === "good") good[at]!++;
    if (state === "bad") bad[at]!++;
    if (isSilent) silent[at]!++;
    if (tokensTimed && record.firstTokenMs !== null) firstTokens[at]!.push(record.firstTokenMs - record.intendedMs);
  }
  const attempts: Record<string, number[]> = Object.fromEntries(plan.deployments.map(({ name }) => [name, zeros()]));
  for (const { deployment, arrivedMs } of records.wire) (attempts[deployment] ??= zeros())[stepOf(arrivedMs)]!++;
  const quantiles = (q: number) => firstTokens.map((times) => (times.length === 0 ? null : quantile(times, q)));
  return { fromMs: 0, stepMs, offered, good, bad, silent, firstTokenMsP50: quantiles(0.5), firstTokenMsP95: quantiles(0.95), attempts, packages };
}
