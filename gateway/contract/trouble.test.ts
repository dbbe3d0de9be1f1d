import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { fixturesOf, says, type Started, startGatewayTo } from "./support/gateway.ts";
import { type Answer, sendJson } from "./support/provider.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

const messages = [{ role: "user" as const, content: "Say it." }];

/** The same stream through each kind of client: what it read, and whether it was content with the end. */
const clients = {
  "chat completions": async ({ openai }: Started, signal?: AbortSignal) => {
    let text = "";
    const stream = await openai.chat.completions.create({ model: "chat", messages, stream: true }, { ...(signal && { signal }) });
    return { text: () => text, read: async () => { for await (const part of stream) text += part.choices[0]?.delta.content ?? ""; } };
  },
  responses: async ({ openai }: Started, signal?: AbortSignal) => {
    let text = "";
    const stream = await openai.responses.create({ model: "chat", input: "Say it.", stream: true }, { ...(signal && { signal }) });
    return { text: () => text, read: async () => { for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta; } };
  },
  messages: async ({ anthropic }: Started, signal?: AbortSignal) => {
    let text = "";
    const stream = await anthropic.messages.create({ model: "chat", max_tokens: 9, messages, stream: true }, { ...(signal && { signal }) });
    return { text: () => text, read: async () => { for await (const event of stream) if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text; } };
  },
} as const;

const names = Object.keys(clients) as (keyof typeof clients)[];
const head = { "content-type": "text/event-stream" };
const noRescue = { policy: { rescue: null, retry: { attemptsMax: 1 } } };

test.each(names)("%s: a stream that a provider breaks off raises in the SDK, after what had come", async (name) => {
  const cut = Promise.withResolvers<void>();
  const answer: Answer = (response) => {
    response.writeHead(200, head).write(fixturesOf.openai.text.events.split("\n\n").slice(0, 2).join("\n\n") + "\n\n");
    void cut.promise.then(() => response.socket!.resetAndDestroy());
  };
  const started = await startGatewayTo([["openai", answer]], noRescue);
  const { text, read } = await clients[name](started);
  const reading = read();
  await untilPasses(() => expect(text()).toBe("Hé"));
  cut.resolve();
  await expect(reading).rejects.toBeInstanceOf(name === "messages" ? Anthropic.APIError : OpenAI.APIError);
  await untilPasses(() => expect(started.lines.at(-1)).toMatchObject({ event: "request", outcome: "failure:reset" }));
});

test.each(names)("%s: a client that leaves takes the provider's request with it", async (name) => {
  const closed = Promise.withResolvers<void>();
  const answer: Answer = (response) => {
    response.on("close", closed.resolve);
    response.writeHead(200, head).write(fixturesOf.openai.text.events.split("\n\n").slice(0, 2).join("\n\n") + "\n\n");
  };
  const started = await startGatewayTo([["openai", answer]]);
  const client = new AbortController();
  const { read } = await clients[name](started, client.signal);
  const reading = read().catch(() => {});
  client.abort();
  await Promise.all([closed.promise, reading]);
  await untilPasses(() => expect(started.lines.at(-1)).toMatchObject({ event: "request", outcome: "cancelled" }));
});

test("SDK retries: the gateway has done what it could, and says so: the official clients do not ask again", async () => {
  const { url, providers } = await startGatewayTo([["openai", (response) => sendJson(response, { error: { message: "no", code: "server_error" } }, 500)]], noRescue);
  const openai = new OpenAI({ apiKey: "vk-1", baseURL: `${url}/v1`, maxRetries: 2 });
  const anthropic = new Anthropic({ apiKey: "vk-1", baseURL: url, maxRetries: 2 });
  await expect(openai.chat.completions.create({ model: "chat", messages })).rejects.toMatchObject({ status: 502 });
  await expect(openai.responses.create({ model: "chat", input: "x" })).rejects.toMatchObject({ status: 502 });
  await expect(anthropic.messages.create({ model: "chat", max_tokens: 9, messages })).rejects.toMatchObject({ status: 502 });
  expect(providers[0]!.seen).toHaveLength(3);
});

test("SDK retries: a gateway that is full asks to come back, and the official client does", async () => {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const answer: Answer = (response, seen) => {
    arrived.resolve();
    void gate.promise.then(() => says(fixturesOf.openai.text)(response, seen));
  };
  const { url, openai } = await startGatewayTo([["openai", answer]], { concurrencyMax: 1 });
  const first = openai.chat.completions.create({ model: "chat", messages });
  await arrived.promise;
  const patient = new OpenAI({ apiKey: "vk-1", baseURL: `${url}/v1`, maxRetries: 3 });
  const second = patient.chat.completions.create({ model: "chat", messages });
  await untilPasses(async () => expect(await (await fetch(`${url}/metrics`)).text()).toContain('outcome="rejected"'));
  gate.resolve();
  expect((await Promise.all([first, second])).map(({ choices }) => choices[0]?.message.content)).toEqual(["Hé llo.", "Hé llo."]);
});

