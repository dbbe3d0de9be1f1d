import { readFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { z } from "zod";
import { startJsonBoard } from "./board.ts";
import { live, plan } from "./fixtures/run.ts";
import type { ProgressLine } from "./json-lines.ts";
import type { ProgressEvent } from "./progress.ts";

const ms = z.int();
const count = z.int().min(0);
const text = z.string();
const second = z.strictObject({
  type: z.literal("second"),
  atMs: ms,
  endMs: ms,
  offered: count,
  answered: count,
  bad: count,
  badByCause: z.record(text, count),
  windowBadShare: z.number().min(0).max(1).nullable(),
  deployments: z.record(text, z.strictObject({ attempts: count, failures: count })),
  alarmMs: ms.nullable(),
  gatewayCountedFailures: count.nullable(),
  inForce: z.array(text),
  bypassed: z.array(text),
});
/** What programs may rely on. */
const lineSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("page"), url: z.url() }),
  z.strictObject({ type: z.literal("stage"), stage: z.enum(["validate", "plan", "start", "ready", "warm_up", "steady", "fault", "recovery", "verdict", "stop"]), detail: text }),
  z.strictObject({ type: z.literal("plan"), run: text, scenario: text, stack: text, seed: z.int(), requests: count, endMs: ms, directory: text, part: z.enum(["control", "run"]).nullable(), load: z.enum(["k6", "embedded"]), network: z.enum(["toxiproxy", "embedded"]) }),
  second,
  z.strictObject({ type: z.literal("fault"), fault: text, title: text, action: z.enum(["injected", "lifted", "failed"]), atMs: ms, detail: text }),
  z.strictObject({ type: z.literal("step"), step: text, title: text, outcome: z.enum(["done", "failed", "not_possible"]), atMs: ms, detail: text }),
]) satisfies z.ZodType<ProgressLine>;

const step = { id: "hand-step-1", kind: "break_glass", title: "By hand: break-glass on", atMs: 45_000, lacking: null, settings: { turn: "on", team: "support", routes: {} } } as const;
const events: readonly ProgressEvent[] = [
  { type: "stage", name: "warm_up", detail: "not measured" },
  { type: "plan", plan, directory: "runs/demo", load: "embedded", network: "toxiproxy" },
  { type: "fault", record: { fault: "real-outage", action: "injected", plannedMs: 30_000, atMs: 30_000.4, detail: "" } },
  { type: "step", step },
  { type: "action", record: { action: step.id, outcome: "done", plannedMs: 45_000, begunMs: 45_000, atMs: 45_900.2, detail: "" } },
  { type: "live", live },
];

function printed(): readonly ProgressLine[] {
  const stream = new PassThrough();
  const board = startJsonBoard(stream as unknown as NodeJS.WriteStream);
  for (const event of events) board.onProgress(event);
  board.close();
  return String(stream.read()).trimEnd().split("\n").map((line) => lineSchema.parse(JSON.parse(line)));
}

test("startJsonBoard: one object a line for each event, with the state of the run each second", () => {
  expect(printed()).toEqual([
    { type: "stage", stage: "warm_up", detail: "not measured" },
    { type: "plan", run: plan.run, scenario: "demo", stack: "hardened", seed: 7, requests: 3_000, endMs: 100_000, directory: "runs/demo", part: null, load: "embedded", network: "toxiproxy" },
    { type: "fault", fault: "real-outage", title: "Outage of openai on primary", action: "injected", atMs: 30_000, detail: "" },
    { type: "step", step: "hand-step-1", title: "By hand: break-glass on", outcome: "done", atMs: 45_900, detail: "" },
    {
      type: "second",
      atMs: 50_000,
      endMs: 100_000,
      offered: 1_500,
      answered: 1_480,
      bad: 37,
      badByCause: { late: 30, error: 7 },
      windowBadShare: 0.125,
      deployments: { primary: { attempts: 1_200, failures: 300 }, fallback: { attempts: 320, failures: 0 } },
      alarmMs: 41_500,
      gatewayCountedFailures: 7,
      inForce: ["real-outage"],
      bypassed: ["support"],
    },
  ]);
});

test("docs/live-page.md: has every line of --json with all its fields", () => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/live-page.md"), "utf8");
  const rows = new Map([...page.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, type, fields]) => [type, [...fields!.matchAll(/`(\w+)`/g)].map(([, field]) => field)]));
  const documented = lineSchema.options.map(({ shape }) => [shape.type.value, Object.keys(shape).filter((field) => field !== "type")]);
  expect(documented.map(([type]) => [type, rows.get(type as string)])).toEqual(documented);
});
