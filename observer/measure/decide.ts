import type { Plan } from "../../kernel/plan.ts";
import type { RunEnd, RunRecords } from "../../kernel/records.ts";
import type { Books, MeasuredExpectation, Measures, Verdict, VerdictKind } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
import { expectedValue } from "./expectations.ts";
import { formatValue, percent, seconds } from "./format.ts";
import { injectionProblems } from "./injection.ts";
import type { InputsEvidence } from "./inputs.ts";
import type { Knowledge } from "./knowledge.ts";
import { lagMsMaxOf, lagReason, rateInTime } from "./lag.ts";
import { badShareOf, type Control } from "./measures.ts";
import { impossibilities, probeGaps } from "./possible.ts";
import { measured, measureTitle } from "./quantity.ts";
import { recoveryOf } from "./recovery.ts";
import { exposureSpan, judgedWithin, steadySpan } from "./windows.ts";

/** Beyond it the run measured the machine that it ran on. */
const droppedShareMax = 0.001;

/** What any run is trusted by, a control as well. */
export interface RunEvidence {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly judged: readonly Judged[];
  readonly knowledge: Knowledge;
  readonly books: Books;
  readonly load: Verdict["load"];
  /** Null: it completed. */
  readonly end: RunEnd | null;
}

export interface Evidence extends RunEvidence {
  readonly control: Control | null;
  /** The run without faults, where the control is paired and was given. Its plan has no faults. */
  readonly paired: RunEvidence | null;
  readonly measures: Measures | null;
  readonly expectations: readonly MeasuredExpectation[];
  /** Null: the plan was not compared with what it was made from. */
  readonly inputs: InputsEvidence | null;
}

export interface Decision {
  readonly verdict: VerdictKind;
  /** Plain sentences, the deciding one first. */
  readonly reasons: readonly string[];
}

interface Ground {
  readonly verdict: VerdictKind;
  readonly reason: string;
}

/**
 * In order of weight. The first that finds a ground decides, and all grounds are listed. `held` needs that none finds
 * any.
 */
const sources: readonly ((evidence: Evidence) => readonly Ground[])[] = [
  endedEarly,
  otherInputs,
  brokenTaps,
  troubled,
  voidLoad,
  unsteady,
  unsoundControl,
  unbalanced,
  impossible,
  stopped,
  otherThanPlanned,
  unmeasured,
  unrecovered,
  deviations,
  undecided,
  unwatchedCells,
  unprobed,
];

/** How the run ended. Never `held` by omission: no evidence, or nothing expected, is `unknown`. */
export function decide(evidence: Evidence): Decision {
  const grounds = sources.flatMap((source) => source(evidence));
  const [first] = grounds;
  if (first !== undefined) return { verdict: first.verdict, reasons: grounds.map(({ reason }) => reason) };
  return { verdict: "held", reasons: evidence.expectations.map((expectation) => sentenceOf(expectation, evidence.measures)) };
}

/** The same of a run by whose plan nothing is measured. */
export function decideUnmeasured(inputs: InputsEvidence, end: RunEnd | null): Decision {
  const grounds = [...endedEarly({ end }), ...otherInputs({ inputs })];
  return { verdict: grounds[0]?.verdict ?? "unknown", reasons: grounds.map(({ reason }) => reason) };
}

function endedEarly({ end }: Pick<Evidence, "end">): readonly Ground[] {
  if (end === null || end.reason === "completed" || end.reason === "stopped") return [];
  const detail = end.message === "" ? "" : ` (${end.message})`;
  const reason = `after ${seconds(end.atMs)}${detail}; what was measured until then stands.`;
  return end.reason === "failed"
    ? [{ verdict: "failed", reason: `The run failed ${reason}` }]
    : [{ verdict: "interrupted", reason: `The run was stopped ${reason}` }];
}

/** A plan that is not what its inputs give could expect anything. */
function otherInputs({ inputs }: Pick<Evidence, "inputs">): readonly Ground[] {
  return unknown(inputs?.problems ?? []);
}

function brokenTaps({ records }: RunEvidence): readonly Ground[] {
  return unknown(records.tapFaults.map((fault) => `A record of the run cannot be trusted: ${fault}.`));
}

