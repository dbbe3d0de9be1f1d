import type { Scenario } from "../../scenarios/schema.ts";
import { limitsText } from "./limits-text.ts";
import { wrapped } from "./wrapped.ts";

type Page = NonNullable<Scenario["page"]>;

export interface ScenarioPageOptions {
  /** The title of a stack whose name does not explain itself to the page's reader. */
  readonly titleOf?: (stack: string) => string | undefined;
  /** Breaks a paragraph into lines, of which all but the first begin with `indent`. */
  readonly wrap?: (text: string, indent?: string) => string;
}

/**
 * What a scenario teaches, the outage behind it, how each stack is meant to end, what to look at, what good looks like
 * and what to do next: a section of Markdown.
 */
export function scenarioPage({ name, title, description, endsAs, page, expectations }: Scenario, { titleOf = () => undefined, wrap = wrapped }: ScenarioPageOptions = {}): string {
  const ends = Object.entries(endsAs).map(([stack, end]) => {
    const explained = titleOf(stack);
    return wrap(`- \`${stack}\`${explained === undefined ? "" : ` (${explained})`}: **${end.replace("_", " ")}**.${page === undefined ? "" : ` ${page.ends[stack]}`}`, "  ");
  });
  const parts = [
    `### ${name}`,
    wrap(`*${title}*`),
    ...(description === "" ? [] : [wrap(description)]),
    ...(page === undefined ? [] : [wrap(`**What it teaches.** ${page.teaches}`), ...outageOf(page).map((text) => wrap(text))]),
    ...(ends.length === 0 ? [] : [`**How it is meant to end.**\n\n${ends.join("\n")}`]),
    ...(page === undefined ? [] : [wrap(`**What to look at.** ${page.lookAt}`)]),
    ...(expectations.length === 0 ? [] : [wrap(`**What good looks like.** The run holds with ${expectations.map(limitsText).join(", ")}.`)]),
    ...(page?.next === undefined ? [] : [wrap(`**In your own system.** ${page.next}`)]),
  ];
  return parts.join("\n\n");
}

function outageOf({ outage }: Page): readonly string[] {
  if (outage === undefined) return [];
  const named = typeof outage.source === "string" ? [{ is: "source", url: outage.source }] : outage.source;
  const sources = named.map(({ is, url }) => `[${is}](${url})`).join(", ");
  return [`**The outage behind it.** ${outage.date}: ${outage.title} (${sources}).`, ...(outage.differs === undefined ? [] : [`**What the scenario does otherwise.** ${outage.differs}`])];
}
