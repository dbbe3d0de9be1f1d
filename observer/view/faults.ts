import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Attribution } from "../../kernel/verdict.ts";
import type { Judged } from "../measure/classify.ts";
import { seconds } from "../measure/format.ts";
import { count, ms, none, shareOf, type Value } from "../measure/quantity.ts";
import { judgedWithin } from "../measure/windows.ts";
import type { ViewTable } from "./run-view.ts";

export interface FaultsSeen {
  readonly records: readonly FaultRecord[];
  /** Null: the records were not given. */
  readonly judged: readonly Judged[] | null;
  readonly attribution: Attribution | undefined;
}

/**
 * Every fault of the plan and its phases, numbered from 1, as planned and as it was injected and lifted, and what the
 * cells that it can reach saw while it was in force.
 */
export function faultsTable({ faults }: Plan, seen: FaultsSeen): ViewTable {
  return {
    name: "faults",
    title: "Faults",
    columns: ["fault", "affects", "planned", "as it was", "requests", "bad", "share", "first token p95", "attributed"],
    rows: faults.flatMap((fault) => [
      [fault.title, reachText(fault), spanText(fault), recordedText(fault, seen.records), ...figuresWithin(fault, inForce(fault, seen.records), seen.judged), attributedTo(fault, seen.attribution)],
      ...fault.phases.map((phase) => [
        `phase ${phase.index + 1} of ${fault.phases.length}: ${phase.title}`,
        "",
        `${seconds(phase.fromMs)} to ${seconds(phase.toMs)}`,
        "",
        ...figuresWithin(fault, phase, seen.judged),
        "",
      ]),
    ]),
    notes: ["Requests are those of the cells that the fault can reach, sent while it was in force; several faults at once share them. What is attributed counts each bad request once."],
  };
}

interface Times {
  readonly fromMs: number;
  readonly toMs: number;
}

/** By the records, where there are any. */
function inForce({ id, fromMs, toMs }: Fault, records: readonly FaultRecord[]): Times {
  const at = (action: FaultRecord["action"]) => records.find((record) => record.fault === id && record.action === action)?.atMs;
  return { fromMs: at("injected") ?? fromMs, toMs: at("lifted") ?? toMs };
}

function figuresWithin({ affects }: Fault, { fromMs, toMs }: Times, judged: readonly Judged[] | null): readonly Value[] {
  if (judged === null || affects.cells.length === 0) return [none, none, none, none];
  const requests = judgedWithin({ fromMs, toMs, closed: false }, judged).filter(({ cell }) => affects.cells.includes(cell));
  const bad = requests.filter(({ state }) => state === "bad").length;
  const firstTokens = requests.flatMap(({ record }) => (record.firstTokenMs === null ? [] : [record.firstTokenMs - record.intendedMs]));
  return [count(requests.length), count(bad), shareOf(bad, requests.length), firstTokens.length === 0 ? none : ms(quantile(firstTokens, 0.95))];
}

function attributedTo({ id }: Fault, attribution: Attribution | undefined): Value {
  const own = attribution?.faults.find(({ fault }) => fault === id);
  return own === undefined ? none : count(own.requests);
}

function reachText({ affects }: Fault): string {
  const cells = affects.cells.length === 0 ? [] : [`${affects.cells.length} ${affects.cells.length === 1 ? "cell" : "cells"}`];
  return [...affects.components, ...cells].join(", ") || none;
}

function spanText({ fromMs, toMs, lifted, always }: Fault): string {
  if (always) return "the whole run";
  if (fromMs === toMs) return `at ${seconds(fromMs)}`;
  return `${seconds(fromMs)} to ${lifted ? seconds(toMs) : "the end"}`;
}

function recordedText({ id }: Fault, records: readonly FaultRecord[]): string {
  const own = records.filter(({ fault }) => fault === id);
  return own.length === 0 ? "no record" : own.map(({ action, atMs }) => `${action} at ${seconds(atMs)}`).join(", ");
}
