import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatEvent, WirePiece } from "../../../kernel/chat.ts";
import { batchOf, eventsOf } from "../batches.ts";
import { Placeholders } from "./pii.ts";
import { RestoreFilter } from "./restore-filter.ts";
import { ScrubFilter } from "./scrub-filter.ts";
import { piiKinds } from "./settings.ts";
import { filterAnswer } from "./answer-filter.ts";

const wire = (data: object, count = 1): WirePiece => ({ format: "anthropic", event: "content_block_delta", data: JSON.stringify(data), count });
const thought = (text: string): ChatEvent => ({ type: "reasoning", text, wire: wire({ index: 0, delta: { type: "thinking_delta", thinking: text } }) });
const signed: ChatEvent = { type: "reasoning", text: "", wire: wire({ index: 0, delta: { type: "signature_delta", signature: "EqQB" } }) };
const spoken: ChatEvent = { type: "text", text: "Hello there " };

/** The text cut in pieces, wherever the cuts fall. */
function cut(text: string, cuts: readonly number[]): readonly string[] {
  const places = [0, ...new Set(cuts.map((place) => place % text.length)), text.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => text.slice(places[index], end)).filter((part) => part !== "");
}

const scrubbed = (events: readonly ChatEvent[]) => eventsOf(filterAnswer(batchOf(events), () => new ScrubFilter(piiKinds, () => {})));

/** What a client of the provider's format reads as the thinking. */
function thinkingIn(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.wire === undefined ? "" : ((JSON.parse(event.wire.data) as { delta?: { thinking?: string } }).delta?.thinking ?? ""))).join("");
}

test("filterAnswer: a value in the thinking is replaced wherever the pieces are cut, before the signature: law", async () => {
  const text = "I mail ada@example.org, then call +49 30 901820 now.";
  const property = fc.asyncProperty(fc.array(fc.nat(), { maxLength: 8 }), async (cuts) => {
    const events = await scrubbed([...cut(text, cuts).map(thought), signed, spoken, { type: "end" }]);
    expect(thinkingIn(events)).toBe("I mail [EMAIL], then call [PHONE] now.");
    const signature = events.findIndex(({ wire }) => wire?.data.includes("EqQB") === true);
    expect(events.findLastIndex(({ wire }) => wire?.data.includes("thinking_delta") === true)).toBeLessThan(signature);
    expect(events.map((event) => (event.type === "text" ? event.text : "")).join("")).toBe("Hello there ");
  });
  await fc.assert(property, { numRuns: 100 });
});

test("filterAnswer: thinking with nothing in it is the same text, and its last word is not lost where the answer breaks", async () => {
  expect(thinkingIn(await scrubbed([...["Let me ", "see", "king"].map(thought), { type: "end" }]))).toBe("Let me seeking");
  const broken = async function* () {
    yield ["Let me ", "see", "king"].map(thought);
    throw new Error("reset");
  };
  const seen: ChatEvent[] = [];
  const reading = (async () => {
    for await (const batch of filterAnswer(broken(), () => new ScrubFilter(piiKinds, () => {}))) seen.push(...batch);
  })();
  await expect(reading).rejects.toThrow("reset");
  expect(thinkingIn(seen)).toBe("Let me seeking");
});

test("filterAnswer: the caller's own value is restored in thinking, wherever its placeholder is cut", async () => {
  const placeholders = new Placeholders();
  placeholders.scrub("ada@example.org", [{ kind: "email", start: 0, end: 15 }]);
  const events = await eventsOf(filterAnswer(batchOf(["Ask [EMA", "IL_1", "] today"].map(thought).concat(signed)), () => new RestoreFilter(placeholders)));
  expect(thinkingIn(events)).toBe("Ask ada@example.org today");
});

test("filterAnswer: a first piece that also begins the answer stays one piece", async () => {
  const piece: WirePiece = { format: "openai", event: "", data: "", count: 2 };
  const first = { ...piece, event: "message", data: JSON.stringify({ model: "m", delta: { thinking: "To ada@exam" } }) };
  const events = await scrubbed([{ type: "start", id: "a", model: "m", wire: first }, { type: "reasoning", text: "To ada@exam", wire: first }, thought("ple.org "), signed]);
  expect(events[0]!.wire).toBe(events[1]!.wire);
  expect(events[0]!.wire).toMatchObject({ count: 2 });
  expect(thinkingIn(events.slice(1))).toBe("To [EMAIL] ");
});
