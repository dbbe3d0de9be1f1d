import { countedMetricNames as counted, observerMetricNames as names } from "../../kernel/metric-names.ts";
import { badCauses } from "../../kernel/judgement.ts";
import type { Cell, Plan } from "../../kernel/plan.ts";
import type { CountedRecord, CanaryRecord, FaultRecord, WireRecord } from "../../kernel/records.ts";
import { billOf, usdOf } from "./bill.ts";
import type { Judged } from "./classify.ts";
import { canaryPrefix } from "./knowledge.ts";
import { isFailedAttempt } from "./live-view.ts";

export type MetricLabels = Readonly<Record<string, string>>;

/** One series of a metric, as it stands. */
export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

/** The team of what no client of the plan sent. */
export const unplannedTeam = "unplanned";

const outcomes = ["good", ...badCauses, "left"] as const;
const attemptOutcomes = ["answered", "failed", "caller_gone"] as const;

/**
 * The counts behind the observer's metrics. Every series that the plan lets one foresee is 0 from the start: a counter
 * that appears with its first count has no rate.
 */
export class ObserverCounts {
  readonly #plan: Plan;
  readonly #series = new Map<string, Map<string, { readonly labels: MetricLabels; value: number }>>();
  readonly #billOf: (attempt: WireRecord) => number | null;
  readonly #teamOf: (requestId: string) => string | null;
  readonly #teamOfRoute: ReadonlyMap<string, string>;

  /** `teamOf` is null for a request that is not planned. */
  constructor(plan: Plan, teamOf: (requestId: string) => string | null) {
    this.#plan = plan;
    this.#teamOf = teamOf;
    this.#billOf = billOf(plan);
    this.#teamOfRoute = new Map(plan.cells.toReversed().map(({ route, team }) => [route, team]));
    for (const cell of plan.cells) this.#exposeCell(cell);
    for (const { name } of plan.deployments) {
      for (const outcome of attemptOutcomes) this.#add(names.attempts, { deployment: name, outcome }, 0);
      this.#add(names.unpriced, { deployment: name }, 0);
    }
    for (const { name } of plan.routes) for (const outcome of ["good", "bad"]) this.#add(names.probes, { route: name, outcome }, 0);
    for (const { id, kind } of plan.faults) this.#set(names.faultInForce, { fault: id, kind }, 0);
  }

  #exposeCell({ team, feature, region, route }: Cell): void {
    for (const outcome of outcomes) this.#add(names.requests, { team, feature, region, outcome }, 0);
    this.#add(names.silent, { team, feature, region }, 0);
    const own = new Set(this.#plan.routes.find(({ name }) => name === route)?.deployments);
    for (const { name, price } of this.#plan.deployments) if (own.has(name) && price != null) this.#add(names.billed, { team, deployment: name }, 0);
  }

  takeClient({ record: { team, feature, region }, state, cause, silent }: Judged): void {
    const cell = { team, feature, region };
    this.#add(names.requests, { ...cell, outcome: state === "bad" ? cause! : state }, 1);
    if (silent) this.#add(names.silent, cell, 1);
  }

  takeWire(record: WireRecord): void {
    const { deployment, end } = record;
    const outcome = isFailedAttempt(record) ? "failed" : end === "caller_gone" ? "caller_gone" : "answered";
    this.#add(names.attempts, { deployment, outcome }, 1);
    const nanoUsd = this.#billOf(record);
    if (nanoUsd === null) this.#add(names.unpriced, { deployment }, 1);
    else if (nanoUsd > 0) this.#add(names.billed, { team: this.#teamOfAttempt(record), deployment }, usdOf(nanoUsd));
  }

  /** A probe is one of the team of the first cell of its route, as in the comparison of costs. */
  #teamOfAttempt({ requestId }: WireRecord): string {
    const planned = this.#teamOf(requestId);
    if (planned !== null || !requestId.startsWith(canaryPrefix)) return planned ?? unplannedTeam;
    return this.#teamOfRoute.get(requestId.slice(canaryPrefix.length, requestId.lastIndexOf("-"))) ?? unplannedTeam;
  }

  takeProbe({ route, ok }: CanaryRecord): void {
    this.#add(names.probes, { route, outcome: ok ? "good" : "bad" }, 1);
  }

  /** A failed injection leaves it out of force, and a failed lifting in force. */
  takeFault({ fault, action }: FaultRecord): void {
    if (action === "failed") return;
    const kind = this.#plan.faults.find(({ id }) => id === fault)?.kind ?? "by_hand";
    this.#set(names.faultInForce, { fault, kind }, action === "injected" ? 1 : 0);
  }

  /**
   * One reading of the gateways, and their sum. What cannot be read is absent: an old count would look like a quiet
   * gateway.
   */
  takeCounted(readings: readonly CountedRecord[], sum: CountedRecord): void {
    this.#set(counted.gateways, {}, readings.length);
    this.#set(counted.readable, {}, readings.filter(({ requestsTotal, shown }) => requestsTotal !== null || shown === false).length);
    this.#setOrClear(counted.requests, sum.requestsTotal);
    this.#setOrClear(counted.failures, sum.failuresTotal);
    this.#setOrClear(counted.attempts, sum.attemptsTotal);
    this.#series.delete(counted.cost);
    for (const [team, usd] of Object.entries(sum.costUsd ?? {})) this.#set(counted.cost, { team }, usd);
  }

  /** The series of a metric; none where it has none yet. */
  read(metric: string): readonly MetricSample[] {
    return [...(this.#series.get(metric)?.values() ?? [])];
  }

  #setOrClear(metric: string, value: number | null): void {
    if (value === null) this.#series.delete(metric);
    else this.#set(metric, {}, value);
  }

  #set(metric: string, labels: MetricLabels, value: number): void {
    this.#one(metric, labels).value = value;
  }

  #add(metric: string, labels: MetricLabels, value: number): void {
    this.#one(metric, labels).value += value;
  }

  /** Labels of a metric always come in one order. */
  #one(metric: string, labels: MetricLabels): { value: number } {
    let series = this.#series.get(metric);
    if (series === undefined) this.#series.set(metric, (series = new Map()));
    const key = Object.values(labels).join("\u001f");
    let one = series.get(key);
    if (one === undefined) series.set(key, (one = { labels, value: 0 }));
    return one;
  }
}
