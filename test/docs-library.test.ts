import { expect, test } from "vitest";
import { openScenario, openStack, scenarioNames } from "../lab/plan/library.ts";
import { scenarioPage } from "../lab/report/scenario-page.ts";
import { wrapped } from "../lab/report/wrapped.ts";
import { parseScenario, parseStack } from "../scenarios/parse.ts";
import { families } from "../scenarios/schema-page.ts";

const library = scenarioNames().map((name) => {
  const { text, shown } = openScenario(name);
  return parseScenario(text, shown);
});
/** These are named on every page, and explained above all of them. */
const everywhere = ["naive", "one-process", "hardened"];

function titleOf(stack: string): string {
  const { text, shown } = openStack(stack);
  return parseStack(text, shown).title;
}

const named = library.map((scenario) => [scenario.name, scenario] as const);

test.each(named)("library: %s has a page, and names the stacks of the library and its family", (_name, { page, endsAs, tags, faults }) => {
  expect(page).toBeDefined();
  expect(Object.keys(endsAs)).toEqual(expect.arrayContaining(everywhere));
  expect(Object.keys(families)).toContain(tags[0]);
  expect(page?.outage !== undefined || faults.length === 0, "What breaks something has a dated outage behind it").toBe(true);
  expect(page?.next !== undefined || faults.length === 0, "What breaks something says what to do in one's own system").toBe(true);
});

test("docs/library.md: a page for each scenario of the library, made of the files (update with vitest --update)", async () => {
  const sections = Object.entries(families).map(([family, title]) => {
    const pages = library.filter(({ tags }) => tags[0] === family);
    return { index: `- **${title}**: ${pages.map(({ name }) => `[${name}](#${name})`).join(",\n  ")}.`, text: `## ${title}\n\n${pages.map((page) => scenarioPage(page, { titleOf: (stack) => (everywhere.includes(stack) ? undefined : titleOf(stack)) })).join("\n\n")}` };
  });
  const page = [
    "# The scenario library",
    wrapped(
      "A page for each scenario: what it teaches, the outage behind it with its sources, how each stack is meant to end, and what to do afterwards. `npx blastlab scenarios provider-down` shows one page, and `npx blastlab run provider-down --virtual` plays it within seconds. This page is made of the files in `scenarios/library/` by `test/docs-library.test.ts`.",
    ),
    wrapped(
      "With ten minutes before a game day: read what the scenario teaches and what to look at. Play it on `naive` and on `hardened` in virtual time, and compare the two reports. Then read *In your own system* for what to bring to the meeting.",
    ),
    "Each page names these stacks ([stacks.md](stacks.md)). A stack called `hardened-without-` lacks one protection.",
    everywhere.map((stack) => wrapped(`- \`${stack}\`: ${titleOf(stack)}.`, "  ")).join("\n"),
    wrapped(
      "*Meant to end* is a claim that tests hold in virtual time. `held`: every expectation was met. `deviated`: one was not. `not recovered`: users are still hit at the end of the run. `not applicable`: the stack has no such part. The expectations are the same for every stack, and the page names them under *What good looks like*. [metrics.md](metrics.md) defines each measure.",
    ),
    wrapped(
      "An outage has sources of these kinds. *Post-mortem*: by whoever had it. *Status page*: theirs, or a copy of it. *Measurement*: by somebody who called the service. *Issue*, *pull request*: of the software that failed. *Press*, *article*: by others. Where no public report of such an outage was found, the page says so and names the nearest.",
    ),
    sections.map(({ index }) => index).join("\n"),
    ...sections.map(({ text }) => text),
  ].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../docs/library.md");
});
