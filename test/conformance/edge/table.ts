/** The table of docs/edge.md. `npm run edge:table` writes it there. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cases } from "./cases.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run edge:table

Writes the table of docs/edge.md.
`;
scriptOptions(usage, {});

const start = "<!-- made by npm run edge:table -->\n\n";
const end = "\n<!-- end of the table -->";

/** What the suite demands of each engine. */
export function engineTable(): string {
  const rows = cases.map(({ name, claim, haproxyLimit }) => `| ${name} | ${claim} | holds | ${haproxyLimit === null ? "holds" : `not demanded: ${haproxyLimit}`} |`);
  return `${start}| case | what is demanded | embedded | HAProxy |\n|---|---|---|---|\n${rows.join("\n")}\n${end}`;
}

if (import.meta.main) {
  const page = path.resolve(import.meta.dirname, "../../../docs/edge.md");
  const text = readFileSync(page, "utf8");
  writeFileSync(page, text.slice(0, text.indexOf(start)) + engineTable() + text.slice(text.indexOf(end) + end.length));
}
