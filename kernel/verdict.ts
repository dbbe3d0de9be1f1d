import type { MeasureName } from "./plan.ts";
import type { Metastability } from "./metastable.ts";
import type { Packages } from "./packages.ts";
import type { ComponentExit } from "./records.ts";
import type { Sends } from "./sends.ts";
import type { ReportedUsage } from "./reported-usage.ts";

/** How a run ended. `failed`: the run itself is void. */
export type VerdictKind = "held" | "deviated" | "not_recovered" | "unknown" | "failed" | "interrupted";

/** A measured value as a range: equal ends where nothing was undecided. Null: it is not measured. */
export type Range = readonly [low: number, high: number];

export interface MeasuredExpectation {
  readonly measure: MeasureName;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly value: Range | null;
  readonly result: "held" | "deviated" | "unknown";
}

/** The books of a run: offered = sent + dropped; each sent request is in exactly one of the other columns. */
export interface Books {
  readonly offered: number;
  readonly sent: number;
  readonly dropped: number;
  readonly joined: number;
  readonly reused: number;
  readonly errorWithoutAttempt: number;
  readonly clientAborts: number;
  readonly unexplained: number;
  readonly orphanAttempts: number;
  readonly balanced: boolean;
  /** Why not, with the first few request ids. */
  readonly problems: readonly string[];
}

export interface UnitWindow {
  readonly cell: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
  readonly bad: number;
  readonly state: "good" | "bad" | "undecided";
}

/**
 * Lost demand: excess bad requests over the control, from the first fault on, divided by the demand while faults were
 * in force.
 */
export interface BlastRadius {
  /** Of the demand during the faults; above 1 where the damage outlives them. */
  readonly share: number;
  /** The same with every request that cannot be judged counted good, and bad. Equal ends where all can be. */
  readonly evidence: Range;
  /** 95 %, by leaving out one client at a time. Null: fewer than 10 clients in a cell. */
  readonly interval: Range | null;
  /** Bad requests beyond the control's, never below 0. */
  readonly excess: number;
  /** Requests offered while faults were in force. */
  readonly demand: number;
  /** The excess as time: so long would the whole fleet have had to be down. */
  readonly lostMs: number;
}

/**
 * Which cells and clients were hit beyond their SLO, by an exact test of all their requests from the first fault on.
 */
export interface Reach {
  readonly cells: Reached<HitCell>;
  /** Null: `arrivals.ndjson`, which names the clients, was not given. */
  readonly clients: Reached<HitClient> | null;
}

export interface Reached<Hit> {
  /** How many there are. */
  readonly of: number;
  /** Share of them that was hit. High end: or could not be decided. */
  readonly share: Range;
  readonly hit: readonly Hit[];
}

/** Cells are listed the worst hit first: by the share of their requests that is bad beyond the control. */
export interface HitCell {
  readonly cell: string;
  readonly requests: number;
  readonly bad: number;
  /** As many of its requests the control predicts to be bad. */
  readonly expectedBad: number;
  /** Null: no alarm. */
  readonly detectionMs: number | null;
  /** Null: never within what was watched, or not applicable. */
  readonly recoveryMs: number | null;
  /**
   * False: not applicable, or the run ends before so sparse a cell could have been seen to recover. A null recovery
   * then proves nothing.
   */
  readonly recoveryWatched: boolean;
}

export interface HitClient {
  readonly cell: string;
  readonly client: string;
  readonly requests: number;
  readonly bad: number;
}

