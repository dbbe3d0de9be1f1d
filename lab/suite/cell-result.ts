import type { Plan } from "../../kernel/plan.ts";
import type { Measures, Money, Verdict } from "../../kernel/verdict.ts";
import type { Cell, CellMeasures, CellMoney, CellResult } from "./cell.ts";
import { scenarioFacts, type ScenarioFacts } from "./scenario-facts.ts";

/** The result of a cell that was played. */
export function resultOf(cell: Cell, plan: Pick<Plan, "timeline" | "arrivalCount">, verdict: Verdict): CellResult {
  const facts = scenarioFacts(cell.scenario);
  return {
    ...unplayed(cell, verdict.verdict, verdict.reasons),
    lengthMs: plan.timeline.endMs,
    requests: plan.arrivalCount,
    measures: verdict.measures === null ? null : measuresOf(verdict.measures),
    expectations: verdict.expectations.map((expectation, index) => ({ ...expectation, line: facts.lines[index] ?? 1 })),
  };
}

/** The result of a cell that gave no verdict. */
export function unplayed(cell: Cell, end: CellResult["end"], reasons: readonly string[]): CellResult {
  return { cell, end, reasons, meant: meantEnd(scenarioFacts(cell.scenario), cell), lengthMs: 0, requests: 0, measures: null, expectations: [] };
}

/** With other settings than the scenario's own, nobody has said how it ends. */
const meantEnd = ({ scenario: { endsAs } }: ScenarioFacts, { stack, sets }: Cell) => (sets.length > 0 ? null : (endsAs[stack] ?? null));

function measuresOf(measures: Measures): CellMeasures {
  const { blastRadius, badWindowShare, control, badShare, silentShare, wrongAnswers, amplification, tokenWaste, money } = measures;
  const { recoveryApplicable, recoveryMs, recoveryObservedMs, detectionMs, gatewayDetectionMs, herdFactor, moneyHerd } = measures;
  return {
    lostDemand: blastRadius === null ? null : { value: blastRadius.share, evidence: blastRadius.evidence, interval: blastRadius.interval },
    lostMs: blastRadius?.lostMs ?? null,
    badWindowShare,
    badShare,
    controlBadShare: control.badShare,
    silentShare,
    wrongAnswers,
    amplification,
    tokenWaste,
    recoveryApplicable,
    recoveryMs,
    recoveryObservedMs,
    detectionMs,
    gatewayDetectionMs,
    herdFactor,
    moneyHerd,
    money: money === null ? null : moneyOf(money),
  };
}

function moneyOf({ billedUsd, differenceUsd, deployments, goodAnswers, perGoodAnswer }: Money): CellMoney {
  return { billedUsd, differenceUsd, deployments, goodAnswers, perGoodAnswer };
}
