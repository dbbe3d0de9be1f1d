import type { MeasureName } from "../../kernel/plan.ts";
import { seedsMinOfMeans, seedsMinOfOrder, type SeparationRule } from "../../observer/measure/separation.ts";
import type { CellResult } from "./cell.ts";

/** Measures that a baseline holds. More is worse in each. */
export const trackedNames = ["blastRadius", "silentShare", "amplification", "recoveryMs"] as const satisfies readonly MeasureName[];

export type TrackedName = (typeof trackedNames)[number];

/** What a change of each has to be. */
export const changeRule: Readonly<Record<TrackedName, Pick<SeparationRule, "differenceMin" | "seedsMin">>> = {
  blastRadius: { differenceMin: 0.01, seedsMin: seedsMinOfMeans },
  silentShare: { differenceMin: 0.01, seedsMin: seedsMinOfOrder },
  amplification: { differenceMin: 0.05, seedsMin: seedsMinOfMeans },
  recoveryMs: { differenceMin: 2_000, seedsMin: seedsMinOfOrder },
};

/** A recovery that was not seen counts as the time that was watched. Null: not measured, or not applicable. */
export function valueOf(name: TrackedName, { measures }: Pick<CellResult, "measures">): number | null {
  if (measures === null) return null;
  if (name === "blastRadius") return measures.lostDemand?.value ?? null;
  if (name === "recoveryMs") return measures.recoveryApplicable ? (measures.recoveryMs ?? measures.recoveryObservedMs) : null;
  return measures[name];
}