/** A fault that may still be in force is named first: the machine may need a hand. */
function troubled({ end }: Evidence): readonly Ground[] {
  const left = (end?.stillInForce ?? []).map(({ description, reason }) => `Still in force when the run ended, and perhaps now: ${description} (${reason}).`);
  return unknown([...left, ...(end?.troubles ?? []).map((trouble) => `The lab had trouble with its faults: ${trouble}.`)]);
}

function voidLoad({ plan, load, judged }: RunEvidence): readonly Ground[] {
  const reasons: string[] = [];
  const limitMs = lagMsMaxOf(plan);
  if (load.latenessMsP99 > limitMs) reasons.push(lagReason(load.latenessMsP99, limitMs, rateInTime(judged, limitMs)));
  if (load.droppedShare > droppedShareMax)
    reasons.push(`The load generator dropped ${percent(load.droppedShare)} of the requests (limit ${percent(droppedShareMax)}). The run measured the lab's machine, not the system.`);
  return reasons.map((reason) => ({ verdict: "failed", reason }));
}

/** Under a fault that is in force from the start there is no steady state to look at. */
function unsteady(evidence: Evidence): readonly Ground[] {
  const { plan, judged } = evidence;
  if (plan.faults.some(({ always }) => always)) return [];
  const requests = judgedWithin(steadySpan(plan), judged);
  const share = badShareOf(requests);
  if (share === null) return unknown(["No request was offered before the faults: nothing shows a steady state."]);
  if (share <= plan.measure.steadyBadShareMax) return unsteadyCells(evidence);
  const reason = `The steady state was not in band: ${percent(share)} of ${requests.length} requests before the faults were bad (limit ${percent(plan.measure.steadyBadShareMax)}).`;
  return [{ verdict: "failed", reason }];
}

/**
 * A paired control is trusted by what any run is, and must be in band: damage that it had itself would be taken off
 * that of the faults.
 */
function unsoundControl({ paired }: Evidence): readonly Ground[] {
  if (paired === null) return [];
  const grounds = [endedEarly, brokenTaps, voidLoad, outOfBand, unbalanced, impossible, otherThanPlanned].flatMap((source) => source(paired));
  return grounds.map(({ verdict, reason }) =>
    verdict === "failed" ? { verdict, reason: `The control run is void. ${reason}` } : { verdict: "unknown", reason: `The control run cannot be trusted. ${reason}` },
  );
}

/** Of a run without faults. */
function outOfBand({ plan, judged }: RunEvidence): readonly Ground[] {
  const requests = judgedWithin(exposureSpan(plan), judged);
  const share = badShareOf(requests);
  const limit = plan.measure.steadyBadShareMax;
  if (share === null || share <= limit) return [];
  return [{ verdict: "failed", reason: `Without any fault ${percent(share)} of its ${requests.length} requests were bad (limit ${percent(limit)}).` }];
}

/** What a cell that is bad without the faults lost to them cannot be read from the run itself. */
function unsteadyCells({ plan, control }: Evidence): readonly Ground[] {
  if (control === null || control.badCells.length === 0 || plan.measure.control !== "self") return [];
  return unknown([`Bad in the steady state already: ${control.badCells.join(", ")}. The run cannot be its own control there: it needs a paired one.`]);
}

function unbalanced({ books }: RunEvidence): readonly Ground[] {
  return unknown(books.problems.map((problem) => `The books do not balance: ${problem}.`));
}

/** Records that contradict each other or themselves: somebody or something has altered them. */
function impossible(evidence: RunEvidence): readonly Ground[] {
  return unknown(impossibilities(evidence).map((problem) => `The records cannot be true: ${problem}.`));
}

/** The damage went further than the scenario lets it: that is the finding, whatever was measured of the rest. */
function stopped({ end }: Evidence): readonly Ground[] {
  if (end?.stop === undefined) return [];
  return [{ verdict: "deviated", reason: `A stop condition was met at ${seconds(end.stop.atMs)}: ${end.stop.condition}. All faults were lifted then; what was measured until the end of the recovery window stands.` }];
}

