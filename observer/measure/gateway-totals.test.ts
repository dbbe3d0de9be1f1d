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

test("GatewayTotals: a breaker is open where any gateway has it open", () => {
  const { openBreakers } = new GatewayTotals().add([reading(1, ["primary"]), reading(1, ["primary", "fallback"])], 0);
  expect(openBreakers).toEqual(["primary", "fallback"]);
});
