import fc from "fast-check";
import { expect, test } from "vitest";
import type { LimitSettings } from "../../kernel/capacity.ts";
import { noLimits } from "./capacity-examples.ts";
import { goDuration, limitHeaders } from "./rate-limit-headers.ts";
import { limit, newLimiter, settleOutput, type Ask, type LimiterState, type QuotaName } from "./rate-limiter.ts";

const ask = (nowMs: number, changes: Partial<Ask> = {}): Ask => ({ nowMs, inputTokens: 10, cachedTokens: 0, outputTokens: 20, poolUnit: 0.5, ...changes });

/** Parses a Go duration, ms. */
function parseDuration(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  expect(text).toMatch(/^(\d+h)?(\d+m)?(\d+(\.\d+)?m?s)$/);
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce((total, [, count, unit]) => total + Number(count) * units[unit!]!, 0);
}

/**
 * The same limit, stated the other way round and in exact fractions: debt drains, and a request fits if its own debt
 * fits on top.
 */
class Debt {
  readonly #perMinute: bigint;
  readonly size: bigint;
  /** In 60,000,000ths. */
  #owed = 0n;
  #atUs: bigint;

  constructor(perMinute: number, size: number, nowMs: number) {
    this.#perMinute = BigInt(perMinute);
    this.size = BigInt(size) * 60_000_000n;
    this.#atUs = BigInt(Math.round(nowMs * 1000));
  }

  advance(nowMs: number): void {
    const atUs = BigInt(Math.round(nowMs * 1000));
    const drained = this.#owed - (atUs - this.#atUs) * this.#perMinute;
    this.#owed = drained > 0n ? drained : 0n;
    this.#atUs = atUs;
  }

  fits(amount: number): boolean {
    return this.#owed + BigInt(amount) * 60_000_000n <= this.size;
  }

  take(amount: number): void {
    this.#owed += BigInt(amount) * 60_000_000n;
  }

