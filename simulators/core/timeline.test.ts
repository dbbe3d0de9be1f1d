import { expect, test } from "vitest";
import { configOf, incidentOf } from "./examples.ts";
import { inForce } from "./timeline.ts";

const config = configOf({ fromMs: 0, toMs: 100 }, { fromMs: 100, toMs: 200 }, { fromMs: 300, toMs: 400 });
const indexAt = (atMs: number) => inForce(config, atMs)?.phase.index ?? null;

test("inForce: a phase holds from its start up to, not with, its end", () => {
  expect([0, 99.9, 100, 199.9, 200, 299.9, 300, 400].map(indexAt)).toEqual([0, 0, 1, 1, null, null, 2, null]);
});

test("inForce: nothing before time zero, even if a phase starts there", () => {
  expect(inForce(configOf({ fromMs: -100, toMs: 100 }), -1)).toBeNull();
});

test("inForce: only incidents of this deployment, and the first of two that overlap", () => {
  const elsewhere = { ...incidentOf({}), incident: "elsewhere", deployments: ["backup"] };
  const first = { ...incidentOf({ toMs: 50 }), incident: "first" };
  const second = { ...incidentOf({ toMs: 100 }), incident: "second" };
  const both = { ...config, incidents: [elsewhere, first, second] };
  expect([10, 60].map((atMs) => inForce(both, atMs)?.incident)).toEqual(["first", "second"]);
});
