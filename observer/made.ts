import path from "node:path";
import { z } from "zod";
import type { RunMade } from "../kernel/run-made.ts";
import { fileLimits, readJson } from "./files.ts";
import type { ShapeOf } from "./shape-of.ts";

const text = z.string().max(10_000);

const schema = z.object({
  schema: z.literal("blastlab.made/1"),
  harness: z.enum(["live", "virtual"]),
  blastlab: text,
  node: text,
  machine: z.object({ platform: text, cpu: text, cores: z.number(), memoryMb: z.number(), loadAverage: z.number() }).nullable(),
  startedAt: text.nullable(),
  system: text,
  parts: z.object({ load: text, network: text }),
  replay: text.optional(),
  settings: z.record(text, text),
} satisfies ShapeOf<RunMade>);

/**
 * `made.json` of a run directory. Null where it is missing or damaged: a report goes without it, and no verdict rests
 * on it.
 */
export function readMade(directory: string): RunMade | null {
  try {
    return schema.parse(readJson(path.join(directory, "made.json"), fileLimits.endBytesMax));
  } catch {
    return null;
  }
}
