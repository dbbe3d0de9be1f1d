import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "./testing/rig.ts";
import type { Provider } from "./testing/scripted-transport.ts";
import { broken, cutAfter, refusal, streamed, whole } from "./testing/scripts.ts";

const words = "one two three four";
const primary: Provider = (_, { body }) => (body.stream ? streamed("openai", primaryModel, words) : whole("openai", primaryModel, words));
const backup: Provider = (_, { body }) => (body.stream ? streamed("anthropic", backupModel, words) : whole("anthropic", backupModel, words));

async function get(rig: Rig, path: string, headers = {}) {
  const response = await rig.gateway.handle({ method: "GET", path, headers, body: utf8Bytes("") }, neverSignal);
  let body = "";
  for await (const bytes of response.body) body += utf8Text(bytes);
  return { status: response.status, body: JSON.parse(body) as unknown };
}

test.each([true, false])("gateway: a healthy request, by its headers and events (stream %s)", async (stream) => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup });
  const receiving = rig.send({ stream });
  await clock.run();
  const received = await receiving;
  expect(received).toMatchObject({ status: 200, text: words, model: primaryModel, isTerminated: true, usage: { completion_tokens: 4 } });
  expect(received.headers).toMatchObject({
    "content-type": stream ? "text/event-stream" : "application/json",
    "x-blastlab-deployment": "primary",
    "x-blastlab-attempts": `primary:ok@${stream ? 115 : 300}`,
    "x-request-id": expect.stringMatching(/^[0-9a-f]{16}$/) as string,
  });
  const id = received.headers["x-request-id"];
  const common = { id, requestId: received.requestId, team: "a", feature: "chat", route: "both", stream };
  expect(rig.events).toMatchObject([
    { type: "started", ...common, atMs: 0 },
    {
      type: "finished",
      ...common,
      outcome: { kind: "success" },
      status: 200,
      inputTokens: 7,
      outputTokens: 4,
      startedMs: 0,
      firstTokenMs: stream ? 115 : 300,
      endedMs: received.endedMs,
      attempts: [{ deployment: "primary", failure: null, status: 200, startedMs: 0 }],
    },
  ]);
});

test("gateway: the client's id and trace go upstream on every attempt, each attempt with a span of its own", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => refusal(503, "overloaded"), backup });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const receiving = rig.send({ requestId: "mine", headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
  await clock.run();
  await receiving;
  const headers = rig.transport.seen.map((seen) => seen.headers);
  expect(headers.map((each) => each["x-client-request-id"])).toEqual(["mine", "mine"]);
  const spans = rig.finished()[0]!.attempts.map(({ spanId }) => spanId);
  expect(headers.map(({ traceparent }) => traceparent)).toEqual(spans.map((span) => `00-${traceId}-${span}-01`));
  expect(new Set(spans).size).toBe(2);
  expect(rig.events[0]).toMatchObject({ type: "started", traceparent: `00-${traceId}-b7ad6b7169203331-01` });
});

test.each([undefined, "", "nonsense", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", `00-${"0".repeat(32)}-b7ad6b7169203331-01`])("gateway: without a readable trace (%s) it begins one, and an id of its own", async (traceparent) => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup });
  const receiving = rig.send({ requestId: "", headers: traceparent === undefined ? {} : { traceparent } });
  await clock.run();
  await receiving;
  const [{ headers }] = rig.transport.seen as [(typeof rig.transport.seen)[0]];
  const { id, requestId } = rig.finished()[0]!;
  expect(requestId).toBe(id);
  expect(headers["x-client-request-id"]).toBe(id);
  const [, traceId] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(headers["traceparent"]!)!;
  expect(rig.events[0]).toMatchObject({ traceparent: `00-${traceId}-${id}-01` });
});

test.each([
  ["no key", { headers: { authorization: "" } }, 401, "invalid_api_key", "identity"],
  ["an unknown key", { key: "vk-z" }, 401, "invalid_api_key", "identity"],
  ["an unknown model", { route: "nothing" }, 404, "model_not_found", "route"],
] as const)("gateway: %s is refused before any provider is asked", async (_, sent, status, code, by) => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup });
  const receiving = rig.send(sent);
  await clock.run();
  expect(await receiving).toMatchObject({ status, errorCode: code });
  expect(rig.transport.seen).toEqual([]);
  expect(rig.events).toMatchObject([{ type: "started" }, { type: "finished", outcome: { kind: "rejected", by }, status, attempts: [] }]);
});

