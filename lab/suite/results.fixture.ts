import type { CellEnd, CellMeasures, CellResult, PlayedCell } from "./cell.ts";

const measures: CellMeasures = {
  lostDemand: { value: 0.3, evidence: [0.3, 0.3], interval: [0.25, 0.35] },
  lostMs: 9_000,
  badWindowShare: [0.2, 0.2],
  badShare: 0.2,
  controlBadShare: 0,
  silentShare: 0,
  wrongAnswers: 0,
  amplification: 1.2,
  tokenWaste: 0,
  recoveryApplicable: true,
  recoveryMs: 4_000,
  recoveryObservedMs: 30_000,
  detectionMs: 2_000,
  gatewayDetectionMs: null,
  herdFactor: null,
  moneyHerd: null,
  money: null,
};

export interface MadeResult {
  readonly scenario?: string;
  readonly stack?: string;
  readonly seed?: number;
  readonly end?: CellEnd;
  readonly meant?: CellEnd | null;
  readonly reason?: string;
  readonly lostDemand?: number;
  readonly recoveryMs?: number | null;
}

/** A result as a played cell has it. */
export function madeResult({ scenario = "smoke", stack = "naive", seed = 1, end = "held", meant = null, reason = "A reason.", lostDemand = 0.3, recoveryMs = 4_000 }: MadeResult = {}): CellResult {
  const judged = end === "held" || end === "deviated" || end === "not_recovered";
  return {
    cell: { scenario, stack, seed, sets: [] },
    end,
    reasons: [reason],
    meant,
    lengthMs: judged ? 40_000 : 0,
    requests: judged ? 800 : 0,
    measures: judged ? { ...measures, recoveryMs, lostDemand: { value: lostDemand, evidence: [lostDemand, lostDemand], interval: null } } : null,
    expectations: judged ? [{ measure: "blastRadius", atMost: 0.05, value: [lostDemand, lostDemand], result: end === "held" ? "held" : "deviated", line: 42 }] : [],
  };
}

export const madePlayed = (made: MadeResult, playedAt = "2026-11-29T12:00:00.000Z"): PlayedCell => ({ result: madeResult(made), effort: { cpuMs: 500, wallMs: 600, playedAt, directory: null } });
