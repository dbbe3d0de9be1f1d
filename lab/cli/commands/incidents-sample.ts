import type { SampledProvider } from "../../incidents/sample-figures.ts";
import { sampleIncidents } from "../../incidents/sample.ts";
import { writeJson, type Io } from "../io.ts";

export interface SampleFlags {
  readonly provider: SampledProvider;
  readonly days: number;
  readonly seed: number;
  readonly from: string;
}

/** `blastlab incidents sample`: a list of incidents in the schema, as JSON. */
export function sampleCommand({ provider, days, seed, from }: SampleFlags, io: Io): void {
  writeJson(io, sampleIncidents({ provider, days, seed, from }));
}
