import type { VerdictKind } from "../../kernel/verdict.ts";
import type { Component, Link } from "../../kernel/topology.ts";
import type { Value } from "../measure/quantity.ts";

/** One number of a run, with what it is of. */
export interface Figure {
  readonly name: FigureName;
  readonly label: string;
  readonly value: Value;
  readonly note: string;
}

export type FigureName =
  | "blastRadius"
  | "badWindowShare"
  | "control"
  | "reach"
  | "clientReach"
  | "worstCell"
  | "depth"
  | "duration"
  | "containment"
  | "silentShare"
  | "badShare"
  | "errorBudgetBurned"
  | "wrongAnswers"
  | "amplification"
  | "sends"
  | "herdFactor"
  | "dip"
  | "idleReplicas"
  | "packageReach"
  | "recoveryCost"
  | "tokenWaste"
  | "money"
  | "detection"
  | "gatewayDetection"
  | "recovery"
  | "firstTokenP50"
  | "firstTokenP99"
  | "gapP50"
  | "gapP99"
  | "totalP50"
  | "totalP99";

export type TableName =
  | "figures"
  | "expectations"
  | "attribution"
  | "overload"
  | "gatewayCounts"
  | "reportedUsage"
  | "stages"
  | "packages"
  | "cells"
  | "hitCells"
  | "deployments"
  | "probes"
  | "faults"
  | "actions"
  | "notes"
  | "bypassed"
  | "badRequests"
  | "errorAnswers"
  | "slos"
  | "policy"
  | "causes"
  | "books"
  | "wrongAnswers";

export interface ViewTable {
  readonly name: TableName;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  /** Sentences about it. */
  readonly notes: readonly string[];
}

/**
 * What happened in each step of the run (a second, in runs of up to two hours), by intended send; attempts by arrival
 * at the provider.
 */
export interface RunSeries {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly offered: readonly number[];
  readonly good: readonly number[];
  readonly bad: readonly number[];
  /** Bad, and delivered as a success: they are among `bad`. */
  readonly silent: readonly number[];
  /** Null: no first token in that step. */
  readonly firstTokenMsP50: readonly (number | null)[];
  readonly firstTokenMsP95: readonly (number | null)[];
  readonly attempts: Readonly<Record<string, readonly number[]>>;
  /** Requests by the configuration package that their answers name. Empty where none does. */
  readonly packages: Readonly<Record<string, readonly number[]>>;
  /** By cell, in the plan's order. */
  readonly cells: Readonly<Record<string, CellSeries>>;
  /** Answered with an answer that an earlier request was given: by a cache, or by waiting for an equal request. */
  readonly reused: readonly number[];
  /** Requests by the gateway that an edge says answered. Empty where there is no edge. */
  readonly gateways: Readonly<Record<string, readonly number[]>>;
  /**
   * What the gateway's own metrics added to its failures up to the reading in that step. Null: no reading, or none
   * before it.
   */
  readonly countedFailures: readonly (number | null)[];
  /** Billed by the providers, in US dollars, by arrival there. Null: the plan has no prices. */
  readonly billedUsd: readonly number[] | null;
}

export interface CellSeries {
  readonly offered: readonly number[];
  readonly bad: readonly number[];
}

/** A moment of the timeline, or a span of it. */
export interface RunMark {
  readonly kind: "stage" | "fault" | "action" | "exit" | "alarm" | "recovery" | "note";
  readonly label: string;
  readonly fromMs: number;
  /** Equal to `fromMs` for a moment. */
  readonly toMs: number;
}

/** Texts and values in a row: a sentence whose numbers programs can read. */
export type Sentence = readonly Value[];

/** A sentence of a post-mortem, and the table that shows it. */
export interface Finding {
  readonly sentence: Sentence;
  /** Null: no table, but the figures and the timeline. */
  readonly evidence: TableName | null;
}

/** One of the questions that a post-mortem answers. */
export interface Answer {
  readonly question: string;
  readonly findings: readonly Finding[];
}

/** The parties of the run and the ways between them, and which of them a fault acted on. */
export interface World {
  readonly components: readonly (Component & { readonly faults: readonly string[] })[];
  readonly links: readonly (Link & { readonly faults: readonly string[] })[];
}

/** A bad request and what the providers logged of it. */
export interface BadSample {
  readonly requestId: string;
  readonly cell: string;
  /** In words: `error: status 503, overloaded`. */
  readonly how: string;
  /** So many bad requests of its cell were bad in that way. */
  readonly of: number;
  readonly sentMs: number;
  /** Null: none came. */
  readonly firstTokenMs: number | null;
  readonly endMs: number;
  readonly attempts: readonly SampleAttempt[];
}

export interface SampleAttempt {
  readonly deployment: string;
  readonly arrivedMs: number;
  readonly endedMs: number;
  /** In words: what the provider decided, and how it ended. */
  readonly how: string;
  /** Of the fault that the provider played; null: none. */
  readonly fault: string | null;
}

/** What a run looks like: everything that terminal, report and pages show, numbers kept as numbers. */
export interface RunView {
  readonly run: string;
  readonly scenario: string;
  readonly stack: string;
  readonly title: string;
  readonly seed: number;
  readonly verdict: VerdictKind;
  /** The verdict in a sentence or two that need no glossary. */
  readonly headline: Sentence;
  /** Sentences, the deciding one first. */
  readonly reasons: readonly string[];
  /** Empty where nothing was measured. */
  readonly figures: readonly Figure[];
  /** Tables without a row are left out. */
  readonly tables: readonly ViewTable[];
  /** Null: the records were not given. */
  readonly series: RunSeries | null;
  readonly marks: readonly RunMark[];
  /** What broke, who was hit, when it was known, what ended it, what would have helped, what is not known. */
  readonly postMortem: readonly Answer[];
  readonly world: World;
  /** Some of the exposure's bad requests, of each cell and way to be bad. Empty where the records were not given. */
  readonly samples: readonly BadSample[];
  /** What was not measured, in sentences. */
  readonly notMeasured: readonly string[];
  /** How the run was made, by what it can be judged and made again. */
  readonly facts: readonly { readonly label: string; readonly value: Value }[];
}

/** One of the ways to show a run. All of them show the same view. */
export interface Reporter {
  report(view: RunView): void;
}

export function tableNamed(view: RunView, name: TableName): ViewTable | null {
  return view.tables.find((table) => table.name === name) ?? null;
}

export function figureNamed(view: RunView, name: FigureName): Figure | null {
  return view.figures.find((figure) => figure.name === name) ?? null;
}
