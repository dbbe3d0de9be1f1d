/**
 * `npm run packages:virtual`: every change of the fault `config_push` on three seeds, in virtual time; writes
 * docs/results/packages-virtual-DATE.md. Exit 1 where a limit is exceeded.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { defaultSteps } from "../../gateway/control/core/settings.ts";
import { configChanges, type ConfigChange } from "../../scenarios/faults/config-change.ts";
import { playPush, type PushSeen } from "./virtual.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run packages:virtual

Every change of the fault config_push on three seeds; the table goes to docs/results.
`;
scriptOptions(usage, {});

const seeds = [1, 2, 3];

interface Column {
  readonly name: string;
  readonly stack: string;
  readonly sets: Readonly<Record<string, string>>;
  /** Share of the first step; null: there are no steps. */
  readonly share: number | null;
}

/** Enough clients that one in a hundred is a few. */
const load = { timeline: "{ warmupMs: 1000, steadyMs: 4000, recoveryMs: 4000 }", "faults.0.lengthMs": "20000", "workload.clientsPerCell": "100", "workload.requestsPerSecond": "40", "workload.streamShare": "0" };
const columns: readonly Column[] = [
  { name: "`hardened`, steps of 5, 25, 100 %", stack: "hardened", sets: load, share: 0.05 },
  { name: "`hardened`, default steps of 1, 10, 100 %", stack: "hardened", sets: { ...load, "stack.control.settings.steps": JSON.stringify(defaultSteps) }, share: defaultSteps[0]!.share },
  { name: "`naive`", stack: "naive", sets: load, share: null },
];

const sum = (seen: readonly PushSeen[], of: (each: PushSeen) => number) => seen.reduce((total, each) => total + of(each), 0);
const percent = (part: number, whole: number) => `${Number(((100 * part) / whole).toFixed(2))} %`;

/** What only real requests show: it reaches the first step. */
const shownByRequests: ReadonlySet<ConfigChange> = new Set<ConfigChange>(["kill_switch", "bad_code"]);

function isWithin(change: ConfigChange, { share }: Column, { reached, requests, problems }: PushSeen): boolean {
  if (problems.length > 0) return false;
  return share === null || reached <= (shownByRequests.has(change) ? share * requests + 10 : 0);
}

function cellOf(column: Column, seen: readonly PushSeen[]): string {
  const requests = sum(seen, (each) => each.requests);
  if (column.share !== null) return `${sum(seen, ({ reached }) => reached)} of ${requests}`;
  return `${percent(sum(seen, ({ failed }) => failed), requests)} failed, ${percent(sum(seen, ({ silent }) => silent), requests)} silently wrong`;
}

const rows: string[] = [];
for (const change of configChanges.filter((each) => each !== "new_prompt")) {
  const cells: string[] = [];
  for (const column of columns) {
    const seen: PushSeen[] = [];
    for (const seed of seeds) seen.push(await playPush(change, column.stack, { seed, sets: column.sets }));
    if (!seen.every((each) => isWithin(change, column, each))) process.exitCode = 1;
    cells.push(cellOf(column, seen));
  }
  rows.push(`| \`${change}\` | ${cells.join(" | ")} |`);
  process.stdout.write(`${rows.at(-1)!}\n`);
}

const date = new Date().toISOString().slice(0, 10);
const page = `# How far pushed configurations get, in virtual time

By \`npm run packages:virtual\` on ${date}: \`bad-config-swapped-providers\` with each change of the fault \`config_push\`, seeds ${seeds[0]} to ${seeds.at(-1)}, 100 clients a cell and
40 requests a second, in force for 20 s. On \`hardened\`: requests that the pushed package answered, in all regions, of those sent while the push was in force. Allowed are 0, and for
the kill switch and bad code the first step's share and ten requests a seed. On \`naive\`, where the gateway's file is replaced and its process started again: what clients saw.

| change | ${columns.map(({ name }) => name).join(" | ")} |
|---|---|---|---|
${rows.join("\n")}
`;
writeFileSync(path.resolve(import.meta.dirname, `../../docs/results/packages-virtual-${date}.md`), page);
