import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import { fitColumns } from "./fit-columns.ts";

const note = "most requests at a provider within 1 s after the faults, by its mean before";

test("fitColumns: what does not fit goes on below the last column, words whole, in colours as without", () => {
  const line = `  herd factor    1.33 x  ${note}`;
  const fitted = ["  herd factor    1.33 x  most requests at a provider", "                         within 1 s after the faults, by", "                         its mean before"].join("\n");
  expect(fitColumns(line, 56)).toBe(fitted);
  expect(stripVTControlCharacters(fitColumns(line.replace(note, picocolors.createColors(true).dim(note)), 56))).toBe(fitted);
});

test("fitColumns: a last column without room, and prose, are broken under their own beginning", () => {
  expect(fitColumns(`  ${note}`, 44)).toBe("  most requests at a provider within 1 s\n    after the faults, by its mean before");
  expect(fitColumns(`${"a".repeat(30)}  some words here`, 40)).toBe(`${"a".repeat(30)}  some\n  words here`);
});

test("fitColumns: what fits, a command, one long word and what is no terminal stay as they are", () => {
  const command = "replay    npx blastlab run gateway-sick --seed 1 --stack naive --virtual";
  for (const line of ["held", command, "x".repeat(90), ""]) expect(fitColumns(line, 40)).toBe(line);
  expect(fitColumns(note, undefined)).toBe(note);
});
