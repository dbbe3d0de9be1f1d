import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Clock } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { primaryModel, Rig } from "./testing/rig.ts";
import type { Script } from "./testing/scripts.ts";

const count = 20_000;

function chunkOf(delta: object, finish_reason: string | null): string {
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: primaryModel, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

const calls = Array.from({ length: count }, (_, index) => ({ index, id: `c${index}`, type: "function", function: { name: "look", arguments: "{}" } }));
const many = chunkOf({ role: "assistant", tool_calls: calls }, null) + chunkOf({}, "tool_calls") + "data: [DONE]\n\n";

/** Each reading is later, so that there is a pause after each piece of work. */
class BusyClock implements Clock {
  readonly #virtual = new VirtualClock();
  #readings = 0;
  pauses = 0;
  nowMs = () => this.#virtual.nowMs() + this.#readings++;
  wallMs = () => this.#virtual.wallMs();
  at: Clock["at"] = (atMs, fn) => this.#virtual.at(atMs, fn);
  run = () => this.#virtual.run();
  sleep: Clock["sleep"] = (ms, signal) => {
    if (ms === 0) this.pauses++;
    return this.#virtual.sleep(ms, signal);
  };
}

const question = [{ role: "user", content: "Hello" }];

test.each([
  ["/v1/chat/completions", { messages: question }],
  ["/v1/messages", { messages: question, max_tokens: 5 }],
  ["/v1/responses", { input: question }],
])("deliver: %s tells each of 20,000 calls in one chunk once, and others are served between", async (path, asked) => {
  const clock = new BusyClock();
  const script: Script = { before: [], status: 200, headers: { "content-type": "text/event-stream" }, body: [{ text: many }] };
  const { gateway } = new Rig(clock, { primary: () => script });
  let received = "";
  const asking = (async () => {
    const body = utf8Bytes(JSON.stringify({ model: "alone", stream: true, ...asked }));
    const response = await gateway.handle({ method: "POST", path, headers: { authorization: "Bearer vk-a" }, body }, neverSignal);
    for await (const bytes of response.body) received += utf8Text(bytes);
  })();
  await clock.run();
  await asking;
  expect(new Set(received.match(/\bc\d+\b/g))).toEqual(new Set(calls.map(({ id }) => id)));
  expect(clock.pauses).toBeGreaterThan(50);
});
