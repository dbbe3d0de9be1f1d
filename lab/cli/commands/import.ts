import path from "node:path";
import { importHistory, type ImportFormat, type ImportResult } from "../../import/import.ts";
import { levels } from "../../import/impact.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface ImportFlags {
  readonly format: ImportFormat;
  readonly out?: string;
  readonly provider?: string;
  readonly json?: boolean;
}

/** `blastlab incidents import FILE`. Throws what `importHistory` throws. */
export async function importCommand(file: string, { format, out, provider, json = false }: ImportFlags, io: Io): Promise<void> {
  using interrupt = listenForInterrupt();
  const result = await importHistory({ file, format, provider: provider ?? null, out: out ?? `incidents-${path.parse(file).name}`, signal: interrupt.signal });
  if (json) writeJson(io, result);
  else writeLines(io, lines(file, result));
}

function lines(file: string, { out, imported, byProvider, leftOut, firstId }: ImportResult): string[] {
  const providers = Object.entries(byProvider).sort((a, b) => b[1] - a[1]);
  const guesses = Object.entries(levels).map(([impact, { errorRate }]) => `${impact} ${Math.round(errorRate * 100)} %`);
  const example = firstId === null || out.endsWith(".json") ? [] : ["Play one in place of a scenario's own:", `  npx blastlab run flagship --set faults.0.incident=${path.join(out, `${firstId}.json`)}`];
  return [
    `Imported ${imported} ${imported === 1 ? "outage" : "outages"} from ${file} into ${out}`,
    ...providers.map(([provider, count]) => `  ${String(count).padStart(7)}  ${provider}`),
    ...Object.entries(leftOut).map(([reason, count]) => `Left out ${count}: ${reason}`),
    `When they were is reported; how bad is estimated from the page's word for it: ${guesses.join(", ")} errors`,
    ...example,
  ];
}
