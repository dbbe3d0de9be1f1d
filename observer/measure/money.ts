import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { sum } from "../../kernel/stats.ts";
import type { Money } from "../../kernel/verdict.ts";
import { billOf, usdOf } from "./bill.ts";
import type { Judged } from "./classify.ts";
import { attemptsOf } from "./effort.ts";
import { halfOverClients } from "./jackknife.ts";
import { exposureSpan, judgedWithin, steadySpan, type Span } from "./windows.ts";

interface Run {
  readonly judged: readonly Judged[];
  readonly wire: readonly WireRecord[];
}

/**
 * What providers billed for the exposure's requests, and for the control's, in US dollars. Null where the plan has no
 * prices. `arrivals` name the clients.
 */
export function moneyOf(plan: Plan, run: Run, { paired, arrivals }: { readonly paired: Run | null; readonly arrivals: readonly Arrival[] }): Money | null {
  if (plan.deployments.every(({ price }) => (price ?? null) === null)) return null;
  const exposed = billedIn(plan, run, exposureSpan(plan));
  const controlUsd = plan.measure.control === "paired" ? (paired === null ? null : billedIn(plan, paired, exposureSpan(plan)).usd) : scaled(billedIn(plan, run, steadySpan(plan)), exposed.requests.length);
  return {
    billedUsd: exposed.usd,
    controlUsd,
    differenceUsd: controlUsd === null ? null : exposed.usd - controlUsd,
    unpricedAttempts: exposed.unpriced,
    deployments: billedBy(plan, exposed.bills),
    goodAnswers: goodIn(exposed.requests),
    perGoodAnswer: perGoodAnswer(exposed, arrivals),
  };
}

interface Billed {
  readonly requests: readonly Judged[];
  readonly bills: readonly { readonly attempt: WireRecord; readonly nanoUsd: number | null }[];
  readonly usd: number;
  /** Attempts at deployments without a price. They are not in `usd`. */
  readonly unpriced: number;
}

function billedIn(plan: Plan, { judged, wire }: Run, span: Span): Billed {
  const requests = judgedWithin(span, judged);
  const bill = billOf(plan);
  const bills = attemptsOf(requests, wire, (atMs) => atMs >= span.fromMs && atMs <= span.toMs).map((attempt) => ({ attempt, nanoUsd: bill(attempt) }));
  return { requests, bills, usd: usdOf(sum(bills.map(({ nanoUsd }) => nanoUsd ?? 0))), unpriced: bills.filter(({ nanoUsd }) => nanoUsd === null).length };
}

/** What as many requests would have cost. */
function scaled({ requests, usd }: Billed, count: number): number | null {
  return requests.length === 0 ? null : (usd * count) / requests.length;
}

function billedBy({ deployments }: Plan, bills: Billed["bills"]): Money["deployments"] {
  return deployments.flatMap(({ name, price }) => {
    const own = bills.filter(({ attempt }) => attempt.deployment === name && attempt.answerId !== null);
    return price == null ? [] : [{ deployment: name, answers: own.length, usd: usdOf(sum(own.map(({ nanoUsd }) => nanoUsd ?? 0))) }];
  });
}

const goodIn = (requests: readonly Judged[]) => requests.filter(({ state }) => state === "good").length;

/** Of a client, or of all. */
interface Bought {
  readonly usd: number;
  readonly good: number;
}

function perGoodAnswer({ requests, bills, usd, unpriced }: Billed, arrivals: readonly Arrival[]): Money["perGoodAnswer"] {
  const good = goodIn(requests);
  if (good === 0 || unpriced > 0) return null;
  const isTied = bills.every(({ attempt }) => attempt.identity === "header");
  const half = isTied ? halfOverClients(boughtByClients(requests, bills, arrivals), (_, client) => priceOf({ usd: usd - client.usd, good: good - client.good })) : null;
  const price = priceOf({ usd, good });
  return { usd: price, interval: half === null ? null : [Math.max(0, price - half), price + half] };
}

/** 0 where there is nothing left. */
const priceOf = ({ usd, good }: Bought) => (good === 0 ? 0 : usd / good);

/** By cell, and in it by client. */
function boughtByClients(requests: readonly Judged[], bills: Billed["bills"], arrivals: readonly Arrival[]): readonly ReadonlyMap<string, Bought>[] {
  const clients = new Map(arrivals.map(({ requestId, client }) => [requestId, client]));
  const nanoUsd = new Map<string, number>();
  for (const { attempt, nanoUsd: bill } of bills) nanoUsd.set(attempt.requestId, (nanoUsd.get(attempt.requestId) ?? 0) + (bill ?? 0));
  return [...Map.groupBy(requests, ({ cell }) => cell).values()].map((ofCell) => {
    const ofClients = Map.groupBy(ofCell, ({ record }) => clients.get(record.requestId) ?? "");
    return new Map([...ofClients].map(([client, own]) => [client, { usd: usdOf(sum(own.map(({ record }) => nanoUsd.get(record.requestId) ?? 0))), good: goodIn(own) }]));
  });
}
