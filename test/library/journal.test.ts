import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { madePlayed } from "../../lab/suite/results.fixture.ts";
import { openJournal } from "./journal.ts";

function journalFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, "deep/played.ndjson");
}

test("openJournal: what was played is known when it is opened again, what may end otherwise is not, and again forgets all", () => {
  const file = journalFile();
  const [held, unknown] = [madePlayed({ scenario: "smoke", end: "held" }), madePlayed({ scenario: "flagship", end: "unknown" })];
  const first = openJournal(file, { again: false });
  first.add(held, "aaa");
  first.add(unknown, "bbb");
  const opened = openJournal(file, { again: false });
  expect([held, unknown].map(({ result: { cell } }) => opened.of(cell)?.result.end)).toEqual(["held", undefined]);
  expect(opened.commitsOf([held.result.cell])).toEqual(["aaa"]);
  expect(openJournal(file, { again: true }).of(held.result.cell)).toBeUndefined();
});

test("openJournal: the last line of a cell counts", () => {
  const file = journalFile();
  const journal = openJournal(file, { again: false });
  journal.add(madePlayed({ scenario: "smoke", end: "deviated" }), "aaa");
  journal.add(madePlayed({ scenario: "smoke", end: "held" }), "bbb");
  appendFileSync(file, "\n");
  const { cell } = madePlayed({ scenario: "smoke", end: "held" }).result;
  expect(openJournal(file, { again: false }).of(cell)?.result.end).toBe("held");
});
