import { expect, test } from "vitest";
import type { PlannedPhase } from "../../../kernel/plan.ts";
import type { WireRecord } from "../../../kernel/records.ts";
import { findIncident } from "../../../scenarios/faults/incident.ts";
import { loadIncidents } from "../../plan/incidents.ts";
import { subjectsOf } from "../subjects.ts";
import { phaseChecks } from "./checks.ts";
import type { Seen } from "./driver.ts";

const [openai] = [...subjectsOf(findIncident("openai-2025-06-10-gpu-network", loadIncidents()), { seed: 1, speed: 60, level: 1 })];
const phase = (index: number, errorRate: number): PlannedPhase => ({ ...openai!.phases[0]!, index, fromMs: index * 1_000, toMs: (index + 1) * 1_000, errorRate, statusMix: errorRate === 0 ? {} : { "503": 1 }, latencyFactor: 1, addedLatencyMs: 0 });
const population = { ...openai!.populations[0]!, phases: [0, 1] };
const subject = { ...openai!, phases: [phase(0, 0), phase(1, 1)], populations: [population] };

/** Requests that were meant for a phase, each as the phase would have it in which it arrived. */
function requests(meant: number, count: number, { sentMs, arrivedMs }: Pick<Seen, "sentMs"> & Pick<WireRecord, "arrivedMs">): readonly { readonly seen: Seen; readonly wire: WireRecord }[] {
  const failed = arrivedMs >= 1_000;
  return Array.from({ length: count }, (_, number) => {
    const id = `${meant}-${sentMs}-${arrivedMs}-${number}`;
    const seen: Seen = { id, phase: meant, population: 0, sentMs, end: failed ? "failed" : "whole", how: failed ? "503" : null, firstTokenMs: null };
    const wire = { requestId: id, arrivedMs, incident: subject.incident, phase: failed ? 1 : 0, fate: failed ? "error" : "answer" } as WireRecord;
    return { seen, wire };
  });
}

test("phaseChecks: requests that were sent or arrived after the end of their phase are counted as late, and judged by none", () => {
  const all = [
    ...requests(0, 600, { sentMs: 500, arrivedMs: 501 }),
    ...requests(0, 20, { sentMs: 1_200, arrivedMs: 1_201 }),
    ...requests(0, 5, { sentMs: 999, arrivedMs: 1_000 }),
    ...requests(1, 600, { sentMs: 1_500, arrivedMs: 1_501 }),
  ];
  const checked = phaseChecks({ subject, seen: all.map(({ seen }) => seen), wire: all.map(({ wire }) => wire), z: 3, allowanceMs: 0 });
  expect(checked.map(({ late, checks }) => ({ late, off: checks.filter((check) => !check.agrees), of: checks[0]!.of }))).toEqual([
    { late: 25, off: [], of: 600 },
    { late: 0, off: [], of: 600 },
  ]);
});

test("phaseChecks: a phase of which every request was late disagrees", () => {
  const all = [...requests(0, 600, { sentMs: 1_200, arrivedMs: 1_201 }), ...requests(1, 600, { sentMs: 1_500, arrivedMs: 1_501 })];
  const [first] = phaseChecks({ subject, seen: all.map(({ seen }) => seen), wire: all.map(({ wire }) => wire), z: 3, allowanceMs: 0 });
  expect(first).toMatchObject({ late: 600, agrees: false });
});
