import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { madePlayed } from "../lab/suite/results.fixture.ts";
import { openStore, playedText, resultsOf } from "./support/result-store.ts";

function storeFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, "deep/rows.ndjson");
}

const at = (commit: string) => ({ commit, machine: "a machine" });
const endsOf = (file: string) => openStore(file).rows().map(({ result: { cell, end } }) => `${cell.scenario} ${cell.seed} ${end}`);

test("openStore: a row a cell, in order, and the last try counts", () => {
  const file = storeFile();
  const store = openStore(file);
  store.add(madePlayed({ scenario: "smoke", seed: 10, end: "failed" }), at("aaa"));
  store.add(madePlayed({ scenario: "smoke", seed: 2, end: "held" }), at("aaa"));
  store.add(madePlayed({ scenario: "flagship", end: "deviated" }), at("bbb"));
  store.add(madePlayed({ scenario: "smoke", seed: 10, end: "held" }), at("bbb"));
  expect(endsOf(file)).toEqual(["flagship 1 deviated", "smoke 2 held", "smoke 10 held"]);
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(4);
  expect(openStore(file).of("smoke", "naive").map(({ commit }) => commit)).toEqual(["aaa", "bbb"]);
  expect(openStore(file, { again: true }).rows()).toEqual([]);
});

test("ResultStore: decided is what the same settings ended as, where no other try may end otherwise", () => {
  const store = openStore(storeFile());
  const [held, unknown] = [madePlayed({ scenario: "smoke" }), madePlayed({ scenario: "flagship", end: "unknown" })];
  for (const played of [held, unknown]) store.add(played, at("aaa"));
  const { cell } = held.result;
  expect([cell, unknown.result.cell, { ...cell, sets: ["speed=2"] }, { ...cell, seed: 2 }].map((one) => store.decided(one)?.result.end)).toEqual(["held", undefined, undefined, undefined]);
});

test("ResultStore: a row has its commit, its date and what pages show, and names no place on the machine", () => {
  const file = storeFile();
  const { result, effort } = madePlayed({ reason: `No file ${process.cwd()}/runs/a.` });
  openStore(file).add({ result: { ...result, reasons: [...result.reasons, "Another."] }, effort: { ...effort, wallMs: 600.4, directory: `${process.cwd()}/runs/a` } }, { ...at("aaa"), version: "1.2" });
  const [row] = openStore(file).rows();
  expect(row).toEqual({ ...at("aaa"), version: "1.2", result: { ...result, reasons: ["No file runs/a."], expectations: [] }, effort: { ...effort, wallMs: 600, directory: null } });
  expect(readFileSync(file, "utf8")).not.toContain(process.cwd());
  expect(resultsOf([row!])).toEqual([row!.result]);
});

test("playedText: from the first day to the last, and the commits in the order in which they were played", () => {
  const store = openStore(storeFile());
  expect(playedText(store.rows())).toBe("Not played yet");
  store.add(madePlayed({ scenario: "smoke" }, "2026-11-30T00:10:00.000Z"), at("bbb"));
  store.add(madePlayed({ scenario: "flagship" }, "2026-11-30T00:20:00.000Z"), at("bbb"));
  expect(playedText(store.rows())).toBe("2026-11-30, at commit bbb");
  store.add(madePlayed({ scenario: "saturation" }, "2026-11-29T23:50:00.000Z"), at("aaa"));
  expect(playedText(store.rows())).toBe("2026-11-29 to 2026-11-30, at commit aaa, bbb");
});
