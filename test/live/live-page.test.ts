import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { FaultRecord, NoteRecord } from "../../kernel/records.ts";
import { clockTime } from "../../observer/measure/format.ts";
import { readTap, readVerdict, startCli } from "../support/cli.ts";
import { readEvents } from "../support/event-stream.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");

test("live page: shows a run while it goes on, its stop button lifts every fault, and its report is served until the page is closed", { timeout: 120_000 }, async () => {
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--network", "embedded", "--ui"]);
  const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(await cli.printed(/live page: \S+/))!;
  const page = readEvents(`${url}events`);
  await page.found((parts) => /data-plot="timeline"/.test(parts["timeline"] ?? "") && /bandwidth/.test(parts["troubles"] ?? ""));
  const post = (to: string, body: object) => fetch(url + to, { method: "POST", redirect: "manual", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const { atMs } = (await (await post("notes", { text: "Latency is up | everywhere" })).json()) as { readonly atMs: number };
  expect((await post("stop", {})).status).toBe(200);
  const ended = await page.found((parts) => parts["ended"] !== "");
  expect(ended["ended"]).toMatch(/is-interrupted.*the stop button of the live page/);
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  expect(faults.filter(({ action }) => action === "lifted").length).toBe(faults.filter(({ action }) => action === "injected").length);
  expect(readTap<NoteRecord>(cli.directory, "notes")).toMatchObject([{ atMs, text: "Latency is up | everywhere" }]);
  expect(readFileSync(path.join(cli.directory, "end.json"), "utf8")).toContain('"taps/notes.ndjson"');
  expect(readFileSync(path.join(cli.directory, "report.md"), "utf8")).toContain(`| ${clockTime(atMs)} | Latency is up \\| everywhere |`);
  expect(await (await fetch(`${url}report.html`, { redirect: "manual" })).text()).toBe(readFileSync(path.join(cli.directory, "report.html"), "utf8"));
  expect(cli.process.exitCode).toBeNull();
  page.close();
  const { code } = await cli.ended;
  expect({ code, left: cli.alive(), verdict: readVerdict(cli.directory).verdict }).toEqual({ code: 130, left: [], verdict: "interrupted" });
});
