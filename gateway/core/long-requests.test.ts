import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Clock } from "../../kernel/seams.ts";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { anthropicUpstream } from "../dialects/anthropic-upstream.ts";
import { geminiUpstream } from "../dialects/gemini-upstream.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { responsesUpstream } from "../dialects/responses-upstream.ts";
import { sha256 } from "../http/sha256.ts";
import { defaultCache } from "./cache/settings.ts";
import type { GatewayConfig } from "./config.ts";
import { defaultInjection, defaultPii } from "./guards/settings.ts";
import { writtenInPieces } from "./encoded-request.ts";
import { MemoryStore } from "./limits/memory-store.ts";
import { LONG_BYTES, type LongBody, readInPieces } from "./long-body.ts";
import { backupModel, configOf, primaryModel, Rig } from "./testing/rig.ts";
import type { Seen } from "./testing/scripted-transport.ts";
import { refusal, type Script, whole } from "./testing/scripts.ts";

/** Requests on both sides of the size from which they are read in pieces. */

/** Each reading is later, so that there is a pause after each piece of work. */
class BusyClock implements Clock {
  readonly virtual = new VirtualClock();
  #readings = 0;
  nowMs = () => this.virtual.nowMs() + 0.6 * this.#readings++;
  wallMs = () => this.virtual.wallMs();
  sleep: Clock["sleep"] = (ms, signal) => this.virtual.sleep(ms, signal);
  at: Clock["at"] = (atMs, fn) => this.virtual.at(atMs, fn);
}

const guarded: Partial<GatewayConfig> = {
  cache: { ...defaultCache },
  limits: { rules: [{ team: "*", windowMs: 60_000, tokens: 1e9 }], outputTokensDefault: 100, storeMs: 50 },
  guards: { pii: defaultPii, injection: { ...defaultInjection, charactersMax: 1_000_000 }, images: "pass" },
};

/** What the provider was sent, in its answer. */
const echo = (_: number, { body }: Seen): Script => whole("openai", primaryModel, `You wrote to [${/\[EMAIL_1\]|ann@example\.com/.exec(body.messages[0]!.content)?.[0]}`);

function rigOf(overrides: Partial<GatewayConfig>, primary: typeof echo = echo) {
  const clock = new BusyClock();
  const rig = new Rig(clock, { primary, backup: () => whole("anthropic", backupModel, "backup") }, configOf(overrides), { store: new MemoryStore(clock), newDigest: sha256 });
  return { rig, clock: clock.virtual };
}

/** A body of so many bytes. `é` has two of them. */
function bodyOf(bytes: number): string {
  const text = (filling: string) => `{ "messages":[{"role":"user","content":"Write to ann@example.com \\n é ${filling}"}], "frobnicate": 1.50, "model":"both"}`;
  const left = bytes - Buffer.byteLength(text(""));
  return text("filler ".repeat(Math.ceil(left / 7)).slice(0, left));
}

const wireOf = (body: string): WireRequest => ({ method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(body) });

