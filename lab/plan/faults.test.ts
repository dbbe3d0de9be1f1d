import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { PlannedIncident } from "../../kernel/plan.ts";
import { findIncident } from "../../scenarios/faults/incident.ts";
import { parseScenario, parseStack, type Override } from "../../scenarios/parse.ts";
import { playedAt } from "../faults/index.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { loadIncidents } from "./incidents.ts";
import { resolvePlan } from "./resolve.ts";

const incidents = loadIncidents();
const healthy = readFileSync(new URL("../../scenarios/library/healthy.yaml", import.meta.url), "utf8");

const deployment = (name: string, provider: string, model: string, region?: string) => ({
  name,
  provider,
  dialect: provider === "anthropic" ? "anthropic" : "openai",
  model,
  latency: "gpt-4o-mini",
  ...(region === undefined ? {} : { region }),
});
const all = [
  deployment("gpt", "openai", "gpt-4.1"),
  deployment("opus", "anthropic", "claude-opus-4-5-20251101"),
  deployment("haiku", "anthropic", "claude-haiku-4-5"),
  deployment("vertex-central", "google-vertex", "gemini-2.5-flash", "us-central1"),
  deployment("vertex-europe", "google-vertex", "gemini-2.5-flash", "europe-west4"),
  deployment("workers", "cloudflare-workers-ai", "llama-3.3-70b"),
];

/** What a scenario with these deployments plays. */
function playing(fault: object, ...overrides: readonly Override[]): readonly PlannedIncident[] {
  return playingFrom(incidents, fault, ...overrides);
}

function playingFrom(catalogue: readonly Incident[], fault: object, ...overrides: readonly Override[]): readonly PlannedIncident[] {
  const sets = [
    { path: "deployments", value: JSON.stringify(all) },
    { path: "routes", value: JSON.stringify([{ name: "assistant", deployments: all.map(({ name }) => name) }]) },
    { path: "faults", value: JSON.stringify([fault]) },
    { path: "speed", value: "60" },
    ...overrides,
  ];
  const stack = parseStack("name: plain\ntitle: Plain", "plain.yaml");
  const { faults } = resolvePlan({ scenario: parseScenario(healthy, "healthy.yaml", sets), stack, run: "test", incidents: catalogue }).plan;
  return faults.flatMap((one) => playedAt(one.affects.deployments[0]!, [one]));
}

const names = (played: readonly PlannedIncident[]) => played.map(({ incident, deployments }) => [incident, ...deployments]);

test("incident: without deployments an incident hits those of its target, by provider, model and region", () => {
  expect(names(playing({ kind: "incident", incident: "anthropic-2025-12-14-network-routing" }))).toEqual([["anthropic-2025-12-14-network-routing", "opus"]]);
  expect(names(playing({ kind: "incident", incident: "vertex-2026-02-27-safety-filter" }))).toEqual([["vertex-2026-02-27-safety-filter", "vertex-central"]]);
});

test("incident: incidents of one event play on all the providers that they hit, each as much later as it was", () => {
  const played = playing({ kind: "incident", incident: "anthropic-2025-06-12-gcp" });
  expect(names(played)).toEqual([
    ["anthropic-2025-06-12-gcp", "opus", "haiku"],
    ["gcp-2025-06-12-service-control", "vertex-central"],
    ["gcp-2025-06-12-service-control-2", "vertex-europe"],
    ["cloudflare-2025-06-12-workers-kv", "workers"],
  ]);
  const startsMs = played.map(({ phases }) => phases[0]!.fromMs - played[1]!.phases[0]!.fromMs);
  expect(startsMs).toEqual([6_000, 0, 0, 3_000]);
});

test("incident: a region fares as the incident says of it", () => {
  const played = playing({ kind: "incident", incident: "gcp-2025-06-12-service-control" }).filter(({ incident }) => incident.startsWith("gcp"));
  expect(played.map(({ deployments, phases }) => [...deployments, phases[2]!.errorRate])).toEqual([
    ["vertex-central", 0.8],
    ["vertex-europe", 0.05],
  ]);
});

test("incident: deployments that are named stand for what was hit, and all their requests with them", () => {
  const id = "openai-2026-09-11-gpt56-sol-capacity";
  const select = (fault: object) => playing({ kind: "incident", incident: id, deployments: ["gpt"], ...fault })[0]!.phases[0]!.select;
  expect(select({})).toBeUndefined();
  expect(select({ select: "target" })).toMatchObject({ models: ["gpt-5.6-sol*"] });
  expect(select({ select: { clientShare: 0.5 } })).toEqual({ clientShare: 0.5 });
});

test("incident: an incident that hits none of the deployments is refused, with what it hits", () => {
  expect(() => playing({ kind: "incident", incident: "mistral-2025-10-16-21min" })).toThrow(
    expect.objectContaining({ exit: "refused", code: "incident_hits_nothing", message: expect.stringContaining("providers mistral") as string }) as Error,
  );
});

test("incident: an outage by its shape, its requests selected", () => {
  const outage = { kind: "outage", name: "stairs", deployments: ["gpt"], select: { models: ["gpt-4*"] } };
  const [played] = playing({ ...outage, shape: { kind: "staircase", lengthMs: 60_000, level: 0.8, parts: 3, statusMix: { "500": 3, "503": 1 } } });
  expect(played!.phases.map(({ fromMs, toMs, errorRate, select }) => [toMs - fromMs, errorRate, select])).toEqual([
    [20_000, 0.8, { models: ["gpt-4*"] }],
    [20_000, 0.8, { models: ["gpt-4*"], clientShare: 2 / 3 }],
    [20_000, 0.8, { models: ["gpt-4*"], clientShare: 1 / 3 }],
  ]);
  expect(played!.phases[0]!.statusMix).toEqual({ "500": 0.75, "503": 0.25 });
  expect(() => playing(outage)).toThrow("Give phases or a shape, one of them");
});

