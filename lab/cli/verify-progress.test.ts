import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { verifyProgress } from "./verify-progress.ts";

function watching(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough;
  const clock = { ms: 0 };
  const progress = verifyProgress(stream, () => clock.ms);
  progress.begin({ totals: { rows: 1_000, phases: 200, intervals: 1_400 } });
  return { progress, clock, text: () => String(stream.read() ?? "") };
}

test("verifyProgress: a pipe gets a line each half a minute, with the time that is left at this pace", () => {
  const { progress, clock, text } = watching(false);
  clock.ms = 20_000;
  progress.advance(40);
  expect(text()).toBe("");
  clock.ms = 40_000;
  progress.advance(40);
  expect(text()).toBe("verified 80 of 200 phases, 1:00 left at this pace\n");
});

test("verifyProgress: a terminal's line is removed before anything else is written", () => {
  const { progress, clock, text } = watching(true);
  clock.ms = 1_000;
  progress.advance(100);
  expect(text()).toContain("verified 100 of 200 phases, 0:01 left at this pace");
  progress.clear();
  expect(text()).toBe("\r\u001B[2K");
  progress.clear();
  expect(text()).toBe("");
});
