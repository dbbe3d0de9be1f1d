import { expect, test } from "vitest";
import { configOf, primaryModel, backupModel, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { broken, refusal, type Script, streamed } from "../../gateway/core/testing/scripts.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { exponential, seededRng } from "../../kernel/rng.ts";

const answer = Array.from({ length: 30 }, (_, index) => `word${index}`).join(" ");
const requestsPerSecond = 50;
const outageAtMs = 20_000;
const outageMs = 60_000;
/** From here on the rule holds. */
const settledMs = 2_000;
const cooldownMs = 5_000;

const faults: readonly (readonly [name: string, script: Script])[] = [
  ["503", refusal(503, "overloaded")],
  ["500", refusal(500, "server_error")],
  ["429", refusal(429, "rate_limit_exceeded")],
  ["429 with Retry-After", refusal(429, "rate_limit_exceeded", { "retry-after": "2" })],
  ["refused", broken("refused", 0)],
  ["reset", broken("reset")],
  ["an error after 400 ms", { ...refusal(500, "server_error"), before: [{ waitMs: 400 }] }],
];

interface Outage {
  readonly requests: number;
  readonly attempts: number;
  readonly answered: number;
}

/**
 * Twenty healthy seconds, then a minute of outage of the named deployments: what came to providers for the requests
 * after its first two seconds.
 */
async function outageOf(script: Script, down: readonly string[], seed: number): Promise<Outage> {
  const clock = new VirtualClock();
  const rng = seededRng(seed, "amplification");
  const provider =
    (name: string, healthy: Script): Provider =>
    (_, { atMs }) =>
      atMs >= outageAtMs && down.includes(name) ? script : healthy;
  const providers = { primary: provider("primary", streamed("openai", primaryModel, answer)), backup: provider("backup", streamed("anthropic", backupModel, answer)) };
  const rig = new Rig(clock, providers, configOf());
  const sending: Promise<{ requestId: string; isTerminated: boolean; status: number | null }>[] = [];
  const counted = new Set<string>();
  for (let atMs = 0, index = 0; atMs < outageAtMs + outageMs; atMs += exponential(rng, 1_000 / requestsPerSecond), index++) {
    const requestId = `request-${index}`;
    if (atMs >= outageAtMs + settledMs) counted.add(requestId);
    sending.push(clock.sleep(atMs).then(() => rig.send({ requestId })));
  }
  await clock.run();
  const received = (await Promise.all(sending)).filter(({ requestId }) => counted.has(requestId));
  const attempts = rig.transport.seen.filter(({ headers }) => counted.has(headers["x-client-request-id"]!)).length;
  return { requests: counted.size, attempts, answered: received.filter(({ status, isTerminated }) => status === 200 && isTerminated).length };
}

test.each(faults)("amplification: one provider down with %s costs 1.02 attempts a request and a probe an interval, and every request is answered", async (_, script) => {
  const { requests, attempts, answered } = await outageOf(script, ["primary"], 1);
  const probes = Math.ceil((outageMs - settledMs) / cooldownMs);
  expect(requests).toBeGreaterThan(2_500);
  expect(attempts).toBeLessThanOrEqual(1.02 * requests + probes);
  expect(answered).toBe(requests);
});

test.each(faults)("amplification: with all providers down with %s at most 1.1 attempts a request", async (_, script) => {
  const { requests, attempts, answered } = await outageOf(script, ["primary", "backup"], 1);
  expect(attempts).toBeLessThanOrEqual(1.1 * requests);
  expect(attempts).toBeGreaterThanOrEqual(requests);
  expect(answered).toBe(0);
});
