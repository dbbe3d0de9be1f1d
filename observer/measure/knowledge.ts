import { warmUpTeamOf } from "../../kernel/control-requests.ts";
import { ownRequestsOf } from "./control-requests.ts";
import { clientsMayLeave, timesFirstTokens } from "../../kernel/load-source.ts";
import { messageDigest, nameLetters } from "../../kernel/mark.ts";
import type { Arrival, Cell, Deployment, Plan, PlannedPrompt } from "../../kernel/plan.ts";
import type { ClientRecord, RunRecords, WireRecord } from "../../kernel/records.ts";

/** Request ids of the observer's own probes begin with this: they are in the wire logs and in no client's records. */
export const canaryPrefix = "canary-";

/** Who was first given an answer. */
export interface AnswerOwner {
  readonly requestId: string;
  /** Null: no client of this run sent that request (a canary). */
  readonly team: string | null;
}

/** The plan and the providers' logs, indexed by what the classifier looks up. */
export interface Knowledge {
  readonly plan: Plan;
  readonly cells: ReadonlyMap<string, Cell>;
  /** Route name -> `nameLetters` of the deployments that may answer it. */
  readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
  /** `nameLetters` of a deployment's name -> the deployment. */
  readonly deployments: ReadonlyMap<string, Deployment>;
  readonly prompts: ReadonlyMap<string, PlannedPrompt>;
  readonly attempts: ReadonlyMap<string, readonly WireRecord[]>;
  readonly answers: ReadonlyMap<string, WireRecord>;
  /** The system forwards request ids, so that every attempt is known to be of its request. */
  readonly traced: boolean;
  /** The instrument sees first tokens. */
  readonly firstTokensTimed: boolean;
  /** The load has clients that may leave on purpose. */
  readonly clientsMayLeave: boolean;
  readonly teams: ReadonlyMap<string, string>;
  /** The clients' records by request id. */
  readonly clients: ReadonlyMap<string, ClientRecord>;
  /** Request id -> digest of the message that its client sent. Empty where the arrivals were not given. */
  readonly digests: ReadonlyMap<string, string>;
  /** The requests that sent the message of a digest. */
  readonly askers: ReadonlyMap<string, readonly string[]>;
}

/**
 * Indexes the plan and a run's records once. Arrivals are optional: with them the observer knows what each request
 * asked.
 */
export function knowledgeOf(
  plan: Plan,
  records: Pick<RunRecords, "loadSource" | "client" | "wire">,
  arrivals: readonly Arrival[] = [],
): Knowledge {
  const attempts = new Map<string, WireRecord[]>();
  const answers = new Map<string, WireRecord>();
  for (const attempt of records.wire) {
    const same = attempts.get(attempt.requestId);
    if (same === undefined) attempts.set(attempt.requestId, [attempt]);
    else same.push(attempt);
    if (attempt.answerId !== null) answers.set(attempt.answerId, attempt);
  }
  const digestOf = digestsOf(plan.markKey);
  const digests = new Map(arrivals.map((arrival) => [arrival.requestId, digestOf(arrival.prompt)]));
  return {
    plan,
    cells: new Map(plan.cells.map((cell) => [cell.name, cell])),
    allowed: new Map(plan.routes.map((route) => [route.name, new Set(route.deployments.map(nameLetters))])),
    deployments: new Map(plan.deployments.map((deployment) => [nameLetters(deployment.name), deployment])),
    prompts: new Map(plan.prompts.map((prompt) => [prompt.digest, prompt])),
    attempts,
    answers,
    traced: records.wire.every(({ identity }) => identity === "header"),
    firstTokensTimed: timesFirstTokens(records.loadSource),
    clientsMayLeave: clientsMayLeave(records.loadSource),
    teams: new Map(records.client.map((record) => [record.requestId, record.team])),
    clients: new Map(records.client.map((record) => [record.requestId, record])),
    digests,
    askers: Map.groupBy(digests.keys(), (requestId) => digests.get(requestId)!),
  };
}

/** A workload sends few different prompts, many times. */
function digestsOf(markKey: string): (prompt: string) => string {
  const digests = new Map<string, string>();
  return (prompt) => {
    const digest = digests.get(prompt) ?? messageDigest(markKey, prompt);
    digests.set(prompt, digest);
    return digest;
  };
}

/** `team/feature/region`, the plan's name of a request's cell. */
export function cellOf(record: Pick<ClientRecord, "team" | "feature" | "region">): string {
  return `${record.team}/${record.feature}/${record.region}`;
}

/** The team for which a gateway of this plan fetched the answer before anybody asked. */
function warmedFor({ requestId }: WireRecord, { plan }: Knowledge): string | null {
  return ownRequestsOf(plan)(requestId) ? warmUpTeamOf(requestId) : null;
}

/**
 * The request to which the wire log first gave an answer. Null where no provider gave it, or where its system does not
 * forward request ids.
 */
export function ownerOf(answerId: string, knowledge: Knowledge): AnswerOwner | null {
  const attempt = knowledge.answers.get(answerId);
  if (attempt === undefined || attempt.identity === "digest") return null;
  return { requestId: attempt.requestId, team: knowledge.teams.get(attempt.requestId) ?? warmedFor(attempt, knowledge) };
}
