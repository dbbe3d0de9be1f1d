import { setTimeout as sleep } from "node:timers/promises";
import { cutAfter, type Script, streamed } from "../../gateway/core/testing/scripts.ts";
import { bodyOf, headersOf } from "./caller.ts";
import { startGatewayChild, type GatewayChild } from "./gateway-process.ts";
import { inTurn, numberOf } from "./in-turn.ts";
import { models, sixtyWords } from "./scenarios.ts";
import { Wall } from "./wall.ts";

const together = 20;
const firstTokenMs = 100;
const gapMs = 15;

/**
 * The gateway's defaults over the wall, but for a breaker and a budget that would spare the faults that are to be
 * measured.
 */
export function gatewayForFigures(wall: Wall): Promise<GatewayChild> {
  const deployment = (name: string, extra: object) => ({ name, baseUrl: wall.baseUrl(name), credential: "env:WALL_KEY", ...extra });
  return startGatewayChild({
    keys: [{ key: "vk-failover", team: "team", feature: "feature" }],
    deployments: [
      deployment("primary", { dialect: "openai", model: models.primary }),
      deployment("fallback", { dialect: "anthropic", model: models.fallback, continuesPrefix: true }),
    ],
    routes: [{ name: "both", deployments: ["primary", "fallback"] }],
    policy: { breaker: null, retryBudget: { ratio: 10, tokensMax: 1_000 } },
  });
}

const hanging: Script = { before: ["hang"], status: 200, headers: {}, body: [] };

export interface AbortFigures {
  /** From the client's leaving to the provider's seeing it, ms, of each request that had reached the provider. */
  readonly leftAfterMs: readonly number[];
  readonly stillOpen: number;
  readonly inFlight: number;
}

/** Clients that leave before the first token, in the body, or while a rescue waits; all over real sockets. */
export async function abortFigures(count: number): Promise<AbortFigures> {
  const stream = streamed("openai", models.primary, sixtyWords, { firstMs: 20, gapMs: 40 });
  const kinds = [hanging, stream, cutAfter(stream, 3)];
  await using wall = await Wall.start(({ deployment, requestId }) => (deployment === "fallback" ? hanging : kinds[numberOf(requestId) % kinds.length]!));
  await using gateway = await gatewayForFigures(wall);
  const leftAtMs = await inTurn(count, together, async (index) => {
    const leaving = new AbortController();
    const reading = fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers: headersOf({ requestId: `abort-${index}` }), body: JSON.stringify(bodyOf({ stream: true })), signal: leaving.signal });
    const done = reading.then((response) => response.text()).then(() => {}, () => {});
    await sleep(150 + ((index * 37) % 200));
    const atMs = Date.now();
    leaving.abort();
    await done;
    return atMs;
  });
  for (let waits = 0; waits < 100 && wall.open > 0; waits++) await sleep(50);
  const state = (await (await fetch(`${gateway.url}/admin/state`)).json()) as { inFlight: number };
  const leftAfterMs = wall.seen.flatMap(({ requestId, endedMs }) => {
    const afterMs = (endedMs ?? Infinity) - leftAtMs[numberOf(requestId)]!;
    return afterMs >= 0 ? [afterMs] : [];
  });
  return { leftAfterMs, stillOpen: wall.open, inFlight: state.inFlight };
}

export interface StallFigures {
  readonly streams: number;
  readonly whole: number;
  /**
   * How much longer than between two words the stream stood still where it was cut, over the fallback's first-token
   * time.
   */
  readonly stallRatios: readonly number[];
}

/** Streams that are cut once each, at each of their words in turn, by a reset; the fallback goes on. */
export async function stallFigures(count: number): Promise<StallFigures> {
  const stream = streamed("openai", models.primary, sixtyWords, { firstMs: 50, gapMs });
  const cutOf = (requestId: string) => 1 + (numberOf(requestId) % 59);
  await using wall = await Wall.start(({ deployment, requestId, prefix }) =>
    deployment === "primary"
      ? cutAfter(stream, cutOf(requestId) + 1, { fail: "reset" })
      : streamed("anthropic", models.fallback, sixtyWords.slice(prefix?.length ?? 0), { firstMs: firstTokenMs, gapMs: 0 }),
  );
  await using gateway = await gatewayForFigures(wall);
  const figures = await inTurn(count, together, async (index) => {
    const requestId = `stall-${index}`;
    const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers: headersOf({ requestId }), body: JSON.stringify(bodyOf({ stream: true })) });
    const { text, wordAtMs } = await timed(response);
    const cut = cutOf(requestId);
    return { isWhole: text === sixtyWords, stallMs: wordAtMs[cut]! - wordAtMs[cut - 1]! - gapMs };
  });
  const whole = figures.filter(({ isWhole }) => isWhole);
  return { streams: count, whole: whole.length, stallRatios: whole.map(({ stallMs }) => stallMs / firstTokenMs) };
}

/** A stream's text, and when each of its words had come. */
async function timed(response: Response): Promise<{ text: string; wordAtMs: readonly number[] }> {
  const decoder = new TextDecoder();
  const wordAtMs: number[] = [];
  let [rest, text] = ["", ""];
  for await (const bytes of response.body!) {
    const events = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const [, content] = /"content":"((?:[^"\\]|\\.)*)"/.exec(event) ?? [];
      text += content ?? "";
      while (wordAtMs.length < (text.match(/\S+/g) ?? []).length) wordAtMs.push(performance.now());
    }
  }
  return { text, wordAtMs };
}
