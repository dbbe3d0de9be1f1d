import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { ActionRecord, FaultRecord, HandRecord, NoteRecord } from "../../kernel/records.ts";
import { clockTime } from "../../observer/measure/format.ts";
import { readTap, readVerdict, startCli } from "../support/cli.ts";
import { readEvents } from "../support/event-stream.ts";

/** The run is stopped by hand; until then it lasts, however slow the machine is. */
const long = ["--set", "faults.0.lengthMs=120000", "--set", "faults.1.lengthMs=120000"];
const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");

test("live page: shows a run while it goes on, a fault is injected by hand, the stop button lifts every fault, and its report is served until the page is closed", async () => {
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--network", "embedded", "--ui", ...long]);
  const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(await cli.printed(/live page: \S+/))!;
  const page = readEvents(`${url}events`);
  await page.found((parts) => /data-plot="timeline"/.test(parts["timeline"] ?? "") && /bandwidth/.test(parts["troubles"] ?? ""));
  const post = (to: string, body: object) => fetch(url + to, { method: "POST", redirect: "manual", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const { atMs } = (await (await post("notes", { text: "Latency is up | everywhere" })).json()) as { readonly atMs: number };
  const offered = (await page.found((parts) => parts["offered"] !== "" && / 0:0[3-9] of |0:[1-9]\d of /.test(` ${parts["clock"]} of `)))["offered"]!;
  const [, pause] = /<option value="(offered-\d+)"[^>]*>The gateway of region 1 stopped/.exec(offered)!;
  expect(await (await post("faults", { fault: pause, lengthMs: 60_000 })).json()).toEqual({ fault: "hand-1" });
  await page.found((parts) => /By hand: The gateway of region 1 stopped/.test(parts["troubles"] ?? ""));
  expect(await (await post("break-glass", { team: "support", minutes: 5, operator: "ann", reason: "the gateway stands still" })).json()).toEqual({ team: "support" });
  await page.found((parts) => /Team support goes past the gateways until/.test(parts["windows"] ?? ""));
  expect((await post("break-glass/back", { team: "support" })).status).toBe(200);
  await page.found((parts) => parts["windows"] === "" && parts["teams"] === "");
  expect((await post("stop", {})).status).toBe(200);
  const ended = await page.found((parts) => parts["ended"] !== "");
  expect(ended["ended"]).toMatch(/is-interrupted.*the stop button of the live page/);
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  expect(faults.filter(({ action }) => action === "lifted").length).toBe(faults.filter(({ action }) => action === "injected").length);
  expect(faults.filter(({ fault }) => fault === "hand-1").map(({ action }) => action)).toEqual(["injected", "lifted"]);
  const window = { minutes: 5, operator: "ann", reason: "the gateway stands still" };
  expect(readTap<HandRecord>(cli.directory, "hand")).toMatchObject([
    { fault: { id: "hand-1", kind: "process" } },
    { step: { id: "hand-step-1", settings: { turn: "on", team: "support", window } } },
    { step: { id: "hand-step-2", settings: { turn: "off", team: "support" } } },
  ]);
  expect(readTap<ActionRecord>(cli.directory, "actions").map(({ action, outcome }) => [action, outcome])).toEqual([["hand-step-1", "done"], ["hand-step-2", "done"]]);
  expect(readFileSync(path.join(cli.directory, "report.md"), "utf8")).toContain("By hand: break-glass on for team support, 5 min, by ann: the gateway stands still");
  const audit = readFileSync(path.join(cli.directory, "logs/break-glass-audit.ndjson"), "utf8");
  expect(audit).toMatch(/"event":"on","team":"support","operator":"ann","reason":"the gateway stands still".*"confirmed":"page"/);
  expect(readVerdict(cli.directory).reasons.join(" ")).toContain("A person injected a fault during the run: By hand: The gateway of region 1 stopped");
  expect(readTap<NoteRecord>(cli.directory, "notes")).toMatchObject([{ atMs, text: "Latency is up | everywhere" }]);
  expect(readFileSync(path.join(cli.directory, "end.json"), "utf8")).toContain('"taps/notes.ndjson"');
  expect(readFileSync(path.join(cli.directory, "report.md"), "utf8")).toContain(`| ${clockTime(atMs)} | Latency is up \\| everywhere |`);
  expect(await (await fetch(`${url}report.html`, { redirect: "manual" })).text()).toBe(readFileSync(path.join(cli.directory, "report.html"), "utf8"));
  expect(cli.process.exitCode).toBeNull();
  page.close();
  const { code } = await cli.ended;
  expect({ code, left: cli.alive(), verdict: readVerdict(cli.directory).verdict }).toEqual({ code: 130, left: [], verdict: "interrupted" });
});
