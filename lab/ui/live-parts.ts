import type { BreakGlassSettings, PlannedAction } from "../../kernel/action.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { LiveLine } from "../../kernel/records.ts";
import { clockTime, duration } from "../../observer/measure/format.ts";
import { count, ms, none, shareOf, type Value } from "../../observer/measure/quantity.ts";
import { markup, type Markup, type Part } from "../../observer/view/markup.ts";
import { faultMarksOf, noteMarksOf } from "../../observer/view/marks.ts";
import { cellsHeat } from "../../observer/view/page/cells-heat.ts";
import { timelineFigure, scalesOf } from "../../observer/view/page/timeline.ts";
import { valueMarkup } from "../../observer/view/page/values.ts";
import type { RunMark, RunSeries } from "../../observer/view/run-view.ts";
import { stagesOf } from "../../observer/view/stages.ts";
import { partText } from "../board/progress.ts";
import { troublesNow, worstCell, type BoardState } from "../board/state.ts";
import { liveSeries, padded } from "./live-series.ts";
import type { LiveState, RunEnded } from "./live-state.ts";

/** Parts of the live page that change while the run goes on. Each replaces what the page has of the same name. */
export const livePartNames = ["stage", "title", "ended", "clock", "figures", "troubles", "timeline", "offered", "byHand", "teams", "windows", "notes", "cells"] as const;

export type LiveParts = Readonly<Record<(typeof livePartNames)[number], string>>;

/** What a person may do now. */
export interface Offered {
  readonly faults: readonly Fault[];
  /** Whom a person may lead past the gateways. */
  readonly teams: readonly string[];
}

/** The live page's parts as they are now, in HTML. */
export function livePartsOf(state: LiveState, { faults, teams }: Offered = { faults: [], teams: [] }): LiveParts {
  const { plan, live } = state.board;
  const series = plan === null ? null : liveSeries(plan, state.steps);
  const drawn = plan === null || series === null || series.offered.length === 0 ? null : drawnOf(plan, series, state);
  const text = (part: Part) => markup`${part}`.text;
  return {
    stage: text(stageOf(state)),
    title: text(plan === null ? "A run is about to begin" : plan.title),
    ended: text(endedOf(state.ended)),
    clock: text(clockOf(state)),
    figures: text(plan === null || live === null || series === null ? null : figuresOf(plan, live, series, state.board)),
    troubles: text(troublesOf(state)),
    timeline: text(drawn?.timeline ?? null),
    offered: text(faults.map(({ id, title, fromMs, toMs }) => markup`<option value="${id}" data-seconds="${Math.max(1, Math.round((toMs - fromMs) / 1_000))}">${title}</option>`)),
    byHand: text(byHandOf(state)),
    teams: text(teams.map((team) => markup`<option>${team}</option>`)),
    windows: text(windowsOf(state)),
    notes: text(notesOf(state)),
    cells: text(drawn?.cells ?? null),
  };
}

function stageOf({ board: { stage, plan, part }, stopping, ended }: LiveState): Markup {
  const name = ended !== null ? "ended" : stopping ? "stopping" : (stage?.name ?? "start").replace("_", "-");
  const run = plan === null ? null : markup`scenario <code>${plan.scenario}</code> on <code>${plan.stack}</code>, seed ${plan.seed}${part === null ? null : `, ${partText(part)}`}`;
  const detail = ended !== null || stage === null || stage.detail === plan?.title || stage.detail === "" ? null : `: ${stage.detail}`;
  return markup`<span class="verdict">${name}</span>${run}${detail}`;
}

function endedOf(ended: RunEnded | null): Part {
  if (ended === null) return null;
  const { verdict, reason, directory } = ended;
  const link = directory === null ? null : markup` <a href="report.html" target="_blank" rel="noopener">Read the report</a>`;
  return markup`<p class="lead"><span class="verdict is-${verdict ?? "failed"}">${(verdict ?? "no verdict").replace("_", " ")}</span>${reason}${link}</p>`;
}

function clockOf({ board: { plan, live }, ended }: LiveState): Part {
  if (plan === null || live === null) return null;
  const { endMs } = plan.timeline;
  const leftMs = Math.max(0, endMs - live.atMs);
  const stage = stagesOf(plan).find(({ fromMs, toMs }) => fromMs <= live.atMs && live.atMs < toMs);
  const until = stage === undefined ? null : `, ${stage.label} until ${clockTime(stage.toMs)}`;
  return markup`${clockTime(live.atMs)} of ${clockTime(endMs)}${ended === null ? markup`${until}, ${leftMs === 0 ? "the last answers are awaited" : `ends in ${duration(leftMs)}`}` : null}`;
}

