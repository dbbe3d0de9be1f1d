import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { listPrices } from "../../lab/plan/list-price.ts";
import { readPriceList } from "./price-list.ts";

const head = "currency: USD\nperTokens: 1000000\nsources: { a: { name: a, url: 'https://example.org/a', date: 2026-01-01 } }\nmodels:\n";

function read(text: string): unknown {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-prices-"));
  try {
    writeFileSync(path.join(folder, "prices.yaml"), text);
    return readPriceList(path.join(folder, "prices.yaml"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("readPriceList: an edited price is what the gateway charges", () => {
  expect(read(`${head}  m: { input: 1, output: 2, source: a }\n`)).toEqual({ m: { input: 1, output: 2, source: "a" } });
});

test.each([
  ["  m: { input: -1, output: 2, source: a }", "models.m"],
  ["  m: { input: 1, output: 2, source: b }", "Expected the name of one of the sources with each price"],
  ["  m: { input: 1, output: 2 }", "Expected the name of one of the sources with each price"],
  ["  m: { input: 1, outptu: 2, source: a }", "models.m"],
  ["  m: { input: 1, output: 2, source: a }\n  m: { input: 2, output: 2, source: a }", "unique"],
])("readPriceList: a list that is not one is refused with the line: %s", (models, message) => {
  expect(() => read(`${head}${models}\n`)).toThrow(message);
  expect(() => read(`${head}${models}\n`)).toThrow(/prices\.yaml:\d+:\d+ /);
});

test("readPriceList: the lab plans with the prices that the gateway charges", () => {
  expect(listPrices()).toEqual(readPriceList());
});
