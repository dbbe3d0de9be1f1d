import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { brokenStream, fallbackOf, models, otherText, scriptOf, type Side, sides, text } from "./broken-streams.ts";
import { bodyOf, call, headersOf, type Called } from "./caller.ts";
import { startGatewayChild, type GatewayChild } from "./gateway-process.ts";
import { inTurn, numberOf } from "./in-turn.ts";
import { Wall } from "./wall.ts";
import { untilPasses } from "../support/until-passes.ts";

const streams = 500;
const aborts = 500;
const together = 25;

/** Short deadlines, so that what stalls is known soon; no breaker, so that every stream meets its fault. */
async function gatewayTo(wall: Wall): Promise<GatewayChild> {
  const deployment = (name: Side) => ({ name, dialect: name, model: models[name], baseUrl: wall.baseUrl(name), credential: "env:WALL_KEY", continuesPrefix: true });
  return startGatewayChild({
    keys: [{ key: "vk-failover", team: "team", feature: "feature" }],
    deployments: sides.map(deployment),
    routes: sides.map((side) => ({ name: side, deployments: [side, fallbackOf[side]] })),
    policy: { breaker: null, retryBudget: { ratio: 10, tokensMax: 1_000 }, deadlines: { firstTokenMs: 500, idleMs: 500 } },
  });
}

/** Null for a whole answer that says so, or a part of it that says that it is not. */
function violation(called: Called): string | null {
  const isWhole = called.status === 200 && called.terminated && called.error === null && (called.text === text || called.text === otherText);
  const isPart = called.error !== null && called.error.code !== "connection_broken" && (called.status !== 200 || !called.terminated) && (text.startsWith(called.text) || otherText.startsWith(called.text));
  return !called.hung && isWhole !== isPart ? null : JSON.stringify(called);
}

test("truncation: of five hundred broken streams over real sockets none ends clean and short, and none holds a wrong word", async () => {
  await using wall = await Wall.start(({ deployment, requestId, prefix }) => scriptOf(brokenStream(numberOf(requestId)), deployment as Side, prefix));
  await using gateway = await gatewayTo(wall);
  /** Steps of 20 through the ten thousand of the virtual fuzz, and one: every token index. */
  const called = await inTurn(streams, together, (turn) => {
    const index = turn * 19;
    return call({ url: gateway.url, requestId: `stream-${index}`, route: brokenStream(index).first, stream: true, capMs: 60_000 });
  });
  expect(called.map(violation).filter((found) => found !== null)).toEqual([]);
  expect(called.filter(({ error }) => error === null).length).toBeGreaterThan(streams / 4);
  expect(called.filter(({ error }) => error !== null).length).toBeGreaterThan(streams / 20);
  await untilPasses(() => expect(wall.open).toBe(0));
});

test("aborts: five hundred clients leave over real sockets, and the gateway leaves every provider and keeps nothing", async () => {
  const patient = (index: number) => (index % 3 === 0 ? { before: ["hang" as const], status: 200, headers: {}, body: [] } : null);
  await using wall = await Wall.start(({ deployment, requestId, prefix }) => {
    const index = numberOf(requestId);
    const script = patient(index) ?? scriptOf(brokenStream(index), deployment as Side, prefix);
    /** Slow enough that clients leave in the middle. */
    return { ...script, body: script.body.map((step) => (typeof step === "object" && "waitMs" in step ? { waitMs: step.waitMs * 20 } : step)) };
  });
  await using gateway = await gatewayTo(wall);
  const ended = await inTurn(aborts, together, async (index) => {
    const leaving = new AbortController();
    const requestId = `abort-${index}`;
    const reading = fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers: headersOf({ requestId }), body: JSON.stringify(bodyOf({ stream: true, route: brokenStream(index).first })), signal: leaving.signal });
    const whole = reading.then((response) => response.text()).then(() => "whole", () => "left");
    await sleep(20 + ((index * 37) % 300));
    leaving.abort();
    return whole;
  });
  expect(ended.filter((how) => how === "left").length).toBeGreaterThan(aborts / 2);
  await untilPasses(() => expect(wall.open).toBe(0));
  const state = (await (await fetch(`${gateway.url}/admin/state`)).json()) as { inFlight: number };
  expect(state.inFlight).toBe(0);
});
