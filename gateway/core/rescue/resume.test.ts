import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatEvent, ChatRequest } from "../../../kernel/chat.ts";
import { batchOf, type Batches, eventsOf, oneByOne } from "../batches.ts";
import { Alignment, commonLength } from "./align.ts";
import { continued, Disagreement, newInContinuation, newInReplay } from "./resume.ts";

const start: ChatEvent = { type: "start", id: "a", model: "m" };
const end: readonly ChatEvent[] = [{ type: "finish", reason: "stop" }, { type: "end" }];

const leg = (...pieces: readonly string[]): Batches => oneByOne(batchOf([start, ...pieces.map((text): ChatEvent => ({ type: "text", text })), ...end]));

const textIn = (events: readonly ChatEvent[]) => events.map((event) => (event.type === "text" ? event.text : "")).join("");
const continuation = async (delivered: string, ...pieces: readonly string[]) => textIn(await eventsOf(newInContinuation(leg(...pieces), delivered)));
const replay = async (delivered: string, ...pieces: readonly string[]) => textIn(await eventsOf(newInReplay(leg(...pieces), delivered)));

/** `text` cut into pieces of these sizes, in turn. */
function cutUp(text: string, sizes: readonly number[]): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

test("Alignment: a replay in any pieces gives exactly what comes after the delivered text: law", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), sizes, (delivered, rest, cuts) => {
      const alignment = new Alignment(delivered);
      let fresh = "";
      for (const piece of cutUp(delivered + rest, cuts)) {
        const aligned = alignment.take(piece);
        expect(aligned.kind).not.toBe("differs");
        if (aligned.kind === "passed") fresh += aligned.rest;
      }
      expect(fresh).toBe(rest);
      expect(alignment.passed).toBe(true);
    }),
  );
});

test("Alignment: another text is seen at its first unit that differs, and nothing of it is lost: law", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(), sizes, (delivered, at, cuts) => {
      const place = at % delivered.length;
      const other = `${delivered.slice(0, place)}\u0000${delivered.slice(place + 1)}`;
      fc.pre(other[place] !== delivered[place]);
      const alignment = new Alignment(delivered);
      let seen = "";
      for (const piece of cutUp(other, cuts)) {
        seen += piece;
        const aligned = alignment.take(piece);
        if (aligned.kind === "same") continue;
        expect(aligned).toEqual({ kind: "differs", seen, common: place });
        return;
      }
      expect.unreachable();
    }),
  );
});

test("commonLength: as far as both agree, and not beyond the shorter", () => {
  expect([commonLength("abc", "abd"), commonLength("ab", "abc"), commonLength("", "a"), commonLength("x", "y")]).toEqual([2, 2, 0, 0]);
});

test("continued: the delivered text is the assistant's, without the white space at its end, and its tokens are taken off", () => {
  const chat: ChatRequest = { model: "m", messages: [{ role: "user", content: "q" }], stream: true, maxTokens: 10, temperature: null, includeUsage: false };
  expect(continued(chat, "one two \n", 2)).toMatchObject({ messages: [{ role: "user", content: "q" }, { role: "assistant", content: "one two" }], maxTokens: 8 });
  expect(continued(chat, "x", 30).maxTokens).toBe(1);
  expect(continued({ ...chat, maxTokens: null }, "x", 3).maxTokens).toBeNull();
});

test("continued: a start that the client gave the answer and what was delivered are one message", () => {
  const chat: ChatRequest = { model: "m", messages: [{ role: "user", content: "q" }, { role: "assistant", content: "{" }], stream: true, maxTokens: null, temperature: null, includeUsage: false };
  expect(continued(chat, '"a": 1 ', 2).messages).toEqual([{ role: "user", content: "q" }, { role: "assistant", content: '{"a": 1' }]);
});

test.each([
  ["follows at once", "one two", [" three", " four"], " three four"],
  ["brings the white space that was delivered", "one two ", [" three"], "three"],
  ["leaves out the white space that was delivered", "one two ", ["three"], "three"],
  ["adds nothing", "one two", [], ""],
  ["begins like the answer by chance", "The cat sat on the mat. ", ["The ", "dog did."], "The dog did."],
  ["ends on what it repeats by chance", "The cat sat on the mat. ", ["The "], "The "],
  ["takes no notice of the prefix", "The cat sat on the mat. ", ["The cat sat ", "on the mat. It", " slept."], "It slept."],
])("newInContinuation: a leg that %s", async (_, delivered, pieces, fresh) => {
  expect(await continuation(delivered, ...pieces)).toBe(fresh);
});

test("newInContinuation: a leg that started over and then differs, or is shorter, disagrees", async () => {
  await expect(continuation("The cat sat on the mat. ", "The cat sat on the ", "sofa.")).rejects.toBeInstanceOf(Disagreement);
  await expect(continuation("The cat sat on the mat. ", "The cat sat on the")).rejects.toBeInstanceOf(Disagreement);
});

/** As Gemini does, and vLLM where it is asked to: what was used so far, with every piece. */
const counting = (...pieces: readonly string[]): Batches =>
  oneByOne(batchOf([start, ...pieces.flatMap((text, index): ChatEvent[] => [{ type: "text", text }, { type: "usage", usage: { inputTokens: 7, outputTokens: index + 1 } }]), ...end]));

test("newInReplay, newInContinuation: usage with every piece is not part of the text", async () => {
  const delivered = "The cat sat on the mat. ";
  const anew = ["The cat ", "sat on ", "the mat. It", " slept."];
  for (const gives of [newInReplay, newInContinuation]) {
    const events = await eventsOf(gives(counting(...anew), delivered));
    expect(textIn(events)).toBe("It slept.");
    expect(events.findLast(({ type }) => type === "usage")).toEqual({ type: "usage", usage: { inputTokens: 7, outputTokens: 4 } });
  }
  expect(textIn(await eventsOf(newInContinuation(counting("The ", "dog ", "did."), delivered)))).toBe("The dog did.");
  await expect(eventsOf(newInReplay(counting("The cat ", "ran."), delivered))).rejects.toBeInstanceOf(Disagreement);
});

test("newInContinuation: any answer cut anywhere and continued in any pieces is whole: law", async () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 12 }).map((list) => list.join(" "));
  await fc.assert(
    fc.asyncProperty(words, fc.nat(), sizes, async (text, at, cuts) => {
      const delivered = text.slice(0, 1 + (at % text.length));
      const rest = text.slice(delivered.trimEnd().length);
      fc.pre(commonLength(rest, delivered) < 16);
      expect(delivered + (await continuation(delivered, ...cutUp(rest, cuts)))).toBe(text);
    }),
  );
});

test("newInReplay: only what comes after the delivered text is new", async () => {
  expect(await replay("one two", "one", " two three", " four")).toBe(" three four");
  expect(await replay("one two", "one two")).toBe("");
});

test("newInReplay: another text, or a shorter one, disagrees, and hands over all its events", async () => {
  const failed = await replay("one two", "one", " ten", " x").catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Disagreement);
  expect((failed as Disagreement).head).toEqual([start, { type: "text", text: "one" }, { type: "text", text: " ten" }]);
  await expect(replay("one two", "one")).rejects.toBeInstanceOf(Disagreement);
});
