import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { Clock } from "../../../kernel/seams.ts";
import { Cancelled, Canceller, neverSignal, type Signal } from "../../../kernel/signal.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { openaiClient } from "../../dialects/openai-client.ts";
import type { Call, Reply } from "../call.ts";
import { LONG_BYTES } from "../long-body.ts";
import { textPieces } from "../long-text.ts";
import { decode } from "./decode.ts";

const reply: Reply = { kind: "error", error: { status: 503, type: "", code: "", message: "" }, headers: {}, outcome: { kind: "rejected", by: "test" } };

/** A body of exactly so many bytes. */
function bodyOf(bytes: number): Uint8Array {
  const text = (content: string) => JSON.stringify({ model: "r", messages: [{ role: "user", content }] });
  return utf8Bytes(text("x".repeat(bytes - text("").length)));
}

/** Each reading is a millisecond later, so that there is a pause after each piece of work. */
function slowClock(): Clock & { run(): Promise<unknown> } {
  const clock = new VirtualClock();
  let readings = 0;
  return { nowMs: () => clock.nowMs() + readings++, wallMs: () => 0, at: (atMs, fn) => clock.at(atMs, fn), sleep: (ms, signal) => clock.sleep(ms, signal), run: () => clock.run() };
}

function callOf(body: Uint8Array, signal: Signal = neverSignal) {
  const chats: unknown[] = [];
  const call = { wire: { body, headers: {} }, decoded: null, signal, replaceChat: (chat: unknown) => chats.push(chat), emitStarted: () => {} } as unknown as Call;
  return { call, chats };
}

test.each([LONG_BYTES - 1, LONG_BYTES, LONG_BYTES + 1, 3 * LONG_BYTES])("decode: a body of %i bytes is the same request, in one piece or in many", async (bytes) => {
  const clock = slowClock();
  const body = bodyOf(bytes);
  const { call, chats } = callOf(body);
  const handling = decode(() => openaiClient, clock)(() => reply)(call);
  expect(handling instanceof Promise).toBe(bytes >= LONG_BYTES);
  await clock.run();
  expect(await handling).toBe(reply);
  const [{ source, ...chat }] = chats as [ReturnType<typeof openaiClient.decodeRequest>];
  const { source: whole, ...rest } = openaiClient.decodeRequest(body);
  expect(chat).toEqual(rest);
  const { text, long } = source!;
  expect(long === undefined ? text : [...textPieces(text, long)].join("")).toBe(whole!.text);
});

test("decode: what is long and not JSON is refused as what is short", async () => {
  const clock = slowClock();
  const { call } = callOf(utf8Bytes(`{"model":"${"x".repeat(LONG_BYTES)}`));
  const handling = decode(() => openaiClient, clock)(() => reply)(call);
  await clock.run();
  expect(await handling).toMatchObject({ kind: "error", error: { status: 400, code: "invalid_json" } });
});

test("decode: a client that leaves while its body is read ends the work at once", async () => {
  const clock = slowClock();
  const client = new Canceller();
  const { call, chats } = callOf(bodyOf(3 * LONG_BYTES), client.signal);
  const handling = decode(() => openaiClient, clock)(() => reply)(call);
  client.cancel("left");
  await expect(handling).rejects.toThrow(Cancelled);
  expect(chats).toEqual([]);
});
