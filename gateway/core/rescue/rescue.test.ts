import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { GatewayConfig, PolicyConfig } from "../config.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig, type Sent } from "../testing/rig.ts";
import type { Provider, Seen } from "../testing/scripted-transport.ts";
import { cutAfter, refusal, type Script, streamed } from "../testing/scripts.ts";

const words = Array.from({ length: 20 }, (_, index) => `word${index + 1}`);
const text = words.join(" ");
const primaryStream = streamed("openai", primaryModel, text);
/** OpenAI's stream up to and with its `count`-th word. */
const primaryCut = (count: number, ...then: Parameters<typeof cutAfter>[2][]): Provider => () => cutAfter(primaryStream, count + 1, ...then);

const prefixOf = ({ body }: Seen) => (body.messages.at(-1)!.role === "assistant" ? body.messages.at(-1)!.content : null);

/** Goes on from a prefix, as Anthropic does; without one it gives the whole answer. */
const continuing: Provider = (_, seen) => streamed("anthropic", backupModel, text.slice(prefixOf(seen)?.length ?? 0));
const replaying: Provider = () => streamed("anthropic", backupModel, text);

function configWith(continuesPrefix: boolean, policy: Partial<PolicyConfig> = {}): GatewayConfig {
  const base = configOf({ policy: policyOf(policy) });
  return { ...base, deployments: base.deployments.map((deployment) => (deployment.name === "backup" ? { ...deployment, continuesPrefix } : deployment)) };
}

async function play(providers: { primary: Provider; backup: Provider }, config: GatewayConfig, sent: Sent = {}): Promise<{ received: Received; rig: Rig }> {
  const clock = new VirtualClock();
  const rig = new Rig(clock, providers, config);
  const receiving = rig.send(sent);
  await clock.run();
  const received = await receiving;
  expect(clock.idle).toBe(true);
  expect(received.listenersLeft).toBe(0);
  expect(rig.gateway.state().inFlight).toBe(0);
  return { received, rig };
}

function expectWhole(received: Received): void {
  expect(received).toMatchObject({ status: 200, text, isTerminated: true, finishReason: "stop", errorCode: null, broken: null });
}

test("rescue: a stream that breaks after any of its words is continued elsewhere, to the last word", async () => {
  for (let count = 1; count <= 20; count++) {
    const { received, rig } = await play({ primary: primaryCut(count, { fail: "reset" }), backup: continuing }, configWith(true));
    expectWhole(received);
    const [, second] = rig.transport.seen;
    expect(prefixOf(second!)).toBe(words.slice(0, count).join(" "));
    expect(second!.body.max_tokens).toBe(60 - count);
    expect(rig.finished()[0]).toMatchObject({ outcome: { kind: "success" }, attempts: [{ failure: "reset" }, { failure: null, reason: "rescue_continue" }] });
  }
});

test("rescue: without a deployment that continues a prefix the answer is replayed, and goes on where the client's ends", async () => {
  for (let count = 1; count <= 20; count++) {
    const { received, rig } = await play({ primary: primaryCut(count), backup: replaying }, configWith(false));
    expectWhole(received);
    expect(prefixOf(rig.transport.seen[1]!)).toBeNull();
  }
});

test("rescue: every way to break off is made good", async () => {
  const breaks = [[], [{ fail: "reset" }], [{ fail: "closed_early" }], ["hang"], [{ text: "data: {broken\n\n" }], [{ text: 'data: {"error":{"code":"overloaded","message":""}}\n\n' }]] as const;
  for (const then of breaks) {
    const { received } = await play({ primary: primaryCut(7, ...then), backup: continuing }, configWith(true));
    expectWhole(received);
  }
});

test("rescue: usage is that of the answer, and what the broken leg used besides is apart", async () => {
  const { received, rig } = await play({ primary: primaryCut(7), backup: continuing }, configWith(true));
  /** The second leg says 7 in, of which 7 are the prefix, and 14 out: a space alone opens its text. */
  expect(received.usage).toEqual({ prompt_tokens: 0, completion_tokens: 21, total_tokens: 21, blastlab_failed_legs: { prompt_tokens: 7, completion_tokens: 0 } });
  expect(rig.finished()[0]).toMatchObject({ inputTokens: 0, outputTokens: 21 });
  const replayed = await play({ primary: primaryCut(7), backup: replaying }, configWith(false));
  expect(replayed.received.usage).toEqual({ prompt_tokens: 7, completion_tokens: 20, total_tokens: 27, blastlab_failed_legs: { prompt_tokens: 7, completion_tokens: 7 } });
});

