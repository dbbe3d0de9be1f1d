/** Writes the dashboards and `rules.yml` of this folder: `npm run build:dashboards`. */
import { writeFileSync } from "node:fs";
import { builtFiles } from "./all.ts";

for (const [name, text] of Object.entries(builtFiles())) writeFileSync(new URL(name, import.meta.url), text);
