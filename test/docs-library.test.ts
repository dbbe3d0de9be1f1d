import { expect, test } from "vitest";
import { openScenario, scenarioNames } from "../lab/plan/library.ts";
import { scenarioPage } from "../lab/report/scenario-page.ts";
import { parseScenario } from "../scenarios/parse.ts";
import { families } from "../scenarios/schema-page.ts";

const library = scenarioNames().map((name) => {
  const { text, shown } = openScenario(name);
  return parseScenario(text, shown);
});
const named = library.map((scenario) => [scenario.name, scenario] as const);

test.each(named)("library: %s has a page, and names the stacks of the library and its family", (_name, { page, endsAs, tags, faults }) => {
  expect(page).toBeDefined();
  expect(Object.keys(endsAs)).toEqual(expect.arrayContaining(["naive", "one-process", "hardened"]));
  expect(Object.keys(families)).toContain(tags[0]);
  expect(page?.outage !== undefined || faults.length === 0, "What breaks something has a dated outage behind it").toBe(true);
});

test("docs/library.md: a page for each scenario of the library, made of the files (update with vitest --update)", async () => {
  const sections = Object.entries(families).map(([family, title]) => {
    const pages = library.filter(({ tags }) => tags[0] === family);
    return { index: `- **${title}**: ${pages.map(({ name }) => `[${name}](#${name})`).join(",\n  ")}.`, text: `## ${title}\n\n${pages.map(scenarioPage).join("\n\n")}` };
  });
  const page = [
    "# The scenario library",
    "Made of the files in `scenarios/library/` by `test/docs-library.test.ts`. `npx blastlab scenarios provider-down` shows\none page. `npx blastlab run provider-down --virtual` plays a scenario. *Meant to end* is a claim that tests hold in\nvirtual time. No verdict depends on it.",
    sections.map(({ index }) => index).join("\n"),
    ...sections.map(({ text }) => text),
  ].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../docs/library.md");
});
