import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { madePlayed } from "../suite/results.fixture.ts";
import { suiteProgress } from "./suite-progress.ts";

/** Two cells of three, ten seconds each. */
function drawnOn(isTTY: boolean, columns = 200): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns }) as unknown as NodeJS.WriteStream & PassThrough;
  let nowMs = 0;
  {
    using progress = suiteProgress(stream, 3, { nowMs: () => nowMs });
    for (const end of ["held", "not_recovered"] as const) {
      nowMs += 10_000;
      progress.add(madePlayed({ end }));
    }
  }
  return String(stream.read());
}

test("suiteProgress: a line for each cell, with the time that is left at this pace", () => {
  expect(drawnOn(false)).toBe("suite: 1 of 3, 0:20 left at this pace; smoke on naive, seed 1: held\nsuite: 2 of 3, 0:10 left at this pace; smoke on naive, seed 1: not recovered\n");
});

test("suiteProgress: a terminal gets one line that is drawn over and removed at the end", () => {
  const drawn = drawnOn(true);
  expect(drawn).not.toContain("\n");
  expect(drawn.split("\r\u001B[2K").at(-1)).toBe("");
  expect(drawn).toContain("suite: 0 of 3");
});

test("suiteProgress: a narrow terminal gets what fits its line, because a line that is broken cannot be drawn over", () => {
  const lines = drawnOn(true, 20).split("\r\u001B[2K");
  expect(Math.max(...lines.map((line) => line.length))).toBe(19);
  expect(lines).toContain("suite: 1 of 3, 0:20");
});
