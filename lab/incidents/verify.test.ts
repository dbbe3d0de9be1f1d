import { expect, test } from "vitest";
import type { PlannedPhase } from "../../kernel/plan.ts";
import { findIncident } from "../../scenarios/faults/incident.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { verifyVirtually } from "../virtual/verify.ts";
import { startVirtualHarness } from "./threads.ts";
import { verifyIncidents, type SubjectSight, type VerifyHarness } from "./verify.ts";

const catalogue = loadIncidents();
const slow = { timeout: 240_000 };

/** Plays what `change` makes of each phase, and judges by the plan. */
function playing(change: (phase: PlannedPhase) => PlannedPhase, seed = 1): VerifyHarness {
  return {
    perSecondMax: 1_000,
    marginMs: 0,
    parallel: 1,
    play: (subject, z) => verifyVirtually(subject, { seed, z, played: subject.phases.map(change) }),
  };
}

async function verify(ids: readonly string[], harness: VerifyHarness, level = 1): Promise<readonly SubjectSight[]> {
  const sights: SubjectSight[] = [];
  const incidents = () => ids.map((id) => findIncident(id, catalogue));
  const { agrees } = await verifyIncidents({ incidents, seed: 1, speed: 60, level, harness, onSight: (sight) => void sights.push(sight) });
  expect(agrees).toBe(sights.every((sight) => sight.agrees));
  return sights;
}

const honest: VerifyHarness = { perSecondMax: 1_000, marginMs: 0, parallel: 1, play: (subject, z) => verifyVirtually(subject, { seed: 1, z }) };
const disagreements = (sights: readonly SubjectSight[]) =>
  new Set(sights.flatMap(({ phases }) => phases.flatMap(({ checks }) => checks.filter(({ agrees }) => !agrees).map(({ what }) => what))));

test.each([
  ["errors by status, a long plateau", "openai-2025-06-10-gpu-network"],
  ["failing lookups on new connections of one region", "aws-2025-10-20-us-east-1"],
  ["a stall of 30 s, and clients that give up", "openai-2024-12-04-530-then-30s-stall"],
  ["cut streams alone", "gateway-sse-silent-eof-2026-07"],
  ["sticky wrong answers of some models", "anthropic-2025-08-quality-three-bugs"],
  ["flapping, at three providers", "cloudflare-2025-11-18-bot-file"],
  ["one endpoint of two", "openai-2025-12-16-responses-codex"],
  ["one region, in Azure's format", "azure-openai-2026-01-27-sweden-central"],
  ["Gemini's format", "vertex-2026-02-27-safety-filter"],
  ["models that recover one after the other", "anthropic-2026-06-05-staggered-by-model"],
])("verifyIncidents: what is played agrees with the catalogue: %s", slow, async (_name, id) => {
  const sights = await verify([id], honest);
  expect([...disagreements(sights)]).toEqual([]);
  const { target, phases } = findIncident(id, catalogue);
  expect(sights).toHaveLength(Math.max(1, target!.providers.length));
  for (const sight of sights) expect(sight.phases.length).toBeGreaterThanOrEqual(phases.length);
});

test("verifyIncidents: the half-width of every error rate is at most one point or a quarter of it", slow, async () => {
  for (const { phases } of await verify(["openai-2025-06-10-gpu-network"], honest)) {
    for (const { checks } of phases) {
      const { expected, interval } = checks.find(({ what, tap }) => what === "errors" && tap === "client")!;
      expect((interval![1] - interval![0]) / 2).toBeLessThanOrEqual(Math.max(0.01, expected / 4));
    }
  }
});

test("verifyIncidents: name lookups that fail are seen by clients alone", slow, async () => {
  const [sight] = await verify(["aws-2025-10-20-us-east-1"], honest);
  const find = (what: string, tap: string) => sight!.phases[0]!.checks.find((check) => check.what === what && check.tap === tap)!;
  expect(find("status dns", "client")).toMatchObject({ expected: 0.5, agrees: true });
  expect(find("dns failures", "wire")).toMatchObject({ expected: 0, observed: 0, agrees: true });
  expect(find("errors", "wire").expected).toBeCloseTo(0.35 / 0.65, 9);
  expect(find("spared: connections that live", "client")).toMatchObject({ observed: 0, of: 100 });
  expect(find("spared: other region", "client")).toMatchObject({ observed: 0, of: 100 });
});

test.each<[string, string, (phase: PlannedPhase) => PlannedPhase, string]>([
  ["a rate that is off by half", "openai-2025-06-10-gpu-network", (phase) => ({ ...phase, errorRate: phase.errorRate * 1.5 }), "errors"],
  ["statuses swapped", "openai-2025-06-10-gpu-network", (phase) => ({ ...phase, statusMix: { "500": 1 } }), "status 500"],
  ["a status that is not in the mix", "openai-2024-09-16-waf-block", (phase) => ({ ...phase, statusMix: { "418": 1 } }), "other failures"],
  ["normal latency", "openai-2025-06-10-gpu-network", (phase) => ({ ...phase, latencyFactor: 1 }), "first token"],
  ["no stall", "openai-2024-12-04-530-then-30s-stall", (phase) => ({ ...phase, addedLatencyMs: 0 }), "first token"],
  ["streams that are whole", "gateway-sse-silent-eof-2026-07", (phase) => ({ ...phase, streamTruncationRate: 0 }), "truncated"],
  ["streams that are cut", "openai-2024-09-16-waf-block", (phase) => ({ ...phase, errorRate: 0.9, streamTruncationRate: 0.2 }), "errors"],
  ["answers that are right", "anthropic-2025-07-08-sonnet4-quality", (phase) => ({ ...phase, wrongOutputRate: 0 }), "wrong"],
  ["an incident that hits all models", "anthropic-2025-07-08-sonnet4-quality", (phase) => ({ ...phase, select: undefined, wrongOutputRate: 1 }), "spared: other model"],
  ["phases that come too late", "openai-2025-06-10-gpu-network", (phase) => ({ ...phase, fromMs: phase.fromMs + 5_000, toMs: phase.toMs + 5_000 }), "phase"],
])("verifyIncidents: it does not agree with %s", slow, async (_name, id, change, what) => {
  expect([...disagreements(await verify([id], playing(change)))]).toContain(what);
});

test("verifyIncidents: level 2 doubles what is estimated, and that is what is expected and seen", slow, async () => {
  const [sight] = await verify(["openai-2025-06-10-gpu-network"], honest, 2);
  const expected = sight!.phases.map(({ checks }) => checks[0]!.expected);
  expect(expected).toEqual([0.05, 0.25, 0.2, 0.08, 0.02]);
  expect(sight!.agrees).toBe(true);
});

test("startVirtualHarness: threads change nothing in what is seen", slow, async () => {
  await using threads = startVirtualHarness(1, 2);
  const ids = ["openai-2024-01-30-routing-release", "openai-2024-09-16-waf-block"];
  expect(await verify(ids, threads)).toEqual(await verify(ids, honest));
});