/** A run that ended early left undone what was still to come. */
function otherThanPlanned({ plan, records, end }: RunEvidence): readonly Ground[] {
  if (end !== null && end.reason !== "completed") return [];
  return unknown(injectionProblems(plan, records).map((problem) => `The run was not what was planned: ${problem}.`));
}

function unmeasured({ plan, control, measures }: Evidence): readonly Ground[] {
  if (control === null && plan.measure.control === "paired") return unknown(["The plan's control is a paired run, and none was given."]);
  if (control === null && plan.faults.some(({ always }) => always)) return unknown(["A fault is in force from the start, so the run cannot be its own control: it needs a paired one."]);
  if (measures === null) return unknown(["Nothing could be measured: no request was sent before, or none during, the exposure."]);
  return plan.expectations.length === 0 ? unknown(["The plan expects nothing, so nothing can hold."]) : [];
}

function unrecovered({ plan, judged, measures }: Evidence): readonly Ground[] {
  if (measures === null) return [];
  if (measures.recoveryMs !== null) return unrecoveredCells(measures);
  const { recoveryObservedMs, applicable, tooShort } = recoveryOf(plan, judged);
  if (!applicable) return [];
  const { holdMs, badShareMax } = plan.measure.recovery;
  if (tooShort)
    return unknown([`The run ends ${seconds(recoveryObservedMs)} after the faults, too early to see whether it recovers for ${seconds(holdMs)}.`]);
  const reason = `It did not recover within ${seconds(recoveryObservedMs)} after the faults: the bad share never stayed at or below ${percent(badShareMax)} for ${seconds(holdMs)}.`;
  return [{ verdict: "not_recovered", reason }];
}

/** The fleet is in band, and cells that were hit are not. */
function unrecoveredCells(measures: Measures): readonly Ground[] {
  const names = cellsWithoutRecovery(measures, true);
  if (names === "") return [];
  return [{ verdict: "not_recovered", reason: `The fleet recovered, and these cells did not within ${seconds(measures.recoveryObservedMs)} after the faults: ${names}.` }];
}

/** Of cells that send few requests nothing is known so soon. */
function unwatchedCells({ measures }: Evidence): readonly Ground[] {
  const names = measures === null ? "" : cellsWithoutRecovery(measures, false);
  if (measures === null || names === "") return [];
  return unknown([`The run ends ${seconds(measures.recoveryObservedMs)} after the faults, too early to see whether these cells recover, which send few requests: ${names}.`]);
}

function cellsWithoutRecovery({ reach, recoveryApplicable }: Measures, watched: boolean): string {
  const never = reach.cells.hit.filter(({ recoveryMs, recoveryWatched }) => recoveryApplicable && recoveryMs === null && recoveryWatched === watched);
  return never.map(({ cell }) => cell).join(", ");
}

function deviations({ expectations, measures }: Evidence): readonly Ground[] {
  return expectations
    .filter(({ result }) => result === "deviated")
    .map((expectation) => ({ verdict: "deviated", reason: sentenceOf(expectation, measures) }));
}

function undecided({ expectations, measures }: Evidence): readonly Ground[] {
  return unknown(expectations.filter(({ result }) => result === "unknown").map((expectation) => sentenceOf(expectation, measures)));
}

/** The observer's own way in was shut: what the clients' records show as good may be another system. */
function unprobed({ plan, records }: Evidence): readonly Ground[] {
  return unknown(probeGaps(plan, records.canary).map((gap) => `${gap}.`));
}

function unknown(reasons: readonly string[]): readonly Ground[] {
  return reasons.map((reason) => ({ verdict: "unknown", reason }));
}

function sentenceOf(expectation: MeasuredExpectation, measures: Measures | null): string {
  const { measure, atMost, atLeast, result } = expectation;
  const title = measureTitle(measure);
  const verb = { held: "held", deviated: "deviated", unknown: "is inconclusive" }[result];
  const limit = (words: string, value: number | undefined) => (value === undefined ? [] : [`${words} ${formatValue(measured(measure, value))}`]);
  const limits = [...limit("at most", atMost), ...limit("at least", atLeast)];
  return `${title[0]!.toUpperCase()}${title.slice(1)} ${verb}: ${formatValue(expectedValue(expectation, measures))}, expected ${limits.join(" and ")}.`;
}
