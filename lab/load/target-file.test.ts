import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { followTargetFile } from "./target-file.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

test("followTargetFile: follows what is written, keeps the last version of a broken file, and ignores other machines", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "targets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "targets.json");
  using targets = followTargetFile(file);
  expect(targets.of("search")).toBeUndefined();
  writeFileSync(file, JSON.stringify({ teams: { search: "http://127.0.0.1:8100", ads: "http://10.0.0.1:8100" } }));
  await untilPasses(() => expect(targets.of("search")).toBe("http://127.0.0.1:8100"));
  expect(targets.of("ads")).toBeUndefined();
  writeFileSync(file, '{"teams": {');
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(targets.of("search")).toBe("http://127.0.0.1:8100");
  rmSync(file);
  await untilPasses(() => expect(targets.of("search")).toBeUndefined());
});
