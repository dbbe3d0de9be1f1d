import { expect, test } from "vitest";
import type { BreakGlassWindow, PlannedAction } from "../../../kernel/action.ts";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { ActionRecord } from "../../../kernel/records.ts";
import { act } from "../../actions/index.ts";
import { plan } from "../../board/fixtures/run.ts";
import { HandBypass, type BypassStep } from "./hand-bypass.ts";
import { RecordingWorld } from "./recording-world.fixture.ts";

const step = (turn: "on" | "off", team: string): BypassStep => ({ id: turn, kind: "break_glass", title: "", atMs: 30_000, lacking: null, settings: { turn, team, routes: { assistant: "primary" } } });
const offered = ["support", "search"].map((team) => ({ on: step("on", team), off: step("off", team) }));
const window: BreakGlassWindow = { minutes: 1, reason: "the gateway is dead", operator: "ann" };

/** The steady state ends at 30 s. */
function stage(broken: readonly string[] = []) {
  const clock = new VirtualClock();
  const world = new RecordingWorld(clock, { broken, takesMs: 500 });
  const records: ActionRecord[] = [];
  const steps: PlannedAction[] = [];
  const play = new HandBypass({ plan, offered, world, act, clock, emitAction: (record) => void records.push(record), onStep: (taken) => void steps.push(taken) });
  return { clock, world, records, steps, play, after: (ms: number, does: () => void) => void clock.at(ms, does) };
}

const outcomes = (records: readonly ActionRecord[]) => records.map(({ action, outcome, plannedMs, atMs }) => [action, outcome, plannedMs, atMs]);

test("HandBypass: a window opens now and ends at its time, each as a step with its terms", async () => {
  const { clock, world, records, steps, play, after } = stage();
  after(40_000, () => void play.open("support", { ...window, reason: "  the gateway is dead " }));
  await clock.run();
  expect(world.log).toEqual(["40500 open the bypass of support", "100500 close the bypass of support"]);
  expect(outcomes(records)).toEqual([["hand-step-1", "done", 40_000, 40_500], ["hand-step-2", "done", 100_000, 100_500]]);
  expect(steps).toMatchObject([
    { id: "hand-step-1", atMs: 40_000, title: "By hand: break-glass on for team support, 1 min, by ann: the gateway is dead", settings: { turn: "on", window } },
    { id: "hand-step-2", atMs: 100_000, title: "By hand: break-glass off for team support, its time is over", settings: { turn: "off" } },
  ]);
});

test("HandBypass: a person leads the team back before its time, once, and it has no second window", async () => {
  const { clock, world, steps, play, after } = stage();
  after(40_000, () => void play.open("support", window));
  after(50_000, () => play.close("support"));
  after(51_000, () => expect(() => play.close("support")).toThrow("no window of it is open by hand"));
  after(52_000, () => expect(() => play.open("support", window)).toThrow("does not offer it, or did already"));
  after(53_000, () => expect(play.teams).toEqual(["search"]));
  await clock.run();
  expect(world.log).toEqual(["40500 open the bypass of support", "50500 close the bypass of support"]);
  expect(steps[1]?.title).toBe("By hand: break-glass off for team support, by a person");
});

test("HandBypass: the end of the run opens and ends no window any more, and waits for a step that is under way", async () => {
  const { clock, world, play, after } = stage();
  let endedMs: number | null = null;
  after(40_000, () => void play.open("support", window));
  after(40_200, () => void play.end().then(() => (endedMs = clock.nowMs())));
  after(41_000, () => expect(() => play.open("search", window)).toThrow("does not offer it"));
  await clock.run();
  expect({ log: world.log, endedMs, teams: play.teams }).toEqual({ log: ["40500 open the bypass of support"], endedMs: 40_500, teams: [] });
});

test("HandBypass: what cannot be opened is recorded as failed, and not ended", async () => {
  const { clock, records, play, after } = stage(["open the bypass of support"]);
  after(40_000, () => void play.open("support", window));
  after(50_000, () => expect(() => play.close("support")).toThrow("no window of it is open"));
  await clock.run();
  expect(records.map(({ action, outcome, detail }) => [action, outcome, detail])).toEqual([["hand-step-1", "failed", "cannot open the bypass of support"]]);
});

test.each<[string, number, string, Partial<BreakGlassWindow>, string]>([
  ["in the steady state", 29_999, "support", {}, "the steady state goes on until 30 s"],
  ["for a team that is not offered", 40_000, "nobody", {}, "does not offer it"],
  ["for less than a minute", 40_000, "support", { minutes: 0 }, "0 minutes are not 1 to 240"],
  ["for more than four hours", 40_000, "support", { minutes: 241 }, "241 minutes are not 1 to 240"],
  ["with a short reason", 40_000, "support", { reason: "   dead    " }, "the reason has 4 characters"],
  ["by an operator who is no name", 40_000, "support", { operator: "../ann" }, "other characters than letters"],
])("HandBypass: a window %s is refused, and nothing is done", async (_what, atMs, team, changes, why) => {
  const { clock, world, steps, play, after } = stage();
  after(atMs, () => expect(() => play.open(team, { ...window, ...changes })).toThrow(why));
  await clock.run();
  expect({ log: world.log, steps }).toEqual({ log: [], steps: [] });
});