test("rescue: usage is that of the answer where only the broken leg reported its own", async () => {
  const gemini = streamed("gemini", primaryModel, text);
  const unreported: Provider = (_, seen) => {
    const whole = streamed("openai_compatible", backupModel, text.slice(seen.prefix!.length));
    return { ...whole, body: whole.body.map((step) => (typeof step === "object" && "text" in step ? { text: step.text.replace(/,"usage":\{[^}]*\}/, "") } : step)) };
  };
  const config = configWith(true);
  const dialects = { primary: "gemini", backup: "openai_compatible" } as const;
  const deployments = config.deployments.map((deployment) => ({ ...deployment, dialect: dialects[deployment.name as keyof typeof dialects] }));
  const { received, rig } = await play({ primary: () => cutAfter(gemini, 7), backup: unreported }, { ...config, deployments });
  expectWhole(received);
  expect(received.usage).toEqual({ prompt_tokens: 7, completion_tokens: 7 + 13, total_tokens: 27, blastlab_failed_legs: { prompt_tokens: 7 + 7, completion_tokens: 0 } });
  expect(rig.finished()[0]).toMatchObject({ inputTokens: 7, outputTokens: 20 });
});

test("rescue: a fallback that refuses the prefix replays instead, and its refusal never surfaces", async () => {
  const refusing: Provider = (ordinal, seen) => (prefixOf(seen) === null ? replaying(ordinal, seen) : refusal(400, "prefill_not_supported"));
  const { received, rig } = await play({ primary: primaryCut(7), backup: refusing }, configWith(true));
  expectWhole(received);
  expect(rig.finished()[0]!.attempts.map(({ reason, failure }) => [reason, failure])).toEqual([["first", "truncated"], ["rescue_continue", "bad_request"], ["rescue_replay", null]]);
  const dead = await play({ primary: primaryCut(7), backup: () => refusal(400, "prefill_not_supported") }, configWith(true));
  expect(dead.received).toMatchObject({ isTerminated: false, errorCode: "upstream_truncated", text: words.slice(0, 7).join(" ") });
});

const other = `${words.slice(0, 5).join(" ")} and now for something else`;

test("rescue: a replay that differs is not joined: the client gets the first failure, and upstream is cancelled", async () => {
  const { received, rig } = await play({ primary: (ordinal) => (ordinal === 0 ? cutAfter(primaryStream, 8) : refusal(503, "overloaded")), backup: () => streamed("anthropic", backupModel, other) }, configWith(false));
  expect(received).toMatchObject({ isTerminated: false, errorCode: "upstream_truncated", text: words.slice(0, 7).join(" ") });
  expect(rig.transport.at("backup")[0]!.leftMs).not.toBeNull();
  expect(rig.finished()[0]).toMatchObject({ outcome: { kind: "failure", failure: "truncated" } });
});

test("rescue: a client that takes a restart gets it marked, and then the other answer from its start", async () => {
  const { received, rig } = await play({ primary: primaryCut(7), backup: () => streamed("anthropic", backupModel, other) }, configWith(false), { headers: { "x-accept-restart": "1" } });
  expect(received).toMatchObject({ isTerminated: true, errorCode: null, finishReason: "stop" });
  const [before, after, ...more] = received.body.split("event: restart\n");
  expect(more).toEqual([]);
  expect(contentOf(before!)).toBe(words.slice(0, 7).join(" "));
  expect(contentOf(after!)).toBe(other);
  expect(JSON.parse(after!.split("\n")[0]!.slice("data: ".length))).toMatchObject({ choices: [], restart: { reason: "truncated" } });
  expect(rig.finished()[0]).toMatchObject({ outcome: { kind: "success" } });
});

