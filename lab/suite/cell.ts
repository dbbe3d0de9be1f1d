import type { MeasureName } from "../../kernel/plan.ts";
import type { Money, Range, VerdictKind } from "../../kernel/verdict.ts";

/** A scenario on a stack with one seed. */
export interface Cell {
  /** A name of the library, or a path from the working directory, as `blastlab run` takes it. */
  readonly scenario: string;
  readonly stack: string;
  readonly seed: number;
  /** `key=value`, as `blastlab run --set` takes it. */
  readonly sets: readonly string[];
}

/** How a cell ended. `not_applicable`: the stack, or the harness, lacks what the scenario acts on. */
export const cellEnds = ["held", "deviated", "not_recovered", "unknown", "failed", "interrupted", "not_applicable"] as const satisfies readonly (VerdictKind | "not_applicable")[];

export type CellEnd = (typeof cellEnds)[number];

const judged: ReadonlySet<CellEnd> = new Set<CellEnd>(["held", "deviated", "not_recovered"]);

/** Ends whose figures count: all others say that the records, or the run, are not to be trusted. */
export const isJudged = (end: CellEnd): boolean => judged.has(end);

/** Plain data, and a function of the cell alone where it was played in virtual time: no time of day, no machine. */
export interface CellResult {
  readonly cell: Cell;
  readonly end: CellEnd;
  /** Plain sentences, the deciding one first. */
  readonly reasons: readonly string[];
  /** How the scenario's file says that it ends on this stack. Null: it says nothing. */
  readonly meant: CellEnd | null;
  /** Length of the run on its own timeline. 0: it was not played. */
  readonly lengthMs: number;
  readonly requests: number;
  /** Null: nothing was measured. */
  readonly measures: CellMeasures | null;
  readonly expectations: readonly CellExpectation[];
}

export interface CellExpectation {
  readonly measure: MeasureName;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly value: Range | null;
  readonly result: "held" | "deviated" | "unknown";
  /** Where the scenario's file has it. */
  readonly line: number;
}

/** What suites and comparisons go by. The run directory has the rest. */
export interface CellMeasures {
  /** Null: nothing was offered while faults were in force. */
  readonly lostDemand: Estimate | null;
  /** The loss as time of the whole fleet. */
  readonly lostMs: number | null;
  readonly badWindowShare: Range;
  readonly badShare: number;
  /** Of the control: the paired run without faults, or the steady state. */
  readonly controlBadShare: number;
  readonly silentShare: number;
  readonly wrongAnswers: number;
  readonly amplification: number;
  readonly tokenWaste: number;
  readonly recoveryApplicable: boolean;
  /** Null: never within `recoveryObservedMs`, or not applicable. */
  readonly recoveryMs: number | null;
  readonly recoveryObservedMs: number;
  /** Null: no alarm. */
  readonly detectionMs: number | null;
  readonly gatewayDetectionMs: number | null;
  readonly herdFactor: number | null;
  readonly moneyHerd: number | null;
  /** In US dollars. Null: the plan has no prices. */
  readonly money: CellMoney | null;
}

export type CellMoney = Pick<Money, "billedUsd" | "differenceUsd" | "deployments" | "goodAnswers" | "perGoodAnswer">;

/** A measured value with its 95 % interval over clients within the run. */
export interface Estimate {
  readonly value: number;
  /** Every request that cannot be judged counted good, and bad. */
  readonly evidence: Range;
  /** Null: fewer than 10 clients in a cell of the workload. */
  readonly interval: Range | null;
}

/** How a cell was played. It differs from time to time, so results do not hold it. */
export interface CellEffort {
  /** Of the process that played it. Null: it was played live, by processes of its own. */
  readonly cpuMs: number | null;
  readonly wallMs: number;
  /** UTC, when it was played. */
  readonly playedAt: string;
  /** The run directory, from the working directory. Null: none was kept. */
  readonly directory: string | null;
}

export interface PlayedCell {
  readonly result: CellResult;
  readonly effort: CellEffort;
}

/** `flagship on hardened, seed 1`. */
export const cellName = ({ scenario, stack, seed }: Cell): string => `${scenario} on ${stack}, seed ${seed}`;
