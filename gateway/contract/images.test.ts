import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { GatewayDialect } from "../../kernel/chat.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { configOf, Rig } from "../core/testing/rig.ts";
import { fixturesOf } from "./support/gateway.ts";

/** Images in one format are the same images in another, in the same places between the texts. */

const png = "iVBORw0KGgo=";
type Client = "chat" | "responses" | "messages";
type Part = string | { readonly data: string } | { readonly url: string };

const asked: Readonly<Record<Client, (parts: readonly Part[]) => { path: string; body: object }>> = {
  chat: (parts) => ({ path: "/v1/chat/completions", body: { messages: [{ role: "user", content: parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : { type: "image_url", image_url: { url: urlOf(part) } })) }] } }),
  responses: (parts) => ({ path: "/v1/responses", body: { input: [{ role: "user", content: parts.map((part) => (typeof part === "string" ? { type: "input_text", text: part } : { type: "input_image", image_url: urlOf(part), detail: "auto" })) }] } }),
  messages: (parts) => ({ path: "/v1/messages", body: { max_tokens: 9, messages: [{ role: "user", content: parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : { type: "image", source: sourceOf(part) })) }] } }),
};

function urlOf(part: Exclude<Part, string>): string {
  return "url" in part ? part.url : `data:image/png;base64,${part.data}`;
}

function sourceOf(part: Exclude<Part, string>): object {
  return "url" in part ? { type: "url", url: part.url } : { type: "base64", media_type: "image/png", data: part.data };
}

const sent: Readonly<Record<GatewayDialect, (parts: readonly Part[]) => object>> = {
  openai: (parts) => asked.chat(parts).body,
  openai_compatible: (parts) => asked.chat(parts).body,
  openai_responses: (parts) => ({ input: [{ role: "user", content: parts.map((part) => (typeof part === "string" ? { type: "input_text", text: part } : { type: "input_image", image_url: urlOf(part) })) }] }),
  anthropic: (parts) => ({ messages: [{ role: "user", content: parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : { type: "image", source: sourceOf(part) })) }] }),
  gemini: (parts) => ({ contents: [{ role: "user", parts: parts.map((part) => (typeof part === "string" ? { text: part } : { inlineData: { mimeType: "image/png", data: "data" in part ? part.data : "" } })) }] }),
};

async function ask(dialect: GatewayDialect, { path, body }: { path: string; body: object }) {
  const clock = new VirtualClock();
  const deployments = [{ name: "primary", dialect, model: "m-1", baseUrl: "http://primary/v1", credential: "env:P" }];
  const script = { before: [], status: 200, headers: { "content-type": "application/json" }, body: [{ text: JSON.stringify(fixturesOf[dialect].text.json) }] };
  const rig = new Rig(clock, { primary: () => script }, configOf({ deployments, routes: [{ name: "chat", deployments: ["primary"] }] }));
  const answering = rig.gateway.handle({ method: "POST", path, headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(JSON.stringify({ model: "chat", ...body })) }, neverSignal);
  await clock.run();
  const response = await answering;
  let text = "";
  for await (const bytes of response.body) text += utf8Text(bytes);
  return { status: response.status, text, sent: rig.transport.seen[0]?.body };
}

const image = fc.constantFrom<Part>({ data: png }, { data: "AAAA" });
const parts = fc.tuple(image, fc.array(fc.oneof(image, fc.constantFrom("What is this?", "And this?")), { maxLength: 4 })).map(([first, rest]) => [...rest, first]);

const pairs = (["chat", "responses", "messages"] as const).flatMap((client) => (["openai", "openai_responses", "openai_compatible", "anthropic", "gemini"] as const).map((dialect) => [client, dialect] as const));

test.each(pairs)("images: from %s to %s, each in its place: law", async (client, dialect) => {
  await fc.assert(
    fc.asyncProperty(parts, async (content) => {
      const answer = await ask(dialect, asked[client](content));
      expect(answer.status).toBe(200);
      expect(answer.sent).toMatchObject(sent[dialect](content));
    }),
    { numRuns: 20 },
  );
});

test.each(["openai", "anthropic"] as const)("images: by URL, where %s fetches them", async (dialect) => {
  const content = ["Look:", { url: "https://example.org/a.png" }];
  for (const client of ["chat", "responses", "messages"] as const) expect((await ask(dialect, asked[client](content))).sent).toMatchObject(sent[dialect](content));
});

const inDetail = { path: "/v1/chat/completions", body: { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${png}`, detail: "low" } }] }] } };
const bitmap = { path: "/v1/chat/completions", body: { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/bmp;base64,Qk02AAAA" } }] }] } };
const inResult = { path: "/v1/messages", body: { max_tokens: 9, messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: png } }] }] }] } };

test.each([
  ["gemini", asked.chat([{ url: "https://example.org/a.png" }]), "image by URL"],
  ["gemini", inDetail, "detail"],
  ["anthropic", inDetail, "detail"],
  ["anthropic", bitmap, "kind of image"],
  ["openai", inResult, "image in a tool's result"],
  ["openai_compatible", inResult, "image in a tool's result"],
  ["gemini", inResult, "image in a tool's result"],
] as const)("images: what %s has no word for is refused by name where nobody else is left", async (dialect, request, named) => {
  const answer = await ask(dialect, request);
  expect([answer.status, answer.sent]).toEqual([400, undefined]);
  expect(answer.text).toContain(named);
});

test("images: a cache mark on a part of OpenAI's format reaches Anthropic with it", async () => {
  const mark = { cache_control: { type: "ephemeral" } };
  const messages = [{ role: "system", content: [{ type: "text", text: "Long.", ...mark }] }, { role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${png}` }, ...mark }] }];
  const { sent: body } = await ask("anthropic", { path: "/v1/chat/completions", body: { messages } });
  expect(body).toMatchObject({ system: [{ type: "text", text: "Long.", ...mark }], messages: [{ role: "user", content: [{ type: "image", ...mark }] }] });
});
