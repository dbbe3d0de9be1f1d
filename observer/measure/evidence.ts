import type { Fault } from "../../kernel/fault.ts";
import type { Cell, Plan } from "../../kernel/plan.ts";
import type { FaultRecord, WireRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";
import { isAt, sitesOf, type Sites } from "./fault-sites.ts";
import { meets, timesInForce, type Stretch } from "./fault-time.ts";
import type { Knowledge } from "./knowledge.ts";
import { isHealthy, isOverloaded } from "./overload.ts";
import { isLostOutside } from "./lost-time.ts";
import { pushedNamesOf } from "./packages.ts";
import { attemptsWaitedFor } from "./waited-for.ts";

/** A fault of the plan with what its signature is held against. */
export interface Suspect {
  readonly fault: Fault;
  readonly sites: Sites;
  /** Undefined: it was never injected. */
  readonly inForce: Stretch | undefined;
  /** What answers call the package that it pushed. Undefined: it pushes none, or answers name no packages. */
  readonly pushed: readonly string[] | undefined;
}

export function suspectsOf(plan: Plan, records: readonly FaultRecord[], all: readonly Judged[]): readonly Suspect[] {
  const times = timesInForce(plan, records);
  const pushed = pushedNamesOf(plan, records, all);
  return plan.faults.map((fault) => ({ fault, sites: sitesOf(plan, fault), inForce: times.get(fault.id), pushed: pushed.get(fault.id) }));
}

/** The answer names another package than the pushed one, and nothing in its words contradicts that. */
function ranElsewhere({ pushed }: Suspect, { judged: { record, cause } }: Case): boolean {
  return pushed !== undefined && record.package !== undefined && !pushed.includes(record.package) && cause !== "wrong";
}

/** A bad request with the records that can show what hit it. */
export interface Case {
  readonly judged: Judged;
  /** Its own attempts, as providers logged them, and those of requests for whose answer it waited. */
  readonly attempts: readonly WireRecord[];
  /** Attempts whose answer was delivered to it: its own, or those of others (a cache, a mix-up). */
  readonly answering: readonly WireRecord[];
  /** Deployments of its route, in order of preference. */
  readonly route: readonly string[];
  readonly slo: Cell["slo"];
  /** Every logged attempt names its request, so that one which is not logged did not arrive. */
  readonly traced: boolean;
}

export function caseOf(judged: Judged, knowledge: Knowledge): Case {
  const own = knowledge.attempts.get(judged.record.requestId) ?? [];
  const answering = judged.reading.legs.flatMap(({ mark }) => knowledge.answers.get(mark.answerId) ?? []);
  const attempts = [...own, ...attemptsWaitedFor(judged, { own, answering, knowledge })];
  const route = knowledge.plan.routes.find(({ name }) => name === judged.record.route)?.deployments ?? [];
  const slo = knowledge.cells.get(judged.cell)?.slo ?? { firstTokenMs: Infinity, totalMs: Infinity };
  return { judged, attempts, answering: answering.length > 0 ? answering : attempts, route, slo, traced: knowledge.traced };
}

/** What the records show of one bad request. */
export interface Findings {
  readonly faults: readonly Fault[];
  /** Attempts at deployments that were overloaded while no fault was in force at them. */
  readonly overloaded: readonly WireRecord[];
}

/**
 * The faults that acted on this very request, by its records. What its attempts show, and how its client fared, comes
 * first; then an error of the system's own; then that the request is missing in the log of a provider which it must
 * have been meant for.
 */
export function findingsOf(suspects: readonly Suspect[], bad: Case): Findings {
  const { cause } = bad.judged;
  const caused = suspects.filter((suspect) => cause !== null && suspect.fault.signature.causes.includes(cause) && !ranElsewhere(suspect, bad));
  const overloads = bad.attempts.filter((attempt) => isOverloaded(attempt, cause)).map((attempt) => ({ attempt, owners: ownersOf(suspects, attempt) }));
  const owners = new Set(overloads.flatMap((each) => each.owners));
  const overloaded = overloads.filter((each) => each.owners.length === 0).map(({ attempt }) => attempt);
  const played = caused.filter((suspect) => isPlayed(suspect, bad));
  const isOfClient = (suspect: Suspect) => (cause === "wrong" ? played.length === 0 && isWrongAtClient(suspect, bad) : isAtClient(suspect, bad));
  const first = caused.filter((suspect) => owners.has(suspect) || played.includes(suspect) || isOnWire(suspect, bad) || isOfClient(suspect));
  const answered = first.length + overloaded.length > 0 ? [] : caused.filter((suspect) => isSystemError(suspect, bad));
  const shown = [...first, ...answered];
  if (!mayBeMissing(bad) || shown.some(({ sites }) => sites.onTheWay || sites.behind)) return { faults: faultsOf(shown), overloaded };
  const passed = caused.filter((suspect) => shown.includes(suspect) || isPassedOver(suspect, bad));
  if (passed.length + overloaded.length > 0) return { faults: faultsOf(passed), overloaded };
  return { faults: faultsOf(caused.filter((suspect) => isMissing(suspect, bad) || leavesNothing(suspect, caused, bad))), overloaded };
}

const faultsOf = (suspects: readonly Suspect[]): readonly Fault[] => suspects.map(({ fault }) => fault);

/**
 * To which faults a deployment's overload is attributed: the fault that hit the attempt, else those in force at the
 * deployment or on the way to it.
 */
function ownersOf(suspects: readonly Suspect[], { incident, deployment, arrivedMs }: WireRecord): readonly Suspect[] {
  return suspects.filter(({ fault, inForce }) =>
    incident === null ? fault.affects.deployments.includes(deployment) && meets(inForce, arrivedMs, arrivedMs) : fault.id === incident,
  );
}

/**
 * The provider played the fault on one of its attempts: the wire log names it. For a wrong answer, on the attempt that
 * gave it.
 */
function isPlayed({ fault }: Suspect, { judged, attempts, answering }: Case): boolean {
  const { signature } = fault;
  const named = (attempt: WireRecord) => attempt.incident === fault.id;
  if (judged.cause === "wrong") return isWrongBy(fault, judged) && answering.some((attempt) => named(attempt) && bears(fault, attempt));
  const slowed = ({ phase, fate, end }: WireRecord) =>
    fate === "answer" && fault.phases.some(({ index, slows }) => index === phase && slows) && (judged.cause === "late" || end === "caller_gone");
  const bySignature = (attempt: WireRecord) => bears(fault, attempt) && (attempt.fate !== "error" || attempt.effect !== undefined || attempt.status === null || signature.statuses.includes(attempt.status));
  return attempts.some((attempt) => named(attempt) && (bySignature(attempt) || slowed(attempt)));
}

/** The attempt fared in a way that the fault's signature has. */
function bears({ signature }: Fault, { fate, effect }: WireRecord): boolean {
  return signature.fates.includes(fate) || (effect !== undefined && signature.effects.includes(effect));
}

function isWrongBy({ signature }: Fault, { wrong }: Judged): boolean {
  return wrong !== null && signature.wrong.includes(wrong.kind);
}

/** It acts on connections: a client's own would end so. */
const actsOnConnections = ({ signature }: Fault): boolean => signature.ends.length > 0;

/**
 * A healthy attempt met the provider, or passed the link, while the fault was in force. One whose answer was delivered
 * whole was not broken: it can only have been delayed.
 */
function isOnWire({ fault, sites, inForce }: Suspect, { judged, attempts }: Case): boolean {
  if (!actsOnConnections(fault) || judged.cause === "wrong") return false;
  const delays = fault.signature.ends.includes("timeout");
  const isDelivered = ({ answerId }: WireRecord) => judged.reading.whole && judged.reading.legs.some(({ mark }) => mark.answerId === answerId);
  return attempts.some((attempt) => isAt(sites, attempt) && isHealthy(attempt) && (delays || !isDelivered(attempt)) && meets(inForce, attempt.arrivedMs, attempt.endedMs));
}

/**
 * The fault's work between client and provider, or behind the system, as far as it reaches the request's cell and its
 * time.
 */
function isNear({ fault, sites, inForce }: Suspect, { judged: { record, cell } }: Case): boolean {
  return (sites.onTheWay || sites.behind) && fault.affects.cells.includes(cell) && meets(inForce, record.sentMs ?? record.intendedMs, record.endMs);
}

/** The client's own record shows it: how its connection ended, where the time went. */
function isAtClient(suspect: Suspect, bad: Case): boolean {
  const { judged, attempts, slo } = bad;
  if (!isNear(suspect, bad)) return false;
  if (judged.cause === "late") return isLostOutside(judged, attempts, slo);
  return suspect.sites.onTheWay && suspect.fault.signature.ends.some((end) => end === judged.record.end);
}

/**
 * The delivered answer is wrong in a way in which this fault spoils answers, and was created, or else delivered, while
 * it was in force.
 */
function isWrongAtClient(suspect: Suspect, bad: Case): boolean {
  const { fault, sites, inForce } = suspect;
  if (!isWrongBy(fault, bad.judged) || !(sites.onTheWay || sites.behind) || !fault.affects.cells.includes(bad.judged.cell)) return false;
  return bad.answering.some(({ arrivedMs, endedMs }) => meets(inForce, arrivedMs, endedMs)) || isNear(suspect, bad);
}

/**
 * The system answered with an error that the fault makes it answer with, and none of its attempts had failed. A fault
 * that pushes a package changes what providers are asked: an attempt that one refuses for that has not failed by
 * itself.
 */
function isSystemError(suspect: Suspect, bad: Case): boolean {
  const { end, status } = bad.judged.record;
  const pushes = suspect.fault.signature.byPackage === true;
  const isAskedWrongly = ({ incident, status: answer }: WireRecord) => pushes && incident === null && answer !== null && answer >= 400 && answer < 500 && answer !== 429;
  return isNear(suspect, bad) && end === "complete" && status !== null && suspect.fault.signature.statuses.includes(status) && bad.attempts.every((attempt) => isHealthy(attempt) || isAskedWrongly(attempt));
}

/** The request came into the system, which did not refuse it (4xx), and its attempts would all be known. */
function mayBeMissing({ judged: { record, cause }, traced }: Case): boolean {
  if (!traced || cause === "wrong" || cause === "not_sent") return false;
  if (record.end === "refused" || record.end === "reset" || record.end === "connect_timeout") return false;
  return record.status === null || record.status < 400 || record.status > 499;
}

/**
 * The request was in the system while the fault stopped what goes to a deployment of its route, and that deployment's
 * log does not have it.
 */
function stoppedDeployments({ fault, sites, inForce }: Suspect, { judged, attempts, route }: Case): readonly string[] {
  const { record, cell } = judged;
  if (!fault.signature.unlogged || !fault.affects.cells.includes(cell) || !meets(inForce, record.sentMs ?? record.intendedMs, record.endMs)) return [];
  const logged = new Set(attempts.filter(({ arrivedMs }) => meets(inForce, arrivedMs, arrivedMs)).map(({ deployment }) => deployment));
  return route.filter((deployment) => (sites.providers.has(deployment) || sites.linkedTo.has(deployment)) && !logged.has(deployment));
}

/** Attempts at deployments that the route prefers to this one. */
function preferredAttempts(deployment: string, { attempts, route }: Case): readonly WireRecord[] {
  const preferred = route.slice(0, route.indexOf(deployment));
  return attempts.filter((attempt) => preferred.includes(attempt.deployment));
}

/** It should have gone to a stopped deployment first, and no other was asked before. */
function isPassedOver(suspect: Suspect, bad: Case): boolean {
  return stoppedDeployments(suspect, bad).some((deployment) => preferredAttempts(deployment, bad).length === 0);
}

/** It should have gone to a stopped deployment next: all that the route prefers had failed. */
function isMissing(suspect: Suspect, bad: Case): boolean {
  return stoppedDeployments(suspect, bad).some((deployment) => preferredAttempts(deployment, bad).every((attempt) => !isHealthy(attempt) || attempt.end !== "sent"));
}

/**
 * It was sent to no provider, answered with an error, and faults in force hit every deployment of its route, this one
 * among them.
 */
function leavesNothing(suspect: Suspect, caused: readonly Suspect[], { judged: { record, cause }, attempts, route }: Case): boolean {
  if (cause !== "error" || record.end !== "complete" || attempts.length > 0 || route.length === 0) return false;
  const hits = ({ fault, inForce }: Suspect, deployment: string) => fault.affects.deployments.includes(deployment) && meets(inForce, record.sentMs ?? record.intendedMs, record.endMs);
  return route.some((deployment) => hits(suspect, deployment)) && route.every((deployment) => caused.some((each) => hits(each, deployment)));
}