test("incident: the scenario's level scales what is estimated", () => {
  const rates = (level: string) => playing({ kind: "incident", incident: "openai-2025-06-10-gpu-network", deployments: ["gpt"] }, { path: "level", value: level })[0]!.phases.map(({ errorRate }) => errorRate);
  expect(rates("2")).toEqual([0.05, 0.25, 0.2, 0.08, 0.02]);
  expect(rates("1")).toEqual(findIncident("openai-2025-06-10-gpu-network", incidents).phases.map(({ errorRate }) => errorRate));
});

/** An incident of the catalogue in which nothing fails, and nothing is slow. */
function harmless(id: string): Incident {
  const found = findIncident(id, incidents);
  return { ...found, phases: found.phases.map((phase) => ({ ...phase, errorRate: 0, statusMix: {}, latencyFactor: 1, streamTruncationRate: 0, wrongOutputRate: 0 })) };
}

test("incident: one whose phases change nothing is refused, with and without deployments", () => {
  const calm = harmless("openai-2025-06-10-gpu-network");
  for (const fault of [{ kind: "incident", incident: calm.id }, { kind: "incident", incident: calm.id, deployments: ["gpt"] }]) {
    expect(() => playingFrom([calm], fault)).toThrow(expect.objectContaining({ code: "incident_changes_nothing", exitCode: 4 }) as Error);
  }
  const { phases } = calm;
  const slow = { ...calm, phases: [{ ...phases[0]!, latencyFactor: 1.1 }, ...phases.slice(1)] };
  expect(names(playingFrom([slow], { kind: "incident", incident: slow.id }))).toEqual([[slow.id, "gpt"]]);
});

test("incident: a region that was spared plays nothing, and the others do", () => {
  const found = findIncident("gcp-2025-06-12-service-control", incidents);
  const spared = { ...found, phases: [{ ...found.phases[0]!, latencyFactor: 1, regionOverrides: { "us-central1": { errorRate: 0 } }, basis: { ...found.phases[0]!.basis, regionOverrides: "estimated" as const } }] };
  expect(names(playingFrom([spared], { kind: "incident", incident: spared.id }))).toEqual([[spared.id, "vertex-europe"]]);
});

test("outage: one whose phases change nothing is refused", () => {
  const outage = (phase: object) => ({ kind: "outage", name: "calm", deployments: ["gpt"], phases: [{ lengthMs: 20_000, ...phase }] });
  for (const phase of [{}, { effects: [{ kind: "slow_drip", share: 0, bytesPerSecond: 10 }] }, { errorRate: 1, select: { clientShare: 0 } }]) {
    expect(() => playing(outage(phase))).toThrow(expect.objectContaining({ code: "outage_changes_nothing" }) as Error);
  }
  expect(names(playing(outage({ errorRate: 0.01 })))).toEqual([["calm", "gpt"]]);
});

/** A deployment for each provider, model and region that the incident's target names. */
function deploymentsFor({ target, phases }: Incident) {
  const models = [...new Set(phases.flatMap((phase) => phase.target?.models ?? target!.models ?? ["any"]))];
  const regions = [...new Set(phases.flatMap((phase) => phase.target?.regions ?? target!.regions ?? [undefined]))];
  const plain = (name: string) => name.replaceAll("*", "");
  const parts = target!.providers.flatMap((provider) => models.flatMap((model) => regions.map((region) => [provider, plain(model), region && plain(region)] as const)));
  return parts.map(([provider, model, region], index) => deployment(`d${index}`, provider, model, region));
}

const withTarget = incidents.filter(({ target, id }) => target!.providers.length > 0 && id !== "litellm-2026-03-24-supply-chain");

test.each(withTarget)("the catalogue: $id is played where it hit the API, and elsewhere only by the name of its surface", (incident) => {
  const { id, target } = incident;
  const made = deploymentsFor(incident);
  const overrides = [
    { path: "deployments", value: JSON.stringify(made) },
    { path: "routes", value: JSON.stringify([{ name: "assistant", deployments: made.map(({ name }) => name) }]) },
    { path: "speed", value: "100000" },
  ];
  const planned = (more: object) => playing({ kind: "incident", incident: id, ...more }, ...overrides);
  if (target!.surfaces.some((surface) => surface === "api" || surface === "gateway")) {
    expect(planned({}).map((one) => one.incident)).toContain(id);
    return;
  }
  expect(() => planned({})).toThrow(expect.objectContaining({ code: "incident_off_surface" }) as Error);
  expect(() => planned({ surface: "api" })).toThrow(expect.objectContaining({ code: "incident_off_surface" }) as Error);
  for (const surface of target!.surfaces) expect(planned({ surface }).map((one) => one.incident)).toContain(id);
});

test("the catalogue: what says that the API was not affected has no API surface", () => {
  const spared = incidents.filter(({ scope, target }) => [scope, target!.note ?? ""].some((text) => /API (and \w+ )*(was )?not affected/i.test(text)));
  expect(spared.length).toBeGreaterThan(3);
  for (const { id, target } of spared) expect([id, target!.surfaces.includes("api")]).toEqual([id, false]);
});
