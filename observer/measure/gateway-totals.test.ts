import { expect, test } from "vitest";
import { GatewayTotals } from "./gateway-totals.ts";

const reading = (requests: number | null, openBreakers: readonly string[] = []) => ({ atMs: 0, requestsTotal: requests, failuresTotal: requests === null ? null : 0, attemptsTotal: requests, openBreakers });

/** What is recorded of the requests after each round of readings. */
const totals = (...rounds: readonly (readonly (number | null)[])[]) => {
  const gateways = new GatewayTotals();
  return rounds.map((round, index) => gateways.add(round.map((requests) => reading(requests)), index).requestsTotal);
};

test("GatewayTotals: a gateway by itself is recorded as it is read", () => {
  expect(totals([5], [9], [null], [2])).toEqual([5, 9, null, 2]);
});

test("GatewayTotals: several are added up, across restarts, and with the last reading of one that cannot be read", () => {
  expect(totals([5, 10], [6, 12], [null, 14], [1, 15], [3, 16])).toEqual([15, 18, 20, 22, 25]);
  expect(totals([5, 10], [null, null])).toEqual([15, null]);
});

test("GatewayTotals: cost is added up by team, across restarts", () => {
  const gateways = new GatewayTotals();
  const round = (...costs: readonly (readonly [requests: number, costUsd: Record<string, number>])[]) => gateways.add(costs.map(([requests, costUsd]) => ({ ...reading(requests), costUsd })), 0).costUsd;
  expect(round([5, { red: 1 }], [5, { red: 2, blue: 4 }])).toEqual({ red: 3, blue: 4 });
  expect(round([1, { red: 0.5 }], [6, { red: 3, blue: 4 }])).toEqual({ red: 4.5, blue: 4 });
});

test("GatewayTotals: a breaker is open where any gateway has it open", () => {
  const { openBreakers } = new GatewayTotals().add([reading(1, ["primary"]), reading(1, ["primary", "fallback"])], 0);
  expect(openBreakers).toEqual(["primary", "fallback"]);
});
