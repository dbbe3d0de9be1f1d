import { cellName, type Cell } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playedText, type ResultStore, type Row } from "../support/result-store.ts";
import { liveReasons } from "./live-reasons.ts";
import { liveLine, problemOf, type LiveRow } from "./live-table.ts";

export interface LiveStores {
  readonly live: ResultStore;
  /** The same cells in virtual time. */
  readonly virtual: ResultStore;
}

/** However it ended. Undefined: it was not played. */
const rowOf = (store: ResultStore, { scenario, stack, seed }: Cell): Row | undefined => store.of(scenario, stack).find(({ result }) => result.cell.seed === seed);

/** Cells of the page, beside the same cells in virtual time. */
export function liveRows({ live, virtual }: LiveStores, cells: readonly Cell[]): readonly LiveRow[] {
  return cells.flatMap((cell) => {
    const row = rowOf(live, cell);
    return row === undefined ? [] : [{ live: row, virtual: virtual.of(cell.scenario, cell.stack) }];
  });
}

/** docs/results/library.md. */
export function libraryLivePage(stores: LiveStores, cells: readonly Cell[]): string {
  const rows = liveRows(stores, cells);
  const seeds = new Set(rows.flatMap(({ virtual }) => virtual.map(({ result }) => result.cell.seed))).size;
  const virtualOnly = chooseCells({ names: [], tags: ["virtual"], stacks: ["hardened"], seeds: [1] }).map(({ scenario }) => scenario);
  const unplayed = cells.filter((cell) => rowOf(stores.live, cell) === undefined);
  const asMeant = rows.filter((row) => problemOf(row) === null);
  return `# The library, live

${playedText(cells.flatMap((cell) => rowOf(stores.live, cell) ?? []))}: \`npm run library:live\`. Every scenario once with real processes, beside the median of ${seeds} virtual ${seeds === 1 ? "seed" : "seeds"}. *Meant* is the
scenario's own \`endsAs\`. Lost demand of the two may differ by 5 points. For virtual time alone, because they last far longer than a game day: ${virtualOnly.join(", ")}.

| scenario | stack | meant | live | lost demand, live | lost demand, virtual | time | note |
|---|---|---|---|---|---|---|---|
${rows.map((row) => liveLine(row, liveReasons)).join("\n")}

${asMeant.length} of ${rows.length} cells ended as meant and as in virtual time, within 120 s and 5 points of lost demand.${unplayed.length === 0 ? "" : ` Not played live yet, ${unplayed.length} of ${cells.length}: ${unplayed.map(cellName).join(", ")}.`}
`;
}
