/**
 * `npm run failover:figures`: how soon a provider is left when a client leaves, and how long a rescued stream stands
 * still; over real sockets.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import path from "node:path";
import { quantile, wilson } from "../../kernel/stats.ts";
import { abortFigures, stallFigures } from "./figures.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run failover:figures

How soon a provider is left, and how long a rescued stream stands still; the tables go to docs/results.
`;
scriptOptions(usage, {});

const root = path.resolve(import.meta.dirname, "../..");
const aborts = await abortFigures(5_000);
const stalls = await stallFigures(1_180);
const at = (values: readonly number[], q: number, digits: number) => quantile(values, q).toFixed(digits);
const [low, high] = wilson(stalls.whole, stalls.streams).map((bound) => (100 * bound).toFixed(2)) as [string, string];
const date = new Date().toISOString().slice(0, 10);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const file = path.join(root, "docs/results", `failover-figures-${date}.md`);
writeFileSync(
  file,
  `# Aborts and rescues over real sockets

${date}, at commit ${commit}, ${cpus().length} cores at a load average of ${loadavg()[0]!.toFixed(1)}, Node ${process.version}: \`npm run failover:figures\`. Clients, gateway and providers share the machine.

| | count | p50 | p95 | p99 | limit |
|---|---|---|---|---|---|
| a client leaves; its provider sees that after, ms | ${aborts.leftAfterMs.length} | ${at(aborts.leftAfterMs, 0.5, 0)} | ${at(aborts.leftAfterMs, 0.95, 0)} | ${at(aborts.leftAfterMs, 0.99, 0)} | p99 250 |
| a stream is cut and continued; it stands still, in first-token times of the fallback | ${stalls.stallRatios.length} | ${at(stalls.stallRatios, 0.5, 2)} | ${at(stalls.stallRatios, 0.95, 2)} | ${at(stalls.stallRatios, 0.99, 2)} | p95 1.5 |

Of 5000 clients that left, ${aborts.stillOpen} provider connections stayed open and ${aborts.inFlight} requests stayed in flight. Of ${stalls.streams} streams cut once, ${stalls.whole} were
delivered whole: ${((100 * stalls.whole) / stalls.streams).toFixed(2)} % [${low}, ${high}].
`,
);
console.log(path.relative(root, file), { p99AbortMs: quantile(aborts.leftAfterMs, 0.99), p95Stall: quantile(stalls.stallRatios, 0.95), whole: stalls.whole, open: aborts.stillOpen, inFlight: aborts.inFlight });
