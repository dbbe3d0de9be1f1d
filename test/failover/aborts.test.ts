import { expect, test } from "vitest";
import { backupModel, configOf, primaryModel, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { cutAfter, refusal, type Script, silent, streamed, whole } from "../../gateway/core/testing/scripts.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { seededRng } from "../../kernel/rng.ts";

const text = Array.from({ length: 20 }, (_, index) => `word${index + 1}`).join(" ");
const aborts = 5_000;
const stream = streamed("openai", primaryModel, text, { firstMs: 100, gapMs: 20 });
const faults: readonly Script[] = [stream, silent, refusal(503, "overloaded"), refusal(429, "slow", { "retry-after": "1" }), cutAfter(stream, 6), cutAfter(stream, 9, "hang"), { ...refusal(500, "server_error"), body: ["hang"] }];

const prefixOf = (messages: readonly { role: string; content: string }[]) => (messages.at(-1)!.role === "assistant" ? messages.at(-1)!.content : "");
/** A slow fallback, so that clients leave while a rescue waits for its first token too. */
const backup: Provider = (ordinal, { body }) => {
  if (ordinal % 7 === 0) return silent;
  return body.stream ? streamed("anthropic", backupModel, text.slice(prefixOf(body.messages).length), { firstMs: 300, gapMs: 20 }) : whole("anthropic", backupModel, text);
};

const isCut = (script: Script) => script === faults[4];

test("aborts: five thousand clients leave in every phase: upstream is left in that instant, and nothing stays", async () => {
  const clock = new VirtualClock();
  const rng = seededRng(1, "aborts");
  const plans = new Map(
    Array.from({ length: aborts }, (_, index) => [`request-${index}`, { startMs: rng.next() * 20_000, leaveMs: rng.next() * 900, script: faults[Math.floor(rng.next() * faults.length)]!, stream: rng.next() < 0.7 }]),
  );
  const primary: Provider = (_, { headers, body }) => {
    const { script } = plans.get(headers["x-client-request-id"]!)!;
    return body.stream || script !== stream ? script : whole("openai", primaryModel, text);
  };
  const base = configOf();
  const deployments = base.deployments.map((deployment) => ({ ...deployment, continuesPrefix: deployment.name === "backup" }));
  const rig = new Rig(clock, { primary, backup }, { ...base, deployments, concurrencyMax: aborts, policy: { ...base.policy, breaker: null, retryBudget: { ratio: 10, tokensMax: 1_000 } } });
  const sending = [...plans].map(([requestId, plan]) => clock.sleep(plan.startMs).then(() => rig.send({ requestId, stream: plan.stream, leaveMs: plan.leaveMs })));
  await clock.run();
  const received = await Promise.all(sending);

  const left = new Map(received.flatMap(({ requestId, broken, endedMs }) => (broken === "aborted" ? [[requestId, endedMs] as const] : [])));
  expect(left.size).toBeGreaterThan(aborts / 2);
  const ends = new Map(rig.finished().map((event) => [event.requestId, event]));
  expect(ends.size).toBe(aborts);
  const late: string[] = [];
  const phases = new Set<string>();
  for (const [requestId, atMs] of left) {
    const { startMs, leaveMs, script } = plans.get(requestId)!;
    const { outcome, endedMs, attempts, firstTokenMs } = ends.get(requestId)!;
    const leftMs = Math.round((startMs + leaveMs) * 1_000) / 1_000;
    if (outcome.kind !== "cancelled" || Math.abs(endedMs - leftMs) > 0.002 || Math.abs(atMs - leftMs) > 0.002) late.push(requestId);
    const isRescue = attempts.at(-1)?.reason?.startsWith("rescue") === true;
    phases.add(isRescue ? "rescue" : firstTokenMs !== null ? "body" : attempts.at(-1)?.failure === "cancelled" ? "first token" : isCut(script) ? "between legs" : "retry wait");
  }
  expect(late).toEqual([]);
  expect([...phases]).toEqual(expect.arrayContaining(["rescue", "body", "first token", "retry wait"]));
  const open = rig.transport.seen.filter(({ leftMs, headers }) => leftMs !== null && leftMs > (left.get(headers["x-client-request-id"]!) ?? Infinity) + 0.002);
  expect(open).toEqual([]);

  expect(received.filter(({ listenersLeft }) => listenersLeft !== 0)).toEqual([]);
  expect(clock.idle).toBe(true);
  expect(rig.gateway.state().inFlight).toBe(0);
});
