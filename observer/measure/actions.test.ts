import { expect, test } from "vitest";
import type { PlannedAction } from "../../kernel/action.ts";
import type { ActionRecord } from "../../kernel/records.ts";
import { actionProblems } from "./actions.ts";

const step = (id: string, atMs: number, lacking: string | null = null): PlannedAction => ({ id, kind: "break_glass", title: id, atMs, lacking, settings: {} });
const taken = (action: string, plannedMs: number, changes: Partial<ActionRecord> = {}): ActionRecord => ({ action, outcome: "done", plannedMs, begunMs: plannedMs, atMs: plannedMs + 500, detail: "", ...changes });
const actions = [step("on", 1_000), step("off", 9_000)];

test("actionProblems: none where each step was taken once and in time, or waited for the one before it", () => {
  expect(actionProblems({ actions }, [taken("on", 1_000), taken("off", 9_000, { begunMs: 9_250, atMs: 9_300 })])).toEqual([]);
  expect(actionProblems({ actions }, [taken("on", 1_000, { atMs: 12_000 }), taken("off", 9_000, { begunMs: 12_000, atMs: 12_100, outcome: "failed" })])).toEqual([]);
  expect(actionProblems({}, [])).toEqual([]);
});

test.each<[string, readonly ActionRecord[], string]>([
  ["missing", [taken("on", 1_000)], "Nothing shows that step off was taken"],
  ["twice", [taken("on", 1_000), taken("off", 9_000), taken("off", 9_000)], "Step off was taken 2 times"],
  ["of another plan", [taken("on", 1_000), taken("off", 8_000)], "Step off was taken by another plan"],
  ["unknown", [taken("on", 1_000), taken("off", 9_000), taken("push", 9_000)], "Step push was taken, and the plan has none of that name"],
  ["early", [taken("on", 1_000), taken("off", 9_000, { begunMs: 5_000 })], "Step off was in effect before its time"],
  ["late", [taken("on", 1_000), taken("off", 9_000, { begunMs: 9_300 })], "Step off was begun 300 ms late"],
  ["not possible where it is", [taken("on", 1_000), taken("off", 9_000, { outcome: "not_possible" })], "Step off is recorded as not possible, and the plan has it otherwise"],
])("actionProblems: a step that is %s", (_, records, problem) => {
  expect(actionProblems({ actions }, records)).toEqual([problem]);
});
