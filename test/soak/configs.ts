import type { Dialect } from "../../kernel/chat.ts";
import type { PlannedEffect } from "../../kernel/effects.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";

/** One mock provider: what it speaks, how fast it is, what is wrong with it. */
interface ProviderPlan {
  readonly dialect: Dialect & ("openai" | "openai_compatible" | "anthropic" | "gemini");
  readonly model: string;
  readonly firstTokenMsP50: number;
  readonly firstTokenSigma: number;
  /** Phases of `lengthMs` that follow each other in turn, over and over; none: it is well. */
  readonly phases: readonly (Partial<PlannedPhase> & { readonly lengthMs: number })[];
}

/** Each with a small share: all that can be wrong with an answer's bytes. */
const spoiled: readonly PlannedEffect[] = (["malformed", "error_first", "error_mid_stream", "clean_end", "half_open", "stall", "reset_mid_header", "empty_200", "html_200", "contract_drift"] as const).map((kind) => ({ kind, share: 0.01 }));

export const providers = {
  /** Well for twenty seconds, then down for ten: breakers open and close all the time. */
  flapping: {
    dialect: "openai",
    model: "gpt-soak",
    firstTokenMsP50: 40,
    firstTokenSigma: 0.3,
    phases: [{ lengthMs: 20_000 }, { lengthMs: 10_000, errorRate: 0.8, statusMix: { "429": 0.2, "500": 0.3, "503": 0.3, reset: 0.15, timeout: 0.05 } }],
  },
  /** Cuts a third of its streams. */
  cutting: { dialect: "openai", model: "gpt-cut", firstTokenMsP50: 40, firstTokenSigma: 0.3, phases: [{ lengthMs: 60_000, streamTruncationRate: 0.3, effects: spoiled }] },
  /** Now and then slower than the hedge waits. */
  slow: { dialect: "gemini", model: "gemini-soak", firstTokenMsP50: 120, firstTokenSigma: 1, phases: [] },
  continuing: { dialect: "anthropic", model: "claude-soak", firstTokenMsP50: 50, firstTokenSigma: 0.3, phases: [] },
  steady: { dialect: "openai_compatible", model: "deep-soak", firstTokenMsP50: 50, firstTokenSigma: 0.3, phases: [] },
} as const satisfies Readonly<Record<string, ProviderPlan>>;

export type ProviderName = keyof typeof providers;

/** For `simulators/main.ts`; `forMs` is how long the trouble goes on. */
export function simulatorFile(name: ProviderName, { seed, forMs, tap }: { seed: number; forMs: number; tap: string }): object {
  const { dialect, model, firstTokenMsP50, firstTokenSigma, phases }: ProviderPlan = providers[name];
  const latency = { firstTokenMsP50, firstTokenSigma, tokensPerSecond: 300, source: "none: a soak" };
  const incidents = phases.length === 0 ? [] : [{ incident: "soak", deployments: [name], phases: inTurn(phases, forMs) }];
  return { run: "soak", seed, deployment: { name, provider: dialect, dialect, model, latency }, otherModel: "other", markKey: "soak", incidents, tap };
}

const well: Omit<PlannedPhase, "index" | "fromMs" | "toMs"> = { errorRate: 0, statusMix: {}, latencyFactor: 1, addedLatencyMs: 0, streamTruncationRate: 0, wrongOutputRate: 0, wrongOutputKind: "garbled" };

function inTurn(phases: ProviderPlan["phases"], forMs: number): PlannedPhase[] {
  const planned: PlannedPhase[] = [];
  for (let fromMs = 0; fromMs < forMs; ) {
    const { lengthMs, ...phase } = phases[planned.length % phases.length]!;
    planned.push({ ...well, ...phase, index: planned.length, fromMs, toMs: fromMs + lengthMs });
    fromMs += lengthMs;
  }
  return planned;
}

/** Which teams ask, by feature of the load. */
export const keys = { chat: "vk-soak-chat", other: "vk-soak-other", limited: "vk-soak-limited", low: "vk-soak-low" } as const;

export const routes = {
  flapping: ["flapping", "continuing"],
  "cut-continued": ["cutting", "continuing"],
  "cut-replayed": ["cutting", "steady"],
  slow: ["slow", "steady"],
  balanced: ["steady", "continuing"],
} as const satisfies Readonly<Record<string, readonly ProviderName[]>>;

export type RouteName = keyof typeof routes;

/** Small enough that the load fills the caches within the first minute. */
const cache = { ttlMs: 20_000, staleIfErrorMs: 60_000, scope: "team", backend: "memory", entriesMax: 400, charactersMax: 2_000_000, semantic: { threshold: 0.85 } };

/**
 * The gateway with everything on. `variant` 1 has other weights, limits and deadlines than 0, and a deployment that 0
 * has not.
 */
export function gatewayFile(urls: Readonly<Record<ProviderName, string>>, variant: 0 | 1): object {
  const deployment = (name: string, of: ProviderName) => {
    const { dialect, model }: ProviderPlan = providers[of];
    return { name, dialect, model, baseUrl: `${urls[of]}/${dialect === "gemini" ? "v1beta" : "v1"}`, credential: "env:SOAK_KEY", continuesPrefix: of === "continuing" };
  };
  const names = Object.keys(providers) as ProviderName[];
  return {
    keys: [
      { key: keys.chat, team: "chat", feature: "answers" },
      { key: keys.other, team: "other", feature: "drafts" },
      { key: keys.limited, team: "limited", feature: "answers" },
      { key: keys.low, team: "low", feature: "batch", priority: "low" },
    ],
    deployments: [...names.map((name) => deployment(name, name)), ...(variant === 1 ? [deployment("spare", "steady")] : [])],
    routes: Object.entries(routes).map(([name, deployments]) => ({
      name,
      deployments: variant === 1 ? [...deployments, "spare"] : deployments,
      ...(name === "balanced" && { weights: Object.fromEntries(deployments.map((each, index) => [each, index === variant ? 3 : 1])) }),
    })),
    admin: { open: true },
    policy: {
      retry: { attemptsPerDeploymentMax: 2, attemptsMax: 4, backoff: { baseMs: 20, maxMs: 200 } },
      retryBudget: { ratio: 0.5, tokensMax: 100 },
      breaker: { minimumThroughput: 10, windowMs: 5_000, cooldownMs: 2_000 },
      deadlines: { connectMs: 1_000, firstTokenMs: 1_500, idleMs: 1_000, totalMs: variant === 1 ? 9_000 : 8_000 },
      hedge: { delayMs: 300 },
      balance: { by: "latency" },
      concurrency: { initial: 50 },
    },
    limits: {
      rules: [
        { team: "*", windowMs: 60_000, requests: 1_000_000, tokens: 1_000_000_000, usd: 1_000 },
        { team: "limited", windowMs: 20_000, requests: variant === 1 ? 8 : 10, tokens: 100_000 },
      ],
    },
    shedding: { low: 0.6 },
    cost: { unknownModel: "error", prices: Object.fromEntries(Object.values(providers).map(({ model }) => [model, { input: 1, output: 2 }])) },
    cache,
    guards: { pii: { answers: "scrub" }, injection: { action: "block" } },
    registry: { prompts: [{ name: "house", current: "1", versions: [{ version: "1", messages: [{ role: "system", content: "You answer for {{who}}." }] }] }] },
  };
}