function contentOf(body: string): string {
  const contents = [...body.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)];
  return contents.map(([, content]) => JSON.parse(`"${content}"`) as string).join("");
}

test("rescue: a leg that breaks too is rescued in turn, and the attempts are bounded", async () => {
  const brokenAgain: Provider = (ordinal, seen) => {
    const rest = text.slice(prefixOf(seen)?.length ?? 0);
    const script: Script = streamed("anthropic", backupModel, rest);
    return ordinal === 0 ? cutAfter(script, 6) : script;
  };
  const twice = await play({ primary: (ordinal, seen) => (ordinal === 0 ? cutAfter(primaryStream, 8) : refusal(503, String(seen.atMs))), backup: brokenAgain }, configWith(true));
  expectWhole(twice.received);
  const never: Provider = (_, seen) => cutAfter(streamed("anthropic", backupModel, text.slice(prefixOf(seen)?.length ?? 0)), 4);
  const bounded = await play({ primary: primaryCut(7), backup: never }, configWith(true));
  expect(bounded.received).toMatchObject({ isTerminated: false, errorCode: "upstream_truncated" });
  expect(text.startsWith(bounded.received.text)).toBe(true);
  expect(bounded.rig.transport.seen).toHaveLength(4);
});

test("rescue: after the finish reason nothing is missing, however the connection ends", async () => {
  const { received, rig } = await play({ primary: () => cutAfter(primaryStream, 22, { fail: "reset" }), backup: continuing }, configWith(true));
  expectWhole(received);
  expect(rig.transport.seen).toHaveLength(1);
});

test("rescue: an empty retry budget where no other can answer, a caller's fault and the end of the request's time end it in the first failure", async () => {
  const noBudget = await play({ primary: primaryCut(7), backup: continuing }, configWith(true, { retryBudget: { ratio: 0, tokensMax: 0 } }), { route: "alone" });
  expect(noBudget.received).toMatchObject({ isTerminated: false, errorCode: "upstream_truncated" });
  const filtered = await play({ primary: primaryCut(7, { text: 'data: {"error":{"code":"content_filter","message":"no"}}\n\n' }), backup: continuing }, configWith(true));
  expect(filtered.received).toMatchObject({ isTerminated: false, errorCode: "content_filter" });
  const late = await play({ primary: primaryCut(7, "hang"), backup: continuing }, configWith(true, { deadlines: { ...policyOf({}).deadlines, totalMs: 5_000 } }));
  expect(late.received).toMatchObject({ isTerminated: false, errorCode: "total_timeout", endedMs: 5_000 });
  for (const { rig } of [noBudget, filtered, late]) expect(rig.transport.seen).toHaveLength(1);
});

test("rescue: a stream whose error comes in the read that brings its first words has sent nothing yet: another answers from the start", async () => {
  const first = streamed("openai", primaryModel, text).body.flatMap((step) => (typeof step === "object" && "text" in step ? [step.text] : [])).slice(0, 3).join("");
  const inOneRead: Provider = () => ({ ...primaryStream, body: [{ text: `${first}data: {"error":{"code":"overloaded","message":""}}\n\n` }] });
  const { received, rig } = await play({ primary: inOneRead, backup: () => streamed("anthropic", backupModel, other) }, configWith(false));
  expect(received).toMatchObject({ status: 200, text: other, isTerminated: true, headers: { "x-blastlab-deployment": "backup" } });
  expect(rig.finished()[0]).toMatchObject({ outcome: { kind: "success" }, attempts: [{ failure: "overloaded", textEvents: 2 }, { failure: null, reason: "failover" }] });
  const alone = await play({ primary: inOneRead, backup: replaying }, configWith(false), { route: "alone" });
  expect(alone.received).toMatchObject({ status: 503, errorCode: "upstream_overloaded", text: "" });
});

test("rescue: switched off, a stream that breaks ends in an in-band error", async () => {
  const { received, rig } = await play({ primary: primaryCut(7), backup: continuing }, configWith(true, { rescue: null }));
  expect(received).toMatchObject({ isTerminated: false, errorCode: "upstream_truncated" });
  expect(rig.transport.seen).toHaveLength(1);
});
