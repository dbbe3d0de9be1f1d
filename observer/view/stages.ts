import type { Plan } from "../../kernel/plan.ts";
import { quantile } from "../../kernel/stats.ts";
import { judgedWithin, type Span } from "../measure/windows.ts";
import type { Evidence } from "./evidence.ts";
import { count, ms, none, shareOf, type Value } from "../measure/quantity.ts";
import { clockTime } from "../measure/format.ts";
import type { ViewTable } from "./run-view.ts";

export interface Stage {
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The parts of the run's timeline that have a length. */
export function stagesOf({ timeline, faults }: Plan): readonly Stage[] {
  const { steadyFromMs, faultFromMs, faultToMs, endMs, cut } = timeline;
  const stages: readonly Stage[] = [
    { label: "warm-up", fromMs: 0, toMs: steadyFromMs },
    { label: "steady state", fromMs: steadyFromMs, toMs: faultFromMs },
    { label: "faults", fromMs: faultFromMs, toMs: faultToMs },
    { label: faults.length === 0 ? "exposure" : "recovery", fromMs: faultToMs, toMs: cut?.fromMs ?? endMs },
    ...(cut === undefined ? [] : [{ label: "load cut", ...cut }, { label: "load restored", fromMs: cut.toMs, toMs: endMs }]),
  ];
  return stages.filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** How each stage went. */
export function stagesTable({ plan, judged }: Evidence): ViewTable {
  const stages = stagesOf(plan);
  return {
    name: "stages",
    title: "Stages",
    columns: ["stage", "from", "to", "requests", "bad", "share", "first token p50", "first token p95"],
    rows: stages.map(({ label, fromMs, toMs }, index) => {
      const span: Span = { fromMs, toMs, closed: index === stages.length - 1 };
      const requests = judgedWithin(span, judged);
      const bad = requests.filter(({ state }) => state === "bad").length;
      const firstTokens = requests.flatMap(({ record }) => (record.firstTokenMs === null ? [] : [record.firstTokenMs - record.intendedMs]));
      const at = (q: number): Value => (firstTokens.length === 0 ? none : ms(quantile(firstTokens, q)));
      return [label, clockTime(fromMs), clockTime(toMs), count(requests.length), count(bad), shareOf(bad, requests.length), at(0.5), at(0.95)];
    }),
    notes: [],
  };
}
