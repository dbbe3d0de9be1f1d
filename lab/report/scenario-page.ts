import type { Scenario } from "../../scenarios/schema.ts";
import { wrapped } from "./wrapped.ts";

/**
 * What a scenario teaches, the outage behind it, how each stack is meant to end and what to look at: a section of
 * Markdown that a terminal shows as well.
 */
export function scenarioPage({ name, title, description, endsAs, page }: Scenario): string {
  const ends = Object.entries(endsAs).map(([stack, end]) => wrapped(`- \`${stack}\`: **${end.replace("_", " ")}**.${page === undefined ? "" : ` ${page.ends[stack]}`}`, "  "));
  const parts = [
    `### ${name}`,
    wrapped(`*${title}*`),
    ...(description === "" ? [] : [wrapped(description)]),
    ...(page === undefined ? [] : [wrapped(`**What it teaches.** ${page.teaches}`), ...outageOf(page)]),
    ...(ends.length === 0 ? [] : [`**How it is meant to end.**\n\n${ends.join("\n")}`]),
    ...(page === undefined ? [] : [wrapped(`**What to look at.** ${page.lookAt}`)]),
  ];
  return parts.join("\n\n");
}

function outageOf({ outage }: NonNullable<Scenario["page"]>): readonly string[] {
  return outage === undefined ? [] : [wrapped(`**The outage behind it.** ${outage.date}: ${outage.title} ([source](${outage.source})).`)];
}
