import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { forwardOf, type ClientRequest, type ShimView } from "./shim.ts";

const route = { provider: "openai", url: "https://api.example/v1", model: "gpt", credential: "KEY", header: "authorization" } as const;
const view: ShimView = {
  claims: { team: "search", providers: ["openai", "anthropic"], issuedAtMs: 0, notAfterMs: 60_000, reason: "the gateway is dead", operator: "ann", installation: "here" },
  team: { clientKeys: ["#client"], port: 0, routes: { chat: route, claude: { ...route, provider: "anthropic", header: "x-api-key" }, third: { ...route, provider: "gemini" }, keyless: { ...route, credential: "NONE" } } },
  credentials: { KEY: "provider-key" },
  nowMs: 1_000,
  digest: (text) => `#${text}`,
};
const request: ClientRequest = { method: "POST", path: "/v1/chat/completions?x=1", headers: { host: "127.0.0.1:8100", authorization: "Bearer client", "content-type": "application/json", cookie: "c=1", "x-client-request-id": "r" }, body: '{"model":"chat","stream":true,"seed":7}' };
const codeOf = (changes: Partial<ClientRequest>, at: Partial<ShimView> = {}) => {
  const decision = forwardOf({ ...request, ...changes }, { ...view, ...at });
  return "code" in decision ? decision.code : "forwarded";
};

test("forwardOf: replaces the model and the credential, keeps the rest, and passes on no header that it does not know", () => {
  expect(forwardOf(request, view)).toEqual({ route: "chat", target: route, url: "https://api.example/v1/chat/completions", headers: { authorization: "Bearer provider-key", "content-type": "application/json", "x-client-request-id": "r" }, body: '{"model":"gpt","stream":true,"seed":7}' });
  expect(forwardOf({ ...request, headers: { ...request.headers, authorization: undefined, "x-api-key": "client" }, path: "/v1/messages", body: '{"model":"claude"}' }, view)).toMatchObject({ url: "https://api.example/v1/messages", headers: { "x-api-key": "provider-key" } });
});

test("forwardOf: refuses by key, route, provider, credential, path, host, page, body and time", () => {
  expect(codeOf({ headers: { ...request.headers, authorization: "Bearer other" } })).toBe("invalid_api_key");
  expect(codeOf({ headers: { host: "localhost" } })).toBe("invalid_api_key");
  expect(["nothing", "third", "keyless", "constructor"].map((model) => codeOf({ body: JSON.stringify({ model }) }))).toEqual(["model_not_found", "provider_not_allowed", "credential_missing", "model_not_found"]);
  expect([codeOf({ method: "GET" }), codeOf({ path: "/v1/files" }), codeOf({ path: "/v1/../x" })]).toEqual(Array(3).fill("path_unknown"));
  expect(codeOf({ headers: { ...request.headers, host: "evil.example" } })).toBe("foreign_request");
  expect(codeOf({ headers: { ...request.headers, origin: "http://127.0.0.1:8100" } })).toBe("foreign_request");
  expect(["[]", "{", '{"model":1}'].map((body) => codeOf({ body }))).toEqual(Array(3).fill("bad_request"));
  expect([codeOf({}, { nowMs: 59_999 }), codeOf({}, { nowMs: 60_000 })]).toEqual(["forwarded", "break_glass_ended"]);
});

test("forwardOf: in virtual time, a team whose gateway died is served from the next look at its target file until the token's end", async () => {
  const clock = new VirtualClock();
  const [diedMs, openMs, pollMs] = [5_000, 12_000, 250];
  let target: "gateway" | "shim" = "gateway";
  const claims = { ...view.claims, issuedAtMs: openMs, notAfterMs: openMs + 60_000 };
  for (let atMs = 0; atMs < 90_000; atMs += pollMs) clock.at(atMs, () => (target = atMs >= openMs && atMs < claims.notAfterMs ? "shim" : "gateway"));
  const bad: number[] = [];
  for (let atMs = 50; atMs < 90_000; atMs += 100) {
    clock.at(atMs, () => {
      const isGood = target === "gateway" ? atMs < diedMs : "target" in forwardOf(request, { ...view, claims, nowMs: clock.nowMs() });
      if (!isGood) bad.push(atMs);
    });
  }
  await clock.run();
  expect(bad.filter((atMs) => atMs < diedMs)).toEqual([]);
  const during = bad.filter((atMs) => atMs < claims.notAfterMs);
  expect(Math.max(...during) - openMs).toBeLessThan(pollMs);
  expect(bad.filter((atMs) => atMs >= claims.notAfterMs)).toHaveLength((90_000 - claims.notAfterMs) / 100);
});
