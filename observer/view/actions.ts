import type { Plan } from "../../kernel/plan.ts";
import type { ActionRecord, NoteRecord } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { seconds } from "../measure/format.ts";
import { count, moment, ms, none, usd } from "../measure/quantity.ts";
import type { ViewTable } from "./run-view.ts";

/** Every step of the operator, as planned and as it was taken. */
export function actionsTable({ actions = [] }: Plan, records: readonly ActionRecord[]): ViewTable {
  return {
    name: "actions",
    title: "Steps of the operator",
    columns: ["step", "planned", "as it was", "took"],
    rows: actions.map(({ id, title, atMs }) => {
      const own = records.find(({ action }) => action === id);
      if (own === undefined) return [title, seconds(atMs), "no record", none];
      const outcome = own.outcome === "done" ? `done at ${seconds(own.atMs)}` : `${own.outcome.replace("_", " ")}: ${own.detail}`;
      return [title, seconds(atMs), outcome, own.outcome === "done" ? ms(own.atMs - own.begunMs) : none];
    }),
    notes: [],
  };
}

/** What people wrote down while the run went on. */
export function notesTable(notes: readonly NoteRecord[]): ViewTable {
  return { name: "notes", title: "Notes of the people at the live page", columns: ["time", "note"], rows: notes.map(({ atMs, text }) => [moment(atMs), text]), notes: [] };
}

/** What went past every gateway. */
export function bypassedTable({ bypassed = [] }: Verdict): ViewTable {
  return {
    name: "bypassed",
    title: "Past the gateways",
    columns: ["team", "from", "until", "first good answer", "lost until then", "requests", "bad", "billed"],
    rows: bypassed.map(({ team, fromMs, toMs, restoredMs, lost, requests, bad, billedUsd }) => [
      team,
      seconds(fromMs),
      toMs === null ? "the end" : seconds(toMs),
      restoredMs === null ? "none came" : ms(restoredMs),
      count(lost),
      count(requests),
      count(bad),
      billedUsd === null ? none : usd(billedUsd),
    ]),
    notes: ["The first good answer counts from the operator's command. None of these requests was scanned, limited, costed or cached, and what was billed is in no gateway's count."],
  };
}
