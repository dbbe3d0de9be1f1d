import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { ClientRecord, WireRecord } from "../../kernel/records.ts";
import type { Books } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
import { ownRequestsOf } from "./control-requests.ts";
import { canaryPrefix, type Knowledge } from "./knowledge.ts";
import { listed } from "./listed.ts";

/** What explains a request that was sent. */
export type Explanation = "joined" | "reused" | "error_without_attempt" | "client_abort" | "unexplained";

/** An arrival's intended time goes through JSON and a load generator's own arithmetic. */
const intendedToleranceMs = 1;

/**
 * The books of a run: what was offered, sent and dropped, and what explains each request that was sent. They balance
 * when there is no problem. The orphans' count leaves out the observer's own probes, and what control planes ask.
 */
export function booksOf(
  plan: Plan,
  judged: readonly Judged[],
  given: { readonly knowledge: Knowledge; readonly wire: readonly WireRecord[]; readonly arrivals: readonly Arrival[] },
): Books {
  const sent = judged.filter(({ record }) => record.sentMs !== null);
  const dropped = judged.length - sent.length;
  const by: Record<Explanation, Judged[]> = { joined: [], reused: [], error_without_attempt: [], client_abort: [], unexplained: [] };
  for (const each of sent) by[explain(each, given.knowledge)].push(each);
  const orphans = orphanAttempts(plan, given.wire, new Set(sent.map(({ record }) => record.requestId)));
  const problems = [
    ...offeredProblems(plan, sent.length, dropped),
    ...recordProblems(judged.map(({ record }) => record), given),
    ...listed(by.unexplained.map(({ record }) => record.requestId), "answered, and no provider's log explains it"),
    ...listed(orphans.map(({ requestId }) => requestId), "in a provider's log, and no client sent it"),
  ];
  return {
    offered: plan.arrivalCount,
    sent: sent.length,
    dropped,
    joined: by.joined.length,
    reused: by.reused.length,
    errorWithoutAttempt: by.error_without_attempt.length,
    clientAborts: by.client_abort.length,
    unexplained: by.unexplained.length,
    orphanAttempts: orphans.length,
    balanced: problems.length === 0,
    problems,
  };
}

/** Exactly one of five: a delivered answer that no provider gave is unexplained even where the request has attempts. */
export function explain(judged: Judged, knowledge: Knowledge): Explanation {
  const { record, reading } = judged;
  if (judged.state === "left") return "client_abort";
  const attempted = knowledge.attempts.has(record.requestId);
  if (!reading.legs.every(({ mark }) => knowledge.answers.has(mark.answerId))) return "unexplained";
  if (attempted) return "joined";
  if (reading.legs.length > 0) return isOwnByDigest(judged, knowledge) ? "joined" : "reused";
  return judged.cause === "error" ? "error_without_attempt" : "unexplained";
}

/** Systems that do not forward the request id: the answer's attempt is known by its body's digest alone. */
function isOwnByDigest({ reading }: Judged, knowledge: Knowledge): boolean {
  return reading.legs.some(({ mark }) => knowledge.answers.get(mark.answerId)?.identity === "digest");
}

function orphanAttempts(plan: Plan, wire: readonly WireRecord[], sent: ReadonlySet<string>): readonly WireRecord[] {
  const isOwn = ownRequestsOf(plan);
  return wire.filter(({ identity, requestId }) => identity === "header" && !requestId.startsWith(canaryPrefix) && !isOwn(requestId) && !sent.has(requestId));
}

function offeredProblems(plan: Plan, sent: number, dropped: number): readonly string[] {
  if (sent + dropped === plan.arrivalCount) return [];
  return [`${plan.arrivalCount} requests were offered, and the clients' records have ${sent} sent and ${dropped} dropped`];
}

function recordProblems(
  records: readonly ClientRecord[],
  { knowledge, arrivals }: { readonly knowledge: Knowledge; readonly arrivals: readonly Arrival[] },
): readonly string[] {
  const counts = new Map<string, number>();
  for (const { requestId } of records) counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
  const doubled = [...counts].filter(([, count]) => count > 1).map(([requestId]) => requestId);
  const homeless = records.filter((record) => !knowledge.cells.has(`${record.team}/${record.feature}/${record.region}`));
  const impossible = records.filter((record) => (record.sentMs === null) !== (record.end === "dropped"));
  return [
    ...listed(doubled, "has more than one client record"),
    ...listed(homeless.map(({ requestId }) => requestId), "is of a cell that is not in the plan"),
    ...listed(impossible.map(({ requestId }) => requestId), "is both sent and dropped by its record"),
    ...(arrivals.length === 0 ? [] : listed(strangers(records, arrivals), "is not the arrival that was planned")),
  ];
}

/** Records whose arrival does not exist, or was planned for another time or cell. */
function strangers(records: readonly ClientRecord[], arrivals: readonly Arrival[]): readonly string[] {
  const planned = new Map(arrivals.map((arrival) => [arrival.requestId, arrival]));
  const fits = (record: ClientRecord) => {
    const arrival = planned.get(record.requestId);
    if (arrival === undefined || Math.abs(arrival.atMs - record.intendedMs) > intendedToleranceMs) return false;
    const { index, team, feature, region, route, stream } = arrival;
    return index === record.arrival && team === record.team && feature === record.feature && region === record.region && route === record.route && stream === record.stream;
  };
  return records.filter((record) => !fits(record)).map(({ requestId }) => requestId);
}
