import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatRequest, Json } from "../../kernel/chat.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { clientDialects } from "../dialects/clients.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { upstreamDialects } from "../dialects/upstreams.ts";
import type { DeploymentConfig } from "./config.ts";
import { BadRequest } from "./contracts.ts";
import { parseExact } from "./exact-json.ts";
import { addedMember, membersOf, patched } from "./json-text.ts";
import { type LongBody, readInPieces } from "./long-body.ts";
import { patchedParts, textPieces } from "./long-text.ts";

const pause = async () => {};
const sizes = fc.record({ piece: fc.integer({ min: 8, max: 60 }), longString: fc.integer({ min: 2, max: 40 }) });

const words = ["word ", "\\", '"', "\n", "\u001f", "é", "日本", "\ud83d\ude00", "\\u0041", "/", " 1.0 ", "{", "]", ":", "\u2028"] as const;
const text = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join(""));
const document = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, text, fc.constantFrom(null, true, 1, -0.5), fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(fc.oneof(text, fc.constantFrom("a", "__proto__")), tie("value"), { maxKeys: 4 })),
})).value;
/** The same document as different writers spell it. */
const spelled = fc.tuple(fc.record({ a: document, b: text }), fc.constantFrom(undefined, 1, "\t"), fc.boolean(), fc.constantFrom("", " ", "\r\n")).map(([value, space, isEscaped, around]) => {
  const json = JSON.stringify(value, null, space);
  return around + (isEscaped ? json.replace(/[^ -~\n\t]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : json) + around;
});

function parsed(json: string): { value: Json } | null {
  try {
    return { value: parseExact(json) };
  } catch {
    return null;
  }
}

const isLong = (read: LongBody | Uint8Array): read is LongBody => !(read instanceof Uint8Array);

test("readInPieces: reads what parseExact reads, wherever the text is cut: law", async () => {
  let asPieces = 0;
  await fc.assert(
    fc.asyncProperty(spelled, sizes, async (json, cut) => {
      const bytes = utf8Bytes(json);
      const read = await readInPieces(bytes, pause, cut);
      if (!isLong(read)) {
        expect(read).toBe(bytes);
        return;
      }
      asPieces += read.long.strings.length > 0 ? 1 : 0;
      expect([...textPieces(read.outline, read.long)].join("")).toBe(json);
      expect(read.value).toEqual(parseExact(json));
      for (const { bytes: part, value } of read.long.strings) expect(JSON.parse(utf8Text(part))).toBe(value);
      expect(membersOf(read.outline).map(({ name }) => name)).toEqual(membersOf(json).map(({ name }) => name));
    }),
    { numRuns: 500 },
  );
  expect(asPieces).toBeGreaterThan(50);
});

test("readInPieces: accepts nothing that JSON.parse refuses: law", async () => {
  await fc.assert(
    fc.asyncProperty(spelled, sizes, fc.nat(), fc.constantFrom("", '"', "\\", "\n", "\u0001", "x", ",", "}"), fc.integer({ min: 0, max: 3 }), async (json, cut, at, put, removed) => {
      const from = at % (json.length + 1);
      const broken = json.slice(0, from) + put + json.slice(from + removed);
      const read = await readInPieces(utf8Bytes(broken), pause, cut);
      if (!isLong(read)) return;
      /** A string that does not end is no object, which is what a body must be. */
      expect({ value: read.value }).toEqual(parsed(utf8Text(utf8Bytes(broken))));
    }),
    { numRuns: 2_000 },
  );
});

test("patchedParts: the patched text, in parts that share the body's memory: law", async () => {
  await fc.assert(
    fc.asyncProperty(spelled, sizes, fc.constantFrom('"é"', "1"), async (json, cut, replacement) => {
      const bytes = Uint8Array.from(utf8Bytes(json));
      const read = await readInPieces(bytes, pause, cut);
      if (!isLong(read)) return;
      const patchesOf = (text: string) => {
        const members = membersOf(text);
        const replaced = members.filter(({ name }) => name === "a").map(({ value }) => ({ ...value, text: replacement }));
        return [...replaced, addedMember(text, members, '"added":"é"')];
      };
      const parts = patchedParts(read.outline, patchesOf(read.outline), read.long);
      expect(Buffer.concat(parts).toString()).toBe(patched(json, patchesOf(json)));
      expect(patchedParts(read.outline, [], read.long)).toEqual([bytes]);
      expect(parts.filter(({ buffer }) => buffer === bytes.buffer).length).toBeLessThanOrEqual(3);
    }),
    { numRuns: 300 },
  );
});

test("readInPieces: leaves to others what is not UTF-8, has a byte order mark or a mark of its own, or is nested too deep", async () => {
  const odd = [new Uint8Array([0x22, 0xff, 0x22]), utf8Bytes("\ufeff{}"), utf8Bytes('{"a":"\\u00010"}'), utf8Bytes(`{"a":"\\u0001${"x".repeat(600)}"}`), utf8Bytes(`{"a":"${"x".repeat(600)}\\x"}`), utf8Bytes(`${"[".repeat(600)}"${"x".repeat(600)}"${"]".repeat(600)}`), utf8Bytes("{"), utf8Bytes('{"a":"')];
  for (const bytes of odd) expect(await readInPieces(bytes, pause)).toBe(bytes);
});

test("readInPieces: numbers that JavaScript cannot hold are kept, and long strings are not in the outline", async () => {
  const json = `{"n":12345678901234567890,"a":"${"x".repeat(5_000)}","b":"${"\\n".repeat(1_000)}"}`;
  const read = (await readInPieces(utf8Bytes(json), pause)) as LongBody;
  expect(JSON.stringify(read.value)).toBe(json);
  expect(read.outline.length).toBeLessThan(100);
});

const openaiBody = fc.record({
  model: fc.constantFrom("r", "é"),
  messages: fc.array(fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: text }), { minLength: 1, maxLength: 4 }),
  unknown: document,
  stream: fc.boolean(),
  stream_options: fc.constantFrom(undefined, {}, { include_usage: false }, null),
  max_tokens: fc.constantFrom(undefined, null, 5),
}).map(({ stream, stream_options, ...rest }) => (stream && stream_options !== undefined ? { ...rest, stream, stream_options } : { ...rest, stream }));

