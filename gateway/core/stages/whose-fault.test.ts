import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { backupModel, configOf, primaryModel, type Received, Rig } from "../testing/rig.ts";
import { refusal, type Script, streamed } from "../testing/scripts.ts";

const fine = streamed("openai", primaryModel, "Fine");
const saying = (status: number, error: object): Script => ({ ...refusal(status, ""), body: [{ text: JSON.stringify({ error }) }] });

/** Three deployments of one route, and one request after the other. */
async function ask(scripts: Readonly<Record<"primary" | "backup" | "third", Script>>, count = 1): Promise<{ rig: Rig; received: readonly Received[] }> {
  const clock = new VirtualClock();
  const base = configOf();
  const third = { ...base.deployments[0]!, name: "third", baseUrl: "http://third/v1" };
  const config = configOf({ deployments: [...base.deployments, third], routes: [{ name: "both", deployments: ["primary", "backup", "third"] }] });
  const rig = new Rig(clock, { primary: () => scripts.primary, backup: () => scripts.backup, third: () => scripts.third }, config);
  const received: Received[] = [];
  for (let index = 0; index < count; index++) {
    const receiving = rig.send();
    await clock.run();
    received.push(await receiving);
  }
  return { rig, received };
}

const answer = streamed("anthropic", backupModel, "Fine");
const tooLarge = { message: "Request too large for model `m` on tokens per minute (TPM): Limit 8000, Requested 10220", type: "tokens", code: "rate_limit_exceeded" };

test.each([413, 429])("whose fault: a limit of the provider's that one request exceeds (%i) is made good elsewhere, and costs the deployment nothing", async (status) => {
  const { rig, received } = await ask({ primary: saying(status, tooLarge), backup: answer, third: fine }, 20);
  expect(received.every(({ text }) => text === "Fine")).toBe(true);
  expect(rig.transport.at("primary")).toHaveLength(20);
  expect(rig.gateway.state()).toMatchObject({ breakers: [{ state: "closed" }, {}, {}], benched: [] });
});

test("whose fault: a server that asks not to be sent the same request again is asked once, and then the next one", async () => {
  const error = refusal(500, "server_error");
  const forbidding = { ...error, headers: { ...error.headers, "x-should-retry": "false" } };
  const { rig, received } = await ask({ primary: forbidding, backup: answer, third: fine });
  expect([received[0]!.text, rig.transport.at("primary").length]).toEqual(["Fine", 1]);
});

test("whose fault: a request that is too large for all is told so, in the provider's words", async () => {
  const refused = saying(413, { message: "At most 8 MB", type: "request_too_large" });
  const { received } = await ask({ primary: refused, backup: refused, third: refused });
  expect(received[0]).toMatchObject({ status: 413, body: expect.stringContaining("At most 8 MB") as string });
});

test("whose fault: moderation that comes as 403 ends the request, is asked of nobody else, and opens no breaker", async () => {
  const moderated = saying(403, { code: 403, message: "m requires moderation on P. Your input was flagged.", metadata: { reasons: ["violence"] } });
  const { rig, received } = await ask({ primary: moderated, backup: answer, third: fine }, 20);
  expect(received[0]).toMatchObject({ status: 400, errorCode: "content_policy_violation" });
  expect(rig.transport.seen).toHaveLength(20);
  expect(rig.gateway.state().breakers.map(({ state }) => state)).toEqual(["closed", "closed", "closed"]);
});

test("whose fault: a fallback's own 400 goes on to the next, and hides no failure", async () => {
  const { rig, received } = await ask({ primary: refusal(503, "overloaded"), backup: refusal(400, "unsupported_value"), third: fine });
  expect(received[0]!.headers["x-blastlab-deployment"]).toBe("third");
  expect(rig.transport.seen.map(({ deployment }) => deployment)).toEqual(["primary", "backup", "third"]);
  const none = await ask({ primary: refusal(503, "overloaded"), backup: refusal(400, "unsupported_value"), third: refusal(400, "unsupported_value") });
  expect(none.received[0]).toMatchObject({ status: 503, errorCode: "upstream_overloaded" });
});

