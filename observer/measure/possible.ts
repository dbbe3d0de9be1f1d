import type { Plan } from "../../kernel/plan.ts";
import type { CanaryRecord, ClientRecord, RunEnd, RunRecords, WireRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";
import { ownRequestsOf } from "./control-requests.ts";
import { canaryPrefix, type Knowledge } from "./knowledge.ts";
import { listed } from "./listed.ts";

/**
 * Clients and providers stamp their records in processes of their own: times of different taps may contradict each
 * other by this much.
 */
export const tapToleranceMs = 250;
/** A timer may fire this early. Also for times of one clock, which go through JSON. */
const timerToleranceMs = 20;
/** A conductor may read its clock this long before the last record is stamped. */
const closedMs = 1_000;
/** What is still open when the conductor ends the run is closed this soon. */
const closingMs = 30_000;

export interface Recorded {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly judged: readonly Judged[];
  readonly knowledge: Knowledge;
  /** Null: it is not known when the run ended. */
  readonly end: RunEnd | null;
}

/** What cannot be true of the records, in plain words; empty for records that are possible together. */
export function impossibilities(recorded: Recorded): readonly string[] {
  const { plan, records, end } = recorded;
  const limits = limitsOf(plan, end);
  const { lastMs } = limits;
  return [...closingImpossibilities(recorded), ...clientImpossibilities(records.client, limits), ...wireImpossibilities(recorded, lastMs), ...ordinalImpossibilities(plan, records.wire), ...probeImpossibilities(recorded, lastMs), ...readingImpossibilities(records, lastMs)];
}

type Check<R> = (isPossible: (record: R) => boolean, what: string) => readonly string[];

/** Names the records that fail a check. */
function checking<R>(records: readonly R[], noun: string, nameOf: (record: R) => string): Check<R> {
  return (isPossible, what) => listed(records.filter((record) => !isPossible(record)).map(nameOf), what, noun);
}

const inOrder = (...times: readonly (number | null)[]): boolean => {
  const known = times.filter((time) => time !== null);
  return known.every((time, index) => index === 0 || time >= known[index - 1]! - 1);
};

interface Limits {
  /** Last intended send. */
  readonly endMs: number;
  readonly lastMs: number;
}

/** What a client's record must be by itself. */
const clientChecks: readonly (readonly [isPossible: (record: ClientRecord, limits: Limits) => boolean, what: string])[] = [
  [({ intendedMs, endMs }, limits) => intendedMs >= 0 && intendedMs <= limits.endMs + 1 && endMs <= limits.lastMs, "its times are not within the run"],
  [({ intendedMs, sentMs }) => sentMs === null || sentMs >= intendedMs - timerToleranceMs, "was sent before its time"],
  [({ sentMs, firstByteMs, firstTokenMs, endMs }) => inOrder(sentMs, firstByteMs, firstTokenMs, endMs), "its send, first byte, first token and end are not in this order"],
  [
    ({ gapMsMax, firstTokenMs, endMs }) => gapMsMax === null || (firstTokenMs !== null && gapMsMax >= 0 && gapMsMax <= endMs - firstTokenMs + 1),
    "has a longer gap between its tokens than it took",
  ],
  [
    ({ status, text, terminal, firstByteMs, firstTokenMs }) => status !== null || (text === "" && !terminal && firstByteMs === null && firstTokenMs === null),
    "has an answer without a status",
  ],
];

const limitsOf = (plan: Plan, end: RunEnd | null): Limits => {
  const { endMs } = plan.timeline;
  return { endMs, lastMs: end === null ? Infinity : Math.max(end.atMs, endMs) + closingMs };
};

function clientImpossibilities(client: readonly ClientRecord[], limits: Limits): readonly string[] {
  const check = checking(client, "request", ({ requestId }) => requestId);
  return clientChecks.flatMap(([isPossible, what]) => check((record) => isPossible(record, limits), what));
}

/**
 * Whether a request's own record cannot be true, or not together with those of its attempts: what became of it is not
 * known.
 */
export function isImpossible(judged: Judged, { plan, knowledge, end }: Pick<Recorded, "plan" | "knowledge" | "end">): boolean {
  const { record } = judged;
  const limits = limitsOf(plan, end);
  const attempts = knowledge.attempts.get(record.requestId) ?? [];
  return !clientChecks.every(([isPossible]) => isPossible(record, limits)) || attempts.some((attempt) => isEarly(attempt, knowledge)) || !isDeliverable(judged, knowledge, plan);
}

/** A run is completed when every request has ended. */
function closingImpossibilities({ records: { client }, end }: Recorded): readonly string[] {
  if (end === null || end.reason !== "completed") return [];
  const lastMs = client.reduce((latest, { endMs }) => Math.max(latest, endMs), 0);
  return lastMs <= end.atMs + closedMs ? [] : ["the run was completed before its last request had ended"];
}

/** An attempt cannot be before its request was sent, and an answer not with a client before the provider had it. */
function wireImpossibilities({ plan, records, judged, knowledge }: Recorded, lastMs: number): readonly string[] {
  const { wire } = records;
  const check = checking(wire, "attempt", attemptName);
  const links = new Map(plan.links.map(({ id, to }) => [id, to]));
  const components = new Map(plan.components.map(({ id, deployment }) => [id, deployment]));
  const answers = wire.flatMap(({ answerId }) => answerId ?? []);
  const seen = new Set<string>();
  const doubled = answers.filter((answerId) => seen.size === seen.add(answerId).size);
  return [
    ...check(({ arrivedMs, endedMs }) => inOrder(arrivedMs, endedMs) && arrivedMs <= lastMs && endedMs <= lastMs + closingMs, "its arrival and end are not in this order, or not within the run"),
    ...check((attempt) => !isEarly(attempt, knowledge), "came to a provider before its request was sent"),
    ...check(({ tokensSent, tokensGenerated }) => tokensSent <= tokensGenerated, "more tokens were sent than generated"),
    ...check(({ load, arrivedMs, endedMs }) => load === undefined || (load.queuedMs >= 0 && load.slowedMs >= 0 && load.queuedMs <= endedMs - arrivedMs + 1), "waited for longer than it took"),
    ...check(({ link, deployment }) => link === undefined || components.get(links.get(link) ?? "") === deployment, "came by a link that does not lead there"),
    ...listed(doubled, "providers gave it more than once", "answer"),
    ...listed(judged.filter((each) => !isDeliverable(each, knowledge, plan)).map(({ record }) => record.requestId), "had an answer before its provider gave it"),
  ];
}

const attemptName = ({ requestId, deployment }: WireRecord): string => `${requestId} at ${deployment}`;

function isEarly({ identity, requestId, arrivedMs }: WireRecord, { clients }: Knowledge): boolean {
  const sentMs = identity === "header" ? clients.get(requestId)?.sentMs : undefined;
  return typeof sentMs === "number" && arrivedMs < sentMs - tapToleranceMs;
}

/**
 * The first token and the end of an answer come after its attempt arrived; a whole answer ends after its provider had
 * sent it all. A provider that is stopped by a fault may stamp its record after that, so that its ends prove nothing.
 */
function isDeliverable({ record, reading }: Judged, { answers }: Knowledge, plan: Plan): boolean {
  const disturbed = disturbedDeployments(plan);
  const first = reading.legs[0];
  return reading.legs.every((leg) => {
    const attempt = answers.get(leg.mark.answerId);
    if (attempt === undefined) return true;
    const earliestMs = attempt.arrivedMs - tapToleranceMs;
    if (record.endMs < earliestMs || (leg === first && record.firstTokenMs !== null && record.firstTokenMs < earliestMs)) return false;
    const isSent = leg.closed && attempt.end === "sent" && attempt.effect === undefined && !disturbed.has(attempt.deployment);
    return !isSent || record.endMs >= attempt.endedMs - tapToleranceMs;
  });
}

/**
 * Deployments whose own process is a fault's target, and not what the provider plays by itself: what is stopped may
 * stamp a record late, and what is killed counts from 0 again.
 */
function disturbedDeployments({ faults, components }: Plan): ReadonlySet<string> {
  const targets = new Set(faults.flatMap(({ target, phases }) => (phases.length === 0 ? target.components : [])));
  return new Set(components.flatMap(({ id, deployment }) => (deployment !== undefined && targets.has(id) ? [deployment] : [])));
}

/**
 * At each deployment the attempts of a request are numbered from 0 in the order of their arrival. Those of a control
 * plane began before the run.
 */
function ordinalImpossibilities(plan: Plan, wire: readonly WireRecord[]): readonly string[] {
  const restarted = disturbedDeployments(plan);
  const isOwn = ownRequestsOf(plan);
  const numbered = Map.groupBy(wire.filter(({ deployment, requestId }) => !restarted.has(deployment) && !isOwn(requestId)), attemptName);
  const isNumbered = (attempts: readonly WireRecord[]) => {
    const sorted = [...attempts].sort((a, b) => a.ordinal - b.ordinal);
    return sorted.every(({ ordinal, arrivedMs }, index) => ordinal === index && (index === 0 || arrivedMs >= sorted[index - 1]!.arrivedMs));
  };
  return listed([...numbered].filter(([, attempts]) => !isNumbered(attempts)).map(([name]) => name), "its attempts are not numbered from 0 without a gap, in the order of their arrival");
}

function probeImpossibilities({ plan, records }: Recorded, lastMs: number): readonly string[] {
  const { canary } = records;
  const routes = new Set(plan.routes.map(({ name }) => name));
  const seen = new Set<string>();
  const check = checking(canary, "probe", ({ probe }) => probe);
  const isNamed = ({ probe, route }: CanaryRecord) => routes.has(route) && probe.startsWith(`${canaryPrefix}${route}-`) && seen.size !== seen.add(probe).size;
  return [
    ...check(isNamed, "is no probe of a route of the plan, or is recorded twice"),
    ...check(({ sentMs, endMs }) => sentMs >= -closingMs && inOrder(sentMs, endMs) && endMs <= lastMs, "its times are not in order, or not within the run"),
    ...check(({ ok, failure, detail, status }) => ok === (failure === null && detail === "") && (!ok || (status !== null && status >= 200 && status <= 299)), "is recorded as good and as failed"),
  ];
}

function readingImpossibilities({ counted }: RunRecords, lastMs: number): readonly string[] {
  const isOrdered = counted.every(({ atMs }, index) => atMs <= lastMs && (index === 0 || atMs >= counted[index - 1]!.atMs));
  return isOrdered ? [] : ["the readings of the gateway's metrics are not in the order of their times, or not within the run"];
}

/** Why the observer's own probes prove nothing; empty where at least one was answered. */
export function probeGaps(plan: Plan, canary: readonly CanaryRecord[]): readonly string[] {
  if (plan.cells.length === 0 || canary.some(({ ok }) => ok)) return [];
  return [canary.length === 0 ? "The observer's probes left no record" : `Not one of the observer's ${canary.length} probes was answered as it should be`];
}
