import path from "node:path";
import type { LeftOut } from "../../import/entry.ts";
import { importHistory, type ImportFormat, type ImportResult } from "../../import/import.ts";
import { levels } from "../../import/impact.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface ImportFlags {
  readonly format: ImportFormat;
  readonly out?: string;
  readonly provider?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** `blastlab incidents import FILE`. Throws what `importHistory` throws. */
export async function importCommand(file: string, { format, out, provider, strict = false, json = false }: ImportFlags, io: Io): Promise<void> {
  using interrupt = listenForInterrupt();
  const result = await importHistory({ file, format, provider: provider ?? null, strict, out: out ?? `incidents-${path.parse(file).name}`, signal: interrupt.signal });
  if (json) writeJson(io, result);
  else writeLines(io, lines(file, result));
}

function lines(file: string, { out, imported, byProvider, joined, offApi, leftOut, leftOutRows, firstId }: ImportResult): string[] {
  const providers = Object.entries(byProvider).sort((a, b) => b[1] - a[1]);
  const guesses = Object.entries(levels).filter(([impact]) => impact !== "none").map(([impact, { errorRate }]) => `${impact} ${Math.round(errorRate * 100)} %`);
  const one = firstId === null ? null : out.endsWith(".json") ? `${out}#${firstId}` : path.join(out, `${firstId}.json`);
  const commands = [`incidents show ${out}`, `incidents verify ${out}`, `run flagship --set faults.0.incident=${one}`];
  const example = one === null ? [] : ["See them, check them, and play one in place of a scenario's own:", ...commands.map((command) => `  npx blastlab ${command}`)];
  return [
    `Imported ${imported} ${imported === 1 ? "outage" : "outages"} from ${file} into ${out}`,
    ...providers.map(([provider, count]) => `  ${String(count).padStart(7)}  ${provider}`),
    ...(joined === 0 ? [] : [`Joined ${joined} ${joined === 1 ? "row that names another component" : "rows that name other components"} of the same incidents`]),
    ...(offApi === 0 ? [] : [`${offApi} of them did not hit the API, as their components and titles suggest: a scenario plays one only where it names the surface`]),
    ...Object.entries(leftOut).flatMap(([reason, count]) => leftOutLines(reason, count, leftOutRows)),
    `When they were is reported, as impact time or as page time; how bad is estimated from the page's word for it: ${guesses.join(", ")} errors`,
    ...example,
  ];
}

const listedMax = 10;

/** `Left out 2: REASON`, and a line for each of the first. */
function leftOutLines(reason: string, count: number, rows: readonly LeftOut[]): readonly string[] {
  const listed = rows.filter((row) => row.reason === reason).slice(0, listedMax);
  const more = count - listed.length;
  return [`Left out ${count}: ${reason}`, ...listed.map(({ line, name }) => `  line ${line}${name === null ? "" : `  ${name}`}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}
