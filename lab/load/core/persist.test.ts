import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { ClientBehaviour } from "../../../kernel/client-behaviour.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { bodyOf, TransportError, type Headers, type Transport } from "../../../kernel/transport.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { persist } from "./persist.ts";

interface Answer {
  readonly afterMs: number;
  /** Absent: the connection is reset. */
  readonly status?: number;
  readonly headers?: Headers;
}

/** One request whose attempts are answered in turn, the last answer again and again. */
async function play(behaviour: ClientBehaviour | undefined, answers: readonly Answer[], { stream = false, stopAtMs = Infinity } = {}) {
  const clock = new VirtualClock();
  const opened: number[] = [];
  const transport: Transport = {
    async open(_, signal) {
      const { afterMs, status, headers = {} } = answers[Math.min(opened.length, answers.length - 1)]!;
      opened.push(clock.nowMs());
      await clock.sleep(afterMs, signal).catch(() => Promise.reject(new TransportError("aborted")));
      if (status === undefined) throw new TransportError("reset");
      return { status, headers: { "content-type": "application/json", ...headers }, body: bodyOf(utf8Bytes('{"choices":[{"message":{"content":"one"}}]}')) };
    },
  };
  const destination = { targets: { local: ["http://gateway"] }, tryOthers: false, keys: {} };
  const arrival = { index: 0, atMs: 100, requestId: "r-1-0", client: "c", team: "a", feature: "x", region: "local", route: "m", prompt: "p", maxTokens: 5, stream, ...(behaviour && { behaviour }) };
  const stop = new Canceller();
  if (stopAtMs < Infinity) clock.at(stopAtMs, () => stop.cancel("Ctrl-C"));
  let done: ReturnType<typeof persist> | undefined;
  clock.at(100, () => void (done = persist(arrival, { clock, transport, destination, timeoutMs: 60_000 }, stop.signal)));
  await clock.run();
  return { record: await done!, opened, idle: clock.idle };
}

const sdk = { retries: "sdk" } as const;

test("persist: a success at the second attempt is the request's: its first send, its last end, and the attempt before", async () => {
  const { record, opened, idle } = await play(sdk, [{ afterMs: 10, status: 503, headers: { "retry-after": "1" } }, { afterMs: 20, status: 200 }]);
  expect(opened).toEqual([100, 1_110]);
  expect(record).toMatchObject({ intendedMs: 100, sentMs: 100, lastSentMs: 1_110, firstByteMs: 1_130, endMs: 1_130, end: "complete", status: 200, text: "one" });
  expect(record.earlierAttempts).toEqual([{ sentMs: 100, endMs: 110, end: "complete", status: 503 }]);
  expect(idle).toBe(true);
});

test("persist: a client without a behaviour sends once, and so does one whose first attempt succeeds", async () => {
  const once = await play(undefined, [{ afterMs: 10, status: 503 }]);
  expect(once.opened).toEqual([100]);
  expect(once.record).not.toHaveProperty("earlierAttempts");
  expect((await play(sdk, [{ afterMs: 10, status: 200 }])).record).not.toHaveProperty("earlierAttempts");
});

test("persist: after the last attempt its failure is the request's", async () => {
  const { record, opened } = await play(sdk, [{ afterMs: 10 }]);
  expect(opened).toHaveLength(3);
  expect(record).toMatchObject({ end: "reset", status: null });
  expect(record.earlierAttempts).toHaveLength(2);
});

test("persist: an attempt that takes longer than the SDK's limit is given up and sent again", async () => {
  const { record, opened, idle } = await play({ ...sdk, timeoutMs: 1_000 }, [{ afterMs: 5_000, status: 200 }, { afterMs: 10, status: 200 }]);
  expect(record.earlierAttempts).toEqual([{ sentMs: 100, endMs: 1_100, end: "timeout", status: null }]);
  expect(opened).toHaveLength(2);
  expect(record).toMatchObject({ end: "complete", status: 200 });
  expect(idle).toBe(true);
});

test("persist: a user without patience leaves an attempt that is under way, and begins none that would come too late", async () => {
  const waiting = await play({ ...sdk, patienceMs: 3_000 }, [{ afterMs: 10 }, { afterMs: 20_000, status: 200 }]);
  expect(waiting.record).toMatchObject({ end: "timeout", endMs: 3_100, status: null });
  expect(waiting.opened).toHaveLength(2);
  const asked = await play({ ...sdk, patienceMs: 3_000 }, [{ afterMs: 10, status: 429, headers: { "retry-after": "5" } }]);
  expect(asked.record).toMatchObject({ end: "complete", status: 429, endMs: 110 });
  expect(asked.opened).toHaveLength(1);
});

test("persist: when the run is over, nothing is sent any more", async () => {
  const { record, opened } = await play(sdk, [{ afterMs: 10, status: 503 }], { stopAtMs: 200 });
  expect(opened).toHaveLength(1);
  expect(record).toMatchObject({ end: "complete", status: 503 });
});
