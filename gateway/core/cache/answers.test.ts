import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatEvent } from "../../../kernel/chat.ts";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { Store } from "../../../kernel/seams.ts";
import { MemoryStore } from "../limits/memory-store.ts";
import { eventsOf } from "../batches.ts";
import { batchesOfAnswer, decodeAnswer, encodeAnswer, Recording } from "./answer.ts";
import type { StoredAnswer } from "./stored-answer.ts";
import { MemoryAnswers } from "./answers-memory.ts";
import { SharedAnswers } from "./answers-store.ts";
import { canonicalJson, keyDigest } from "./key.ts";
import { defaultCache } from "./settings.ts";
import { cacheHeader } from "./report.ts";

const answer = (text: string): StoredAnswer => ({ deployment: "primary", model: "m", storedAtMs: 5, events: [{ type: "text", text }, { type: "finish", reason: "stop" }, { type: "end" }] });

test("MemoryAnswers: never beyond its bounds, and what is read is what was last written", async () => {
  const operations = fc.array(fc.tuple(fc.constantFrom("read", "write"), fc.constantFrom("a", "b", "c", "d", "e"), fc.nat({ max: 300 })), { maxLength: 60 });
  const bounds = { entriesMax: 3, charactersMax: 600 };
  await fc.assert(
    fc.asyncProperty(operations, async (list) => {
      const answers = new MemoryAnswers(bounds);
      const model = new Map<string, string>();
      for (const [kind, key, size] of list) {
        if (kind === "write") {
          const text = `${key}${"x".repeat(size)}`;
          await answers.write(key, answer(text));
          model.set(key, text);
        } else {
          const found = await answers.read(key);
          if (found !== null) expect(found.events[0]).toEqual({ type: "text", text: model.get(key) });
        }
        expect(answers.size).toBeLessThanOrEqual(bounds.entriesMax);
        expect(answers.characters).toBeLessThanOrEqual(bounds.charactersMax);
      }
    }),
  );
});

test("MemoryAnswers: the least recently used answer is evicted, and a smaller bound applies at once", async () => {
  const answers = new MemoryAnswers({ entriesMax: 2, charactersMax: 10_000 });
  for (const key of ["a", "b"]) await answers.write(key, answer(key));
  await answers.read("a");
  await answers.write("c", answer("c"));
  expect(await Promise.all(["a", "b", "c"].map(async (key) => (await answers.read(key)) !== null))).toEqual([true, false, true]);
  answers.resize({ entriesMax: 1, charactersMax: 10_000 });
  expect(answers.size).toBe(1);
  answers.resize({ entriesMax: 5, charactersMax: 0 });
  expect([answers.size, answers.characters]).toEqual([0, 0]);
});

test("SharedAnswers: an answer under another's file name is not there", async () => {
  const clock = new VirtualClock();
  const inner = new MemoryStore(clock);
  /** Every key collides. */
  const store: Store = Object.assign(Object.create(inner) as Store, {
    get: () => inner.get("same"),
    set: (_: string, value: string, options: { ttlMs: number; deadlineMs: number }) => inner.set("same", value, options),
  });
  const answers = new SharedAnswers(store, clock, defaultCache);
  await answers.write("team a", answer("secret"));
  expect(await answers.read("team b")).toBeNull();
  expect(await answers.read("team a")).toEqual(answer("secret"));
});

test("decodeAnswer: takes back what encodeAnswer wrote, and nothing else", () => {
  expect(decodeAnswer("k", encodeAnswer("k", answer("x")))).toEqual(answer("x"));
  for (const text of ["", "{", "null", "[]", '{"schema":1,"key":"k"}', encodeAnswer("other", answer("x")), encodeAnswer("k", answer("x")).replace('"schema":2', '"schema":1')]) {
    expect(decodeAnswer("k", text)).toBeNull();
  }
});

test("decodeAnswer: events that no answer of ours has are no answer", () => {
  const events = (...list: unknown[]) => JSON.stringify({ ...JSON.parse(encodeAnswer("k", answer("x"))), events: list });
  const tail = [{ type: "finish", reason: "stop" }, { type: "end" }];
  expect(decodeAnswer("k", events({ type: "texts", text: "abc", lengths: [1, 2] }, ...tail))).not.toBeNull();
  for (const list of [[], [null], [null, ...tail], [{ type: "text", text: "cut" }], [{ type: "texts", text: "abc" }, ...tail], [{ type: "texts", text: "abc", lengths: [1] }, ...tail], [{ type: "thought", text: "x" }, ...tail], [{ type: "finish", reason: "length" }, { type: "end" }]]) {
    expect(decodeAnswer("k", events(...list)), JSON.stringify(list)).toBeNull();
  }
});

