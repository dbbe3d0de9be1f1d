import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resolveRun } from "../plan/resolve-run.ts";
import { createRunDirectory } from "./directory.ts";

const run = resolveRun({ scenario: "smoke", sets: [] });

/** A directory that holds these files, besides those of every run. */
function directoryWith(files: Readonly<Record<string, string>>): string {
  const root = path.join(mkdtempSync(path.join(tmpdir(), "blastlab-directory-")), "run");
  onTestFinished(() => rmSync(path.dirname(root), { recursive: true, force: true }));
  mkdirSync(path.join(root, "taps"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, name), text);
  return root;
}

const plan = { "plan.json": "{}" };

test.each([
  ["that was never closed", plan],
  ["that failed", { ...plan, "end.json": '{"reason":"failed"}' }],
  ["whose end was cut off", { ...plan, "end.json": '{"reason":"comp' }],
  ["that completed, and whose load lagged", { ...plan, "end.json": '{"reason":"completed"}', "verdict.json": '{"verdict":"failed"}', "report.md": "" }],
])("createRunDirectory: a run %s is void, and makes room with force only", async (_, files) => {
  const root = directoryWith({ ...files, "arrivals.ndjson": "old" });
  await expect(createRunDirectory(root, run)).rejects.toMatchObject({ code: "out_not_empty", hint: expect.stringContaining("--force removes a void run that is there") as unknown });
  await createRunDirectory(root, run, true);
  expect(existsSync(path.join(root, "end.json"))).toBe(false);
});

test.each([
  ["a run with a verdict", { ...plan, "end.json": '{"reason":"completed"}', "verdict.json": '{"verdict":"deviated"}' }],
  ["an interrupted run", { ...plan, "end.json": '{"reason":"interrupted"}' }],
  ["no run", { "notes.md": "mine" }],
  ["a void run with a file of somebody's", { ...plan, "notes.md": "mine" }],
])("createRunDirectory: what holds %s is never removed", async (_, files) => {
  const root = directoryWith(files);
  await expect(createRunDirectory(root, run, true)).rejects.toMatchObject({ exit: "refused", code: "out_not_empty" });
  expect(Object.keys(files).every((name) => existsSync(path.join(root, name)))).toBe(true);
});
