import { expect, test } from "vitest";
import { askCandidate, type CanaryAnswer, type CanaryQuestion } from "./canary.ts";

const message = { role: "assistant", content: "ready" };
const answer = { id: "chatcmpl-1", model: "m-1", choices: [{ index: 0, message, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 1 } };
const events = [{ id: "chatcmpl-1", model: "m-1", choices: [{ delta: { content: "ready" }, finish_reason: null }] }, { id: "chatcmpl-1", model: "m-1", choices: [{ delta: {}, finish_reason: "stop" }] }];
const notThere = { error: { message: "No such route", type: "invalid_request_error", param: null, code: "model_not_found" } };
const failed = { error: { message: "No provider answered", type: "server_error", param: null, code: "provider_unavailable" } };

type Part = "identity" | "stream" | "error";
type Sent = CanaryAnswer | string;

const sent = (status: number, value: unknown): CanaryAnswer => ({ status, text: JSON.stringify(value) });
const whole: Readonly<Record<Part, Sent>> = {
  identity: sent(200, answer),
  stream: { status: 200, text: [...events.map((event) => JSON.stringify(event)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("") },
  error: sent(404, notThere),
};

const partOf = ({ headers, body }: CanaryQuestion): Part => (body.includes('"stream":true') ? "stream" : headers["x-client-request-id"]!.includes("error-") ? "error" : "identity");

/** What a candidate with one deployment shows that sends these. */
async function asked(parts: Partial<Record<Part, Sent>>, { identity = { model: "m-1" }, config = {} }: { readonly identity?: object; readonly config?: object } = {}) {
  const candidate = { deployments: [{ name: "primary", baseUrl: "https://api.example/v1" }], ...config };
  const ask = (question: CanaryQuestion) => Promise.resolve({ ...whole, ...parts }[partOf(question)]);
  const [result] = await askCandidate(candidate, { identities: { primary: identity }, question: "Who are you?", key: "vk-1", ask });
  return result!;
}

const unverifiable = { unverifiable: true };

test("askCandidate: a deployment that is who it should be, and whose answers clients can read, passes", async () => {
  expect(await asked({})).toMatchObject({ result: "confirmed", passes: true });
});

test.each<[string, Partial<Record<Part, Sent>>]>([
  ["an answer has no string id", { identity: sent(200, { ...answer, id: 1 }) }],
  ["a stream does not end with data: [DONE]", { stream: sent(200, answer) }],
  ["an error has no string error.message", { error: sent(404, { detail: "No such route" }) }],
])("askCandidate: does not pass where %s, unless the candidate has its contract check off", async (broken, parts) => {
  for (const identity of [{ model: "m-1" }, unverifiable]) {
    expect(await asked(parts, { identity })).toMatchObject({ result: "contradicted", reason: `it breaks the contract of its clients: ${broken}`, passes: false });
    expect(await asked(parts, { identity, config: { contractCheck: false } })).toMatchObject({ passes: true });
  }
});

test.each<[string, Partial<Record<Part, Sent>>]>([
  ["no answer", { identity: "connect ECONNREFUSED", stream: "connect ECONNREFUSED" }],
  ["a failure", { identity: sent(502, failed), stream: sent(502, failed) }],
])("askCandidate: %s of a provider breaks no contract: a deployment that is declared unverifiable passes, and no other", async (_, parts) => {
  expect(await asked(parts, { identity: unverifiable })).toMatchObject({ result: "unverifiable", passes: true });
  expect(await asked(parts)).toMatchObject({ result: "unverifiable", passes: false });
});

test("askCandidate: a provider that answers, and then fails, breaks no contract", async () => {
  expect(await asked({ stream: sent(502, failed), error: "timeout" })).toMatchObject({ result: "confirmed", passes: true });
});

test("askCandidate: the gateway's own error is held to the contract where its provider fails", async () => {
  const parts = { identity: sent(502, failed), stream: sent(502, failed), error: sent(404, { detail: "No such route" }) };
  expect(await asked(parts, { identity: unverifiable })).toMatchObject({ result: "contradicted", passes: false });
});
