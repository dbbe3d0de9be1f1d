import { expect, test } from "vitest";
import type { PlannedAction } from "../../kernel/action.ts";
import type { ActionRecord, ClientRecord } from "../../kernel/records.ts";
import { isBypassed, windowsOf } from "./bypassed.ts";

const step = (turn: "on" | "off", team: string): PlannedAction => ({ id: `${turn}-${team}`, kind: "break_glass", title: "", atMs: 0, lacking: null, settings: { turn, team, routes: {} } });
const actions = [step("on", "red"), step("off", "red"), step("on", "blue")];
const done = (action: string, begunMs: number, outcome: ActionRecord["outcome"] = "done"): ActionRecord => ({ action, outcome, plannedMs: begunMs, begunMs, atMs: begunMs + 500, detail: "" });
const record = (team: string, sentMs: number | null, bypass?: string) => ({ team, sentMs, bypass }) as ClientRecord;

test("windowsOf: from the command to the end of off; a step that failed opens none", () => {
  expect(windowsOf({ actions }, [done("on-red", 1_000), done("off-red", 9_000), done("on-blue", 2_000)])).toEqual([{ team: "red", fromMs: 1_000, toMs: 9_500 }, { team: "blue", fromMs: 2_000, toMs: Infinity }]);
  expect(windowsOf({ actions }, [done("on-red", 1_000, "failed"), done("on-blue", 2_000, "not_possible")])).toEqual([]);
});

test("isBypassed: an answer that names a provider, of the team, while its window was open; else the name proves nothing", () => {
  const windows = windowsOf({ actions }, [done("on-red", 1_000), done("off-red", 9_000)]);
  expect([record("red", 1_000, "openai"), record("red", 10_750, "openai")].map((each) => isBypassed(each, windows))).toEqual([true, true]);
  const others = [record("red", 5_000), record("red", 999, "openai"), record("red", 10_751, "openai"), record("blue", 5_000, "openai"), record("red", null, "openai")];
  expect(others.map((each) => isBypassed(each, windows))).toEqual(Array(5).fill(false));
});
