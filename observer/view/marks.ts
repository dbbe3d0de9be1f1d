import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord, NoteRecord, RunRecords } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { stagesOf } from "./stages.ts";
import type { RunMark } from "./run-view.ts";

/**
 * What to draw over the series: the run's stages, each fault as it was injected and lifted, what ended by itself, the
 * alarm, the recovery, what people wrote down.
 */
export function marksOf(plan: Plan, { measures, componentExits }: Verdict, { faults, notes = [] }: Pick<RunRecords, "faults" | "notes">): readonly RunMark[] {
  const { faultFromMs, faultToMs } = plan.timeline;
  const moment = (kind: RunMark["kind"], label: string, sinceMs: number, afterMs: number | null | undefined): readonly RunMark[] =>
    afterMs === null || afterMs === undefined ? [] : [{ kind, label, fromMs: sinceMs + afterMs, toMs: sinceMs + afterMs }];
  return [
    ...stagesOf(plan).map(({ label, fromMs, toMs }) => ({ kind: "stage" as const, label, fromMs, toMs })),
    ...faultMarksOf(plan, faults),
    ...(plan.actions ?? []).map(({ title, atMs }) => ({ kind: "action" as const, label: title, fromMs: atMs, toMs: atMs })),
    ...componentExits.flatMap(({ component, atMs, how }) => moment("exit", `${component} ended by itself (${how})`, 0, atMs)),
    ...moment("alarm", "the observer's alarm", faultFromMs, plan.alarmBy === "gateway" ? null : measures?.detectionMs),
    ...moment("alarm", "an alarm on the gateway's own metrics", faultFromMs, measures?.gatewayDetectionMs),
    ...(plan.faults.length === 0 ? [] : moment("recovery", "recovered", faultToMs, measures?.recoveryMs)),
    ...noteMarksOf(notes),
  ];
}

/** More would hide the plots. All notes are in their table. */
const noteMarksMax = 20;
const noteCharactersMax = 80;

/** The first notes of a run, cut to what a legend can hold. */
export function noteMarksOf(notes: readonly NoteRecord[]): readonly RunMark[] {
  return notes.slice(0, noteMarksMax).map(({ atMs, text }) => ({ kind: "note", label: `note: ${text.length > noteCharactersMax ? `${text.slice(0, noteCharactersMax).trimEnd()}…` : text}`, fromMs: atMs, toMs: atMs }));
}

/** Each fault as it was injected and lifted, and as it was planned until then. */
export function faultMarksOf(plan: Plan, faults: readonly FaultRecord[]): readonly RunMark[] {
  return plan.faults.map(({ id, title, fromMs, toMs }) => ({
    kind: "fault",
    label: title,
    fromMs: Math.max(0, momentOf(faults, id, "injected") ?? fromMs),
    toMs: momentOf(faults, id, "lifted") ?? toMs,
  }));
}

function momentOf(faults: readonly FaultRecord[], id: string, action: FaultRecord["action"]): number | null {
  return faults.find((record) => record.fault === id && record.action === action)?.atMs ?? null;
}
