import type { ComparedScenario, Comparison } from "./comparison.ts";
import { comparedMeasures } from "./measures.ts";
import { differenceText, stackHeads, stackRow } from "./report-rows.ts";
import { interruptedText, levelText, pairSentence } from "./sentence.ts";

export interface PageOptions {
  /** The command that makes the page again. */
  readonly command: string;
  /** By label: what that policy set says that it cannot do. */
  readonly notExpressed: readonly (readonly [label: string, texts: readonly string[]])[];
}

/** A comparison as a page: its command, a section for each scenario, and what each policy set cannot express. */
export function comparisonMarkdown(comparison: Comparison, { command, notExpressed }: PageOptions): string {
  const { level, seeds, scenarios } = comparison;
  const interrupted = interruptedText(comparison);
  return [
    "# Stacks compared",
    ...(interrupted === null ? [] : [`**${interrupted}**`]),
    [
      `\`${command}\`. ${seeds.length === 1 ? "One seed, so without intervals over seeds." : `Means over ${seeds.length} seeds, each with its 95 % interval over seeds.`}`,
      `A pair's difference is that of the second less that of the first, over the seeds that both played.`,
      `**Bold** where its ${levelText(level)} interval excludes 0 and the difference matters. Where nothing differs, at most one comparison in twenty shows a bold figure.`,
    ].join("\n"),
    ...scenarios.flatMap((scenario) => sectionOf(scenario, level)),
    ...notExpressed.map(([label, texts]) => `## What ${label} cannot express\n\n${texts.map((text) => `- ${text}`).join("\n")}`),
  ].join("\n\n").concat("\n");
}

function sectionOf(scenario: ComparedScenario, level: number): readonly string[] {
  const pairHeads = ["pair", ...comparedMeasures.map(({ label }) => label)];
  const pairRows = scenario.pairs.map(({ first, second, differences }) => [`${second} less ${first}`, ...differences.map(differenceText)]);
  return [
    `## ${scenario.scenario}`,
    markdownTable([stackHeads, ...scenario.stacks.map(stackRow)]),
    markdownTable([pairHeads, ...pairRows]),
    scenario.pairs.map((pair) => `- ${pairSentence(scenario, pair, level)}`).join("\n"),
  ];
}

/** The first row is the head. */
export function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head ?? []), `|${"---|".repeat(head?.length ?? 0)}`, ...rows.map(line)].join("\n");
}
