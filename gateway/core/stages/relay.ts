import type { ChatRequest, GatewayDialect } from "../../../kernel/chat.ts";
import type { Clock, Rng, Secrets, Transport } from "../../../kernel/seams.ts";
import { throwIfAborted } from "../../../kernel/signal.ts";
import { Attempt, type AttemptSeams } from "../attempt.ts";
import { AttemptFailure } from "../attempt-failure.ts";
import type { Call, Handle, Reply } from "../call.ts";
import type { DeploymentConfig } from "../config.ts";
import type { UpstreamDialect } from "../contracts.ts";
import type { AttemptReason } from "../attempt-report.ts";
import type { PolicyHost } from "../policy-host.ts";
import { drawHex } from "../identifiers.ts";
import type { AnswerKind } from "../policies/balance.ts";
import type { Ticket } from "../policies/breaker.ts";
import { type Decision, isOwnRefusal } from "../policies/policy.ts";
import { Legs, type RescueSeams } from "../rescue/legs.ts";
import { rejected, surfaced, undeliveredHeader } from "../replies.ts";
import { StreamUsage } from "../stream-usage.ts";
import { openHedged } from "./relay-hedge.ts";

interface RelaySeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly secrets: Secrets;
  readonly upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>;
  /** Source of span ids. */
  readonly ids: Rng;
  readonly policyHost: PolicyHost;
  /** The provider of each deployment. */
  readonly providers: Readonly<Record<string, string>>;
}

/** The same for its attempts, by dialect: made once and not for each request. */
interface RelayParts extends RelaySeams {
  readonly attempts: ReadonlyMap<string, AttemptSeams>;
}

function partsOf(seams: RelaySeams): RelayParts {
  const streamUsage = new StreamUsage();
  return { ...seams, attempts: new Map(Object.entries(seams.upstream).map(([name, dialect]) => [name, { ...seams, streamUsage, dialect }])) };
}

interface FailedAttempt {
  readonly deployment: string;
  readonly error: AttemptFailure;
}

/**
 * The policy loop: asks for decisions until an attempt reaches its commit point or none is left to try. Bounded by
 * `attemptsMax` and by the request's deadline.
 */
export function relay(given: RelaySeams): Handle {
  const seams = partsOf(given);
  return async (call) => {
    const failed: FailedAttempt[] = [];
    const route = seams.policyHost.orderRoute(call.route, call.config.policy, kindOf(call.chat));
    let waitedFor: string | null = null;
    for (;;) {
      throwIfAborted(call.signal);
      const decision = seams.policyHost.decide({ ...viewOf(call, failed, waitedFor), route, providers: seams.providers });
      waitedFor = null;
      switch (decision.kind) {
        case "wait":
          await seams.clock.sleep(decision.delayMs, call.signal);
          waitedFor = decision.deployment;
          break;
        case "send": {
          const reply = await send(call, decision, { seams, route, failed });
          if (reply !== null) return reply;
          break;
        }
        case "stop":
          return lastFailure(call, failed, { reason: decision.reason, route, policyHost: seams.policyHost });
      }
    }
  };
}

/** Not read before an attempt has failed. */
const noTokens = {};

function viewOf(call: Call, failed: readonly FailedAttempt[], waitedFor: string | null) {
  return {
    settings: call.config.policy,
    deadlineMs: call.beginUntilMs,
    tried: failed.map(({ deployment, error: { failure, provider, retryAfterMs, isClientDeadline } }) => ({ deployment, failure, retryAfterMs, isClientDeadline, forbidsRetry: provider?.forbidsRetry === true })),
    waitedFor,
    contextTokens: failed.length === 0 ? noTokens : contextTokensOf(call.config.deployments),
  };
}

function contextTokensOf(deployments: readonly DeploymentConfig[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    deployments.flatMap(({ name, contextTokens }) => (contextTokens === undefined ? [] : [[name, contextTokens] as const])),
  );
}

