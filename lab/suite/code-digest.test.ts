import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openScenario } from "../plan/library.ts";
import { codeDigest } from "./code-digest.ts";

test("codeDigest: the same files give the same digest, and an edited scenario another", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-digest-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const scenario = path.join(folder, "mine.yaml");
  const { text } = openScenario("smoke");
  const digestWith = (content: string) => {
    writeFileSync(scenario, content);
    return codeDigest([{ scenario, stack: "naive", seed: 1, sets: [] }]);
  };
  const first = digestWith(text);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(digestWith(text)).toBe(first);
  expect(digestWith(`${text}# Edited.\n`)).not.toBe(first);
});
