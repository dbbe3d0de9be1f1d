import { expect, test } from "vitest";
import type { ClientRecord } from "../../kernel/records.ts";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { digestOf, HandMadeRun, legOf, markOf, planOf } from "./testing.ts";

function judged(make: (run: HandMadeRun) => ClientRecord) {
  const run = new HandMadeRun();
  const record = make(run);
  const { state, cause, silent } = classify(record, knowledgeOf(planOf(), run.records(), run.arrivals));
  return [state, cause, silent];
}
const whole = legOf(markOf({ answerId: "r-0", digest: digestOf("red") }));
const cut = whole.split(" ").slice(0, 4).join(" ");
const answer = (changes: Partial<ClientRecord>) => (run: HandMadeRun) => run.good("red", 1_000, changes);

test("classify: a whole answer in time is good", () => {
  expect(judged(answer({}))).toEqual(["good", null, false]);
});

test.each<[string, (run: HandMadeRun) => ClientRecord]>([
  ["a status other than 2xx", (run) => run.failed("red", 0)],
  ["a refused connection", answer({ text: "", end: "refused", status: null, terminal: false, firstTokenMs: null })],
  ["the client's own limit", answer({ text: "", end: "timeout", status: null, terminal: false, firstTokenMs: null })],
  ["an in-band error before any text", answer({ text: "", errorCode: "server_error", terminal: false })],
  ["a JSON body that does not parse", answer({ text: "", stream: false, terminal: false })],
])("classify: %s is an error, and not silent", (_, make) => {
  expect(judged(make)).toEqual(["bad", "error", false]);
});

test.each<[string, Partial<ClientRecord>, boolean]>([
  ["a connection that broke in the text", { text: cut, end: "closed_early", terminal: false }, false],
  ["an in-band error after some text", { text: cut, errorCode: "upstream_broke", terminal: false }, false],
  ["a stream that just ends", { text: cut, terminal: false }, true],
  ["a clean end without the CLOSE", { text: cut }, true],
  ["an empty answer with a clean end", { text: "" }, true],
  ["a whole text without the terminal event", { terminal: false }, true],
  ["an answer that closes before the words asked for", { text: legOf(markOf({ answerId: "r-0", digest: digestOf("red") }), 1, 4) }, true],
])("classify: %s is truncated, silent: only where a client takes it for a success", (_, changes, silent) => {
  expect(judged(answer(changes))).toEqual(["bad", "truncated", silent]);
});

test("classify: late counts from the intended send: first token or total of a stream", () => {
  expect(judged(answer({ sentMs: 1_900, firstTokenMs: 2_001 }))).toEqual(["bad", "late", false]);
  expect(judged(answer({ firstTokenMs: 2_000, endMs: 5_000 }))).toEqual(["good", null, false]);
  expect(judged(answer({ endMs: 5_001 }))).toEqual(["bad", "late", false]);
});

test("classify: late counts for JSON: the total alone", () => {
  expect(judged(answer({ stream: false, firstTokenMs: 4_000, endMs: 4_100 }))).toEqual(["good", null, false]);
  expect(judged(answer({ stream: false, endMs: 5_001 }))).toEqual(["bad", "late", false]);
});

test("classify: wrong is silent as a success: and weighs more than late", () => {
  const wrong = { claimedDeployment: "fallback", endMs: 9_000 };
  expect(judged(answer(wrong))).toEqual(["bad", "wrong", true]);
  expect(judged(answer({ ...wrong, end: "reset", terminal: false }))).toEqual(["bad", "wrong", false]);
});

test("classify: what was never sent is bad: the demand was there", () => {
  expect(judged(answer({ text: "", end: "dropped", sentMs: null, status: null, terminal: false }))).toEqual(["bad", "not_sent", false]);
});

test("classify: a client that left makes a request neither good nor bad", () => {
  expect(judged(answer({ text: cut, end: "aborted", terminal: false }))).toEqual(["left", null, false]);
});
