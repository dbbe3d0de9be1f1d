import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "./clock-virtual.ts";
import { fromLetters, hashUnit, toLetters } from "./hash.ts";
import { answerWord, decodeWord, encodeClose, encodeOpen, messageDigest, nameLetters, wordCheck } from "./mark.ts";
import { exponential, gamma, logNormal, seededRng } from "./rng.ts";
import { Cancelled, Canceller, orAborted } from "./signal.ts";
import { mean, quantile, wilson } from "./stats.ts";
import { utf8Bytes, utf8Stream } from "./utf8.ts";

test("Canceller: listeners run in order, once, and unsubscribed ones do not", () => {
  const canceller = new Canceller();
  const seen: string[] = [];
  canceller.signal.onAbort(() => seen.push("first"));
  const unsubscribe = canceller.signal.onAbort(() => seen.push("never"));
  canceller.signal.onAbort(() => seen.push("second"));
  unsubscribe();
  canceller.cancel("why");
  canceller.cancel("again");
  canceller.signal.onAbort((reason) => seen.push(`late ${String(reason)}`));
  expect(seen).toEqual(["first", "second", "late why"]);
});

test("Canceller: a child follows its parent and leaves it when disposed", () => {
  const parent = new Canceller();
  const kept = new Canceller(parent.signal);
  const disposed = new Canceller(parent.signal);
  disposed.dispose();
  expect(parent.listenerCount).toBe(1);
  parent.cancel("stop");
  expect([kept.signal.aborted, disposed.signal.aborted]).toEqual([true, false]);
});

test("orAborted: rejects on cancel and leaves no listener when it settles first", async () => {
  const canceller = new Canceller();
  await orAborted(Promise.resolve(1), canceller.signal);
  expect(canceller.listenerCount).toBe(0);
  const waiting = orAborted(new Promise(() => {}), canceller.signal);
  canceller.cancel("gone");
  await expect(waiting).rejects.toBeInstanceOf(Cancelled);
});

test("VirtualClock: events fire by time, ties in order of scheduling, with all promises settled between them", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.at(20, () => seen.push("late"));
  clock.at(10, () => {
    void (async () => {
      for (let hop = 0; hop < 50; hop++) await null;
      seen.push(`deep@${clock.nowMs()}`);
    })();
  });
  clock.at(10, () => seen.push("tie"));
  clock.at(15, () => seen.push("cancelled"))();
  await clock.run();
  expect(seen).toEqual(["deep@10", "tie", "late"]);
  expect(clock.nowMs()).toBe(20);
});

