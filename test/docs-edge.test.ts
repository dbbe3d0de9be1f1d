import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { cases } from "./conformance/edge/cases.ts";
import { engineTable } from "./conformance/edge/table.ts";

test("docs/edge.md: its table of engines is made of the conformance suite's cases (npm run edge:table)", () => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../docs/edge.md"), "utf8");
  expect(cases.length).toBe(14);
  expect(page).toContain(engineTable());
});
