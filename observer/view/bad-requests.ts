import { clockTime } from "../measure/format.ts";
import type { Judged } from "../measure/classify.ts";
import { count, ms, none } from "../measure/quantity.ts";
import type { Evidence } from "./evidence.ts";
import type { ViewTable } from "./run-view.ts";

/** So many of each cell and way to be bad. */
const shownMax = 3;

/** Some bad requests of the exposure by id, to be looked up in the taps and in the gateway's own log. */
export function badRequestsTable({ plan, judged }: Evidence): ViewTable {
  const bad = judged.filter(({ state, record }) => state === "bad" && record.intendedMs >= plan.timeline.faultFromMs);
  const groups = [...Map.groupBy(bad, (one) => `${one.cell} ${howOf(one)}`).values()];
  return {
    name: "badRequests",
    title: "Some of the bad requests",
    columns: ["cell", "how", "of those", "request", "sent at", "first token", "total"],
    rows: groups.flatMap((group) => group.slice(0, shownMax).map((one, index) => [...(index === 0 ? [one.cell, howOf(one), count(group.length)] : ["", "", ""]), ...rowOf(one)])),
    notes: ["A request's id is `x-client-request-id`: the taps have it in every record, and a gateway that forwards it has it in its log."],
  };
}

function howOf({ cause, record: { end, status, errorCode } }: Judged): string {
  const how = [status === null ? null : `status ${status}`, errorCode, end === "complete" ? null : end.replaceAll("_", " ")].filter((part) => part !== null);
  return [cause?.replaceAll("_", " ") ?? none, ...(how.length === 0 ? [] : [how.join(", ")])].join(": ");
}

function rowOf({ record: { requestId, intendedMs, firstTokenMs, endMs } }: Judged) {
  return [requestId, clockTime(intendedMs), firstTokenMs === null ? none : ms(firstTokenMs - intendedMs), ms(endMs - intendedMs)];
}
