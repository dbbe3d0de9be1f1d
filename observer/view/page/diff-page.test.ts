import { expect, test } from "vitest";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import { examine } from "../../measure/judge.ts";
import { HandMadeRun, playedAt } from "../../measure/testing.ts";
import type { RunView } from "../run-view.ts";
import { viewOf } from "../view-of.ts";
import { diffPage } from "./diff-page.ts";
import { runPage } from "./run-page.ts";
import { timelineSvg } from "./timeline.ts";

/** A request every so many milliseconds. */
function viewEvery(everyMs: number, stack: string): RunView {
  const run = new HandMadeRun();
  run.every(everyMs, 0, 100_000, (atMs) => (stack === "<naive>" && atMs >= 20_000 && atMs < 60_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  const plan = run.plan({ stack, faults: [faultOf({ id: "f1" })] });
  const records = run.records({ faults: playedAt("f1") });
  const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
  return viewOf({ plan, verdict, evidence: { records, judged } });
}

const [dense, sparse] = [viewEvery(100, "<naive>"), viewEvery(500, "hardened")];
const page = diffPage([dense, sparse]);

test("diffPage: both timelines have one scale, that of the larger load", () => {
  expect(page.match(/top is 10 requests in 1 s/g)).toHaveLength(2);
  expect(runPage(sparse)).toContain("top is 2 requests in 1 s");
});

test("diffPage: shows both verdicts, every figure twice, and no markup of the runs", () => {
  expect(page.match(/class="verdict is-/g)).toHaveLength(2);
  expect(page).not.toContain("<naive>");
  expect(page).toContain("by-hand on &lt;naive&gt;, seed 7");
});

test("diffPage: no id stands twice, and every link leads into the page", () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address!).filter((address) => !ids.includes(address.slice(1)))).toEqual([]);
});

test("timelineSvg: is a file of its own, with its colours and patterns", () => {
  const svg = timelineSvg({ title: "By hand", series: dense.series!, marks: dense.marks });
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]* width="1080"/);
  for (const name of ["p-bad", "p-silent", "p-fault"]) expect(svg).toContain(`<pattern id="${name}"`);
  expect(svg).toContain("--bad:");
});