test("VirtualClock: those of many timers that are not cancelled fire by time and then in order of setting, near and far, set early and late: law", async () => {
  const timer = fc.record({ afterMs: fc.oneof(fc.nat(3), fc.nat(5_000), fc.constantFrom(999, 1_000, 60_000)), cancelled: fc.boolean(), then: fc.array(fc.nat(4_000), { maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(timer, { maxLength: 30 }), async (timers) => {
      const clock = new VirtualClock();
      const [set, fired]: [number[][], number[][]] = [[], []];
      const at = (atMs: number, then: readonly number[]) => {
        const one = [atMs, set.length];
        set.push(one);
        return clock.at(atMs, () => {
          fired.push([clock.nowMs(), one[1]!]);
          for (const afterMs of then) at(clock.nowMs() + afterMs, []);
        });
      };
      const cancelled = timers.flatMap(({ afterMs, cancelled: isCancelled, then }, index) => {
        const cancel = at(afterMs, then);
        return isCancelled ? [{ cancel, index }] : [];
      });
      for (const { cancel } of cancelled) cancel();
      await clock.run();
      const left = set.filter(([, index]) => !cancelled.some((one) => one.index === index));
      expect(fired).toEqual(left.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!));
      expect(clock.idle).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("VirtualClock: a cancelled sleep rejects at once and leaves nothing scheduled", async () => {
  const clock = new VirtualClock();
  const canceller = new Canceller();
  const slept = clock.sleep(1_000, canceller.signal).catch((error: unknown) => error);
  clock.at(5, () => canceller.cancel("enough"));
  await clock.run();
  expect(await slept).toBeInstanceOf(Cancelled);
  expect(clock.nowMs()).toBe(5);
  expect(clock.idle).toBe(true);
});

test("VirtualClock: run stops before events past its limit, and what an event throws rejects it", async () => {
  const clock = new VirtualClock();
  let fired = 0;
  clock.at(100, () => fired++);
  await clock.run(50);
  expect(fired).toBe(0);
  clock.at(60, () => {
    throw new Error("boom");
  });
  await expect(clock.run()).rejects.toThrow("boom");
});

test("hashUnit: uniform, and its parts do not run together", () => {
  const draws = Array.from({ length: 20_000 }, (_, index) => hashUnit("seed", "incident", index));
  expect(mean(draws)).toBeCloseTo(0.5, 1);
  const deciles = Array.from({ length: 10 }, (_, decile) => draws.filter((draw) => Math.floor(draw * 10) === decile).length);
  for (const count of deciles) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  expect(hashUnit("a", "bc")).not.toBe(hashUnit("ab", "c"));
});

test("toLetters: fromLetters is its inverse", () => {
  fc.assert(fc.property(fc.nat(0xffffffff), (value) => fromLetters(toLetters(value, 8)) === value));
  expect(fromLetters("zz")).toBeNaN();
});

test("mark: what is encoded is decoded, and one changed letter is seen", () => {
  const digest = messageDigest("key", "hello there");
  const mark = { answerId: "abcdefghijklmnop", deployment: nameLetters("primary"), model: nameLetters("m"), digest };
  expect(decodeWord(encodeOpen(mark, 1))).toEqual({ kind: "open", mark, first: 1 });
  const close = encodeClose(mark, 40);
  expect(decodeWord(close)).toEqual({ kind: "close", mark, last: 40 });
  const changed = close.slice(0, 20) + (close[20] === "a" ? "b" : "a") + close.slice(21);
  expect(decodeWord(changed)).toBeNull();
  expect(decodeWord(answerWord(digest, 7))).toEqual({ kind: "word", index: 7, check: wordCheck(digest, 7) });
  expect(decodeWord("hello")).toBeNull();
});

test("rng: forks are independent of draws and of each other; distributions have their moments", () => {
  const parent = seededRng(7);
  const before = parent.fork("x").next();
  parent.next();
  expect(parent.fork("x").next()).toBe(before);
  expect(parent.fork("y").next()).not.toBe(before);
  const rng = seededRng(1, "moments");
  const sample = (draw: () => number) => Array.from({ length: 40_000 }, draw);
  expect(mean(sample(() => exponential(rng, 3)))).toBeCloseTo(3, 0);
  expect(quantile(sample(() => logNormal(rng, 650, 0.5)), 0.5) / 650).toBeCloseTo(1, 1);
  for (const shape of [0.25, 1, 4]) {
    const draws = sample(() => gamma(rng, shape, 2));
    const average = mean(draws);
    const cv = Math.sqrt(mean(draws.map((value) => (value - average) ** 2))) / average;
    expect(average / 2).toBeCloseTo(1, 1);
    expect(cv * Math.sqrt(shape)).toBeCloseTo(1, 1);
  }
});

test("utf8Stream: text is the same however its bytes are cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }).map((text) => text.toWellFormed().replaceAll("\ufeff", "")), fc.array(fc.nat(9)), (text, cuts) => {
      const bytes = utf8Bytes(text);
      const decoder = utf8Stream();
      let decoded = "";
      let at = 0;
      for (const cut of cuts) {
        decoded += decoder.push(bytes.slice(at, at + cut));
        at += cut;
      }
      return decoded + decoder.push(bytes.slice(at)) + decoder.end() === text;
    }),
  );
});

test("quantile and wilson: known values", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([], 0.5)).toBeNaN();
  const [low, high] = wilson(5, 100);
  expect(low).toBeCloseTo(0.0215, 3);
  expect(high).toBeCloseTo(0.1118, 3);
  expect(wilson(0, 0)).toEqual([0, 1]);
});
