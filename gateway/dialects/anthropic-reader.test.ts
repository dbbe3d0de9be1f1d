import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { bodyOf } from "../../kernel/transport.ts";
import { singleEvents, tokenCount } from "../core/token-runs.ts";
import { AnthropicReader } from "./anthropic-reader.ts";
import { readAnswer } from "./answer.ts";

const event = (data: { readonly type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

/** Blocks of words. One of a kind that the gateway does not know has none that count. Some servers number all alike. */
const blocks = fc.array(
  fc.record({
    type: fc.constantFrom("text", "text", "text", "server_tool_use"),
    words: fc.array(fc.oneof(fc.string(), fc.constantFrom(" word", "", '"', "\\", "\n", "é", '"}}', "\u2028")), { maxLength: 20 }),
  }),
  { minLength: 1, maxLength: 4 },
);

const streamOf = (list: readonly { readonly type: string; readonly words: readonly string[] }[], areNumbered: boolean) =>
  [
    event({ type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } } as { type: string }),
    ...list.flatMap(({ type, words }, position) => {
      const index = areNumbered ? position : 0;
      const opening = event({ type: "content_block_start", index, content_block: type === "text" ? { type, text: "" } : { type, id: "srv_1", name: "search", input: {} } } as { type: string });
      return [opening, ...words.map((text) => event({ type: "content_block_delta", index, delta: { type: "text_delta", text } } as { type: string })), event({ type: "content_block_stop", index } as { type: string })];
    }),
  ].join("");

async function readAll(text: string, keeps: "anthropic" | null) {
  const response = { status: 200, headers: { "content-type": "text/event-stream" }, body: bodyOf(utf8Bytes(text)) };
  return (await Array.fromAsync(readAnswer(response, true, new AnthropicReader("", keeps !== null), { keeps }))).flat();
}

test("AnthropicReader: words that came in one read are what each of them says: law", async () => {
  await fc.assert(
    fc.asyncProperty(blocks, fc.boolean(), fc.constantFrom("anthropic" as const, null), async (list, areNumbered, keeps) => {
      const texts = (await readAll(streamOf(list, areNumbered), keeps)).flatMap(singleEvents).filter(({ type }) => type === "text");
      const words = list.flatMap((block) => (block.type === "text" ? block.words.filter((word) => word !== "") : []));
      expect(texts.map((one) => (one.type === "text" ? one.text : ""))).toEqual(words);
      if (keeps !== null) expect(texts.map(({ wire }) => JSON.parse(wire!.data).delta.text)).toEqual(words);
    }),
    { numRuns: 300 },
  );
});

test("AnthropicReader: words that came in one read and differ in nothing else are one event", async () => {
  const events = await readAll(streamOf([{ type: "text", words: ["One", " two", " three", "\n", " four"] }], true), null);
  expect(events.filter(({ type }) => type === "text").map(tokenCount)).toEqual([1, 2, 1, 1]);
});
