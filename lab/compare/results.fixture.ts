import type { CellEnd, CellMeasures, CellMoney } from "../suite/cell.ts";
import type { LabelledResult } from "./comparison.ts";

/** What `goodAnswers` were billed. */
export const moneyOf = (billedUsd: number, goodAnswers = 1_000, half: number | null = null): CellMoney => {
  const usd = billedUsd / goodAnswers;
  return { billedUsd, differenceUsd: 0, deployments: [], goodAnswers, perGoodAnswer: { usd, interval: half === null ? null : [usd - half, usd + half] } };
};

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
    money: moneyOf(0.02),
    ...rest,
  };
  const result = { cell: { scenario: "storm", stack: label, seed, sets: [] }, end, reasons: ["Because."], meant: null, lengthMs: 60_000, requests: 100, expectations: [], directory: null };
  return { label, result: { ...result, measures: end === "not_applicable" ? null : measures } };
}
