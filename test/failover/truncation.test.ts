import { expect, test } from "vitest";
import type { GatewayConfig } from "../../gateway/core/config.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { cutAfter, refusal, type Script, type Step, streamed } from "../../gateway/core/testing/scripts.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { seededRng, type Rng } from "../../kernel/rng.ts";

const text = Array.from({ length: 20 }, (_, index) => `word${index + 1}`).join(" ");
const streams = 10_000;
const eventsMax = 27;

const endings: readonly (readonly Step[])[] = [
  [],
  [{ fail: "reset" }],
  [{ fail: "closed_early" }],
  ["hang"],
  [{ text: "data: {broken\n\n" }],
  [{ text: "data: [1, 2]\n\n" }],
  [{ text: ": \u0000\u0007 noise\n\nevent: ?\ndata\n\n" }],
  [{ text: "<html>" }, { fail: "closed_early" }],
  [{ text: 'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n' }],
];

const pick = <T>(rng: Rng, values: readonly T[]) => values[Math.floor(rng.next() * values.length)]!;

/** What the fallback of a stream does. */
const fallbacks = ["continues", "replays", "breaks too", "refuses", "says something else"] as const;

interface Drawn {
  readonly route: "openai" | "anthropic";
  readonly primary: (whole: Script) => Script;
  readonly fallback: (typeof fallbacks)[number];
  readonly second: (whole: Script) => Script;
}

function draw(index: number): Drawn {
  const rng = seededRng(index, "truncation");
  /** Every token index in turn, and every ending at each. */
  const [events, ending] = [index % eventsMax, endings[Math.floor(index / eventsMax) % endings.length]!];
  const [secondEvents, secondEnding] = [Math.floor(rng.next() * eventsMax), pick(rng, endings)];
  return {
    route: rng.next() < 0.5 ? "openai" : "anthropic",
    fallback: pick(rng, fallbacks),
    primary: (whole) => cutAfter(whole, events, ...ending),
    second: (whole) => cutAfter(whole, secondEvents, ...secondEnding),
  };
}

function providerOf(name: "openai" | "anthropic", drawn: ReadonlyMap<string, Drawn>): Provider {
  const model = name === "openai" ? primaryModel : backupModel;
  return (_, { headers, body }) => {
    const { route, primary, fallback, second } = drawn.get(headers["x-client-request-id"]!)!;
    const last = body.messages.at(-1)!;
    const prefix = last.role === "assistant" ? last.content : null;
    if (route === name) return primary(streamed(name, model, text.slice(prefix?.length ?? 0), { firstMs: 1, gapMs: 1 }));
    if (fallback === "refuses" || (fallback === "says something else" && prefix !== null)) return refusal(400, "prefill_not_supported");
    if (fallback === "says something else") return streamed(name, model, `Quite ${text}`, { firstMs: 1, gapMs: 1 });
    /** One that says it continues, and begins anew: seen for what it is from sixteen characters on. */
    const beginsAnew = fallback === "replays" && (prefix?.length ?? 0) >= 16;
    const whole = streamed(name, model, prefix !== null && !beginsAnew ? text.slice(prefix.length) : text, { firstMs: 1, gapMs: 1 });
    return fallback === "breaks too" ? second(whole) : whole;
  };
}

function configWith(continues: boolean): GatewayConfig {
  const base = configOf({ policy: policyOf({ breaker: null, retryBudget: { ratio: 10, tokensMax: 1_000 } }) });
  return {
    ...base,
    deployments: base.deployments.map((deployment) => ({ ...deployment, continuesPrefix: continues })),
    routes: [
      { name: "openai", deployments: ["primary", "backup"] },
      { name: "anthropic", deployments: ["backup", "primary"] },
    ],
  };
}

/** A good answer is whole and says so; anything else says that it is not, and what there is of it is right. */
function violation(received: Received, isSuccess: boolean): string | null {
  const isWhole = received.status === 200 && received.text === text && received.isTerminated && received.finishReason === "stop" && received.errorCode === null;
  const isOther = received.text === `Quite ${text}` && received.isTerminated && received.errorCode === null;
  const seen = `${received.requestId}: ${received.status} "${received.text}" terminated ${received.isTerminated}, error ${received.errorCode}, broken ${received.broken}`;
  if (received.broken !== null) return seen;
  if (isSuccess) return isWhole || isOther ? null : seen;
  if (received.errorCode === null || isWhole) return seen;
  if (received.status === 200 && received.isTerminated) return seen;
  return text.startsWith(received.text) || `Quite ${text}`.startsWith(received.text) ? null : seen;
}

test("truncation: of ten thousand streams broken at every token in every way none ends clean and short, and none holds a wrong word", async () => {
  const violations: string[] = [];
  const outcomes = { success: 0, failure: 0, rescued: 0 };
  const batch = 500;
  for (let from = 0; from < streams; from += batch) {
    const clock = new VirtualClock();
    const drawn = new Map(Array.from({ length: batch }, (_, offset) => [`stream-${from + offset}`, draw(from + offset)]));
    const rig = new Rig(clock, { primary: providerOf("openai", drawn), backup: providerOf("anthropic", drawn) }, configWith((from / batch) % 2 === 0));
    const sending = [...drawn].map(([requestId, { route }]) => rig.send({ requestId, route }));
    await clock.run();
    const received = await Promise.all(sending);
    const finished = new Map(rig.finished().map((event) => [event.requestId, event]));
    for (const each of received) {
      const { outcome, attempts } = finished.get(each.requestId)!;
      const isSuccess = outcome.kind === "success";
      outcomes[isSuccess ? "success" : "failure"]++;
      if (isSuccess && attempts.some(({ reason }) => reason?.startsWith("rescue") === true)) outcomes.rescued++;
      const found = violation(each, isSuccess);
      if (found !== null) violations.push(found);
    }
    expect(clock.idle).toBe(true);
    expect(rig.gateway.state().inFlight).toBe(0);
  }
  expect(violations.slice(0, 5)).toEqual([]);
  expect(outcomes.success + outcomes.failure).toBe(streams);
  /** The fuzz reaches what it is about. */
  expect(outcomes.rescued).toBeGreaterThan(1_000);
  expect(outcomes.failure).toBeGreaterThan(500);
}, 240_000);
