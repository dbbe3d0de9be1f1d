import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { configOf, primaryModel, Rig } from "./testing/rig.ts";
import { streamed, whole, type Script } from "./testing/scripts.ts";
import { identifierOf, quoted, withoutCredential } from "./redact.ts";

const credential = "sk-live-4f9d8c7b";

/** The answer with the credential in a field of each piece. */
const echoing = (script: Script, secret: string): Script => ({
  ...script,
  body: script.body.map((step) => (typeof step === "object" && "text" in step ? { text: step.text.replace(/^(data: )?\{/, `$1{"system_fingerprint":"for ${secret}",`) } : step)),
});

test("quoted: without the credential, and not at any length", () => {
  expect(quoted("gpt-5", credential)).toBe(`"gpt-5"`);
  expect(quoted(`Bearer ${credential}`, credential)).toBe(`"Bearer [credential]"`);
  expect(quoted("x".repeat(300_000), credential)).toBe(`"${"x".repeat(200)}" (300000 characters)`);
  expect(quoted(`${"x".repeat(195)}${credential}`, credential)).not.toContain("sk-l");
});

test("withoutCredential: a short word is no credential", () => {
  const providerError = { status: 400, code: "key", message: "A key is missing", retryAfterMs: null };
  expect(withoutCredential(providerError, "key")).toEqual(providerError);
});

test.each([true, false])("gateway: a credential that a provider sends as its model's name reaches nobody (stream: %s)", async (stream) => {
  const clock = new VirtualClock();
  const secret = "secret of env:PRIMARY";
  const script = (stream ? streamed : whole)("openai", `Bearer ${secret}`, "Fine");
  const rig = new Rig(clock, { primary: () => script });
  const sent = rig.send({ route: "alone", stream });
  await clock.run();
  const received = await sent;
  expect([received.status, received.errorCode]).toEqual([502, "upstream_contract"]);
  expect(received.body).toContain("[credential]");
  expect(received.body + JSON.stringify(rig.events)).not.toContain(secret);
});

test.each([true, false])("gateway: a credential under a name that may be an alias is redacted (stream: %s)", async (stream) => {
  const clock = new VirtualClock();
  const secret = "secret of env:PRIMARY";
  const config = configOf({ deployments: [{ name: "primary", dialect: "openai", model: "m-1", baseUrl: "http://primary/v1", credential: "env:PRIMARY" }], routes: [{ name: "alone", deployments: ["primary"] }] });
  const script = (stream ? streamed : whole)("openai", `Bearer ${secret}`, "Fine");
  const rig = new Rig(clock, { primary: () => script }, config);
  const sent = rig.send({ route: "alone", stream });
  await clock.run();
  const received = await sent;
  expect(received.status).toBe(200);
  expect(received.body).toContain("Bearer [credential]");
  expect(received.body + JSON.stringify(rig.events)).not.toContain(secret);
});

test.each([true, false])("gateway: a credential that a provider repeats in a field that nobody reads reaches nobody (stream: %s)", async (stream) => {
  const clock = new VirtualClock();
  const secret = "secret of env:PRIMARY";
  const script = (stream ? streamed : whole)("openai", primaryModel, "Fine");
  const rig = new Rig(clock, { primary: () => echoing(script, secret) });
  const sent = rig.send({ route: "alone", stream });
  await clock.run();
  const received = await sent;
  expect(received.status).toBe(200);
  expect(received.body).toContain("Fine");
  expect(received.body + JSON.stringify(rig.events)).not.toContain(secret);
});

test("gateway: the quoted name of an unknown route is bounded", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, {});
  const sent = rig.send({ route: "x".repeat(1_000_000) });
  await clock.run();
  const received = await sent;
  expect([received.status, received.errorCode]).toEqual([404, "model_not_found"]);
  expect(received.body.length).toBeLessThan(500);
});

test("identifierOf: an id or a model is one bounded word without the credential; anything else is none", () => {
  for (const name of ["chatcmpl-7", "anthropic/claude-x@2026:beta", "models/gemini-3.0_pro"]) expect(identifierOf(name, "sk-secret-1")).toBe(name);
  for (const name of ["", "the answer in words", "id-sk-secret-1", "x".repeat(201), "a\nb", "ann@example.com, hello"]) expect(identifierOf(name, "sk-secret-1")).toBeNull();
});
