import type { PlannedAction } from "./action.ts";
import type { ClientBehaviour } from "./client-behaviour.ts";
import type { CapacitySettings, DailySettings, LimitSettings, PromptCacheSettings } from "./capacity.ts";
import type { Dialect } from "./chat.ts";
import type { PlannedEffect } from "./effects.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Fault } from "./fault.ts";
import type { Component, Link } from "./topology.ts";

/**
 * A scenario resolved with a seed: everything drawn, written down before the run, and all that the observer knows of
 * what should happen. All times are ms on the run's timeline, whose zero is the epoch that the tap headers carry. It is
 * JSON: `plan.json` of a run directory.
 */
export interface Plan {
  readonly schema: "blastlab.plan/2";
  readonly run: string;
  readonly scenario: string;
  /** What stands between the clients and the providers. */
  readonly stack: string;
  readonly title: string;
  readonly seed: number;
  /** Compression of the fault timeline's offsets and lengths; latencies and deadlines stay real. */
  readonly speed: number;
  readonly timeline: Timeline;
  readonly cells: readonly Cell[];
  readonly routes: readonly Route[];
  readonly deployments: readonly Deployment[];
  readonly components: readonly Component[];
  readonly links: readonly Link[];
  /** Everything that will be wrong with the world, in the order of the scenario. */
  readonly faults: readonly Fault[];
  /** Keys the digests of user messages in provenance marks. */
  readonly markKey: string;
  readonly prompts: readonly PlannedPrompt[];
  /** Absent: no request names one. */
  readonly systemPrompts?: readonly SystemPrompt[];
  readonly arrivalCount: number;
  readonly measure: MeasureSettings;
  readonly expectations: readonly Expectation[];
  /** What ends the faults early; absent: nothing does. */
  readonly stopWhen?: readonly StopCondition[];
  /** Steps of the operator; absent: none. */
  readonly actions?: readonly PlannedAction[];
  /** Whether the system under test may answer a request with an earlier request's answer. */
  readonly cacheDeclared: boolean;
  /** Whether the system's own metrics are read. False: nobody configured them, so that their absence shows nothing. */
  readonly metricsDeclared: boolean;
  /** Whose alarm counts as detection; absent: the observer's. */
  readonly alarmBy?: "gateway";
}

/** The parts of a run, in order: warm-up (not measured), steady state (the control), faults, recovery. */
export interface Timeline {
  readonly steadyFromMs: number;
  /**
   * End of the steady state and start of the exposure. Equal to `steadyFromMs` under a fault that is always in force.
   */
  readonly faultFromMs: number;
  /**
   * All faults that are ever lifted are so from here on; `endMs` when one never is. Without faults equal to
   * `faultFromMs`.
   */
  readonly faultToMs: number;
  /** Last intended send. */
  readonly endMs: number;
  /**
   * After the recovery window no load is offered from here to there, and then the same load until `endMs`. Absent: it
   * goes on as it is.
   */
  readonly cut?: { readonly fromMs: number; readonly toMs: number } | undefined;
}

/** The unit in which users are hit. `name` is `team/feature/region`. */
export interface Cell {
  readonly name: string;
  readonly team: string;
  readonly feature: string;
  readonly region: string;
  readonly route: string;
  readonly slo: { readonly firstTokenMs: number; readonly totalMs: number };
  /** The registered prompt that its requests name; absent: none. */
  readonly systemPrompt?: string;
}

/** A prompt in the gateway's registry, which requests name. */
export interface SystemPrompt {
  readonly name: string;
  /** Its system message when the run begins. */
  readonly text: string;
  /** What an eval gate asks about a new version of it; null: nothing. */
  readonly evals: SystemPromptEvals | null;
}

export interface SystemPromptEvals {
  /** How many questions. */
  readonly questions: number;
  /** What they are asked by. */
  readonly route: string;
  readonly maxTokens: number;
  /** What each answer must meet, in the words of a corpus (docs/eval-gate.md). */
  readonly assert: readonly object[];
}

/** What clients call a model. */
export interface Route {
  readonly name: string;
  /** In order of preference; answers from any other are wrong. */
  readonly deployments: readonly string[];
}

export interface Deployment {
  readonly name: string;
  readonly provider: string;
  readonly dialect: Dialect;
  readonly model: string;
  readonly latency: LatencyProfile;
  /** Where the provider serves it; what a fault that hits some regions only goes by. */
  readonly region?: string | undefined;
  /** Absent: it serves any number of requests at once, each as fast as one alone. */
  readonly capacity?: CapacitySettings | undefined;
  readonly limits?: LimitSettings | undefined;
  /** From then on capacity and limits are in force; absent: from the start. */
  readonly limitedFromMs?: number | undefined;
  readonly promptCache?: PromptCacheSettings | undefined;
  readonly daily?: DailySettings | undefined;
  /** What its errors say, in place of the dialect's own words. */
  readonly errors?: readonly RecordedError[] | undefined;
  /** A provider that the lab does not start: it writes no wire log. */
  readonly url?: string;
  /** Null or absent: the lab knows none for its model. */
  readonly price?: ModelPrice | null | undefined;
  /** Other names under which the system may report its model, as the stack declares. */
  readonly modelAliases?: readonly string[] | undefined;
}

/** What a provider bills, in US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  /** Input that came out of the provider's own prompt cache. */
  readonly cachedInput: number;
  readonly output: number;
}

