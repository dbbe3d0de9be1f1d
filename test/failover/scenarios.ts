import { cutAfter, refusal, type Script, streamed, whole } from "../../gateway/core/testing/scripts.ts";
import type { TransportFailure } from "../../kernel/transport.ts";

/**
 * The sixteen scenarios of Failover Bench's catalogue v0.1 (failoverbench/failoverbench, MIT) as what two providers do,
 * in bytes and waits: the same scripts over real sockets and on the virtual clock. Every healthy answer is one text of
 * sixty words, one word every 15 ms.
 */
export const sixtyWords = Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(" ");

export const models = { primary: "gpt-primary", fallback: "claude-fallback" } as const;
export type DeploymentName = keyof typeof models;

/** One attempt as a provider sees it. */
export interface Asked {
  /** How many-th attempt of this request at this deployment, from 0. */
  readonly ordinal: number;
  /** Since the scenario began, in the scenario's own time. */
  readonly atMs: number;
  readonly stream: boolean;
  /** What a closing assistant message holds; null: there is none. */
  readonly prefix: string | null;
}

export type Behaviour = (asked: Asked) => Script;

export interface FailoverScenario {
  readonly id: string;
  readonly title: string;
  readonly primary: Behaviour;
  readonly fallback: Behaviour;
  /** Whether it is about a stream alone. */
  readonly streamOnly: boolean;
  /** Offsets of its requests. */
  readonly requestsAtMs: readonly number[];
  /** No result within this is a hang. */
  readonly capMs: number;
}

const dialects = { primary: "openai", fallback: "anthropic" } as const;

/** The whole answer, or, after a prefix of it, the rest. */
const healthy =
  (name: DeploymentName): Behaviour =>
  ({ stream, prefix }) => {
    const isContinued = prefix !== null && prefix !== "" && sixtyWords.startsWith(prefix);
    const text = isContinued ? sixtyWords.slice(prefix.length) : sixtyWords;
    const firstMs = 100;
    return stream ? streamed(dialects[name], models[name], text, { firstMs, gapMs: 15 }) : whole(dialects[name], models[name], text, { afterMs: firstMs + 60 * 15 });
  };

const healthyPrimary = healthy("primary");
const healthyFallback = healthy("fallback");

const always =
  (script: Script): Behaviour =>
  () =>
    script;

const firstThenHealthy =
  (script: Script): Behaviour =>
  (asked) =>
    asked.ordinal === 0 ? script : healthyPrimary(asked);

/** The primary's stream after its first `events` events, of which the first bears the role alone. */
const cut =
  (events: number, ...then: Parameters<typeof cutAfter>[2][]): Behaviour =>
  (asked) =>
    cutAfter(healthyPrimary(asked), events, ...then);

const beforeHead = (fail: TransportFailure, afterMs: number): Script => ({ before: [{ waitMs: afterMs }, { fail }], status: 200, headers: {}, body: [] });

const lateStream: Behaviour = (asked) => {
  const script = healthyPrimary(asked);
  return { ...script, body: [{ waitMs: 20_000 }, ...script.body] };
};

/** The tenth event is not JSON, and the rest is fine. */
const oneBadEvent: Behaviour = (asked) => {
  const script = healthyPrimary(asked);
  let seen = 0;
  return { ...script, body: script.body.map((step) => (typeof step === "object" && "text" in step && ++seen === 10 ? { text: "data: {not json\n\n" } : step)) };
};

const refusesPrefix: Behaviour = (asked) => (asked.prefix === null ? healthyFallback(asked) : refusal(400, "prefill_not_supported"));

const rateLimited = refusal(429, "rate_limit_exceeded");
const outageMs = 60_000;

const scenario = (id: string, title: string, primary: Behaviour, options: Partial<FailoverScenario> = {}): FailoverScenario => ({
  id,
  title,
  primary,
  fallback: healthyFallback,
  streamOnly: false,
  requestsAtMs: [0],
  capMs: 40_000,
  ...options,
});

export const failoverScenarios: readonly FailoverScenario[] = [
  scenario("S01", "429 with Retry-After: 2 once, then healthy", firstThenHealthy(refusal(429, "rate_limit_exceeded", { "retry-after": "2" })), { capMs: 20_000 }),
  scenario("S02", "always 429, no header", always(rateLimited)),
  scenario("S03", "500 once, then healthy", firstThenHealthy(refusal(500, "server_error")), { capMs: 20_000 }),
  scenario("S04", "always 503", always(refusal(503, "overloaded"))),
  scenario("S05", "reset before any byte once, then healthy", firstThenHealthy(beforeHead("reset", 5)), { capMs: 20_000 }),
  scenario("S06", "accepts, never answers", always(beforeHead("closed_early", 120_000)), { capMs: 130_000 }),
  scenario("S07", "headers at once, first token after 20 s", lateStream, { streamOnly: true, capMs: 60_000 }),
  scenario("S08", "stream dies after 40 of 60 words", cut(41), { streamOnly: true }),
  scenario("S09", "after 20 words silent for 30 s, then closes", cut(21, { waitMs: 30_000 }), { streamOnly: true, capMs: 70_000 }),
  scenario("S10", "tenth event is not JSON", oneBadEvent, { streamOnly: true, capMs: 30_000 }),
  scenario("S11", "complete, ended by HTTP, no [DONE]", cut(63), { streamOnly: true, capMs: 30_000 }),
  scenario("S12", "always 400 context_length_exceeded", always(refusal(400, "context_length_exceeded")), { capMs: 20_000 }),
  scenario("S13", "always 400 content_policy_violation", always(refusal(400, "content_policy_violation")), { capMs: 20_000 }),
  scenario("S14", "as S08, and the fallback refuses a prefix", cut(41), { fallback: refusesPrefix, streamOnly: true }),
  scenario("S15", "503 for 60 s, then healthy; 20 requests, 4 s apart", (asked) => (asked.atMs < outageMs ? refusal(503, "overloaded") : healthyPrimary(asked)), {
    requestsAtMs: Array.from({ length: 20 }, (_, index) => index * 4_000),
    capMs: 200_000,
  }),
  scenario("S16", "always 503: the answer names the fallback's model", always(refusal(503, "overloaded"))),
];

export const healthyProviders: Readonly<Record<DeploymentName, Behaviour>> = { primary: healthyPrimary, fallback: healthyFallback };

/** When the primary of S15 is healthy again. */
export const recoveredAtMs = outageMs;
