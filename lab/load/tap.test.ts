import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { readTap } from "./fixtures/tap.ts";
import { TapWriter } from "./tap.ts";

const header = { tap: "client", source: "embedded", run: "r", seed: 1, epochMs: 5 } as const;
const fresh = () => path.join(mkdtempSync(path.join(tmpdir(), "tap-")), "client.ndjson");

test("TapWriter: header, numbered records, and a trailer that counts and sums them", async () => {
  const file = fresh();
  const tap = new TapWriter<{ text: string }>(file, header);
  tap.write({ text: "one" });
  tap.write({ text: "zwölf" });
  await tap.close();
  await tap.close();
  const { records, whole } = readTap(file);
  expect(records).toMatchObject([
    { sequence: 0, text: "one" },
    { sequence: 1, text: "zwölf" },
  ]);
  expect(whole).toBe(true);
  expect(readFileSync(file, "utf8").endsWith("\n")).toBe(true);
});

test("TapWriter: a folder that does not exist fails on close, not on write", async () => {
  const tap = new TapWriter<{ text: string }>(path.join(path.dirname(fresh()), "missing", "client.ndjson"), header);
  tap.write({ text: "one" });
  await expect(tap.close()).rejects.toThrow("ENOENT");
});
