import * as fs from "node:fs";
import { fileReader } from "../kernel/text-file.ts";

/** The observer's readers of files. Everything in a run directory may be damaged, or written by what is being measured: each has a limit. */
export const { readJson, readLines } = fileReader(fs);

/** Larger files are refused, and make a verdict `unknown` where they are taps. */
export const fileLimits = {
  configBytesMax: 1 << 20,
  planBytesMax: 64 << 20,
  endBytesMax: 1 << 20,
  /** Some 4 million requests. */
  arrivals: { bytesMax: 1 << 30, lineBytesMax: 1 << 20 },
  /** A line holds the whole answer of one request. */
  tap: { bytesMax: 1 << 30, lineBytesMax: 16 << 20 },
} as const;
