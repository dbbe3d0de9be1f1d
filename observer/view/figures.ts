import type { Plan } from "../../kernel/plan.ts";
import type { Measures } from "../../kernel/verdict.ts";
import { percent, seconds } from "../measure/format.ts";
import { moreThan, count, ms, none, notMeasured, share, times, type Value } from "../measure/quantity.ts";
import type { Figure, FigureName } from "./run-view.ts";

/** The measures of a run as figures, in the order in which they are read. */
export function figuresOf(plan: Plan, measures: Measures): readonly Figure[] {
  const { control, latency, lostDemand } = measures;
  const rows: readonly (readonly [FigureName, string, Value, string])[] = [
    ["blastRadius", "blast radius", share(measures.blastRadius), "demand-weighted unit-windows that are bad, minus control"],
    ["lostDemand", "lost demand", lostDemand === null ? none : share(lostDemand.share), lostDemandNote(lostDemand)],
    ["control", "control", share(control.badUnitWindowShare), `${control.kind === "self" ? "the run's own steady state" : "a paired run without faults"}, subtracted`],
    ["breadth", "breadth", share(measures.breadth), "cells that were hit"],
    ["depth", "depth", share(measures.depth), "requests bad in the bad unit-windows"],
    ["duration", "duration", ms(measures.durationMs), "first to last bad unit-window"],
    ["containment", "containment", measures.containment === null ? none : share(measures.containment), "damage in cells that a fault can reach"],
    ["silentShare", "silent share", share(measures.silentShare), "bad requests that were delivered as a success"],
    ["badShare", "bad share", share(measures.badShare), "requests of the exposure that were bad"],
    ["errorBudgetBurned", "error budget burned", times(measures.errorBudgetBurned), "the allowance of the exposure"],
    ["wrongAnswers", "wrong answers", count(measures.wrongAnswers), "delivered over the whole run"],
    ["amplification", "amplification", times(measures.amplification), "provider attempts for each client request"],
    ["tokenWaste", "token waste", share(measures.tokenWaste), "tokens generated and never delivered"],
    ["detection", "detection", alarm(measures.detectionMs), "the observer's burn-rate alarm, after the faults began"],
    ["gatewayDetection", "detection by gateway", alarm(measures.gatewayDetectionMs), "the same rule on the gateway's own metrics"],
    ["recovery", "recovery", recovery(plan, measures), "after the faults were lifted"],
    ["firstTokenP50", "first token p50", timed(latency.firstTokenMsP50), "from the intended send"],
    ["firstTokenP99", "first token p99", timed(latency.firstTokenMsP99), "from the intended send"],
    ["gapP50", "longest gap p50", timed(latency.gapMsP50), "between two pieces of a stream's content"],
    ["gapP99", "longest gap p99", timed(latency.gapMsP99), "between two pieces of a stream's content"],
    ["totalP50", "total p50", ms(latency.totalMsP50), "from the intended send"],
    ["totalP99", "total p99", ms(latency.totalMsP99), "from the intended send"],
  ];
  return rows.map(([name, label, value, note]) => ({ name, label, value, note }));
}

function lostDemandNote(lost: Measures["lostDemand"]): string {
  if (lost === null) return "nothing was offered while faults were in force";
  const interval = lost.interval === null ? "" : ` (95 %: ${percent(lost.interval[0])} to ${percent(lost.interval[1])})`;
  return `excess bad requests / demand during the faults, ${seconds(lost.lostMs)} in all${interval}`;
}

/** What the instrument does not see is not measured. */
function timed(value: number | null): Value {
  return value === null ? notMeasured : ms(value);
}

/** A run that ends with a fault in force has no recovery to measure. */
function recovery({ faults }: Plan, { recoveryMs, recoveryObservedMs }: Measures): Value {
  if (faults.some(({ lifted }) => !lifted)) return "not applicable";
  return recoveryMs === null ? moreThan(recoveryObservedMs) : ms(recoveryMs);
}

function alarm(value: number | null): Value {
  return value === null ? "no alarm" : ms(value);
}
