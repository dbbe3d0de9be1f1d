import type { BreakGlassSettings } from "../../kernel/action.ts";
import { handBackMs, targetLookMs } from "../../kernel/bypass.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ActionRecord, ClientRecord, RunRecords } from "../../kernel/records.ts";
import type { BypassedTeam } from "../../kernel/verdict.ts";
import { billOf, usdOf } from "./bill.ts";
import type { Judged } from "./classify.ts";
import type { Knowledge } from "./knowledge.ts";

/** When the operator led a team past the gateways. */
interface Window {
  readonly team: string;
  /** The command was given. */
  readonly fromMs: number;
  /** The clients were led back; Infinity: they were not. */
  readonly toMs: number;
}

/** Until the last client has looked, and the shim has gone. */
const leavingMs = targetLookMs + handBackMs;

export function windowsOf({ actions = [] }: Pick<Plan, "actions">, records: readonly ActionRecord[] = []): readonly Window[] {
  const done = (turn: BreakGlassSettings["turn"], team: string) => {
    const ids = actions.filter(({ kind, settings }) => kind === "break_glass" && (settings as BreakGlassSettings).turn === turn && (settings as BreakGlassSettings).team === team).map(({ id }) => id);
    return records.find(({ action, outcome }) => outcome === "done" && ids.includes(action));
  };
  const teams = new Set(actions.flatMap(({ kind, settings }) => (kind === "break_glass" ? [(settings as BreakGlassSettings).team] : [])));
  return [...teams].flatMap((team) => {
    const on = done("on", team);
    return on === undefined ? [] : [{ team, fromMs: on.begunMs, toMs: done("off", team)?.atMs ?? Infinity }];
  });
}

/**
 * Whether no gateway saw the request: its answer names a provider, within a window that the operator had opened.
 * Outside one that name proves nothing.
 */
export function isBypassed({ bypass, team, sentMs }: ClientRecord, windows: readonly Window[]): boolean {
  return bypass !== undefined && sentMs !== null && windows.some((window) => window.team === team && sentMs >= window.fromMs && sentMs <= window.toMs + leavingMs);
}

/** What went past the gateways, by team. */
export function bypassedTeams(plan: Plan, { actions }: Pick<RunRecords, "actions">, { judged, knowledge }: { readonly judged: readonly Judged[]; readonly knowledge: Knowledge }): readonly BypassedTeam[] {
  const windows = windowsOf(plan, actions);
  const bill = billOf(plan);
  return windows.map(({ team, fromMs, toMs }) => {
    const own = judged.filter(({ record }) => record.team === team && isBypassed(record, windows));
    const firstGoodMs = own.filter(({ state }) => state === "good").reduce((first, { record }) => Math.min(first, record.endMs), Infinity);
    const lost = judged.filter(({ record, state }) => record.team === team && state === "bad" && record.intendedMs >= fromMs && record.intendedMs < firstGoodMs).length;
    const bills = own.flatMap(({ record }) => knowledge.attempts.get(record.requestId) ?? []).map(bill);
    return {
      team,
      fromMs,
      toMs: toMs === Infinity ? null : toMs,
      restoredMs: firstGoodMs === Infinity ? null : firstGoodMs - fromMs,
      lost,
      requests: own.length,
      bad: own.filter(({ state }) => state === "bad").length,
      billedUsd: bills.includes(null) ? null : usdOf(bills.reduce<number>((total, each) => total + (each ?? 0), 0)),
    };
  });
}

/** Findings beside the verdict. */
export function actionSentences({ actions = [] }: Pick<Plan, "actions">, records: readonly ActionRecord[] = [], teams: readonly BypassedTeam[]): readonly string[] {
  const titles = new Map(actions.map(({ id, title }) => [id, title]));
  const lacking = records.filter(({ outcome }) => outcome !== "done").map(({ action, outcome, detail }) => `${titles.get(action) ?? action} ${outcome === "failed" ? "failed" : "was not possible"}: ${detail}.`);
  const past = teams.filter(({ requests }) => requests > 0).map(({ team, requests }) => `${requests} requests of team ${team} went past the gateways: they were not scanned, limited, costed or cached.`);
  return [...lacking, ...past];
}
