import type { Scenario } from "../../scenarios/schema.ts";

const columns = 118;

/** What a scenario teaches, the outage behind it, how each stack is meant to end and what to look at: a section of Markdown that a terminal shows as well. */
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

/** In lines of a page, broken at spaces; every line but the first begins with `indent`. */
function wrapped(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
