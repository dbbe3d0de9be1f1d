import { mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { VaultConfig } from "../config/vault-schema.ts";
import { popularityFolder } from "./popularity-folder.ts";

function folderOf(folder = mkdtempSync(path.join(tmpdir(), "blastlab-popular-")), key = "11".repeat(32)) {
  const lines: string[] = [];
  const config = { folder, regionalKey: "env:REGIONAL_KEY" } as VaultConfig;
  const disk = popularityFolder(config, { environment: { REGIONAL_KEY: key }, writeLine: (line) => lines.push(line) });
  return { folder, lines, disk };
}

test("popularityFolder: lists are kept by team, sealed, and read by the next process", () => {
  const { folder, disk } = folderOf();
  disk.write("support", "a secret question");
  disk.write("search", "another");
  disk.write("support", "a newer question");
  const files = readdirSync(folder);
  expect(files).toHaveLength(2);
  for (const file of files) expect(readFileSync(path.join(folder, file), "utf8")).not.toMatch(/question|another|support|search/);
  expect(folderOf(folder).disk.read().toSorted()).toEqual(["a newer question", "another"]);
});

test("popularityFolder: without the key, with another team's file, or a changed one, there is no list", () => {
  const { folder, disk } = folderOf();
  disk.write("support", "a question");
  const other = folderOf(folder, "22".repeat(32));
  expect(other.disk.read()).toEqual([]);
  expect(other.lines[0]).toContain("popularity_unreadable");
  const [file] = readdirSync(folder);
  renameSync(path.join(folder, file!), path.join(folder, `${"0".repeat(32)}.popular.sealed`));
  writeFileSync(path.join(folder, `${"1".repeat(32)}.popular.sealed`), "x");
  expect(folderOf(folder).disk.read()).toEqual([]);
});
