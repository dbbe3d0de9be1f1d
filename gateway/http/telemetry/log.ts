import type { Outcome } from "../../../kernel/outcome.ts";
import { cacheHeader } from "../../core/cache/report.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { PackageEvent } from "../../core/packages/ports.ts";
import type { AttemptReport } from "../../core/attempt-report.ts";
import { usdText } from "../../core/cost/price.ts";
import type { RequestCost } from "../../core/cost/report.ts";
import { clipped } from "./clipped.ts";

/** The log line of an event, null for none: one line a finished request. Never contents, never keys. */
export function logRecord(event: GatewayEvent, toWallMs: (atMs: number) => number): object | null {
  switch (event.type) {
    case "started":
      return null;
    case "finished":
      return {
        at: timestamp(toWallMs(event.endedMs)),
        event: "request",
        requestId: event.requestId,
        id: event.id,
        team: event.team,
        feature: event.feature,
        route: clipped(event.route),
        stream: event.stream,
        status: event.status,
        outcome: outcomeText(event.outcome),
        firstTokenMs: event.firstTokenMs === null ? null : rounded(event.firstTokenMs - event.startedMs),
        totalMs: rounded(event.endedMs - event.startedMs),
        attempts: event.attempts.map(attemptText),
        inputTokens: event.inputTokens,
        outputTokens: event.outputTokens,
        ...(event.cost !== undefined && costFields(event.cost)),
        ...(event.cache !== undefined && { cache: cacheHeader(event.cache), cacheKind: event.cache.kind }),
        ...(event.package !== undefined && { package: event.package }),
        ...(event.prompt !== undefined && { prompt: `${event.prompt.name}@${event.prompt.version}` }),
        ...(event.guards !== undefined && { guards: event.guards.map(({ guard, action, detail }) => `${guard}:${action}:${detail}`) }),
      };
    case "store_changed":
      return { at: timestamp(toWallMs(event.atMs)), event: "store", to: event.to, reason: event.reason };
    case "state_changed":
      return { at: timestamp(toWallMs(event.atMs)), event: "breaker", deployment: event.deployment, from: event.from, to: event.to, reason: event.reason, ...(event.package !== undefined && { package: event.package }) };
    case "isolation_changed":
      return { at: timestamp(toWallMs(event.atMs)), event: event.isIsolated ? "isolated" : "released", deployment: event.deployment };
    case "contract_broken":
      return { at: timestamp(toWallMs(event.atMs)), event: "contract_broken", requestId: event.requestId, deployment: event.deployment, detail: event.detail };
    case "defect_applied":
      return { at: timestamp(toWallMs(event.atMs)), event: "defect", kind: event.kind, requestIds: event.requestIds };
    case "warm_up":
      return { at: timestamp(toWallMs(event.atMs)), event: event.type, team: event.team, feature: event.feature, outcome: event.outcome, costUsd: usdText(event.nanoUsd) };
    case "warm_up_ended":
      return { at: timestamp(toWallMs(event.atMs)), event: event.type, reason: event.reason, asked: event.asked, stored: event.stored, costUsd: usdText(event.nanoUsd) };
    case "memory_exhausted":
      return { at: timestamp(toWallMs(event.atMs)), event: event.type, defect: event.id };
  }
}

/** The log line of what happens to a data plane's packages. */
export function packageLogRecord({ type, ...fields }: PackageEvent, wallMs: number): object {
  return { at: timestamp(wallMs), event: type, ...fields };
}

/**
 * Money as text: a decimal without exponent, to the billionth of a dollar. `costUsd` is null where a leg has no price.
 */
function costFields(cost: RequestCost): object {
  return {
    costUsd: cost.isPriced ? usdText(cost.nanoUsd) : null,
    failedCostUsd: usdText(cost.failedNanoUsd),
    billedInputTokens: cost.usage.inputTokens,
    billedCachedInputTokens: cost.usage.cachedInputTokens,
    billedOutputTokens: cost.usage.outputTokens,
  };
}

function outcomeText(outcome: Outcome): string {
  if (outcome.kind === "failure") return `failure:${outcome.failure}`;
  return outcome.kind === "rejected" ? `rejected:${outcome.by}` : outcome.kind;
}

function attemptText({ deployment, failure, status, startedMs, endedMs }: AttemptReport): string {
  return `${deployment}:${failure ?? "ok"}:${status ?? "-"}@${Math.round(endedMs - startedMs)}`;
}

const rounded = (ms: number) => Math.round(ms * 10) / 10;
const timestamp = (wallMs: number) => new Date(wallMs).toISOString();