const taken = (...events: readonly ChatEvent[]) => {
  const recording = new Recording();
  for (const event of events) recording.take(event);
  return recording.whole();
};
const text: ChatEvent = { type: "text", text: "x" };
const stop: ChatEvent = { type: "finish", reason: "stop" };
const end: ChatEvent = { type: "end" };

test("Recording: keeps whole answers, tool calls and embeddings included", () => {
  expect(taken(text, stop, end)).toEqual([text, stop, end]);
  expect(taken({ type: "tool_call", index: 0, id: "c", name: "f" }, { type: "finish", reason: "tool_calls" }, end)).toHaveLength(3);
  expect(taken({ type: "embedding", index: 0, vector: [1] }, end)).toHaveLength(2);
});

test("batchesOfAnswer: a long answer comes in batches of a bounded size, and whole", async () => {
  const events = [...Array.from({ length: 2_000 }, (_, index): ChatEvent => ({ type: "text", text: `${index} ` })), stop, end];
  const sizes: number[] = [];
  const given: ChatEvent[] = [];
  for await (const batch of batchesOfAnswer({ deployment: "d", model: "m", storedAtMs: 0, events: taken(...events)! })) {
    sizes.push(batch.length);
    given.push(...batch);
  }
  expect(given).toEqual(events);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
});

test("Recording: texts in a row are kept as one, and come back as they were: law", async () => {
  const piece = fc.oneof(fc.string({ minLength: 1 }).map((text): ChatEvent => ({ type: "text", text })), fc.constant<ChatEvent>({ type: "usage", usage: { inputTokens: 1, outputTokens: 2 } }));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const events = [...pieces, stop, end];
      const stored = taken(...events)!;
      expect(await eventsOf(batchesOfAnswer({ deployment: "d", model: "m", storedAtMs: 0, events: stored }))).toEqual(events);
      expect(stored.filter(({ type }, index) => type.startsWith("text") && stored[index + 1]?.type.startsWith("text"))).toEqual([]);
    }),
  );
});

test("Recording: keeps nothing that is cut, filtered, restarted, without a reason or too big", () => {
  expect(taken(text, stop)).toBeNull();
  expect(taken(text, end)).toBeNull();
  expect(taken(text, { type: "finish", reason: "length" }, end)).toBeNull();
  expect(taken(text, { type: "finish", reason: "content_filter" }, end)).toBeNull();
  expect(taken(text, { type: "restart", reason: "x" }, text, stop, end)).toBeNull();
  expect(taken({ type: "text", text: "x".repeat(1_000_001) }, stop, end)).toBeNull();
});

test("canonicalJson: equal values, equal texts, whatever the order of their keys; different values, different texts", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const shuffled = JSON.parse(JSON.stringify(value), (_, item: unknown) => (item !== null && typeof item === "object" && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).reverse()) : item)) as never;
      expect(canonicalJson(shuffled)).toBe(canonicalJson(value as never));
      expect(JSON.parse(canonicalJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(canonicalJson({ b: [1, "2"], a: null })).toBe('{"a":null,"b":[1,"2"]}');
});

test("keyDigest: 32 letters, apart for texts that differ in one character", () => {
  const digests = new Set(Array.from({ length: 10_000 }, (_, index) => keyDigest(`key ${index}`)));
  expect(digests.size).toBe(10_000);
  expect(keyDigest("a")).toMatch(/^[a-p]{32}$/);
});

test("cacheHeader: the status, and the age of what is not fresh from a provider in whole seconds", () => {
  expect(cacheHeader({ status: "miss", kind: null, ageMs: 0, similarity: 0 })).toBe("miss");
  expect(cacheHeader({ status: "hit", kind: "exact", ageMs: 1_999, similarity: 1 })).toBe("hit; age=1");
  expect(cacheHeader({ status: "stale", kind: "exact", ageMs: 60_000, similarity: 1 })).toBe("stale; age=60");
  expect(cacheHeader({ status: "hit", kind: "semantic", ageMs: 0, similarity: 0.956 })).toBe("hit; age=0; similarity=0.96");
});