  get remaining(): number {
    return Number((this.size - this.#owed) / 60_000_000n);
  }
}

const quotas = [
  { quota: "requests", setting: "requestsPerMinute", openai: "requests", anthropic: "requests" },
  { quota: "tokens", setting: "tokensPerMinute", openai: "tokens", anthropic: "tokens" },
  { quota: "input_tokens", setting: "inputTokensPerMinute", openai: null, anthropic: "input-tokens" },
  { quota: "output_tokens", setting: "outputTokensPerMinute", openai: null, anthropic: "output-tokens" },
] as const;

const costOf = (quota: QuotaName, { inputTokens, cachedTokens, outputTokens }: Ask) =>
  ({ requests: 1, tokens: inputTokens + outputTokens, input_tokens: inputTokens - cachedTokens, output_tokens: outputTokens })[quota];

const quotaArbitrary = fc.option(fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 600, max: 2_000_000 })), { freq: 2 });
const scheduleArbitrary = fc.record({
  settings: fc.record({
    requestsPerMinute: fc.option(fc.integer({ min: 1, max: 6_000 }), { freq: 4 }),
    tokensPerMinute: quotaArbitrary,
    inputTokensPerMinute: quotaArbitrary,
    outputTokensPerMinute: quotaArbitrary,
    burstMs: fc.constantFrom(60_000, 60_000, 10_000, 1_000, 77),
  }),
  startMs: fc.constantFrom(0, 17.25, -4_102_444_800_000),
  steps: fc.array(
    fc.record({
      gapUs: fc.oneof(fc.constant(0), fc.nat(50_000), fc.nat(90_000_000)),
      inputTokens: fc.integer({ min: 1, max: 3_000 }),
      cachedShare: fc.constantFrom(0, 0, 0.5, 1),
      outputTokens: fc.integer({ min: 1, max: 2_000 }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});

test("limit: over 10,000 random schedules the headers equal an independent bucket, which alone decides the 429", () => {
  let refusals = 0;
  let admissions = 0;
  fc.assert(
    fc.property(scheduleArbitrary, ({ settings: quotaSettings, startMs, steps }) => {
      const settings: LimitSettings = { ...noLimits, ...quotaSettings };
      let state: LimiterState = newLimiter(settings, startMs);
      const models = quotas.flatMap((names) => {
        const perMinute = settings[names.setting];
        if (perMinute === null) return [];
        const size = Math.max(1, Math.floor((perMinute * settings.burstMs) / 60_000));
        return [{ ...names, perMinute, size, debt: new Debt(perMinute, size, startMs) }];
      });
      let nowUs = startMs * 1000;
      for (const { gapUs, inputTokens, cachedShare, outputTokens } of steps) {
        nowUs += gapUs;
        const nowMs = nowUs / 1000;
        const asked = ask(nowMs, { inputTokens, cachedTokens: Math.floor(inputTokens * cachedShare), outputTokens });
        const [decision, next] = limit(settings, state, asked);
        for (const { debt } of models) debt.advance(nowMs);
        const admitted = models.every(({ debt, quota }) => debt.fits(costOf(quota, asked)));
        expect(decision.admitted).toBe(admitted);
        if (admitted) for (const { debt, quota } of models) debt.take(costOf(quota, asked));
        checkHeaders(models, limitHeaders("openai", decision, nowMs), limitHeaders("anthropic", decision, 1e12));
        if (!decision.admitted) {
          refusals++;
          const { retryAfterMs } = decision;
          expect(retryAfterMs === null).toBe(models.some(({ quota, size }) => costOf(quota, asked) > size));
          if (retryAfterMs !== null) {
            expect(limit(settings, next, { ...asked, nowMs: nowMs + retryAfterMs })[0].admitted).toBe(true);
            expect(limit(settings, next, { ...asked, nowMs: nowMs + retryAfterMs - 1 })[0].admitted).toBe(false);
          }
        } else admissions++;
        for (const { quota, resetMs } of decision.quotas) {
          const size = models.find((model) => model.quota === quota)!.size;
          const refilledTo = (afterMs: number) => limit(settings, next, ask(nowMs + afterMs, { inputTokens: 1e9, outputTokens: 1e9 }))[0].quotas.find((each) => each.quota === quota)!.remaining;
          if (settings.tokensPerMinute === null && settings.inputTokensPerMinute === null && settings.outputTokensPerMinute === null) continue;
          expect(refilledTo(resetMs)).toBe(size);
          if (resetMs > 0) expect(refilledTo(resetMs - 1)).toBeLessThan(size);
        }
        state = next;
      }
    }),
    { numRuns: 10_000, seed: 20260601 },
  );
  expect(Math.min(refusals, admissions)).toBeGreaterThan(20_000);
});

type Model = { readonly openai: string | null; readonly anthropic: string; readonly perMinute: number; readonly debt: Debt };

function checkHeaders(models: readonly Model[], openai: Readonly<Record<string, string>>, anthropic: Readonly<Record<string, string>>): void {
  for (const { openai: name, anthropic: theirs, perMinute, debt } of models) {
    expect(anthropic[`anthropic-ratelimit-${theirs}-limit`]).toBe(String(perMinute));
    expect(anthropic[`anthropic-ratelimit-${theirs}-remaining`]).toBe(String(debt.remaining));
    if (name === null) continue;
    expect(openai[`x-ratelimit-limit-${name}`]).toBe(String(perMinute));
    expect(openai[`x-ratelimit-remaining-${name}`]).toBe(String(debt.remaining));
    parseDuration(openai[`x-ratelimit-reset-${name}`]!);
  }
}

test("limit: a refusal costs nothing, and names the quota with the longest wait", () => {
  const settings = { ...noLimits, requestsPerMinute: 60, tokensPerMinute: 60, burstMs: 60_000 };
  const [first, state] = limit(settings, newLimiter(settings, 0), ask(0));
  expect(first).toMatchObject({ admitted: true, quotas: [{ quota: "requests", remaining: 59 }, { quota: "tokens", remaining: 30 }] });
  const [second, after] = limit(settings, state, ask(0, { outputTokens: 30 }));
  expect(second).toMatchObject({ admitted: false, by: "tokens", requested: 40, perMinute: 60, retryAfterMs: 10_000 });
  expect(after.buckets).toEqual(state.buckets);
});

test("limit: a request over a bucket's capacity has no Retry-After", () => {
  const settings = { ...noLimits, tokensPerMinute: 100 };
  expect(limit(settings, newLimiter(settings, 0), ask(0, { outputTokens: 91 }))[0]).toMatchObject({ admitted: false, by: "tokens", retryAfterMs: null });
});

test("limit: traffic that more than doubles from window to window is refused until the window's end", () => {
  const settings = { ...noLimits, acceleration: { windowMs: 10_000, growthMax: 2, floorRequests: 5 } };
  let state = newLimiter(settings, 0);
  const send = (nowMs: number, count: number) => {
    const decisions = Array.from({ length: count }, (_, index) => {
      const [decision, next] = limit(settings, state, ask(nowMs + index));
      state = next;
      return decision;
    });
    return { admitted: decisions.filter(({ admitted }) => admitted).length, last: decisions.at(-1)! };
  };
  expect(send(0, 8)).toMatchObject({ admitted: 5, last: { by: "acceleration", retryAfterMs: 9_993 } });
  expect([send(10_000, 50).admitted, send(20_000, 50).admitted, send(30_000, 30).admitted]).toEqual([10, 20, 30]);
  expect(send(60_000, 50).admitted).toBe(5);
});

test("limit: the pool refuses its share by the request's own draw, without touching a quota", () => {
  const settings = { ...noLimits, requestsPerMinute: 60, pool: { refusedShare: 0.25 } };
  const state = newLimiter(settings, 0);
  expect(limit(settings, state, ask(0, { poolUnit: 0.249 }))[0]).toMatchObject({ admitted: false, by: "pool", retryAfterMs: null, quotas: [{ remaining: 60 }] });
  expect(limit(settings, state, ask(0, { poolUnit: 0.25 }))[0].admitted).toBe(true);
});

test("settleOutput: returns output that was not generated, and never more than the capacity", () => {
  const settings = { ...noLimits, outputTokensPerMinute: 60 };
  const [, state] = limit(settings, newLimiter(settings, 0), ask(0, { outputTokens: 50 }));
  const left = (of: LimiterState) => limit(settings, of, ask(0, { outputTokens: 100 }))[0].quotas[0]!.remaining;
  expect([left(state), left(settleOutput(state, 0, 20)), left(settleOutput(state, 0, 500)), left(settleOutput(state, 0, -3))]).toEqual([10, 30, 60, 10]);
});

test("limitHeaders: each provider's own form", () => {
  const settings = { ...noLimits, requestsPerMinute: 50, inputTokensPerMinute: 30_000, burstMs: 60_000 };
  const drained = Array.from({ length: 50 }).reduce<LimiterState>((state) => limit(settings, state, ask(0))[1], newLimiter(settings, 0));
  const [decision] = limit(settings, drained, ask(100));
  const wallMs = Date.UTC(2026, 5, 1, 12, 0, 0, 300);
  expect(limitHeaders("anthropic", decision, wallMs)).toEqual({
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-06-01T12:01:01Z",
    "anthropic-ratelimit-input-tokens-limit": "30000",
    "anthropic-ratelimit-input-tokens-remaining": "29550",
    "anthropic-ratelimit-input-tokens-reset": "2026-06-01T12:00:02Z",
    "retry-after": "2",
  });
  expect(limitHeaders("openai", decision, wallMs)).toEqual({
    "x-ratelimit-limit-requests": "50",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "59.9s",
    "retry-after": "2",
    "retry-after-ms": "1100",
  });
  expect(limitHeaders("none", decision, wallMs)).toEqual({});
});

test.each([[0, "0s"], [6, "6ms"], [999, "999ms"], [1000, "1s"], [1500, "1.5s"], [59_999, "59.999s"], [60_000, "1m0s"], [360_000, "6m0s"], [3_600_250, "1h0m0.25s"]])(
  "goDuration: %i ms is %s",
  (ms, text) => {
    expect(goDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBeCloseTo(ms, 6);
  },
);
