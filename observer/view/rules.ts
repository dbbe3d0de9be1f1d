import type { Plan } from "../../kernel/plan.ts";
import type { RunMade } from "../../kernel/run-made.ts";
import { duration, percent } from "../measure/format.ts";
import { measureTitle, ms } from "../measure/quantity.ts";
import type { ViewTable } from "./run-view.ts";

/** What makes a request bad, by cell, and the rules by which a run is judged. */
export function slosTable({ cells, measure, stopWhen = [] }: Plan): ViewTable {
  const control = measure.control === "paired" ? "a paired run without faults" : "the run's own steady state";
  const { burnRate, recovery } = measure;
  return {
    name: "slos",
    title: "SLOs and rules",
    columns: ["cell", "route", "first token within", "whole answer within"],
    rows: cells.map(({ name, route, slo }) => [name, route, ms(slo.firstTokenMs), ms(slo.totalMs)]),
    notes: [
      `A window is ${duration(measure.windowMs)} of a cell's demand, from ${measure.requestsMin} requests on; it is bad when over ${percent(measure.badShareMax)} of them are bad.`,
      `The control is ${control}; the steady state holds with at most ${percent(measure.steadyBadShareMax)} bad.`,
      `Recovered: at most ${percent(recovery.badShareMax)} bad for ${duration(recovery.holdMs)}.`,
      `The alarm: both ${duration(burnRate.longMs)} and ${duration(burnRate.shortMs)} burn ${burnRate.rate} times the allowance of an SLO of ${percent(burnRate.slo)}.`,
      ...stopWhen.map((stop) => `All faults are lifted when ${measureTitle(stop.measure)} is above ${stop.above}.`),
    ],
  };
}

/** What the stack sets of the gateway. */
export function policyTable(made: RunMade | null): ViewTable {
  return {
    name: "policy",
    title: "Policy of the stack",
    columns: ["setting", "value"],
    rows: Object.entries(made?.settings ?? {}),
    notes: ["Settings that are not listed have the gateway's defaults."],
  };
}
