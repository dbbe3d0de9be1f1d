import { expect, test } from "vitest";
import type { RequestSelector } from "../../kernel/plan.ts";
import { chatRequest, configOf } from "./examples.ts";
import { endpointOf, factsOf, selects } from "./selector.ts";
import { inForce } from "./timeline.ts";

const scene = { seed: 1, incident: "outage", region: "eu" };
const request = { ...chatRequest("r1", { service_tier: "flex", stream: true, user: "ann" }), onConnection: 3 };

test.each<[string, RequestSelector, boolean]>([
  ["no field", {}, true],
  ["its model", { models: ["other", "gpt-test"] }, true],
  ["a pattern of its model", { models: ["gpt-*"] }, true],
  ["another model", { models: ["claude-*"] }, false],
  ["its endpoint", { endpoints: ["embeddings", "chat"] }, true],
  ["another endpoint", { endpoints: ["embeddings"] }, false],
  ["its region", { regions: ["e*"] }, true],
  ["another region", { regions: ["us"] }, false],
  ["its key", { keys: ["key"] }, true],
  ["another key", { keys: ["other*"] }, false],
  ["its tier", { tiers: ["flex"] }, true],
  ["another tier", { tiers: ["default"] }, false],
  ["streams", { stream: true }, true],
  ["no streams", { stream: false }, false],
  ["new connections", { newConnectionsOnly: true }, false],
  ["no client", { clientShare: 0 }, false],
  ["all clients", { clientShare: 1 }, true],
  ["one field that fits and one that does not", { models: ["gpt-*"], tiers: ["default"] }, false],
])("selects: %s", (_name, select, hit) => {
  expect(selects(select, scene, () => factsOf(request))).toBe(hit);
});

test("selects: a deployment without a region matches no list of regions", () => {
  expect(selects({ regions: ["*"] }, { ...scene, region: undefined }, () => factsOf(request))).toBe(false);
});

test("selects: a share of the clients is always the same clients, and more clients at a higher share", () => {
  const facts = (client: string, id: string) => () => factsOf(chatRequest(id, { user: client }));
  const clients = Array.from({ length: 2_000 }, (_, index) => `client-${index}`);
  const hit = (share: number) => clients.filter((client) => selects({ clientShare: share }, scene, facts(client, "a")));
  const third = hit(0.3);
  expect(third.length / clients.length).toBeCloseTo(0.3, 1);
  expect(clients.filter((client) => selects({ clientShare: 0.3 }, scene, facts(client, "b")))).toEqual(third);
  expect(third.filter((client) => !hit(0.6).includes(client))).toEqual([]);
});

test.each([
  ["/v1/chat/completions", "chat"],
  ["/v1/messages", "chat"],
  ["/v1beta/models/gemini-2.5-flash:streamGenerateContent", "chat"],
  ["/model/anthropic.claude-v2%3A1/converse", "chat"],
  ["/openai/deployments/gpt/chat/completions", "chat"],
  ["/v1/completions", "completions"],
  ["/v1/responses", "responses"],
  ["/v1/embeddings", "embeddings"],
  ["/v1/models", null],
])("endpointOf: %s is %s", (path, endpoint) => {
  expect(endpointOf(path)).toBe(endpoint);
});

test.each([
  ["/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"],
  ["/model/anthropic.claude-v2%3A1/converse-stream", "anthropic.claude-v2:1"],
  ["/openai/deployments/my-gpt/chat/completions?api-version=1", "my-gpt"],
  ["/v1/chat/completions", "gpt-test"],
])("factsOf: the model of %s is %s", (path, model) => {
  expect(factsOf({ ...request, path }).model).toBe(model);
});

test("factsOf: credentials of every provider's header, and a client of its own for each request without a name", () => {
  const { "x-client-request-id": id, ...bare } = request.headers;
  for (const headers of [{ "x-api-key": "k" }, { "api-key": "k" }, { "x-goog-api-key": "k" }, { authorization: "Bearer k" }]) {
    expect(factsOf({ ...request, headers: { ...bare, ...headers, ...(headers.authorization === undefined ? { authorization: "" } : {}) } }).key).toBe("k");
  }
  expect(factsOf(request).client).toBe("ann");
  expect(factsOf(chatRequest("r9")).client).toBe("r9");
  expect(factsOf(chatRequest("r9", { metadata: { user_id: "bob" } })).client).toBe("bob");
  expect(id).toBe("r1");
});

test("factsOf: a body that is not JSON has no facts and is not an error", () => {
  expect(factsOf({ ...request, body: new Uint8Array([255, 1]) })).toMatchObject({ model: null, tier: "default", stream: false, client: "r1" });
});

test("inForce: a phase with a selector is in force for matching requests, and the next incident for the rest", () => {
  const config = configOf({ select: { models: ["gpt-other"] } });
  expect(inForce(config, 1, request)).toBeNull();
  expect(inForce(config, 1)).toBeNull();
  const both = { ...config, incidents: [...config.incidents, { ...configOf({ select: { models: ["gpt-test"] } }).incidents[0]!, incident: "second" }] };
  expect(inForce(both, 1, request)?.incident).toBe("second");
});