function figuresOf(plan: Plan, live: LiveLine, series: RunSeries, board: BoardState): Markup {
  const silent = series.silent.reduce((sum, value) => sum + value, 0);
  const worst = worstCell(board);
  const firstToken = series.firstTokenMsP95.findLast((value) => value !== null) ?? null;
  const attempts = Object.values(live.perDeployment).reduce((sum, each) => sum + each.attempts, 0);
  const shown: readonly (readonly [name: string, label: string, value: Value, note: string])[] = [
    ["offered", "Offered", count(live.sent), `${live.done} answered`],
    ["bad", "Bad", count(live.bad), causesText(live)],
    ["badNow", "Bad now", live.windowBadShare === null ? none : shareOf(live.windowBadShare, 1), `of the last ${duration(plan.measure.windowMs)}`],
    ["silent", "Silent", count(silent), "bad, and delivered as a success"],
    ["firstToken", "First token p95", firstToken === null ? none : ms(firstToken), "of the last second with one"],
    ["attempts", "Attempts", count(attempts), "at all providers, the observer's probes included"],
    ["worstCell", "Worst cell", worst === null ? none : shareOf(worst.bad, worst.offered), worst === null ? "none was bad lately" : worst.name],
    ["counted", "The gateway counted", live.gatewayCountedFailures === null ? none : count(live.gatewayCountedFailures), alarmText(live)],
  ];
  return markup`<dl class="figures">${shown.map(([name, label, value, note]) => markup`<div><dt>${label}</dt><dd data-figure="${name}">${valueMarkup(value)}<span class="of">${note}</span></dd></div>`)}</dl>`;
}

function causesText({ badByCause, bad, done }: LiveLine): string {
  const causes = Object.entries(badByCause).map(([cause, number]) => `${cause.replace("_", " ")} ${number}`);
  return causes.length === 0 ? `of ${done} answered` : `${causes.join(", ")}; ${done === 0 ? 0 : Math.round((1_000 * bad) / done) / 10} % of those answered`;
}

function alarmText({ firstAlarmMs }: LiveLine): string {
  return `failures; ${firstAlarmMs === null ? "no alarm of the observer yet" : `the observer's alarm at ${clockTime(firstAlarmMs)}`}`;
}

function troublesOf({ board, ended }: LiveState): Part {
  if (board.live === null || ended !== null) return null;
  const troubles = troublesNow(board);
  return troubles.length === 0 ? markup`<p class="note">No fault is in force.</p>` : markup`<ul class="in-force">${troubles.map((trouble) => markup`<li>${trouble}</li>`)}</ul>`;
}

/** What a person has injected and may lift. */
function byHandOf({ board: { plan, inForce }, ended }: LiveState): Part {
  const own = ended !== null || plan === null ? [] : plan.faults.filter(({ id }) => id.startsWith("hand-") && inForce.includes(id));
  if (own.length === 0) return null;
  return markup`<ul class="in-force">${own.map(({ id, title, toMs }) => markup`<li>${title}, until ${clockTime(toMs)} <button type="button" data-lift="${id}" aria-label="Lift: ${title}">Lift</button></li>`)}</ul>`;
}

/** The windows that a person has opened, and may end. */
function windowsOf({ board: { plan, bypassed }, ended }: LiveState): Part {
  const steps = (plan?.actions ?? []) as readonly PlannedAction<BreakGlassSettings>[];
  const open = ended !== null ? [] : steps.filter(({ settings: { team, window } }) => window !== undefined && bypassed.includes(team));
  if (open.length === 0) return null;
  return markup`<ul class="in-force">${open.map(({ atMs, settings: { team, window } }) => {
    const { minutes, operator, reason } = window!;
    return markup`<li>Team ${team} goes past the gateways until ${clockTime(atMs + minutes * 60_000)} at the latest, by ${operator}: ${reason} <button type="button" data-back="${team}" aria-label="Lead it back: team ${team}">Lead it back</button></li>`;
  })}</ul>`;
}

function notesOf({ notes }: LiveState): Part {
  if (notes.length === 0) return null;
  return markup`<ul class="notes">${notes.map(({ atMs, text }) => markup`<li><b>${clockTime(atMs)}</b> ${text}</li>`)}</ul>`;
}

function drawnOf(plan: Plan, series: RunSeries, { faults, notes, board: { live } }: LiveState): { readonly timeline: Markup; readonly cells: Part } {
  const marks = [...stagesOf(plan).map(({ label, fromMs, toMs }) => ({ kind: "stage" as const, label, fromMs, toMs })), ...faultMarksOf(plan, faults), ...momentsOf(plan, live), ...noteMarksOf(notes)];
  return {
    timeline: timelineFigure({ title: plan.title, series, marks }, { ...scalesOf(series), endMs: plan.timeline.endMs }),
    cells: cellsHeat(padded(plan, series), marks),
  };
}

function momentsOf({ actions = [] }: Plan, live: LiveLine | null): readonly RunMark[] {
  const alarmMs = live?.firstAlarmMs ?? null;
  return [
    ...actions.map(({ title, atMs }) => ({ kind: "action" as const, label: title, fromMs: atMs, toMs: atMs })),
    ...(alarmMs === null ? [] : [{ kind: "alarm" as const, label: "the observer's alarm", fromMs: alarmMs, toMs: alarmMs }]),
  ];
}
