import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { executableAt } from "./executable.ts";

const folder = mkdtempSync(path.join(tmpdir(), "blastlab-executable-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ["tool", "text"]) writeFileSync(path.join(folder, name), "#!/bin/sh\n");
chmodSync(path.join(folder, "tool"), 0o755);
chmodSync(path.join(folder, "text"), 0o644);

test.each([
  ["tool", "/nowhere", folder, path.join(folder, "tool")],
  ["./tool", folder, "", path.join(folder, "tool")],
  ["tool", folder, "/nowhere", null],
  ["text", "/nowhere", folder, null],
  ["./gone", folder, folder, null],
  [".", folder, folder, null],
])("executableAt: %s from %s", (program, cwd, searchPath, found) => {
  expect(executableAt(program, { cwd, searchPath })).toBe(found);
});
