import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { Canceller, neverSignal, type Signal } from "../../../kernel/signal.ts";
import { bodyOf, TransportError, type TransportRequest, type TransportResponse } from "../../../kernel/transport.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { entriesOfClient, EntryCall } from "./entry-call.ts";

const at = (entry: string): TransportRequest => ({ method: "POST", url: `${entry}/v1/x`, headers: {}, body: new Uint8Array() });
const never = (signal: Signal) => new Promise<never>((_, reject) => void signal.onAbort((reason) => reject(new TransportError("aborted", String(reason)))));
const answer = (body: AsyncIterable<Uint8Array> = bodyOf(utf8Bytes("ok"))): TransportResponse => ({ status: 200, headers: {}, body });

/** Plays one call over the entries a and b; `answers` is asked with what is called, `a /v1/x`. */
async function play(answers: (what: string, signal: Signal, clock: VirtualClock) => Promise<TransportResponse>, signal: Signal = neverSignal) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const open = (request: TransportRequest, given: Signal) => {
    const what = request.url.replace(/^(\w)\//, "$1 /");
    asked.push(what);
    return answers(what, given, clock);
  };
  const call = new EntryCall({ clock, transport: { open } }, ["a", "b"]);
  const ended = (async () => {
    try {
      let bytes = 0;
      for await (const chunk of (await call.open(at, signal)).body) bytes += chunk.length;
      return { bytes, endMs: clock.nowMs() };
    } catch (error) {
      return { kind: (error as TransportError).kind, endMs: clock.nowMs() };
    }
  })();
  await clock.run(Infinity, {});
  return { ...(await ended), asked, facts: call.facts };
}

test("entriesOfClient: a client keeps to its own entry first, and holds the others only where it may try them", () => {
  const [own] = entriesOfClient(["a", "b", "c"], "client", false);
  expect(entriesOfClient(["a", "b", "c"], "client", false)).toHaveLength(1);
  expect(entriesOfClient(["a", "b", "c"], "client", true)[0]).toBe(own);
  expect(entriesOfClient(["a", "b", "c"], "client", true).toSorted()).toEqual(["a", "b", "c"]);
});

test("EntryCall: an entry that refuses is left for the next, and the record names both", async () => {
  const { facts, bytes } = await play((what) => (what.startsWith("a") ? Promise.reject(new TransportError("refused")) : Promise.resolve(answer())));
  expect({ facts, bytes }).toEqual({ facts: { entry: "b", tried: ["a refused"] }, bytes: 2 });
});

test("EntryCall: an entry that accepts and never answers is left within 1.5 s", async () => {
  const { facts, endMs, asked } = await play((what, signal) => (what.startsWith("a") ? never(signal) : Promise.resolve(answer())));
  expect(asked).toEqual(["a /v1/x", "a /health/live", "b /v1/x"]);
  expect({ facts, endMs }).toEqual({ facts: { entry: "b", tried: ["a silent"] }, endMs: 1_500 });
});

test("EntryCall: a slow answer of an entry that is there is waited for", async () => {
  const { facts, endMs, asked } = await play(async (what, _, clock) => {
    if (what === "a /v1/x") await clock.sleep(3_000);
    return answer();
  });
  expect(asked).not.toContain("b /v1/x");
  expect({ facts, endMs }).toEqual({ facts: { entry: "a" }, endMs: 3_000 });
});

test("EntryCall: a stream whose entry falls silent is broken off within 1.5 s, and never sent twice", async () => {
  const stream = async function* (signal: Signal) {
    yield utf8Bytes("first");
    yield await never(signal);
  };
  const { kind, endMs, asked } = await play((what, signal) => (what.endsWith("/health/live") ? never(signal) : Promise.resolve(answer(stream(signal)))));
  expect(asked).toEqual(["a /v1/x", "a /health/live"]);
  expect({ kind, endMs }).toEqual({ kind: "closed_early", endMs: 1_500 });
});

test("EntryCall: a client that leaves tries nothing else", async () => {
  const leaving = new Canceller();
  leaving.cancel("left");
  const { asked, facts } = await play((_, signal) => never(signal), leaving.signal);
  expect(asked).toEqual(["a /v1/x"]);
  expect(facts).toEqual({});
});

test("EntryCall: where every entry fails, the failure of the last is the client's", async () => {
  const { kind, facts } = await play((what) => Promise.reject(new TransportError(what.startsWith("a") ? "reset" : "refused")));
  expect({ kind, facts }).toEqual({ kind: "refused", facts: { tried: ["a reset", "b refused"] } });
});
