import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import { seconds } from "../measure/format.ts";
import { none } from "../measure/quantity.ts";
import type { ViewTable } from "./run-view.ts";

/** Every fault of the plan and its phases, numbered from 1, as planned and as it was injected and lifted. */
export function faultsTable({ faults }: Plan, records: readonly FaultRecord[]): ViewTable {
  return {
    name: "faults",
    title: "Faults",
    columns: ["fault", "affects", "planned", "as it was"],
    rows: faults.flatMap((fault) => [
      [fault.title, reachText(fault), spanText(fault), recordedText(fault, records)],
      ...fault.phases.map((phase) => [`phase ${phase.index + 1} of ${fault.phases.length}: ${phase.title}`, "", `${seconds(phase.fromMs)} to ${seconds(phase.toMs)}`, ""]),
    ]),
    notes: [],
  };
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
