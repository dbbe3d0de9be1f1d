import { expect, test } from "vitest";
import type { PlannedAction } from "../../../kernel/action.ts";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { ActionRecord } from "../../../kernel/records.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { act } from "../../actions/index.ts";
import { plan } from "../../board/fixtures/run.ts";
import { playActions } from "./play-actions.ts";
import { RecordingWorld } from "./recording-world.fixture.ts";

const turn = (turn: "on" | "off", atMs: number, changes: Partial<PlannedAction> = {}): PlannedAction => ({ id: `${turn}-${atMs}`, kind: "break_glass", title: `turn ${turn}`, atMs, lacking: null, settings: { turn, team: "search", routes: {} }, ...changes });

async function play(actions: readonly PlannedAction[], { broken = [] as string[], takesMs = 0, endMs = Infinity } = {}) {
  const clock = new VirtualClock();
  const world = new RecordingWorld(clock, { broken, takesMs });
  const over = new Canceller();
  const records: ActionRecord[] = [];
  if (endMs < Infinity) clock.at(endMs, () => over.cancel("over"));
  const played = playActions({ plan: { ...plan, actions }, world, act, clock, emitAction: (record) => void records.push(record), signal: over.signal });
  await clock.run();
  await played;
  return { log: world.log, records: records.map(({ action, outcome, plannedMs, begunMs, atMs, detail }) => [action, outcome, plannedMs, begunMs, atMs, detail]) };
}

test("playActions: takes each step at its time, one after the other, and records when it began and was in effect", async () => {
  const { log, records } = await play([turn("on", 5_000), turn("off", 5_500)], { takesMs: 1_000 });
  expect(log).toEqual(["6000 open the bypass of search", "7000 close the bypass of search"]);
  expect(records).toEqual([["on-5000", "done", 5_000, 5_000, 6_000, "turn on"], ["off-5500", "done", 5_500, 6_000, 7_000, "turn off"]]);
});

test("playActions: a step that the stack lacks is not tried, one that fails is recorded, and the next is taken", async () => {
  const { log, records } = await play([turn("on", 1_000, { lacking: "the stack has no bypass" }), turn("on", 2_000), turn("off", 3_000)], { broken: ["open the bypass of search"] });
  expect(log).toEqual(["2000 open the bypass of search", "3000 close the bypass of search"]);
  expect(records.map(([, outcome, , , , detail]) => [outcome, detail])).toEqual([["not_possible", "the stack has no bypass"], ["failed", "cannot open the bypass of search"], ["done", "turn off"]]);
});

test("playActions: what is to come when the run is over is not done", async () => {
  expect((await play([turn("on", 1_000), turn("off", 9_000)], { endMs: 4_000 })).log).toEqual(["1000 open the bypass of search"]);
});
