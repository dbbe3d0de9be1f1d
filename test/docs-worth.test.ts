import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { sixProtections } from "../lab/suite/protections.ts";
import { playedRows, withWorth } from "./worth/readme.ts";

const textOf = (name: string) => readFileSync(path.resolve(import.meta.dirname, "..", name), "utf8");
const [readme, page] = [textOf("README.md"), textOf("docs/results/worth.md")];

test("README: what protections are worth are the rows of docs/results/worth.md (npm run worth -- --page writes both)", () => {
  expect(playedRows(page).length).toBeGreaterThan(5);
  expect(withWorth(readme, page)).toBe(readme);
});

test("README: it names each of the six protections, and no figure of the league table that was not measured", () => {
  const named = new Set(playedRows(page).map(({ protection }) => /`(.+)`/.exec(protection)?.[1]));
  expect(sixProtections.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  const claims = readme.split("\n").filter((line) => line.includes("docs/results/gateways.md"));
  expect(claims.flatMap((line) => line.match(/\d+(\.\d+)? (%|s|x)(?=\W)/g) ?? []).filter((figure) => !textOf("docs/results/gateways.md").includes(figure))).toEqual([]);
});

test("withWorth: figures that differ from the page's are replaced, and a README without a place for them is refused", () => {
  expect(withWorth(readme.replace(/\d+(\.\d+)? %(?=[^\n]*\n<!-- end of rows)/, "1 %"), page)).toBe(readme);
  expect(() => withWorth("# A page\n", page)).toThrow("README has no lines");
});
