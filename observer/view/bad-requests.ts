import type { WireRecord } from "../../kernel/records.ts";
import { clockTime } from "../measure/format.ts";
import type { Judged } from "../measure/classify.ts";
import { exposureSpan, judgedWithin } from "../measure/windows.ts";
import { count, ms, none, type Value } from "../measure/quantity.ts";
import type { Evidence } from "./evidence.ts";
import type { BadSample, SampleAttempt, ViewTable } from "./run-view.ts";

/** So many of each cell and way to be bad. */
const shownMax = 3;

/** Some bad requests of the exposure by id, to be looked up in the taps and in the gateway's own log. */
export function badSamples({ plan, judged, records }: Evidence): readonly BadSample[] {
  const bad = judgedWithin(exposureSpan(plan), judged).filter(({ state }) => state === "bad");
  const groups = [...Map.groupBy(bad, (one) => `${one.cell} ${howOf(one)}`).values()];
  const shown = groups.flatMap((group) => group.slice(0, shownMax).map((one) => ({ one, of: group.length })));
  const ids = new Set(shown.map(({ one }) => one.record.requestId));
  const attempts = Map.groupBy(records.wire.filter(({ requestId }) => ids.has(requestId)), ({ requestId }) => requestId);
  const titles = new Map(plan.faults.map(({ id, title }) => [id, title]));
  return shown.map(({ one: { record, cell, ...rest }, of }) => ({
    requestId: record.requestId,
    cell,
    how: howOf({ record, cell, ...rest }),
    of,
    sentMs: record.intendedMs,
    firstTokenMs: record.firstTokenMs,
    endMs: record.endMs,
    attempts: (attempts.get(record.requestId) ?? []).toSorted((a, b) => a.arrivedMs - b.arrivedMs).map((attempt) => attemptOf(attempt, titles)),
  }));
}

export function badRequestsTable(samples: readonly BadSample[]): ViewTable {
  return {
    name: "badRequests",
    title: "Some of the bad requests",
    columns: ["cell", "how", "of those", "request", "sent at", "first token", "total", "the providers' log"],
    rows: samples.map((sample, index) => {
      const before = samples[index - 1];
      const isFirst = before === undefined || before.cell !== sample.cell || before.how !== sample.how;
      return [...(isFirst ? [sample.cell, sample.how, count(sample.of)] : ["", "", ""]), ...timesOf(sample), loggedText(sample)];
    }),
    notes: ["A request's id is `x-client-request-id`: the taps have it in every record, and a gateway that forwards it has it in its log."],
  };
}

function howOf({ cause, record: { end, status, errorCode } }: Judged): string {
  const how = [status === null ? null : `status ${status}`, errorCode, end === "complete" ? null : end.replaceAll("_", " ")].filter((part) => part !== null);
  return [cause?.replaceAll("_", " ") ?? none, ...(how.length === 0 ? [] : [how.join(", ")])].join(": ");
}

function timesOf({ requestId, sentMs, firstTokenMs, endMs }: BadSample): readonly Value[] {
  return [requestId, clockTime(sentMs), firstTokenMs === null ? none : ms(firstTokenMs - sentMs), ms(endMs - sentMs)];
}

const ends: Readonly<Record<WireRecord["end"], string>> = { sent: "sent whole", broken: "broken off", caller_gone: "its caller left" };

function attemptOf({ deployment, arrivedMs, endedMs, fate, effect, status, end, incident, load }: WireRecord, titles: ReadonlyMap<string, string>): SampleAttempt {
  const parts = [status === null ? fate : `${fate} ${status}`, effect?.replaceAll("_", " "), ends[end], load?.refused?.replaceAll("_", " ")];
  return { deployment, arrivedMs, endedMs, how: parts.filter((part) => part !== undefined).join(", "), fault: incident === null ? null : (titles.get(incident) ?? incident) };
}

/** Under which request's attempts an answer came from a cache is not in its own. */
function loggedText({ attempts }: BadSample): string {
  if (attempts.length === 0) return "no attempt reached a provider";
  return attempts.map(({ deployment, arrivedMs, how, fault }) => `${deployment} at ${clockTime(arrivedMs)}: ${how}${fault === null ? "" : ` (${fault})`}`).join("; ");
}
