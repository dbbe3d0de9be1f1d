import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../docs/decisions/", import.meta.url);
const decisions = readdirSync(folder).filter((name) => /^\d{4}-/.test(name)).map((name) => ({ name, number: Number(name.slice(0, 4)), heading: readFileSync(new URL(name, folder), "utf8").split("\n")[0]! }));

test("docs/decisions: each has a number of its own, which its heading repeats", () => {
  expect(new Set(decisions.map(({ number }) => number)).size).toBe(decisions.length);
  expect(decisions.filter(({ number, heading }) => !heading.startsWith(`# ${number}. `)).map(({ name }) => name)).toEqual([]);
});

test("docs/decisions/README.md: every decision by its number, made of their headings (update with vitest --update)", async () => {
  const rows = decisions.map(({ name, number, heading }) => `| ${number} | [${heading.replace(/^# \d+\. /, "")}](${name}) |`);
  const page = ["# Decisions", "", "Half a page each: what was decided, why, and what was not done. Some numbers were never used.", "", "| | decision |", "|---|---|", ...rows, ""].join("\n");
  await expect(page).toMatchFileSnapshot("../docs/decisions/README.md");
});
