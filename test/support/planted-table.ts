import type { Found } from "./planted.ts";

/** What one run showed of its planted fault. */
export interface PlantedRow extends Found {
  readonly plant: string;
  readonly stack: string;
  /** How it is found. */
  readonly by: string;
  /** Bad requests of its cells that the decoy had not touched. */
  readonly bad: number;
  /** Of those, attributed to its aftermath, and to another fault. */
  readonly aftermath: number;
  readonly others: number;
}

const sum = (rows: readonly PlantedRow[], field: "found" | "of" | "bad" | "aftermath" | "others") => rows.reduce((total, row) => total + row[field], 0);
const leastShare = (rows: readonly PlantedRow[]) => Math.min(...rows.map(({ found, of }) => (of === 0 ? 1 : found / of)));

/** The rows of all runs, one line a plant, as a page of Markdown. */
export function plantedPage(rows: readonly PlantedRow[], about: { readonly date: string; readonly seeds: number; readonly wallS: number }): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const lines = [...Map.groupBy(rows, ({ plant }) => plant)].map(([plant, own]) => {
    const stacks = [...new Set(own.map(({ stack }) => stack))].join(", ");
    const share = own[0]!.by === "harmless" ? "-" : `${(100 * leastShare(own)).toFixed(1)} %`;
    return line([plant, stacks, own.length, own[0]!.by, sum(own, "bad"), sum(own, "of"), sum(own, "found"), sum(own, "aftermath"), share, sum(own, "others")]);
  });
  return `# Planted faults, ${about.date}

Each row is one kind of fault, planted in a small world of two routes and at most 600 requests, played in virtual time with ${about.seeds} seeds on each of its stacks. A
decoy acts in the same cells at the same time, on requests that are known, and three bystanders on another route. *Bad* are the bad requests of the planted
fault's cells that the decoy did not touch. *Damage* is what there was to find, and *found* what was attributed to the planted fault alone or to its
aftermath. *Least share* is the lowest of all runs. *Other faults* counts requests that were attributed to the decoy or to a bystander, alone or among several.

${rows.length} runs in ${Math.round(about.wallS)} s.

| planted | stacks | runs | found by | bad | damage | found | of it aftermath | least share | other faults |
|---|---|---|---|---|---|---|---|---|---|
${lines.join("\n")}

The damage of *usage* is answers that told a wrong usage, that of *counts* requests that the gateway did not count: neither makes a request bad. *Harmless* faults
made none bad, and were blamed for none. \`memory_limit\` of a process, and a collector or a vault out of reach, exist only live.

\`BLASTLAB_PLANTED_RESULTS=FILE npm run planted\` plays it again and writes this page.
`;
}