test("gateway: a body that is no chat request is the client's fault", async () => {
  const rig = new Rig(new VirtualClock(), { primary, backup });
  const headers = { authorization: "Bearer vk-a" };
  const response = await rig.gateway.handle({ method: "POST", path: "/v1/chat/completions", headers, body: utf8Bytes("{") }, neverSignal);
  expect(response.status).toBe(400);
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "rejected", by: "decode" }, team: "a" }]);
});

test("gateway: above concurrencyMax it sheds at once with Retry-After, and has room again when one ends", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup }, configOf({ concurrencyMax: 2 }));
  const receiving = [rig.send(), rig.send(), rig.send()];
  await clock.run(50);
  expect(rig.gateway.state().inFlight).toBe(2);
  await clock.run();
  const received = await Promise.all(receiving);
  expect(received.map(({ status }) => status)).toEqual([200, 200, 503]);
  expect(received[2]).toMatchObject({ errorCode: "gateway_overloaded", endedMs: 0, headers: { "retry-after": "1" } });
  const next = rig.send();
  await clock.run();
  expect((await next).status).toBe(200);
});

test("gateway: what is missing below an endpoint is refused in the endpoint's own format", async () => {
  const { gateway } = new Rig(new VirtualClock(), {});
  const refusalOf = async (path: string) => {
    const { status, body } = await gateway.handle({ method: "POST", path, headers: {}, body: utf8Bytes("{}") }, neverSignal);
    return [status, JSON.parse(utf8Text((await Array.fromAsync(body))[0]!))] as const;
  };
  const message = (path: string) => `Nothing at POST ${path}`;
  expect(await refusalOf("/v1/messages/count_tokens")).toMatchObject([404, { type: "error", error: { type: "not_found_error" } }]);
  expect(await refusalOf("/v1/responses/compact")).toMatchObject([404, { error: { message: message("/v1/responses/compact"), code: "not_found" } }]);
});

test("gateway: the models are the routes, for those who have a key; other paths are 404, and other methods 405", async () => {
  const rig = new Rig(new VirtualClock(), { primary, backup });
  expect(await get(rig, "/v1/models", { authorization: "Bearer vk-b" })).toMatchObject({
    status: 200,
    body: { object: "list", data: [{ id: "both", object: "model" }, { id: "alone" }, { id: "other" }] },
  });
  expect(await get(rig, "/v1/models")).toMatchObject({ status: 401, body: { error: { code: "invalid_api_key" } } });
  expect(await get(rig, "/v1/nothing")).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  const statusOf = async (method: string, path: string) => {
    const { status, headers } = await rig.gateway.handle({ method, path, headers: { authorization: "Bearer vk-b" }, body: new Uint8Array(0) }, neverSignal);
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f]{16}$/);
    return [status, headers["allow"]];
  };
  expect(await statusOf("GET", "/v1/embeddings")).toEqual([405, "POST"]);
  expect(await statusOf("OPTIONS", "/v1/chat/completions")).toEqual([405, "POST"]);
  expect(await statusOf("DELETE", "/v1/models/both")).toEqual([405, "GET, HEAD"]);
  expect(await statusOf("HEAD", "/v1/models")).toEqual([200, undefined]);
  expect(rig.events).toEqual([]);
});

test("gateway: a hundred requests at a half-open breaker send one probe, and all are answered", async () => {
  const clock = new VirtualClock();
  const policy = policyOf({ breaker: { failureRateThreshold: 0.5, minimumThroughput: 5, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1 } });
  const recovering: Provider = (ordinal, seen) => (seen.atMs < 5_000 ? broken("refused") : primary(ordinal, seen));
  const rig = new Rig(clock, { primary: recovering, backup }, configOf({ policy }));
  const breaking = Array.from({ length: 10 }, () => rig.send());
  await clock.run();
  await Promise.all(breaking);
  expect(rig.gateway.state().breakers[0]).toMatchObject({ deployment: "primary", state: "open", untilMs: expect.any(Number) as number });
  clock.at(10_000, () => {});
  await clock.run();
  const before = rig.transport.at("primary").length;
  const receiving = Array.from({ length: 100 }, () => rig.send());
  await clock.run();
  const received = await Promise.all(receiving);
  expect(received.every(({ text, isTerminated }) => text === words && isTerminated)).toBe(true);
  expect(rig.transport.at("primary").length - before).toBe(1);
  expect(rig.gateway.state().breakers[0]).toMatchObject({ state: "closed" });
  expect(rig.events.filter(({ type }) => type === "state_changed")).toMatchObject([
    { from: "closed", to: "open", reason: "The last 3 attempts at its provider could not connect, the last with refused" },
    { from: "open", to: "half_open", reason: "Cooldown has passed" },
    { from: "half_open", to: "closed", reason: "Probes succeeded" },
  ]);
});

