import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { LiveStep } from "../../kernel/records.ts";
import { live, plan } from "../board/fixtures/run.ts";
import type { ProgressEvent } from "../board/progress.ts";
import { livePartsOf } from "./live-parts.ts";
import { advanceLive, emptyLive } from "./live-state.ts";

const planned: ProgressEvent = { type: "plan", plan: { ...plan, title: "A <b>bold</b> title" }, directory: "runs/demo", load: "embedded", network: "embedded", part: "run" };
const step = (index: number, given: Partial<LiveStep> = {}): LiveStep => ({ index, offered: 30, good: 28, bad: 2, silent: 1, firstTokenMsP50: 200, firstTokenMsP95: 900, attempts: {}, cells: {}, ...given });
const step0 = step(0);
const injected: ProgressEvent = { type: "fault", record: { fault: "real-outage", action: "injected", plannedMs: 30_000, atMs: 30_020, detail: "" } };
const after = (...events: readonly ProgressEvent[]) => events.reduce(advanceLive, emptyLive);
const textOf = (html: string) => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ").trim();

test("livePartsOf: before a plan there is the stage alone", () => {
  const parts = livePartsOf(after({ type: "stage", name: "validate", detail: "smoke" }));
  expect(textOf(parts.stage)).toBe("validate : smoke");
  expect({ ...parts, stage: "" }).toEqual({ stage: "", title: "A run is about to begin", ended: "", clock: "", figures: "", troubles: "", timeline: "", offered: "", byHand: "", teams: "", windows: "", notes: "", cells: "" });
});

test("livePartsOf: a run in the middle of its faults has stage, time left, figures, faults in force and the plots", () => {
  const parts = livePartsOf(after(planned, injected, { type: "live", live: { ...live, steps: [step(0), step(1, { silent: 0 })] } }));
  expect(textOf(parts.clock)).toBe("0:50 of 1:40, faults until 1:10, ends in 50 s");
  expect(textOf(parts.figures)).toContain("Bad 37 late 30, error 7; 2.5 % of those answered Bad now 12.5 % of the last 10 s Silent 1 ");
  expect(textOf(parts.troubles)).toBe("Outage of openai on primary, phase 1 of 1: 25 % errors (503), latency x3");
  expect(parts.title).toBe("A &lt;b&gt;bold&lt;/b&gt; title");
  // The axis reaches to the end of the run, the table to what is known.
  expect(parts.timeline).toContain('data-plot="timeline" data-steps="100"');
  expect(parts.timeline.match(/<tr><td>/g)).toHaveLength(2);
  expect(parts.timeline).toContain("the observer&#39;s alarm, at 0:41");
});

test("livePartsOf: when the run has ended there is its verdict with a link to the report, and nothing is in force", () => {
  const running = after(planned, injected, { type: "live", live });
  const parts = livePartsOf({ ...running, ended: { verdict: "not_recovered", reason: "It <i>stays</i> bad.", directory: "runs/demo" } });
  expect(textOf(parts.ended)).toBe("not recovered It &lt;i&gt;stays&lt;/i&gt; bad. Read the report");
  expect(parts.troubles).toBe("");
  expect(textOf(livePartsOf({ ...running, ended: { verdict: null, reason: "Void", directory: null } }).ended)).toBe("no verdict Void");
});

test("livePartsOf: a fault by hand has its band, and a button to lift it while it is in force", () => {
  const fault = faultOf({ id: "hand-1", title: "By hand: <the link> down", fromMs: 45_000, toMs: 60_000 });
  const record = { fault: "hand-1", plannedMs: 45_000, atMs: 45_010, detail: "" };
  const running = after(planned, { type: "live", live: { ...live, steps: [step(0)] } }, { type: "hand", fault }, { type: "fault", record: { ...record, action: "injected" } });
  const offer = faultOf({ id: "offered-1", title: "The link down", fromMs: 0, toMs: 12_000 });
  const parts = livePartsOf(running, { faults: [offer], teams: ["support"] });
  expect(textOf(parts.byHand)).toBe("By hand: &lt;the link&gt; down, until 1:00 Lift");
  expect(textOf(parts.troubles)).toContain("By hand: &lt;the link&gt; down");
  expect(parts.timeline).toContain("By hand: &lt;the link&gt; down, 0:45 to 1:00");
  expect(parts.offered).toBe('<option value="offered-1" data-seconds="12">The link down</option>');
  const lifted = advanceLive(running, { type: "fault", record: { ...record, action: "lifted", atMs: 50_000 } });
  expect(livePartsOf(lifted)).toMatchObject({ byHand: "", offered: "", timeline: expect.stringContaining("By hand: &lt;the link&gt; down, 0:45 to 0:50") as string });
});

test("livePartsOf: a window that a person opened has its terms and a button to lead the team back, until the team is back", () => {
  const step = { id: "hand-step-1", kind: "break_glass", title: "By hand: break-glass on", atMs: 45_000, lacking: null, settings: { turn: "on", team: "support", routes: {}, window: { minutes: 2, reason: "the <gateway> is dead", operator: "ann" } } } as const;
  const off = { ...step, id: "hand-step-2", settings: { turn: "off", team: "support", routes: {} } } as const;
  const record = { plannedMs: 45_000, begunMs: 45_000, atMs: 46_000, outcome: "done", detail: "" } as const;
  const open = after(planned, { type: "live", live: { ...live, steps: [step0] } }, { type: "step", step }, { type: "action", record: { ...record, action: "hand-step-1" } });
  const parts = livePartsOf(open, { faults: [], teams: ["search"] });
  expect(textOf(parts.windows)).toBe("Team support goes past the gateways until 2:45 at the latest, by ann: the &lt;gateway&gt; is dead Lead it back");
  expect(parts.windows).toContain('data-back="support"');
  expect(textOf(parts.troubles)).toContain("Team support goes past the gateways");
  expect(parts.timeline).toContain("By hand: break-glass on, at 0:45");
  expect(parts.teams).toBe("<option>search</option>");
  const back = [{ type: "step", step: off }, { type: "action", record: { ...record, action: "hand-step-2" } }] as const;
  expect(livePartsOf(back.reduce(advanceLive, open)).windows).toBe("");
});

test("advanceLive: the run after its control begins anew, and a later report of a step replaces the earlier one", () => {
  const control = after(planned, injected, { type: "live", live: { ...live, steps: [step(0, { good: 1 })] } }, { type: "live", live: { ...live, steps: [step(0), step(2)] } });
  expect([...control.steps.values()].map(({ index, good }) => [index, good])).toEqual([[0, 28], [2, 28]]);
  const run = advanceLive(control, planned);
  expect({ steps: run.steps.size, faults: run.faults, live: run.board.live }).toEqual({ steps: 0, faults: [], live: null });
});