async function answerTo(rig: Rig, clock: VirtualClock, body: string): Promise<{ status: number; text: string }> {
  const handling = rig.gateway.handle(wireOf(body), neverSignal);
  await clock.run();
  const { status, body: chunks } = await handling;
  let text = "";
  for await (const chunk of chunks) text += utf8Text(chunk);
  await clock.run();
  return { status, text: text.replace(/"(id|created)":("[^"]*"|\d+)/g, '"$1":0').replace(/,"metadata":\{[^}]*\}/, "") };
}

test.each([
  ["plain", {}],
  ["with guards, cache and limits", guarded],
])("gateway: on both sides of the size from which it is read in pieces, a request has the same bytes upstream and the same answer: %s", async (name, overrides) => {
  const answers = new Set<string>();
  for (const bytes of [LONG_BYTES - 1, LONG_BYTES, LONG_BYTES + 1, 2 * LONG_BYTES]) {
    const { rig, clock } = rigOf(overrides);
    const body = bodyOf(bytes);
    expect(Buffer.byteLength(body)).toBe(bytes);
    const { status, text } = await answerTo(rig, clock, body);
    expect(status).toBe(200);
    answers.add(text);
    const limit = name === "plain" ? "" : ',"max_completion_tokens":100';
    const expected = (name === "plain" ? body : body.replace("ann@example.com", "[EMAIL_1]")).replace('"model":"both"', `"model":"${primaryModel}"${limit}`);
    expect(rig.transport.seen.map((seen) => seen.text)).toEqual([expected]);
    await answerTo(rig, clock, body);
    expect(rig.transport.seen).toHaveLength(2);
  }
  expect(answers.size).toBe(1);
  expect([...answers][0]).toContain("ann@example.com");
});

test("gateway: a long request is answered from the cache, one that differs in its last word is not", async () => {
  const { rig, clock } = rigOf(guarded);
  const body = (word: string) => bodyOf(2 * LONG_BYTES).replace("ann@example.com", "Ann").replace(/.{4}"\}\],/, `${word}"}],`);
  const first = await answerTo(rig, clock, body("last"));
  expect(await answerTo(rig, clock, body("last"))).toEqual(first);
  expect(rig.transport.seen).toHaveLength(1);
  await answerTo(rig, clock, body("lost"));
  expect(rig.transport.seen).toHaveLength(2);
  expect(rig.finished().map(({ cache }) => cache?.status)).toEqual(["miss", "hit", "miss"]);
});

test("gateway: a small request that comes after a long one is served while that is read", async () => {
  const { rig, clock } = rigOf(guarded);
  const long = rig.gateway.handle(wireOf(bodyOf(2 * LONG_BYTES)), neverSignal);
  const small = rig.gateway.handle(wireOf(bodyOf(300)), neverSignal);
  await clock.run();
  expect([(await long).status, (await small).status]).toEqual([200, 200]);
  expect(rig.transport.seen.map(({ text }) => text.length > LONG_BYTES)).toEqual([false, true]);
});

test("gateway: a client that leaves while its long request is read costs no attempt, and others go on", async () => {
  const { rig, clock } = rigOf(guarded);
  const client = new Canceller();
  const handling = rig.gateway.handle(wireOf(bodyOf(2 * LONG_BYTES)), client.signal);
  const other = rig.gateway.handle(wireOf(bodyOf(2 * LONG_BYTES)), neverSignal);
  client.cancel("left");
  await expect(handling).rejects.toMatchObject({ kind: "aborted" });
  await clock.run();
  expect((await other).status).toBe(200);
  expect(rig.transport.seen).toHaveLength(1);
  expect(rig.finished().map(({ outcome }) => outcome.kind).toSorted()).toEqual(["cancelled", "success"]);
  expect(client.listenerCount).toBe(0);
});

test("gateway: a long request is translated for a fallback of another format as a short one is", async () => {
  const sent = await Promise.all([LONG_BYTES - 1, LONG_BYTES].map(async (bytes) => {
    const { rig, clock } = rigOf({}, () => refusal(500, "server_error"));
    await answerTo(rig, clock, bodyOf(bytes).replace(' "frobnicate": 1.50,', ""));
    return rig.transport.at("backup").map(({ text }) => text.replace(/filler.*?"/, '"'));
  }));
  expect(sent[0]).toHaveLength(1);
  expect(sent[1]).toEqual(sent[0]);
});

test.each([anthropicUpstream, geminiUpstream, responsesUpstream])("encodeRequest: the body of a long request in other words is written in pieces: $name", async (upstream) => {
  const body = utf8Bytes(bodyOf(LONG_BYTES).replace(' "frobnicate": 1.50,', ""));
  const long = (await readInPieces(body, async () => {})) as LongBody;
  const chat = await openaiClient.decodeInPieces!(long, {}, async () => {});
  const encoded = upstream.encodeRequest(chat, configOf().deployments[0]!, "key", {});
  let pauses = 0;
  const written = await writtenInPieces(encoded, async () => void pauses++);
  expect(pauses).toBeGreaterThanOrEqual(3);
  expect(written.parts!.length).toBeGreaterThan(3);
  expect(utf8Text(written.body)).toBe(utf8Text(encoded.body));
  expect({ ...written, body: null, parts: null }).toEqual({ ...encoded, body: null, parts: null, json: undefined });
});