/** An error body as a recording keeps it, contents scrubbed. */
export interface RecordedError {
  readonly status: number;
  readonly contentType: string;
  /** Null: it came without. */
  readonly retryAfterS: number | null;
  readonly body: string;
  /** How often it came. */
  readonly count: number;
}

/** First-token time is log-normal; tokens follow at an exponential gap. `source` says where the figures are from. */
export interface LatencyProfile {
  readonly firstTokenMsP50: number;
  readonly firstTokenSigma: number;
  readonly tokensPerSecond: number;
  readonly source: string;
}

/** An outage as some providers will play it by themselves: the input of their simulators. */
export interface PlannedIncident {
  /** Id of the fault; wire logs name it. */
  readonly incident: string;
  readonly deployments: readonly string[];
  readonly phases: readonly PlannedPhase[];
}

/**
 * One phase, `fromMs` <= arrival < `toMs`. `errorRate` is a share of the requests that arrive in it,
 * `streamTruncationRate` of those that do not fail, `wrongOutputRate` of those that are neither failed nor cut.
 */
export interface PlannedPhase {
  readonly index: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly errorRate: number;
  /** Shares of the failures, adding up to 1; keys are HTTP codes, or `timeout`, `reset`, `dns`. */
  readonly statusMix: Readonly<Record<string, number>>;
  /** Times normal, on what succeeds. */
  readonly latencyFactor: number;
  readonly addedLatencyMs: number;
  readonly streamTruncationRate: number;
  readonly wrongOutputRate: number;
  /**
   * `garbled`: foreign words in the answer; `other_model`: an answer that says it is by another model (`otherModel`).
   */
  readonly wrongOutputKind: "garbled" | "other_model";
  /** Which requests of the deployment it hits; absent: all. */
  readonly select?: RequestSelector | undefined;
  /** Faults of bytes; without any, an answer is whole. */
  readonly effects?: readonly PlannedEffect[] | undefined;
}

/**
 * Part of a deployment's requests. Every field that is given must match; in a list one entry must, and `*` in it stands
 * for any run of characters.
 */
export interface RequestSelector {
  /** As the request names the model. */
  readonly models?: readonly string[] | undefined;
  readonly endpoints?: readonly Endpoint[] | undefined;
  /** The deployment's region; one that has none is in no list. */
  readonly regions?: readonly string[] | undefined;
  /** The credential that the request carries. */
  readonly keys?: readonly string[] | undefined;
  /** `service_tier` of the request; `default` when it names none. */
  readonly tiers?: readonly string[] | undefined;
  readonly stream?: boolean | undefined;
  /** Only the first request of a connection. */
  readonly newConnectionsOnly?: boolean | undefined;
  /**
   * Share of the clients, 0..1; who is in it stays in it for the whole incident. A request that names no client is one
   * of its own.
   */
  readonly clientShare?: number | undefined;
}

/** What the observer may expect of an answer whose mark carries `digest`. */
export interface PlannedPrompt {
  readonly digest: string;
  readonly intent: string;
  /** Teams that send it. */
  readonly teams: readonly string[];
  /** Output words that were asked for. */
  readonly words: number;
}

export interface MeasureSettings {
  readonly windowMs: number;
  /** Fewer requests in a unit-window leave it undecided. */
  readonly requestsMin: number;
  /** A unit-window is bad when its bad share exceeds this. */
  readonly badShareMax: number;
  readonly control: "self" | "paired";
  readonly recovery: { readonly holdMs: number; readonly badShareMax: number };
  /** Multi-window burn-rate alarm: both windows above `rate` times the allowance `1 - slo`. */
  readonly burnRate: { readonly slo: number; readonly longMs: number; readonly shortMs: number; readonly rate: number };
  /** The steady state holds when the bad share before the fault is at most this. */
  readonly steadyBadShareMax: number;
  /** Limit of the load's lateness, p99; 50 ms unless given. */
  readonly lagMsMax?: number | undefined;
}

export type MeasureName =
  | "blastRadius"
  | "badWindowShare"
  | "reach"
  | "clientReach"
  | "depth"
  | "containment"
  | "silentShare"
  | "badShare"
  | "amplification"
  | "herdFactor"
  | "moneyHerd"
  | "dip"
  | "idleReplicas"
  | "packageReach"
  | "tokenWaste"
  | "recoveryMs"
  | "detectionMs"
  | "wrongAnswers"
  | "errorBudgetBurned";

export interface Expectation {
  readonly measure: MeasureName;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What the observer's live view shows while the run goes on. */
export type StopMeasure = "badShare" | "badRequests" | "wrongAnswers" | "amplification";

/** When the measure is above this, all faults are lifted and the run ends after its recovery window. */
export interface StopCondition {
  readonly measure: StopMeasure;
  readonly above: number;
}

/** One line of `arrivals.ndjson`: every load generator replays the same file, virtual and live. */
export interface Arrival {
  readonly index: number;
  /** Intended send, ms on the run's timeline. */
  readonly atMs: number;
  /** `x-client-request-id`, forwarded unchanged on every attempt. */
  readonly requestId: string;
  readonly client: string;
  readonly team: string;
  readonly feature: string;
  readonly region: string;
  /** What is sent as `model`. */
  readonly route: string;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly stream: boolean;
  /** How its client goes on after a failure. Absent: it sends once. */
  readonly behaviour?: ClientBehaviour | undefined;
  /** The registered prompt that it names; absent: none. */
  readonly systemPrompt?: string;
}
