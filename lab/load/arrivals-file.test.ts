import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { readArrivals, writeArrivals } from "./arrivals-file.ts";
import { fixtureArrivals } from "./fixtures/server.ts";

const fresh = () => path.join(mkdtempSync(path.join(tmpdir(), "arrivals-")), "arrivals.ndjson");
const problem = (text: string) => {
  const file = fresh();
  writeFileSync(file, text);
  return () => readArrivals(file);
};

test("readArrivals: reads what was written", () => {
  const file = fresh();
  const arrivals = fixtureArrivals(3, 100);
  writeArrivals(file, arrivals);
  expect(readArrivals(file)).toEqual(arrivals);
});

test("readArrivals: a damaged file is an error that names the line", () => {
  const [line] = fixtureArrivals(1, 0).map((arrival) => JSON.stringify(arrival));
  expect(problem(`${line}\n{"index":1,\n`)).toThrow(expect.objectContaining({ code: "arrivals_unreadable", message: expect.stringContaining("line 2 is not JSON") as unknown }));
  expect(problem("7\n")).toThrow("line 1 is not an arrival");
  expect(problem(`${line}\n${"x".repeat(2 ** 20 + 1)}\n`)).toThrow("line 2 is longer than 1 MiB");
  expect(() => readArrivals(fresh())).toThrow("there is no such file");
});
