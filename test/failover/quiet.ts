import { defaultPolicy, type DeploymentConfig, type GatewayConfig, type RouteConfig } from "../../gateway/core/config.ts";
import { configOf, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { broken, refusal, type Script, silent, streamed, whole } from "../../gateway/core/testing/scripts.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { exponential, seededRng } from "../../kernel/rng.ts";

/** How a provider is dead. */
export const deaths: Readonly<Record<string, Script>> = {
  "503": refusal(503, "overloaded"),
  "500": refusal(500, "server_error"),
  "429": refusal(429, "rate_limit_exceeded"),
  "401": refusal(401, "invalid_api_key"),
  refused: broken("refused", 0),
  reset: broken("reset"),
  silent,
};

/** What a side of all routes does with an attempt at `atMs`. Null: it answers. */
export type Fault = (atMs: number, draw: () => number) => Script | null;

export interface Night {
  readonly seed: number;
  readonly perSecond: number;
  /** Each with a primary and a fallback of its own: models of the same two providers. */
  readonly routes: number;
  readonly ms: number;
  readonly primary: Fault;
  readonly fallback: Fault;
  /** Only the fallbacks are configured. Absent: no. */
  readonly isFallbackAlone?: boolean;
}

export interface Asked {
  readonly deployment: string;
  readonly atMs: number;
}

/**
 * What came of a night: requests, how many got a whole answer, how long each of those took, and every attempt that a
 * provider received.
 */
export interface Dawn {
  readonly requests: number;
  readonly served: number;
  readonly servedMs: readonly number[];
  readonly attempts: readonly Asked[];
}

const answer = "one two three four five six seven eight";
const healthy = {
  openai: (stream: boolean) => (stream ? streamed("openai", "gpt-test", answer) : whole("openai", "gpt-test", answer)),
  anthropic: (stream: boolean) => (stream ? streamed("anthropic", "claude-test", answer) : whole("anthropic", "claude-test", answer)),
};
const streamShare = 0.2;

/** Poisson load over all routes, a fifth of it streams, through one gateway with its default policy. */
export async function spend(night: Night): Promise<Dawn> {
  const clock = new VirtualClock();
  const arrivals = seededRng(night.seed, "arrivals");
  const faults = seededRng(night.seed, "faults");
  const draw = () => faults.next();
  const attempts: Asked[] = [];
  const side = (fault: Fault, dialect: "openai" | "anthropic"): Provider => (_, seen) => {
    attempts.push({ deployment: seen.deployment, atMs: seen.atMs });
    return fault(seen.atMs, draw) ?? healthy[dialect](seen.body.stream);
  };
  const providers = Object.fromEntries(
    Array.from({ length: night.routes }, (_, index) => [
      [`primary${index}`, side(night.primary, "openai")],
      [`fallback${index}`, side(night.fallback, "anthropic")],
    ] as const).flat(),
  );
  const rig = new Rig(clock, providers, configFor(night));
  const dawn = { requests: 0, served: 0, servedMs: [] as number[] };
  const send = async () => {
    const stream = arrivals.next() < streamShare;
    const sentMs = clock.nowMs();
    const received = await rig.send({ route: `route${Math.floor(arrivals.next() * night.routes)}`, stream });
    if (received.status !== 200 || !received.isTerminated || received.text !== answer) return;
    dawn.served++;
    dawn.servedMs.push(clock.nowMs() - sentMs);
  };
  const next = () => {
    dawn.requests++;
    void send();
    rig.transport.seen.length = 0;
    rig.events.length = 0;
    scheduleNext();
  };
  const scheduleNext = () => {
    const atMs = clock.nowMs() + exponential(arrivals, 1_000 / night.perSecond);
    if (atMs < night.ms) clock.at(atMs, next);
  };
  scheduleNext();
  await clock.run();
  return { ...dawn, attempts };
}

function configFor({ routes, isFallbackAlone = false }: Night): GatewayConfig {
  const indices = Array.from({ length: routes }, (_, index) => index);
  const primaries = indices.map((index): DeploymentConfig => ({ name: `primary${index}`, provider: "one", dialect: "openai", model: "gpt-test", baseUrl: `http://primary${index}/v1`, credential: "env:ONE" }));
  const fallbacks = indices.map((index): DeploymentConfig => ({ name: `fallback${index}`, provider: "other", dialect: "anthropic", model: "claude-test", baseUrl: `http://fallback${index}/v1`, credential: "env:OTHER" }));
  const route = (index: number): RouteConfig => ({ name: `route${index}`, deployments: [...(isFallbackAlone ? [] : [`primary${index}`]), `fallback${index}`] });
  return configOf({ deployments: [...(isFallbackAlone ? [] : primaries), ...fallbacks], routes: indices.map(route), policy: defaultPolicy });
}

export const always = (script: Script): Fault => () => script;
export const never: Fault = () => null;
export const during = (fromMs: number, toMs: number, script: Script): Fault => (atMs) => (atMs >= fromMs && atMs < toMs ? script : null);
/** Down in every other period, the first included where `first`. */
export const alternating = (periodMs: number, first: boolean, script: Script): Fault => (atMs) => ((Math.floor(atMs / periodMs) % 2 === 0) === first ? script : null);
export const refusing = (share: number, script: Script): Fault => (_, draw) => (draw() < share ? script : null);
