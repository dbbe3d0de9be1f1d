import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { TransportError } from "../../kernel/transport.ts";
import { chatRequest, configOf } from "../core/examples.ts";
import { createSimulator } from "../core/simulator.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { control, runProvider } from "./running-provider.ts";

const phase = {
  errorRate: 0.15,
  statusMix: { 429: 0.4, 503: 0.4, reset: 0.2 },
  streamTruncationRate: 0.2,
  wrongOutputRate: 0.3,
  select: { clientShare: 0.8 },
};
const latency = { firstTokenMsP50: 1, firstTokenSigma: 0.2, tokensPerSecond: 20_000, source: "made up for the tests" };
/** Every third request is sent twice, because a retry has its own fate. */
const ids = Array.from({ length: 240 }, (_, index) => `r${index - (index % 3 === 2 ? 1 : 0)}`);
const bodyOf = (id: string) => ({ stream: Number(id.slice(1)) % 2 === 0, user: `client-${Number(id.slice(1)) % 20}` });

/** The decisions about each attempt, in an order that does not depend on their arrival. */
function fatesOf(records: readonly WireRecord[]): readonly string[] {
  return records.map(({ requestId, ordinal, fate, status, incident, answerId, end }) => [requestId, ordinal, fate, status, incident, answerId, end].join(" ")).sort();
}

async function overSockets(connections: number): Promise<readonly string[]> {
  await using provider = await runProvider([phase], { latency });
  await control(provider, "begin", { epochMs: Date.now() - 1_000 });
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  await Promise.all(ids.map((id) => ask(agent, provider.url, id)));
  agent.destroy();
  await control(provider, "end");
  const lines = readFileSync(provider.tapPath, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as { type: string } & WireRecord);
  return fatesOf(lines.filter(({ type }) => type === "record"));
}

/** Reads an answer until it ends in any way. */
function ask(agent: Agent, url: string, id: string): Promise<void> {
  const { method, path, headers, body } = chatRequest(id, bodyOf(id));
  return new Promise((resolve) => {
    const outgoing = request(`${url}${path}`, { method, agent, headers: { ...headers, "content-length": body.length } }, (incoming) => {
      incoming.on("error", () => {}).on("close", resolve).resume();
    });
    outgoing.on("error", () => resolve()).end(body);
  });
}

async function virtually(): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const records: WireRecord[] = [];
  const base = configOf(phase);
  const config = { ...base, deployment: { ...base.deployment, latency } };
  const { handle } = createSimulator({ clock, config, tap: { emit: (record) => void records.push(record) }, dialect: providerDialects.openai });
  const all = Promise.all(ids.map((id) => read(handle, id)));
  await clock.run();
  await all;
  return fatesOf(records);
}

async function read(handle: ReturnType<typeof createSimulator>["handle"], id: string): Promise<void> {
  try {
    for await (const _ of (await handle(chatRequest(id, bodyOf(id)), neverSignal)).body);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
}

test("startProvider: the same seed gives the same fates at 1 and at 200 connections, and on the virtual clock", async () => {
  const expected = await virtually();
  expect(expected).toHaveLength(ids.length);
  for (const fate of ["answer", "error", "reset", "truncate", "wrong"]) expect(expected.some((line) => line.includes(` ${fate} `))).toBe(true);
  expect(await overSockets(200)).toEqual(expected);
  expect(await overSockets(1)).toEqual(expected);
});
