import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const page = readFileSync(path.join(root, "docs/results/first-hour.md"), "utf8");
const rows = page.split("\n").flatMap((line) => {
  const [, what, proof] = /^\| (.+?) \| (.*`[\w./-]+\.test\.ts`.*) \|$/.exec(line) ?? [];
  return what === undefined ? [] : [[what, proof!] as const];
});

/** `file.test.ts` "words", "more words". */
const proofsIn = (proof: string) => [...proof.matchAll(/`([\w./-]+\.test\.ts)`((?:,? "[^"]+")*)/g)].map(([, file, names]) => ({ file: file!, names: [...names!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!) }));

test("docs/results/first-hour.md: has a line for what the first hour needs", () => {
  expect(rows.length).toBeGreaterThan(15);
});

test.each(rows)("docs/results/first-hour.md: %s: its tests are there, by these names", (_what, proof) => {
  for (const { file, names } of proofsIn(proof)) {
    expect(existsSync(path.join(root, file)), file).toBe(true);
    const text = readFileSync(path.join(root, file), "utf8");
    for (const name of names) expect(text, file).toContain(name);
  }
});