export interface Measures {
  /** Null: nothing was offered while faults were in force. */
  readonly blastRadius: BlastRadius | null;
  /** Demand-weighted share of the unit-windows that are bad, minus control. */
  readonly badWindowShare: Range;
  /** The control's own figures, and its kind. `badCells` were bad in the steady state of the run itself. */
  readonly control: { readonly kind: "self" | "paired"; readonly badWindowShare: Range; readonly badShare: number; readonly badCells: readonly string[] };
  readonly reach: Reach;
  readonly depth: number;
  /** First to last bad unit-window of the exposure, ms; 0 for none. */
  readonly durationMs: number;
  /** Null: there was no damage, or no fault. */
  readonly containment: number | null;
  readonly silentShare: number;
  readonly badShare: number;
  readonly errorBudgetBurned: number;
  /** By cause, of all requests of the exposure. */
  readonly causes: Readonly<Record<string, number>>;
  readonly amplification: number;
  /** Absent: no client of the run sent a request twice. */
  readonly sends?: Sends;
  readonly tokenWaste: number;
  readonly wrongAnswers: number;
  /** Null: the plan has no prices. */
  readonly money: Money | null;
  /**
   * Most arrivals at one provider within a second after the faults, by its mean a second before them. Null: not
   * watched, or not asked before.
   */
  readonly herdFactor: number | null;
  /**
   * Most that was billed for arrivals within 10 s after the faults, by the mean of 10 s before them. Null: as
   * `herdFactor`, or no prices.
   */
  readonly moneyHerd: number | null;
  /** Largest bad share of a window after the faults. Null: nothing is lifted, or too few requests. */
  readonly dip: number | null;
  /**
   * Largest share of the gateways that gave none of `requestsMin` answers in a row of one edge. Null: answers name no
   * gateway, or there is only one.
   */
  readonly idleReplicas: number | null;
  /** Null: no answer names a package. */
  readonly packages: Packages | null;
  /** Null: no fault, one that is never lifted, or no control. */
  readonly recoveryCost: RecoveryCost | null;
  /** Null: no alarm. */
  readonly detectionMs: number | null;
  readonly gatewayDetectionMs: number | null;
  /** False: the run ends with a fault in force, so there is no recovery to measure. */
  readonly recoveryApplicable: boolean;
  /** Null: never within the run ("> recoveryObservedMs"), or not applicable. */
  readonly recoveryMs: number | null;
  readonly recoveryObservedMs: number;
  readonly latency: {
    /** Null: not measured, because the instrument does not see first tokens. */
    readonly firstTokenMsP50: number | null;
    readonly firstTokenMsP99: number | null;
    /**
     * Of the streams with two pieces of content or more: the longest pause in each. Null: no such stream, or not
     * measured.
     */
    readonly gapMsP50: number | null;
    readonly gapMsP99: number | null;
    readonly totalMsP50: number;
    readonly totalMsP99: number;
  };
}

/** What outage and recovery cost beyond the control. */
export interface RecoveryCost {
  /** Length of what counts as the recovery: until the fleet has recovered, or all that was watched. */
  readonly recoveryMs: number;
  readonly outage: SpanCost;
  readonly recovery: SpanCost;
}

export interface SpanCost {
  /** Provider attempts. */
  readonly attempts: number;
  /** Null: the plan has no prices. */
  readonly usd: number | null;
  /** Bad requests. */
  readonly bad: number;
}

/**
 * What the exposure's bad requests are attributed to, by the records of each: every one is counted once, in `faults`
 * (as `requests` or `aftermath`), `several`, `faultAndOverload`, `overload`, `ownDecision`, `unreachable` or
 * `unattributed`.
 */
export interface Attribution {
  readonly bad: number;
  /** Every fault of the plan, in its order. */
  readonly faults: readonly AttributedFault[];
  /** Hit by more than one fault, by which. */
  readonly several: readonly SharedDamage[];
  /** Hit by overload alone, at deployments where no fault was in force. */
  readonly overload: number;
  /** Hit by faults and by such an overload. */
  readonly faultAndOverload: readonly SharedDamage[];
  /** Of those in the aftermath of a fault: an overload had a part in it. */
  readonly aftermathAndOverload: number;
  /** The system itself made them bad while a deployment of the route was answering, by how. */
  readonly ownDecision: Readonly<Record<OwnDecisionKind, number>>;
  /** The client could not reach the system, and no fault explains it. */
  readonly unreachable: number;
  /** Nothing in the records shows what hit them. */
  readonly unattributed: number;
  readonly overloaded: readonly OverloadedDeployment[];
}

/** How the system itself made a request bad. */
export type OwnDecisionKind =
  /** An error of its own, and no provider was asked. */
  | "refused"
  /** It left a provider that was answering, or did not ask one. */
  | "gave_up"
  /** It held the request, which would otherwise have been in time. */
  | "queued";

export interface AttributedFault {
  /** Id and title in the plan. */
  readonly fault: string;
  readonly title: string;
  /** Bad requests that this fault alone has hit. */
  readonly requests: number;
  /** Bad requests between its lifting and the recovery that no fault in force explains. */
  readonly aftermath: number;
}

export interface SharedDamage {
  /** Ids, in the plan's order. */
  readonly faults: readonly string[];
  readonly requests: number;
}

