import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords, WireRecord } from "../../kernel/records.ts";

/** A provider's clock may differ from the plan's by this much at the borders of phases. */
const phaseToleranceMs = 250;

/** Whether the faults of the plan were really there: plain sentences of what was not, empty when all was as planned. */
export function injectionProblems(plan: Plan, records: RunRecords): readonly string[] {
  const missing = plan.faults.flatMap(({ id }) => {
    const failed = records.faults.find(({ fault, action }) => fault === id && action === "failed");
    if (failed !== undefined) return [`Fault ${id} could not be injected or lifted: ${failed.detail}`];
    const has = (action: "injected" | "lifted") => records.faults.some((record) => record.fault === id && record.action === action);
    if (!has("injected")) return [`Nothing shows that fault ${id} was injected`];
    return has("lifted") ? [] : [`Nothing shows that fault ${id} was lifted`];
  });
  const off = records.wire.filter((attempt) => !phaseFits(plan, attempt));
  if (off.length === 0) return missing;
  const first = off.reduce((a, b) => (b.arrivedMs < a.arrivedMs ? b : a));
  const where = `${first.deployment} at ${(first.arrivedMs / 1000).toFixed(2)} s says phase ${first.phase} of ${first.incident ?? "no incident"}`;
  return [...missing, `${off.length} provider log lines are in another phase than the plan's at their arrival; the first: ${where}`];
}

/** Whether the phase that a provider logged was in force at the attempt's arrival, give or take the tolerance. */
function phaseFits(plan: Plan, { deployment, arrivedMs, incident, phase }: WireRecord): boolean {
  const phases = plan.faults
    .filter(({ affects }) => affects.deployments.includes(deployment))
    .flatMap((fault) => fault.phases.map((each) => ({ incident: fault.id, ...each })));
  if (incident === null) return !phases.some(({ fromMs, toMs, partial }) => !partial && fromMs + phaseToleranceMs < arrivedMs && arrivedMs < toMs - phaseToleranceMs);
  return phases.some(
    (each) =>
      each.incident === incident && each.index === phase && each.fromMs - phaseToleranceMs <= arrivedMs && arrivedMs <= each.toMs + phaseToleranceMs,
  );
}
