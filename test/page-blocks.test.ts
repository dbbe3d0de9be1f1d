import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { block, keptBlock } from "./support/page-blocks.ts";

test("keptBlock: a page's block comes back as it was made, and one that it lacks is null", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-blocks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "page.md");
  expect(keptBlock(file, "live")).toBeNull();
  writeFileSync(file, `# Page\n\n${block("virtual", "| a |\n| b |")}\n\n${block("live", null)}\n`);
  expect(keptBlock(file, "virtual")).toBe("| a |\n| b |");
  expect(keptBlock(file, "other")).toBeNull();
});
