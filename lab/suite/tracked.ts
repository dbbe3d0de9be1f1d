import type { MeasureName } from "../../kernel/plan.ts";
import type { CellResult } from "./cell.ts";

/** Measures that a baseline holds. More is worse in each. */
export const trackedNames = ["blastRadius", "silentShare", "amplification", "recoveryMs"] as const satisfies readonly MeasureName[];

export type TrackedName = (typeof trackedNames)[number];

/** Below this a difference matters to nobody, however sure it is. */
export const differenceMin: Readonly<Record<TrackedName, number>> = { blastRadius: 0.01, silentShare: 0.01, amplification: 0.05, recoveryMs: 2_000 };

/** A recovery that was not seen counts as the time that was watched. Null: not measured, or not applicable. */
export function valueOf(name: TrackedName, { measures }: Pick<CellResult, "measures">): number | null {
  if (measures === null) return null;
  if (name === "blastRadius") return measures.lostDemand?.value ?? null;
  if (name === "recoveryMs") return measures.recoveryApplicable ? (measures.recoveryMs ?? measures.recoveryObservedMs) : null;
  return measures[name];
}