/** Null when the attempt, and its hedge where there was one, failed before the commit point. */
async function send(
  call: Call,
  { ticket, reason }: Decision & { kind: "send" },
  { seams, route, failed }: { seams: RelayParts; route: readonly string[]; failed: FailedAttempt[] },
): Promise<Reply | null> {
  const { chat, config } = call;
  const second = () => {
    const asked = [...failed.map(({ deployment }) => deployment), ticket.deployment];
    const hedge = seams.policyHost.hedge({ settings: config.policy, providers: seams.providers, route, asked });
    return hedge === null ? null : begin(call, seams, { ticket: hedge, reason: "hedge", chat });
  };
  const delayMs = config.policy.hedge?.delayMs;
  const first = begin(call, seams, { ticket, reason, chat });
  const opened = await openHedged(first, seams.clock, delayMs === undefined ? null : { delayMs, second });
  for (const { attempt, error } of opened.failed) failed.push({ deployment: attempt.deployment.name, error });
  const { attempt } = opened;
  if (attempt === null) return null;
  const failedBefore = failed.map((tried) => tried.deployment);
  const beginRescue: RescueSeams["begin"] = (ticket, mode, chat) => begin(call, seams, { ticket, chat, reason: `rescue_${mode}` });
  const legs = new Legs(call, attempt, { policyHost: seams.policyHost, providers: seams.providers, failedBefore, begin: beginRescue });
  return { kind: "answer", deployment: attempt.deployment.name, model: attempt.model, events: legs.events() };
}

function begin(call: Call, seams: RelayParts, { ticket, chat, reason }: { ticket: Ticket; chat: ChatRequest; reason: AttemptReason }): Attempt {
  const deployment = deploymentOf(call, ticket.deployment);
  const settings = call.config.policy;
  const { policyHost, providers } = seams;
  return new Attempt(call, seams.attempts.get(deployment.dialect)!, {
    deployment,
    chat,
    reason,
    spanId: drawHex(seams.ids, 8),
    onSettled: (end) => policyHost.observe({ settings, providers, ticket, kind: kindOf(chat), ...end }),
    onCommitted: policyHost.onCommitted(ticket, { settings, providers }),
  });
}

function kindOf(chat: ChatRequest): AnswerKind {
  return chat.stream ? "stream" : "whole";
}

function deploymentOf(call: Call, name: string): DeploymentConfig {
  const found = call.config.deployments.find((deployment) => deployment.name === name);
  if (found === undefined) throw new Error(`Cannot send to deployment "${name}": it is not configured`);
  return found;
}

type StopReason = Extract<Decision, { kind: "stop" }>["reason"];

/**
 * The last failure of the deployment that was asked first: a fallback's failure must not hide the original one, and its
 * refusal none at all. The client may retry when any deployment of the route can be asked again.
 */
function lastFailure(
  call: Call,
  failed: readonly FailedAttempt[],
  { reason, route, policyHost }: { reason: StopReason; route: readonly string[]; policyHost: PolicyHost },
): Reply {
  if (failed.length === 0 && reason === "full") return atLimits(call);
  if (failed.length === 0 && reason === "isolated") return isolated(call);
  if (failed.length === 0) return surfaced(new AttemptFailure("total_timeout", "The request's deadline passed before a deployment could be asked"), null);
  const original = failed.find(({ deployment, error: { failure } }) => !isOwnRefusal({ route }, { deployment, failure })) ?? failed[0]!;
  const { error } = failed.findLast(({ deployment }) => deployment === original.deployment)!;
  const { deployments } = call.route;
  return surfaced(error, policyHost.readyInMs(call.config.policy.failover ? deployments : deployments.slice(0, 1)));
}

/** An operator has taken out every deployment of the route. */
function isolated(call: Call): Reply {
  const message = `The deployments of route "${call.route.name}" are isolated`;
  return rejected("isolation", { status: 503, type: "server_error", code: "deployments_isolated", message }, { "retry-after": "5", "x-should-retry": "false" });
}

/** Every deployment of the route is at its concurrency limit. */
function atLimits(call: Call): Reply {
  const message = `The deployments of route "${call.route.name}" are at their limits`;
  return rejected("concurrency", { status: 503, type: "server_error", code: "deployments_full", message }, { "retry-after": "1", [undeliveredHeader]: "1" });
}
