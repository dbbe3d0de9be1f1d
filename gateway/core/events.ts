import type { Outcome } from "../../kernel/outcome.ts";
import type { AttemptReport } from "./attempt-report.ts";
import type { RequestReports } from "./reports.ts";
import type { WarmUpEnd, WarmUpResult, WarmUpTotals } from "./cache/warm-up/warm-up.ts";

/** What the core emits; the rim makes spans, metrics and logs of it. Times are on the clock's `nowMs` timeline. */
export type GatewayEvent = RequestStarted | RequestFinished | StoreChanged | BreakerChanged | IsolationChanged | ContractBroken | DefectApplied | MemoryExhausted | WarmUpAsked | WarmUpEnded;

interface RequestFacts {
  /** 16 hexadecimal digits: the id of the request's span. */
  readonly id: string;
  readonly requestId: string;
  readonly team: string;
  readonly feature: string;
  readonly route: string;
  readonly stream: boolean;
}

interface RequestStarted extends RequestFacts {
  readonly type: "started";
  /** The client's. Where it sent none, a new trace whose span is `id`. */
  readonly traceparent: string;
  readonly atMs: number;
  /**
   * The registered prompt that the request refers to, as the client named it. Absent: none. Version null: the current
   * one.
   */
  readonly prompt?: { readonly name: string; readonly version: string | null };
}

interface RequestFinished extends RequestFacts, Readonly<RequestReports> {
  readonly type: "finished";
  readonly startedMs: number;
  readonly firstTokenMs: number | null;
  readonly endedMs: number;
  readonly outcome: Outcome;
  readonly status: number;
  readonly attempts: readonly AttemptReport[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Absent: chat. */
  readonly operation?: "embeddings";
}

/** The shared store no longer answers (`local`: this process draws on its own share), or answers again. */
interface StoreChanged {
  readonly type: "store_changed";
  readonly to: "shared" | "local";
  readonly reason: string;
  readonly atMs: number;
}

interface BreakerChanged {
  readonly type: "state_changed";
  /** Under which package, `version@hash`. Absent: the gateway's own file. */
  readonly package?: string;
  readonly deployment: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly atMs: number;
}

/** An operator took a deployment out, or gave it back. */
interface IsolationChanged {
  readonly type: "isolation_changed";
  readonly deployment: string;
  readonly isIsolated: boolean;
  readonly atMs: number;
}

/**
 * A provider's answer broke its contract: an alarm of its own, because only a person can fix it. `detail` never quotes
 * contents.
 */
interface ContractBroken {
  readonly type: "contract_broken";
  readonly requestId: string;
  readonly deployment: string;
  readonly detail: string;
  readonly atMs: number;
}

/** A planted leak has used up the memory: the process ends at once, as the operating system would end it. */
interface MemoryExhausted {
  readonly type: "memory_exhausted";
  /** The defect's. */
  readonly id: string;
  readonly atMs: number;
}

/** A planted defect touched these requests: ground truth for the tests of the observer, which never sees it. */
interface DefectApplied {
  readonly type: "defect_applied";
  /** The defect's. */
  readonly id: string;
  readonly kind: string;
  readonly requestIds: readonly string[];
  readonly atMs: number;
}

/** A question of the gateway's own, to warm its cache. `nanoUsd`: what providers billed for it. */
interface WarmUpAsked extends WarmUpResult {
  readonly type: "warm_up";
  readonly team: string;
  readonly feature: string;
  readonly atMs: number;
}

interface WarmUpEnded extends WarmUpTotals {
  readonly type: "warm_up_ended";
  readonly reason: WarmUpEnd;
  readonly atMs: number;
}