/** The request with its own words in one text. */
function wholeOf({ source, ...request }: ChatRequest): ChatRequest {
  const { long, members: _, ...rest } = source!;
  const text = long === undefined ? rest.text : [...textPieces(rest.text, long)].join("");
  return { ...request, source: { ...rest, text, members: membersOf(text) } };
}

const deployment = { name: "d", dialect: "openai", model: "gpt-é", baseUrl: "http://p", credential: "" } satisfies DeploymentConfig;
const bodyFor = (chat: ReturnType<typeof openaiClient.decodeRequest>) => upstreamDialects.openai.encodeRequest({ ...chat, maxTokens: chat.maxTokens ?? 7 }, deployment, "key", {}).body;

test("decodeRequest: a body that was read in pieces is the same request, and the same bytes upstream: law", async () => {
  await fc.assert(
    fc.asyncProperty(openaiBody, sizes, async (body, cut) => {
      const bytes = utf8Bytes(JSON.stringify(body));
      const read = await readInPieces(bytes, pause, cut);
      const whole = openaiClient.decodeRequest(bytes);
      const pieces = openaiClient.decodeRequest(read);
      expect(wholeOf(pieces)).toEqual(whole);
      const again = await readInPieces(bytes, pause, cut);
      if (isLong(again)) expect(wholeOf(await openaiClient.decodeInPieces!(again, {}, pause))).toEqual(whole);
      expect(bodyFor(pieces)).toEqual(bodyFor(whole));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["/v1/messages", { model: "r", max_tokens: 10, system: "s".repeat(900), messages: [{ role: "user", content: [{ type: "text", text: "é\n".repeat(800) }] }] }],
  ["/v1/responses", { model: "r", input: [{ role: "user", content: "é\n".repeat(800) }], instructions: "i".repeat(900) }],
  ["/v1/embeddings", { model: "r", input: ["a".repeat(900), "é\n".repeat(800)] }],
])("decodeRequest: a long body of %s is the same request in pieces", async (path, body) => {
  const bytes = utf8Bytes(JSON.stringify(body));
  const read = await readInPieces(bytes, pause);
  expect(isLong(read) && read.long.strings.length).toBe(2);
  expect(wholeOf(clientDialects[path]!.decodeRequest(read))).toEqual(clientDialects[path]!.decodeRequest(bytes));
});

test("decodeRequest: refuses in pieces what it refuses whole, with the same message", async () => {
  const long = `"${"x".repeat(2_000)}"`;
  for (const json of [`[${long}]`, `{"model":"a","model":"b","messages":[{"role":"user","content":${long}}]}`, `{"messages":[{"role":"user","content":${long}}]}`, `{"model":1,"messages":${long}}`]) {
    const bytes = utf8Bytes(json);
    const refusal = (body: LongBody | Uint8Array) => {
      try {
        return openaiClient.decodeRequest(body);
      } catch (error) {
        return error instanceof BadRequest ? [error.code, error.message] : error;
      }
    };
    const read = await readInPieces(bytes, pause);
    expect(isLong(read)).toBe(true);
    expect(refusal(read)).toEqual(refusal(bytes));
    expect(refusal(read)).toBeInstanceOf(Array);
  }
});
