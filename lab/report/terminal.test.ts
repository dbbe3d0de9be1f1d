import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Verdict } from "../../kernel/verdict.ts";
import { viewOf } from "../../observer/view/view-of.ts";
import { plan, verdict } from "../board/fixtures/run.ts";
import { paintFor } from "../board/paint.ts";
import { terminalReporter, terminalText } from "./terminal.ts";

/** For what is no terminal. */
const plainPaint = paintFor({});

const textOf = (shown: Verdict, replay: string | null = null) => terminalText(viewOf({ plan, verdict: shown }), { directory: "runs/demo", replay }, plainPaint);

test("terminalText: verdict, blast radius and parts, expectations, what the gateway counted, where to find it", () => {
  expect(`\n${textOf(verdict, "npx blastlab run demo --seed 7")}`).toBe(`
DEVIATED  demo on hardened  A demonstration
  Blast radius deviated: 31 %, expected at most 5 %.
  Silent share is inconclusive: 0.2 % to 2 %, expected at most 1 %.

blast radius 31 %  of the demand during the faults was lost, as much as a total outage of 12.4 s; 95 % over clients: 28 % to 34 %
  control               0.1 %             requests bad in the run's own steady state
  reach                 50 %              2 of 4 cells hit beyond their SLO and chance
  clients reached       25 %              12 of 48 clients hit beyond their SLO and chance
  worst-hit cell        labs/trial/local  180 of its 300 requests bad; detection 9 s, not recovered
  silent share          0.2 %             bad requests that were delivered as a success
  amplification         1.34 x            provider attempts for each client request
  money                 0.0731 USD        billed by providers for the exposure; control 0.061 USD, difference 0.0121 USD
  detection             11.5 s            the observer's burn-rate alarm, after the faults began
  detection by gateway  no alarm          the same rule on the gateway's own metrics
  recovery              > 30 s            after the faults were lifted
  first token p50       410 ms            from the intended send
  first token p99       4.1 s             from the intended send

  measure        at least  at most  measured      result
  blast radius   -         5 %      31 %          deviated
  amplification  -         1.4 x    1.34 x        held
  recovery       -         10 s     > 30 s        deviated
  silent share   -         1 %      0.2 % to 2 %  inconclusive

  over the exposure  gateway counted  observed
  requests           2000             2000
  failed or bad      7                200
  attempts           unreadable       2674
  The gateway counted 7 failed requests; 200 bad ones were observed.
  Counted from 22.9 s to 98 s, its last reading.

books     3000 offered, 3000 sent, 0 dropped. The books balance.
load      offered by k6, answers timed by relay, lateness p99 4 ms
inputs    not known
run       runs/demo
report    runs/demo/report.html
replay    npx blastlab run demo --seed 7
`);
});

test("terminalText: a run without measures shows why, and its books", () => {
  const broken = { ...verdict, verdict: "unknown" as const, measures: null, gatewayCounts: null, expectations: [], books: { ...verdict.books, balanced: false, problems: ["3 orphan attempts"] } };
  expect(textOf(broken)).toBe(
    "UNKNOWN  demo on hardened  A demonstration\n  Blast radius deviated: 31 %, expected at most 5 %.\n  Silent share is inconclusive: 0.2 % to 2 %, expected at most 1 %.\n\n" +
      "books     3000 offered, 3000 sent, 0 dropped. The books do not balance: 3 orphan attempts.\nload      offered by k6, answers timed by relay, lateness p99 4 ms\ninputs    not known\nrun       runs/demo\nreport    runs/demo/report.html\n",
  );
});

test("terminalText: of a run that held the first reason is enough", () => {
  expect(textOf({ ...verdict, verdict: "held" })).not.toContain("Silent share is inconclusive");
});

test("terminalReporter: writes the text to its stream, in the colours of its paint", () => {
  const stream = new PassThrough();
  const colours = paintFor({ isTTY: true }, {});
  terminalReporter(stream, { directory: "runs/demo", replay: null }, colours).report(viewOf({ plan, verdict }));
  expect(String(stream.read())).toContain(colours.red("deviated"));
});

test("terminalReporter: a terminal of 80 columns gets no line that is wider, but for commands", () => {
  const stream = Object.assign(new PassThrough(), { columns: 80 });
  terminalReporter(stream, { directory: "runs/demo", replay: `npx blastlab run demo ${"--set a=1 ".repeat(10)}` }, plainPaint).report(viewOf({ plan, verdict }));
  const lines = String(stream.read()).split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([expect.stringContaining("replay    npx blastlab run demo")]);
});

test("terminalText: the first wrong answers with why, and where a gateway's own name of a model belongs", () => {
  const wrong = [1, 2, 3, 4].map((number) => ({ requestId: `r-${number}`, why: "wrong_model: the response names model assistant-fallback, and another model answered" }));
  const text = textOf({ ...verdict, wrong });
  expect(text).toContain("  wrong answers, the first 3\n  r-1  wrong_model: the response names model assistant-fallback, and another model answered\n");
  expect(text).toContain("belongs into `modelAliases` of its stack");
  expect(text).not.toContain("r-4");
  expect(textOf({ ...verdict, wrong: [{ requestId: "r-1", why: "mixed_up: x" }] })).not.toContain("modelAliases");
});
