import type { Fault } from "../../kernel/fault.ts";
import type { Cell, Plan } from "../../kernel/plan.ts";
import type { FaultRecord, WireRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";
import { isAt, sitesOf, type Sites } from "./fault-sites.ts";
import { meets, timesInForce, type Stretch } from "./fault-time.ts";
import type { Knowledge } from "./knowledge.ts";
import { isOverloaded, isRefused } from "./overload.ts";
import { isLostOutside } from "./lost-time.ts";

/** A fault of the plan with what its signature is held against. */
export interface Suspect {
  readonly fault: Fault;
  readonly sites: Sites;
  /** Undefined: it was never injected. */
  readonly inForce: Stretch | undefined;
}

export function suspectsOf(plan: Plan, records: readonly FaultRecord[]): readonly Suspect[] {
  const times = timesInForce(plan, records);
  return plan.faults.map((fault) => ({ fault, sites: sitesOf(plan, fault), inForce: times.get(fault.id) }));
}

/** A bad request with the records that can show what hit it. */
export interface Case {
  readonly judged: Judged;
  /** Its own attempts, as providers logged them. */
  readonly attempts: readonly WireRecord[];
  /** Attempts whose answer was delivered to it: its own, or those of others (a cache, a mix-up). */
  readonly answering: readonly WireRecord[];
  /** Deployments of its route, in order of preference. */
  readonly route: readonly string[];
  readonly slo: Cell["slo"];
  /** Every attempt in the logs says which request it is of, so that one which is not there was not made. */
  readonly traced: boolean;
}

export function caseOf(judged: Judged, knowledge: Knowledge): Case {
  const attempts = knowledge.attempts.get(judged.record.requestId) ?? [];
  const answering = judged.reading.legs.flatMap(({ mark }) => knowledge.answers.get(mark.answerId) ?? []);
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
 * The faults that acted on this very request, by its records. What a record shows comes first; that the request is missing in the log of a provider
 * which it must have been meant for counts where the client got an answer from the system, and where nothing else explains it.
 */
export function findingsOf(suspects: readonly Suspect[], bad: Case): Findings {
  const caused = suspects.filter(({ fault }) => bad.judged.cause !== null && fault.signature.causes.includes(bad.judged.cause));
  const overloads = bad.attempts.filter((attempt) => isOverloaded(attempt, bad.judged.cause)).map((attempt) => ({ attempt, owners: ownersOf(suspects, attempt) }));
  const owners = overloads.flatMap((each) => each.owners);
  const overloaded = overloads.filter((each) => each.owners.length === 0).map(({ attempt }) => attempt);
  const seen = caused.filter((suspect) => owners.includes(suspect) || isPlayed(suspect, bad) || isOnWire(suspect, bad) || isAtClient(suspect, bad));
  if (!wasAnsweredBySystem(bad)) return { faults: faultsOf(seen), overloaded };
  const passed = caused.filter((suspect) => seen.includes(suspect) || isPassedOver(suspect, bad));
  if (passed.length > 0 || overloaded.length > 0) return { faults: faultsOf(passed), overloaded };
  return { faults: faultsOf(caused.filter((suspect) => isMissing(suspect, bad) || leavesNothing(suspect, caused, bad))), overloaded };
}

const faultsOf = (suspects: readonly Suspect[]): readonly Fault[] => suspects.map(({ fault }) => fault);

/** Whose doing it is that a deployment is overloaded: the fault that hit the attempt, else those in force at the deployment or on the way to it. */
function ownersOf(suspects: readonly Suspect[], { incident, deployment, arrivedMs }: WireRecord): readonly Suspect[] {
  return suspects.filter(({ fault, inForce }) =>
    incident === null ? fault.affects.deployments.includes(deployment) && meets(inForce, arrivedMs, arrivedMs) : fault.id === incident,
  );
}

/** The provider played the fault on one of its attempts: the wire log names it. For a wrong answer, on the attempt that gave it. */
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

/** The provider meant well by the attempt: if it failed, something else made it fail. */
function isHealthy(attempt: WireRecord): boolean {
  return attempt.fate === "answer" && attempt.effect === undefined && !isRefused(attempt);
}

/** It acts on connections, so that a request which it stops leaves no trace at the provider. */
const actsOnConnections = ({ signature }: Fault): boolean => signature.ends.length > 0;

/** A healthy attempt met the provider, or passed the link, while the fault was in force. */
function isOnWire({ fault, sites, inForce }: Suspect, { judged, attempts }: Case): boolean {
  if (!actsOnConnections(fault) || judged.cause === "wrong") return false;
  return attempts.some((attempt) => isAt(sites, attempt) && isHealthy(attempt) && meets(inForce, attempt.arrivedMs, attempt.endedMs));
}

/** The client's own record shows it: how its connection ended, what the system answered, what was wrong with it, where the time went. */
function isAtClient({ fault, sites, inForce }: Suspect, { judged, attempts, answering, slo }: Case): boolean {
  if (!(sites.onTheWay || sites.behind) || !fault.affects.cells.includes(judged.cell)) return false;
  const { record, cause } = judged;
  const { signature } = fault;
  const within = meets(inForce, record.sentMs ?? record.intendedMs, record.endMs);
  if (cause === "wrong") {
    const createdWithin = answering.some(({ arrivedMs, endedMs }) => meets(inForce, arrivedMs, endedMs));
    return isWrongBy(fault, judged) && answering.every(isHealthy) && (createdWithin || within);
  }
  if (!within) return false;
  if (cause === "late") return isLostOutside(judged, attempts, slo);
  if (record.end !== "complete") return sites.onTheWay && signature.ends.some((end) => end === record.end);
  return record.status !== null && signature.statuses.includes(record.status) && attempts.every(isHealthy);
}

/** The client has an answer or an error of the system's own, or none in time: its own connection did not fail it. A refusal (4xx) is the system's will. */
function wasAnsweredBySystem({ judged: { record, cause }, traced }: Case): boolean {
  if (!traced || cause === "wrong" || cause === "not_sent") return false;
  if (record.end === "refused" || record.end === "reset" || record.end === "connect_timeout") return false;
  return record.status === null || record.status < 400 || record.status > 499;
}

/** The request was in the system while the fault stopped what goes to a deployment of its route, and that deployment's log does not have it. */
function stoppedDeployments({ fault, sites, inForce }: Suspect, { judged, attempts, route }: Case): readonly string[] {
  const { record, cell } = judged;
  if (!actsOnConnections(fault) || !fault.affects.cells.includes(cell) || !meets(inForce, record.sentMs ?? record.intendedMs, record.endMs)) return [];
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

/** It was sent to no provider, answered with an error, and faults in force hit every deployment of its route, this one among them. */
function leavesNothing(suspect: Suspect, caused: readonly Suspect[], { judged: { record, cause }, attempts, route }: Case): boolean {
  if (cause !== "error" || record.end !== "complete" || attempts.length > 0 || route.length === 0) return false;
  const hits = ({ fault, inForce }: Suspect, deployment: string) => fault.affects.deployments.includes(deployment) && meets(inForce, record.sentMs ?? record.intendedMs, record.endMs);
  return route.some((deployment) => hits(suspect, deployment)) && route.every((deployment) => caused.some((each) => hits(each, deployment)));
}
