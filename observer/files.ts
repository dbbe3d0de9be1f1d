import * as fs from "node:fs";
import { fileReader, type LineLimits } from "../kernel/text-file.ts";

/**
 * The observer's readers of files. Everything in a run directory may be damaged, or written by what is being measured:
 * each has a limit.
 */
export const { readJson, readLines } = fileReader(fs);

/** Larger files are refused, and make a verdict `unknown`, except a plan, without which there is none. */
export const fileLimits = {
  configBytesMax: 1 << 20,
  /** Some 80,000 prompts. JSON takes up to thirty times its size in memory. */
  planBytesMax: 10 << 20,
  endBytesMax: 1 << 20,
  /** A line holds one prompt. */
  arrivals: { bytesMax: 1 << 30, lineBytesMax: 1 << 16 },
  /** What is only summed up is kept a line at a time. */
  sealed: { bytesMax: 1 << 30, lineBytesMax: 64 << 20 },
} as const;

/** Holds one very long answer. */
export const tapLineBytesMax = 16 << 20;

const tapBytesMax = { least: 64 << 20, perRequest: 64 << 10, most: 1 << 30 };

/** A tap holds all its records in memory. Some 64 KiB for each request that was offered are plenty. */
export function tapLimits(offered: number): LineLimits {
  return { bytesMax: Math.min(tapBytesMax.most, tapBytesMax.least + offered * tapBytesMax.perRequest), lineBytesMax: tapLineBytesMax };
}