test("gateway: no number of the caller's own faults opens a breaker", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => refusal(400, "bad_request"), backup });
  for (let index = 0; index < 30; index++) {
    const receiving = rig.send();
    await clock.run();
    expect(await receiving).toMatchObject({ status: 400 });
  }
  expect(rig.gateway.state().breakers[0]).toMatchObject({ state: "closed" });
  expect(rig.transport.seen).toHaveLength(30);
});

test("gateway: with all providers down, attempts stay within the budget and clients are told not to retry on top", async () => {
  const clock = new VirtualClock();
  const down: Provider = () => refusal(500, "server_error");
  const policy = policyOf({ breaker: null, retryBudget: { ratio: 0.1, tokensMax: 10 } });
  const rig = new Rig(clock, { primary: down, backup: down }, configOf({ policy }));
  const receiving = Array.from({ length: 200 }, (_, index) => clock.sleep(index * 50).then(() => rig.send()));
  await clock.run();
  const received = await Promise.all(receiving);
  expect(rig.transport.seen.length).toBeLessThanOrEqual(200 * 1.1 + 10);
  expect(rig.transport.seen.length).toBeGreaterThan(200);
  expect(new Set(received.map(({ headers }) => headers["x-should-retry"]))).toEqual(new Set(["false"]));
});

test("gateway: a credential that cannot be read fails over, and only its reference is reported", async () => {
  const clock = new VirtualClock();
  const read = (reference: string) => (reference === "env:PRIMARY" ? Promise.reject(new Error("unknown reference")) : Promise.resolve("s3cret"));
  const rig = new Rig(clock, { primary, backup }, configOf(), { secrets: { read } });
  const receiving = rig.send();
  await clock.run();
  expect(await receiving).toMatchObject({ status: 200, model: backupModel });
  expect(rig.finished()[0]!.attempts[0]).toMatchObject({ failure: "auth", status: null });
  expect(JSON.stringify(rig.events)).not.toContain("s3cret");
});

test("gateway: what a provider says about its own failure does not reach the client", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => refusal(401, "key sk-abc is wrong") });
  const receiving = rig.send({ route: "alone" });
  await clock.run();
  const received = await receiving;
  expect(received).toMatchObject({ status: 502, errorCode: "upstream_auth" });
  expect(received.body).not.toContain("sk-abc");
});

test("gateway: a mistake inside it ends the request as its own failure, and is thrown to the rim", async () => {
  const clock = new VirtualClock();
  const open = () => Promise.reject(new TypeError("a bug"));
  const rig = new Rig(clock, { primary, backup }, configOf(), { transport: { open } });
  await expect(rig.send()).rejects.toThrow("a bug");
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "failure", failure: "server_error" }, status: 500, attempts: [{ deployment: "primary" }] }]);
  expect(rig.gateway.state().inFlight).toBe(0);
  expect(clock.idle).toBe(true);
});

test("gateway: a provider that goes on after its terminal event keeps no client waiting, and is cancelled after a second", async () => {
  const clock = new VirtualClock();
  const script = streamed("openai", primaryModel, words);
  const rig = new Rig(clock, { primary: () => cutAfter(script, 99, "hang") });
  const receiving = rig.send({ route: "alone" });
  await clock.run();
  const received = await receiving;
  expect(received).toMatchObject({ isTerminated: true, text: words });
  expect(rig.transport.seen[0]!.leftMs).toBe(received.endedMs + 1_000);
  expect(clock.idle).toBe(true);
});
