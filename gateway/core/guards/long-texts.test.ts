import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatRequest } from "../../../kernel/chat.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import { clientDialects } from "../../dialects/clients.ts";
import { openaiClient } from "../../dialects/openai-client.ts";
import { type LongBody, readInPieces } from "../long-body.ts";
import { patchedParts, textPieces } from "../long-text.ts";
import { mapTexts, textsOf } from "./request-texts.ts";
import { hasUnreadable, type LongSource, outsideTextsOfSource, readLongSource } from "./source-texts.ts";

/** Guards read and change a request that was read in pieces as they do any other. */

const pause = async () => {};
/** Longer than the words of the formats. */
const sizes = fc.record({ piece: fc.integer({ min: 8, max: 60 }), longString: fc.integer({ min: 24, max: 50 }) });
const text = fc.array(fc.constantFrom("SECRET", "word ", "\\", '"', "\n", "é", "\ud83d\ude00", "\\u0041", "1.0", "iVBORw0KGgo".repeat(30)), { maxLength: 20 }).map((parts) => parts.join(""));
const part = fc.oneof(text.map((one) => ({ type: "text", text: one })), text.map((url) => ({ type: "image_url", image_url: { url: `data:image/png;base64,${url}` } })));
const content = fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 }));
const call = fc.record({ id: text, type: fc.constant("function"), function: fc.record({ name: text, arguments: text }) });
const message = fc.oneof(
  fc.record({ role: fc.constantFrom("user", "system", "assistant"), content, name: text }),
  fc.record({ role: fc.constant("assistant"), content: fc.constant(null), tool_calls: fc.array(call, { minLength: 1, maxLength: 2 }) }),
);
const body = fc.record({ messages: fc.array(message, { minLength: 1, maxLength: 4 }), model: text, metadata: fc.dictionary(text, text, { maxKeys: 3 }), other: fc.oneof(text, fc.array(fc.oneof(text, fc.integer())), fc.record({ SECRET: text })) });
const anthropicBody = fc.record({ model: text, max_tokens: fc.constant(5), system: text, messages: fc.array(fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.oneof(text, fc.array(text.map((one) => ({ type: "text", text: one })), { minLength: 1 })) }), { minLength: 1, maxLength: 3 }) });

const change = (one: string, isJson: boolean) => one.replaceAll("SECRET", isJson ? '"[KEY_1]"' : "[KEY_1] \u0002\\ ü").replaceAll("1.0", "[N_1]");

async function bothOf(path: string | null, value: object, cut: { piece: number; longString: number }): Promise<readonly [whole: ChatRequest, pieces: ChatRequest] | null> {
  const bytes = utf8Bytes(JSON.stringify(value));
  const dialect = path === null ? openaiClient : clientDialects[path]!;
  try {
    return [dialect.decodeRequest(bytes), dialect.decodeRequest((await readInPieces(bytes, pause, cut)) as LongBody)];
  } catch {
    return null;
  }
}

const request = fc.oneof(body.map((value) => [null, value] as const), anthropicBody.map((value) => ["/v1/messages", value] as const));

test("textsOf, outsideTextsOfSource, hasUnreadable: find in pieces what they find in the whole: law", async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(request, sizes, async ([path, value], cut) => {
      const both = await bothOf(path, value, cut);
      if (both === null) return;
      const [whole, pieces] = both;
      read += pieces.source!.long!.strings.length > 0 ? 1 : 0;
      expect(textsOf(pieces)).toEqual(textsOf(whole));
      expect(outsideTextsOfSource(pieces.source!)).toEqual(outsideTextsOfSource(whole.source!));
      expect(hasUnreadable(pieces.source!)).toBe(hasUnreadable(whole.source!));
      await readLongSource(pieces.source as LongSource, pause);
      expect(textsOf(pieces)).toEqual(textsOf(whole));
      expect(outsideTextsOfSource(pieces.source!)).toEqual(outsideTextsOfSource(whole.source!));
      expect(hasUnreadable(pieces.source!)).toBe(hasUnreadable(whole.source!));
    }),
    { numRuns: 300 },
  );
  expect(read).toBeGreaterThan(50);
});

test("mapTexts: changes a request in pieces as it does the whole, and what it leaves is one that was read in pieces: law", async () => {
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(request, sizes, async ([path, value], cut) => {
      const both = await bothOf(path, value, cut);
      if (both === null) return;
      const [whole, pieces] = await Promise.all(both.map(async (one) => mapTexts(one, change, pause)));
      const { long, members: _, ...source } = pieces!.source!;
      const text = [...textPieces(source.text, long!)].join("");
      const { members: __, ...wholeSource } = whole!.source!;
      expect({ ...pieces, source: { ...source, text } }).toEqual({ ...whole, source: wholeSource });
      changed += text === both[0].source!.text ? 0 : 1;
      expect(Buffer.concat(patchedParts(source.text, [], long!)).toString()).toBe(text);
      for (const { bytes, value: string } of long!.strings) expect(JSON.parse(utf8Text(bytes))).toBe(string);
      expect(textsOf(pieces!)).toEqual(textsOf(whole!));
    }),
    { numRuns: 300 },
  );
  expect(changed).toBeGreaterThan(50);
});