test("whose fault: turns that another provider signed are taken to another deployment, at no cost to the one that cannot read them", async () => {
  const foreign = saying(400, { message: "messages.1.content.0: Invalid `signature` in `thinking` block", type: "invalid_request_error" });
  const { rig, received } = await ask({ primary: foreign, backup: answer, third: fine }, 20);
  expect(received.every(({ text }) => text === "Fine")).toBe(true);
  expect(rig.transport.at("primary")).toHaveLength(20);
  expect(rig.gateway.state()).toMatchObject({ breakers: [{ state: "closed" }, {}, {}], benched: [] });
  const none = await ask({ primary: foreign, backup: foreign, third: foreign });
  expect(none.received[0]).toMatchObject({ status: 400, errorCode: "foreign_history", body: expect.stringContaining("Invalid `signature`") as string });
});

test.each([
  [404, { message: "No endpoints found that support image input", code: 404 }],
  [400, { message: "registry.ollama.ai/library/m does not support tools", type: "api_error", code: null }],
  [500, { message: "image input is not supported", type: "server_error", code: 500 }],
  [400, { message: "Failed to call a function. Please adjust your prompt.", type: "invalid_request_error", code: "tool_use_failed" }],
])("whose fault: what one model cannot do (%i) another does, and no breaker counts it", async (status, error) => {
  const { rig, received } = await ask({ primary: saying(status, error), backup: answer, third: fine }, 20);
  expect(received.every(({ text }) => text === "Fine")).toBe(true);
  expect(rig.transport.at("primary")).toHaveLength(20);
  expect(rig.gateway.state()).toMatchObject({ breakers: [{ state: "closed" }, {}, {}], benched: [] });
  const none = await ask({ primary: saying(status, error), backup: saying(status, error), third: saying(status, error) });
  expect(none.received[0]).toMatchObject({ status: 400, errorCode: error.code === "tool_use_failed" ? error.code : "unsupported", body: expect.stringContaining(error.message) as string });
});

test("whose fault: a model that the provider does not have is the gateway's mistake, though it comes as 400", async () => {
  const { rig, received } = await ask({ primary: saying(400, { message: "Model Not Exist", type: "invalid_request_error" }), backup: answer, third: fine }, 6);
  expect(received.every(({ text }) => text === "Fine")).toBe(true);
  expect(rig.gateway.state().breakers[0]).toMatchObject({ state: "open" });
});

test("whose fault: the first deployment's 400 is the client's, and is sent once", async () => {
  const { rig, received } = await ask({ primary: refusal(400, "unsupported_value"), backup: answer, third: fine });
  expect(received[0]).toMatchObject({ status: 400, errorCode: "unsupported_value" });
  expect(rig.transport.seen).toHaveLength(1);
});

test.each([
  [401, "invalid_api_key", []],
  [402, "insufficient_quota", []],
  [404, "model_not_found", []],
  [500, "server_error", ["third"]],
] as const)("whose fault: two deployments that answer %i say %s of the others of their provider", async (status, code, others) => {
  const base = configOf();
  const [primary, backup] = [{ ...base.deployments[0]!, provider: "p" }, { ...base.deployments[1]!, provider: "p" }];
  const third = { ...primary, name: "third", baseUrl: "http://third/v1" };
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => refusal(status, code), backup: () => refusal(status, code), third: () => fine }, configOf({ deployments: [primary, backup, third], routes: [{ name: "both", deployments: ["primary", "backup"] }] }));
  for (let index = 0; index < 6; index++) {
    const receiving = rig.send();
    await clock.run();
    await receiving;
  }
  expect(rig.gateway.state().breakers.map(({ state }) => state)).toEqual(["open", "open", "closed"]);
  expect(rig.gateway.state().ofBadProvider?.filter((name) => name === "third")).toEqual(others);
});

test("whose fault: a server that refuses to be asked for usage is asked without, and remembered; a client that asks is told", async () => {
  const clock = new VirtualClock();
  const strict = (_: unknown, { text }: { readonly text: string }) => (text.includes("stream_options") ? saying(422, { message: "body.stream_options: Extra inputs are not permitted" }) : fine);
  const rig = new Rig(clock, { primary: strict, backup: () => answer }, configOf());
  const unasked = { route: "alone", body: { stream_options: undefined } };
  const together = [rig.send(unasked), rig.send(unasked)];
  await clock.run();
  expect((await Promise.all(together)).map(({ text }) => text)).toEqual(["Fine", "Fine"]);
  expect(rig.transport.seen).toHaveLength(4);
  const [later, asking] = [rig.send(unasked), rig.send({ route: "alone" })];
  await clock.run();
  expect([(await later).text, (await asking).status, rig.transport.seen.length]).toEqual(["Fine", 422, 6]);
  expect(rig.gateway.state().breakers[0]).toMatchObject({ state: "closed" });
});
