import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { AnswerMeter, noFacts } from "./meter.ts";

const stream = { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8", "x-blastlab-deployment": "primary" } };
const json = { status: 200, headers: { "content-type": "application/json" } };
const word = (text: string) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;

/** Pushes each text at its time; the facts at the end. */
async function facts(head: Parameters<AnswerMeter["begin"]>[0], pieces: readonly (readonly [atMs: number, text: string])[], complete = true) {
  const clock = new VirtualClock();
  const meter = new AnswerMeter(clock);
  clock.at(10, () => meter.begin(head));
  for (const [atMs, text] of pieces) clock.at(atMs, () => meter.push(utf8Bytes(text)));
  await clock.run();
  if (complete) meter.complete();
  return meter.facts;
}

test("AnswerMeter: stamps the first byte, the first content, and the longest gap between two pieces of content", async () => {
  const pieces = [[20, ": ping\n\n"], [30, word("")], [50, word("a")], [60, word("b")], [400, ": ping\n\n"], [460, word("c") + word("d")], [470, "data: [DONE]\n\n"]] as const;
  expect(await facts(stream, pieces)).toMatchObject({ status: 200, claimedDeployment: "primary", firstByteMs: 10, firstTokenMs: 50, gapMsMax: 400, text: "abcd", terminal: true });
});

test("AnswerMeter: one piece of content has no gap, and none no first token", async () => {
  expect(await facts(stream, [[20, word("a")]])).toMatchObject({ firstTokenMs: 20, gapMsMax: null });
  expect(await facts(stream, [[20, ": ping\n\n"]])).toMatchObject({ firstByteMs: 10, firstTokenMs: null, gapMsMax: null });
});

test("AnswerMeter: an answer that is not a stream is read once it is complete", async () => {
  const body = [[20, '{"choices":[{"message":{"con'], [30, 'tent":"ä"}}]}']] as const;
  expect(await facts(json, body)).toMatchObject({ text: "ä", terminal: true, firstByteMs: 10, firstTokenMs: null });
  expect(await facts(json, body, false)).toMatchObject({ text: "", terminal: false, errorCode: null });
});

test("AnswerMeter: before the headers there are no facts", () => {
  expect(new AnswerMeter(new VirtualClock()).facts).toEqual(noFacts);
});

test("AnswerMeter: an answer that never stops is read up to a limit, and unreadable", async () => {
  const endless = Array.from({ length: 12 }, (_, index) => [20 + index, word("x".repeat(2 ** 18))] as const);
  const { text, ...rest } = await facts(stream, endless);
  expect(rest).toMatchObject({ errorCode: "unreadable", firstTokenMs: 20, terminal: false });
  expect(text.length).toBeLessThan(2 ** 21 + 2 ** 18 + 1);
  expect(await facts(json, endless.map(([atMs]) => [atMs, "y".repeat(2 ** 18)] as const))).toMatchObject({ text: "", errorCode: "unreadable", terminal: false });
});
