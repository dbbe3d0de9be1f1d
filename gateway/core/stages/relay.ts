import type { ChatRequest, GatewayDialect } from "../../../kernel/chat.ts";
import type { Clock, Rng, Secrets, Transport } from "../../../kernel/seams.ts";
import { throwIfAborted } from "../../../kernel/signal.ts";
import { Attempt } from "../attempt.ts";
import { AttemptFailure } from "../attempt-failure.ts";
import type { Call, Handle, Reply } from "../call.ts";
import type { DeploymentConfig } from "../config.ts";
import type { AttemptReason, UpstreamDialect } from "../contracts.ts";
import type { Control } from "../control.ts";
import { drawHex } from "../identifiers.ts";
import type { Ticket } from "../policies/breaker.ts";
import type { Decision } from "../policies/policy.ts";
import { Legs } from "../rescue/legs.ts";
import { surfaced } from "../replies.ts";

interface RelaySeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly secrets: Secrets;
  readonly upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>;
  /** Span ids are drawn from it. */
  readonly ids: Rng;
  readonly control: Control;
}

interface FailedAttempt {
  readonly deployment: string;
  readonly error: AttemptFailure;
}

/**
 * The policy loop: asks what to do next until an attempt reaches the commit point or nothing is left to try. Bounded by `attemptsMax`
 * and by the request's deadline.
 */
export function relay(seams: RelaySeams): Handle {
  return async (call) => {
    const failed: FailedAttempt[] = [];
    let waitedFor: string | null = null;
    for (;;) {
      throwIfAborted(call.signal);
      const decision = seams.control.decide(viewOf(call, failed, waitedFor));
      waitedFor = null;
      switch (decision.kind) {
        case "wait":
          await seams.clock.sleep(decision.delayMs, call.signal);
          waitedFor = decision.deployment;
          break;
        case "send": {
          const reply = await send(call, decision, seams, failed);
          if (reply !== null) return reply;
          break;
        }
        case "stop":
          return surface(call, failed, seams.control);
      }
    }
  };
}

function viewOf(call: Call, failed: readonly FailedAttempt[], waitedFor: string | null) {
  return {
    settings: call.config.policy,
    route: call.route.deployments,
    deadlineMs: call.deadlineMs,
    tried: failed.map(({ deployment, error }) => ({ deployment, failure: error.failure, retryAfterMs: error.retryAfterMs })),
    waitedFor,
    contextTokens: Object.fromEntries(call.config.deployments.flatMap(({ name, contextTokens }) => (contextTokens === undefined ? [] : [[name, contextTokens] as const]))),
  };
}

/** Null when the attempt failed before its commit point. */
async function send(call: Call, { ticket, reason }: Decision & { kind: "send" }, seams: RelaySeams, failed: FailedAttempt[]): Promise<Reply | null> {
  const attempt = begin(call, seams, { ticket, reason, chat: call.chat });
  try {
    await attempt.open();
  } catch (error) {
    if (!(error instanceof AttemptFailure)) throw error;
    failed.push({ deployment: attempt.deployment.name, error });
    return null;
  }
  const failedBefore = failed.map((tried) => tried.deployment);
  const legs = new Legs(call, attempt, { control: seams.control, failedBefore, begin: (ticket, mode, chat) => begin(call, seams, { ticket, chat, reason: `rescue_${mode}` }) });
  return { kind: "answer", deployment: attempt.deployment.name, model: attempt.model, events: legs.events() };
}

function begin(call: Call, seams: RelaySeams, { ticket, chat, reason }: { ticket: Ticket; chat: ChatRequest; reason: AttemptReason }): Attempt {
  const deployment = deploymentOf(call, ticket.deployment);
  const settings = call.config.policy;
  return new Attempt(
    call,
    { ...seams, dialect: seams.upstream[deployment.dialect] },
    { deployment, chat, reason, spanId: drawHex(seams.ids, 8), settled: (end) => seams.control.observe({ settings, ticket, ...end }) },
  );
}

function deploymentOf(call: Call, name: string): DeploymentConfig {
  const found = call.config.deployments.find((deployment) => deployment.name === name);
  if (found === undefined) throw new Error(`Cannot send to deployment "${name}": it is not configured`);
  return found;
}

/** The last word of the deployment that was asked first: a fallback's refusal never masks why there was a fallback at all. */
function surface(call: Call, failed: readonly FailedAttempt[], control: Control): Reply {
  const { error } = failed.findLast(({ deployment }) => deployment === failed[0]!.deployment)!;
  return surfaced(error, error.retryAfterMs ?? control.readyInMs(call.route.deployments));
}
