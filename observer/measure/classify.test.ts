import { expect, test } from "vitest";
import type { LoadSource } from "../../kernel/load-source.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { digestOf, HandMadeRun, legOf, markOf, planOf, somebodysTool } from "./testing.ts";

function judged(make: (run: HandMadeRun) => ClientRecord, loadSource: LoadSource = { generator: "embedded", instrument: "embedded" }) {
  const run = new HandMadeRun();
  const record = make(run);
  const { state, cause, silent } = classify(record, knowledgeOf(planOf(), run.records({ loadSource }), run.arrivals));
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

test("classify: a client that left makes a request neither good nor bad, where a load tool behind the relay has clients of its own", () => {
  const left = answer({ text: cut, end: "aborted", terminal: false });
  expect(judged(left, somebodysTool)).toEqual(["left", null, false]);
  expect(judged(left, { generator: "k6", instrument: "relay" })).toEqual(["bad", "truncated", false]);
  expect(judged(left)).toEqual(["bad", "truncated", false]);
});

test("classify: what the lab ended at the end of a run is bad", () => {
  expect(judged(answer({ text: "", status: null, end: "stopped", terminal: false }), somebodysTool)).toEqual(["bad", "error", false]);
});

test("classify: a stream without a first token waited for it until its end, where the instrument sees any", () => {
  const untimed = answer({ firstTokenMs: null, gapMsMax: null, endMs: 2_001 });
  expect(judged(untimed)).toEqual(["bad", "late", false]);
  expect(judged(untimed, { generator: "k6", instrument: "k6" })).toEqual(["good", null, false]);
});