/** Attempts of bad requests at a deployment that was overloaded. */
export interface OverloadedDeployment {
  readonly deployment: string;
  readonly attempts: number;
  /** By its limits, or for want of room. */
  readonly refused: number;
  /** Not refused, but most of the time went into waiting for a turn and into slowdown by load. */
  readonly heldUp: number;
  /** Of those held up. */
  readonly queuedMsP50: number;
  /** Refusals by reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** What the gateway counted beside what was observed, over the exposure. */
export interface GatewayCounts {
  /** False: nobody configured its metrics, or they have none of the counters that the lab knows. */
  readonly shown: boolean;
  /**
   * The readings between which it counted: the last before the faults, and the last that could be read. Null: there are
   * not two.
   */
  readonly countedFromMs: number | null;
  readonly countedToMs: number | null;
  readonly requests: number | null;
  readonly failures: number | null;
  readonly attempts: number | null;
  readonly observedRequests: number;
  readonly observedBad: number;
  readonly observedAttempts: number;
  /** Of the teams whose attempts all have a price. Empty where it does not count cost, or the plan has no prices. */
  readonly cost: readonly { readonly team: string; readonly countedUsd: number; readonly billedUsd: number }[];
  /** Plain sentences: where the two disagree. */
  readonly findings: readonly string[];
}

/** In US dollars. */
export interface Money {
  /** By providers, for the exposure's requests. */
  readonly billedUsd: number;
  /** For the same requests of the paired run, or for as many of the steady state. Null: there are none. */
  readonly controlUsd: number | null;
  readonly differenceUsd: number | null;
  /** Attempts that were answered and have no price. They are in neither. */
  readonly unpricedAttempts: number;
  /** Who billed it: deployments with a price, in the plan's order, and the answers that they began. */
  readonly deployments: readonly { readonly deployment: string; readonly answers: number; readonly usd: number }[];
  /** Good requests of the exposure. */
  readonly goodAnswers: number;
  /** `billedUsd` divided by them. Null: there are none, or an attempt has no price. */
  readonly perGoodAnswer: PerGoodAnswer | null;
}

export interface PerGoodAnswer {
  readonly usd: number;
  /** 95 %, over clients. Null: too few clients in a cell, or attempts that are not tied to requests. */
  readonly interval: Range | null;
}

/** A team whose clients an operator led past every gateway. */
export interface BypassedTeam {
  readonly team: string;
  /** The command was given; on the run's timeline. */
  readonly fromMs: number;
  /** The clients were led back; null: they were not. */
  readonly toMs: number | null;
  /** From the command to the end of the first good answer; null: there was none. */
  readonly restoredMs: number | null;
  /** Bad requests of the team in that time. */
  readonly lost: number;
  /** Answered past the gateways: not scanned, limited, costed or cached. */
  readonly requests: number;
  readonly bad: number;
  /** By providers, in US dollars; null: a deployment has no price. */
  readonly billedUsd: number | null;
}

/** `verdict.json`: recomputed from plan and taps alone. */
/** Answers of one status of 400 or more and code, over the whole run. */
export interface ErrorAnswers {
  readonly status: number;
  readonly errorCode: string | null;
  readonly requests: number;
  /** Of the first: cut, and without secrets. */
  readonly body: string;
}

export interface Verdict {
  readonly schema: "blastlab.verdict/3";
  readonly run: string;
  readonly scenario: string;
  readonly stack: string;
  readonly seed: number;
  readonly verdict: VerdictKind;
  /** Plain sentences, the deciding one first. */
  readonly reasons: readonly string[];
  /**
   * What the plan was made from: SHA-256 (null: missing or unreadable), and whether plan and arrivals were computed
   * again from it and are the same.
   */
  readonly inputs: { readonly sha256: string | null; readonly recomputed: boolean };
  readonly books: Books;
  readonly measures: Measures | null;
  readonly gatewayCounts: GatewayCounts | null;
  /** Null where nothing was measured. */
  readonly reportedUsage: ReportedUsage | null;
  /** Absent where nothing was measured. */
  readonly attribution?: Attribution;
  /** Absent: the plan's load is not cut, or nothing was measured. */
  readonly metastable?: Metastability;
  /** Absent: nobody was led past the gateways. */
  readonly bypassed?: readonly BypassedTeam[];
  readonly expectations: readonly MeasuredExpectation[];
  readonly cells: readonly { readonly cell: string; readonly requests: number; readonly bad: number; readonly silent: number }[];
  readonly unitWindows: readonly UnitWindow[];
  /** What the system answered its errors with, where the client's tap kept it. */
  readonly errorAnswers?: readonly ErrorAnswers[];
  /** Requests whose delivered answer was wrong, with why: the full list, so that a second program can check it. */
  readonly wrong: readonly { readonly requestId: string; readonly why: string }[];
  /** Processes of the system that ended by themselves. */
  readonly componentExits: readonly ComponentExit[];
  readonly load: {
    /** Which program offered the load; null where the client tap has no header. */
    readonly generator: string | null;
    /** Which program timed the answers. */
    readonly instrument: string | null;
    readonly latenessMsP99: number;
    /** Above it the run is void. */
    readonly lagMsMax: number;
    readonly droppedShare: number;
  };
}
