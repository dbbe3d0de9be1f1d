import type { CellEnd, CellMeasures } from "../suite/cell.ts";
import type { LabelledResult } from "./comparison.ts";

/** A cell that was played, with the figures that a test is about. */
export function resultOf(label: string, seed: number, figures: Partial<CellMeasures> & { readonly lost?: number } = {}, end: CellEnd = "deviated"): LabelledResult {
  const { lost = 0, ...rest } = figures;
  const measures: CellMeasures = {
    lostDemand: { value: lost, evidence: [lost, lost], interval: null },
    lostMs: 0,
    badWindowShare: [0, 0],
    badShare: 0,
    controlBadShare: 0,
    silentShare: 0,
    wrongAnswers: 0,
    amplification: 1,
    tokenWaste: 0,
    recoveryApplicable: true,
    recoveryMs: 0,
    recoveryObservedMs: 30_000,
    detectionMs: null,
    gatewayDetectionMs: null,
    herdFactor: null,
    moneyHerd: null,
    money: { billedUsd: 0.02, differenceUsd: 0 },
    ...rest,
  };
  const result = { cell: { scenario: "storm", stack: label, seed, sets: [] }, end, reasons: ["Because."], meant: null, lengthMs: 60_000, requests: 100, expectations: [], directory: null };
  return { label, result: { ...result, measures: end === "not_applicable" ? null : measures } };
}
