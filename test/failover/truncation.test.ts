import { expect, test } from "vitest";
import type { GatewayConfig } from "../../gateway/core/config.ts";
import { configOf, policyOf, type Received, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { brokenStream, type BrokenStream, fallbackOf, models, otherText, scriptOf, type Side, sides, text } from "./broken-streams.ts";

const streams = 10_000;

function providerOf(side: Side, drawn: ReadonlyMap<string, BrokenStream>): Provider {
  return (_, { headers, prefix }) => scriptOf(drawn.get(headers["x-client-request-id"]!)!, side, prefix);
}

function configWith(continuesPrefix: boolean): GatewayConfig {
  return configOf({
    policy: policyOf({ breaker: null, retryBudget: { ratio: 10, tokensMax: 1_000 } }),
    deployments: sides.map((side) => ({ name: side, dialect: side, model: models[side], baseUrl: `http://${side}/v1`, credential: "env:KEY", continuesPrefix })),
    routes: sides.map((side) => ({ name: side, deployments: [side, fallbackOf[side]] })),
  });
}

/** A good answer is whole and says so; anything else says that it is not, and what there is of it is right. */
function violation(received: Received, isSuccess: boolean): string | null {
  const isWhole = received.status === 200 && received.text === text && received.isTerminated && received.finishReason === "stop" && received.errorCode === null;
  const isOther = received.text === otherText && received.isTerminated && received.errorCode === null;
  const seen = `${received.requestId}: ${received.status} "${received.text}" terminated ${received.isTerminated}, error ${received.errorCode}, broken ${received.broken}`;
  if (received.broken !== null) return seen;
  if (isSuccess) return isWhole || isOther ? null : seen;
  if (received.errorCode === null || isWhole) return seen;
  if (received.status === 200 && received.isTerminated) return seen;
  return text.startsWith(received.text) || otherText.startsWith(received.text) ? null : seen;
}

test("truncation: of ten thousand streams broken at every token in every way none ends clean and short, and none holds a wrong word", async () => {
  const violations: string[] = [];
  const outcomes = { success: 0, failure: 0 };
  const rescued = { openai: 0, anthropic: 0, gemini: 0, openai_compatible: 0 };
  const batch = 500;
  for (let from = 0; from < streams; from += batch) {
    const clock = new VirtualClock();
    const drawn = new Map(Array.from({ length: batch }, (_, offset) => [`stream-${from + offset}`, brokenStream(from + offset)]));
    const providers = Object.fromEntries(sides.map((side) => [side, providerOf(side, drawn)]));
    const rig = new Rig(clock, providers, configWith((from / batch) % 2 === 0));
    const sending = [...drawn].map(([requestId, { first }]) => rig.send({ requestId, route: first }));
    await clock.run();
    const received = await Promise.all(sending);
    const finished = new Map(rig.finished().map((event) => [event.requestId, event]));
    for (const each of received) {
      const { outcome, attempts } = finished.get(each.requestId)!;
      const isSuccess = outcome.kind === "success";
      outcomes[isSuccess ? "success" : "failure"]++;
      if (isSuccess && attempts.some(({ reason }) => reason?.startsWith("rescue") === true)) rescued[drawn.get(each.requestId)!.first]++;
      const found = violation(each, isSuccess);
      if (found !== null) violations.push(found);
    }
    expect(clock.idle).toBe(true);
    expect(rig.gateway.state().inFlight).toBe(0);
  }
  expect(violations.slice(0, 5)).toEqual([]);
  expect(outcomes.success + outcomes.failure).toBe(streams);
  /** The fuzz reaches what it is about. */
  for (const side of sides) expect(rescued[side]).toBeGreaterThan(500);
  expect(outcomes.failure).toBeGreaterThan(500);
}, 240_000);
