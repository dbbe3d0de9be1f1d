import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { chooseCells } from "../lab/suite/choose-cells.ts";
import { leaguePage } from "./league/page.ts";
import { libraryLivePage } from "./library/live-page.ts";
import { libraryVirtualPage } from "./library/virtual-page.ts";
import { openStore, rowsFile } from "./support/result-store.ts";
import { worthPage } from "./worth/page.ts";

const storeOf = (name: string) => openStore(rowsFile(name));

/** Pages of docs/results that are made of committed rows. */
const pages = [
  { rows: "league", page: "gateways.md", again: "npm run league -- --page", render: () => leaguePage(storeOf("league")) },
  { rows: "worth", page: "worth.md", again: "npm run worth -- --page", render: () => worthPage(storeOf("worth")) },
  { rows: "library-virtual", page: "library-virtual.md", again: "npm run library:virtual", render: () => libraryVirtualPage(storeOf("library-virtual")) },
  {
    rows: "library-live",
    page: "library.md",
    again: "npm run library:live -- --page",
    render: () => libraryLivePage({ live: storeOf("library-live"), virtual: storeOf("library-live-virtual") }, chooseCells({ names: [], tags: [], stacks: ["naive", "hardened"], seeds: [1], live: true })),
  },
];

for (const { rows, page, again, render } of pages) {
  // A page from before rows were committed has none.
  test.skipIf(!existsSync(rowsFile(rows)))(`docs/results/${page}: it is what its committed rows make (${again})`, () => {
    expect(render()).toBe(readFileSync(path.resolve(import.meta.dirname, "../docs/results", page), "utf8"));
  });
}