test.each([false, true])("attempts: what each came to is in the body's metadata too, stream %s", async (stream) => {
  const { openai, anthropic } = await startGatewayTo(
    [
      ["openai", (response) => sendJson(response, { error: { message: "no", code: "server_error" } }, 503)],
      ["anthropic", says(fixturesOf.anthropic.text)],
    ],
    { policy: { retry: { attemptsPerDeploymentMax: 1 } } },
  );
  const bodies: unknown[] = [];
  if (stream) {
    for await (const part of await openai.chat.completions.create({ model: "chat", messages, stream })) if (part.choices[0]?.finish_reason) bodies.push(part);
    for await (const event of await openai.responses.create({ model: "chat", input: "x", stream })) if (event.type === "response.completed") bodies.push(event.response);
    for await (const event of await anthropic.messages.create({ model: "chat", max_tokens: 9, messages, stream })) if (event.type === "message_delta") bodies.push(event);
  } else {
    bodies.push(await openai.chat.completions.create({ model: "chat", messages }), await openai.responses.create({ model: "chat", input: "x" }), await anthropic.messages.create({ model: "chat", max_tokens: 9, messages }));
  }
  expect(bodies).toHaveLength(3);
  for (const body of bodies) expect(body).toMatchObject({ metadata: { blastlab_attempts: expect.stringMatching(/^d0:503@\d+;d1:ok@\d+$/) as string } });
});

/** OpenAI's answer, had the text moved into an object. */
const drifted: Answer = (response) => sendJson(response, { id: "x", model: "m-1", choices: [{ index: 0, message: { role: "assistant", content: { text: "internal-7f3a" } }, finish_reason: "stop" }] });

test("contract: an answer of another shape is a failure of its own with an alarm, and nothing of it reaches the client", async () => {
  const { url, lines } = await startGatewayTo([["openai", drifted]], noRescue);
  const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1" }, body: JSON.stringify({ model: "chat", messages }) });
  const body = await answer.text();
  expect([answer.status, JSON.parse(body)]).toMatchObject([502, { error: { code: "upstream_contract" } }]);
  expect(lines).toMatchObject([
    { event: "contract_broken", deployment: "d0", detail: expect.stringContaining("choices[0].message.content: expected a string, got an object") as string },
    { event: "request", outcome: "failure:contract" },
  ]);
  expect(body + JSON.stringify(lines)).not.toContain("internal-7f3a");
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('blastlab_gateway_contract_breaches_total{deployment="d0"} 1');
});

test("contract: beside a fallback the client gets the other's answer, and the alarm sounds all the same", async () => {
  const { openai, lines } = await startGatewayTo([
    ["openai", drifted],
    ["gemini", says(fixturesOf.gemini.text)],
  ]);
  const { choices } = await openai.chat.completions.create({ model: "chat", messages });
  expect(choices[0]?.message.content).toBe("Hé llo.");
  expect(lines.filter(({ event }) => event === "contract_broken")).toHaveLength(1);
});

test("contract: a stream that changes its shape in the middle raises in the SDK", async () => {
  const broken = fixturesOf.anthropic.text.events.replace('"text":" llo"', '"words":" llo"');
  const started = await startGatewayTo([["anthropic", (response) => response.writeHead(200, head).end(broken)]], noRescue);
  const { text, read } = await clients["chat completions"](started);
  await expect(read()).rejects.toMatchObject({ code: "upstream_contract" });
  expect(text()).toBe("Hé");
  expect(started.lines).toMatchObject([{ event: "contract_broken", detail: expect.stringContaining("delta.text: expected a string, got nothing") as string }, { event: "request" }]);
});

test("unsupportedParameters: a deployment without a parameter is passed over; where all lack it, the error names it", async () => {
  const route = [
    ["anthropic", says(fixturesOf.anthropic.text)],
    ["openai", says(fixturesOf.openai.text)],
  ] as const;
  const both = await startGatewayTo(route);
  const { response } = await both.openai.chat.completions.create({ model: "chat", messages, frequency_penalty: 0.5 }).withResponse();
  expect(response.headers.get("x-blastlab-deployment")).toBe("d1");
  expect(both.providers[0]!.seen).toEqual([]);
  const alone = await startGatewayTo([route[0]]);
  await expect(alone.openai.chat.completions.create({ model: "chat", messages, frequency_penalty: 0.5, response_format: { type: "json_object" } })).rejects.toMatchObject({
    status: 400,
    code: "unsupported_parameter",
    message: expect.stringContaining("'response_format', 'frequency_penalty'") as string,
  });
});
