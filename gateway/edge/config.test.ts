import { expect, test } from "vitest";
import { edgeSettings, edgeStackSchema, resolveEdgeConfig } from "./config.ts";

const minimal = {
  regions: [
    { name: "A", replicas: [{ id: "a1", url: "http://127.0.0.1:8001" }] },
    { name: "B", replicas: [{ id: "b1", url: "http://127.0.0.1:8002" }] },
  ],
};
const problemsOf = (input: unknown) => {
  const resolved = resolveEdgeConfig(input);
  return "ok" in resolved ? [] : resolved.problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
};
const settingsOf = (input: unknown) => {
  const resolved = resolveEdgeConfig(input);
  if ("problems" in resolved) throw new Error(JSON.stringify(resolved.problems));
  return resolved.ok;
};

test("resolveEdgeConfig: regions are all that a file needs, and resolving the result changes nothing", () => {
  const file = settingsOf(minimal);
  expect(file).toMatchObject({ engine: "embedded", region: null, sticky: null, admin: { open: false }, health: { intervalMs: 500, timeoutMs: 400 }, ramp: { steps: [0.1, 0.25, 0.5, 1] } });
  expect(file.regions[0]!.replicas[0]!.weight).toBe(10);
  expect(settingsOf(file)).toEqual(file);
});

test("resolveEdgeConfig: names twice, URLs twice, spares alone, and times that contradict each other are refused", () => {
  const [a, b] = minimal.regions as [(typeof minimal.regions)[0], (typeof minimal.regions)[0]];
  expect(problemsOf({ regions: [a, { ...b, name: "A" }] })).toEqual(['regions: Two regions are called "A"']);
  expect(problemsOf({ regions: [a, { ...b, replicas: a.replicas }] })).toHaveLength(2);
  expect(problemsOf({ regions: [{ ...a, weight: 0 }] })).toEqual(["regions: Every region is a spare: one needs a weight above 0"]);
  expect(problemsOf({ ...minimal, health: { timeoutMs: 600 } })).toEqual(["health.timeoutMs: Expected at most intervalMs (500)"]);
  expect(problemsOf({ ...minimal, ramp: { stepMsMax: 1 } })).toEqual(["ramp.stepMsMax: Expected at least stepMsMin (5000)"]);
  expect(problemsOf({ ...minimal, ramp: { steps: [0.5, 0.25, 1] } })).toEqual(["ramp.steps: Expected growing shares, the last 1"]);
});

test("resolveEdgeConfig: a replica is an origin over http, and unknown settings are named", () => {
  const withUrl = (url: string) => ({ regions: [{ name: "A", replicas: [{ id: "a1", url }] }] });
  expect(problemsOf(withUrl("http://127.0.0.1:1/v1"))[0]).toContain("an origin without a path");
  expect(problemsOf(withUrl("https://127.0.0.1:1"))[0]).toContain("Expected http");
  expect(problemsOf({ ...minimal, strategy: "x" })).toEqual([': Unrecognized key: "strategy"']);
});

test("edgeSettings: the sticky header is in lower case, as requests have it", () => {
  expect(edgeSettings(settingsOf({ ...minimal, sticky: { header: "X-Client" } })).sticky).toEqual({ header: "x-client" });
});

test("edgeStackSchema: a stack decides settings, and neither addresses nor regions", () => {
  expect(edgeStackSchema.safeParse({ engine: "haproxy", sticky: { header: "x-client" } }).success).toBe(true);
  expect(edgeStackSchema.safeParse(minimal).success).toBe(false);
});
