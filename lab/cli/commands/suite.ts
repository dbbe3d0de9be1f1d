import { existsSync } from "node:fs";
import path from "node:path";
import { exitCodes, LabError } from "../../../kernel/errors.ts";
import { seedsOf } from "../../conductor/virtual/seeds.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import type { Cell, PlayedCell } from "../../suite/cell.ts";
import { chooseCells, inShard, shardOf } from "../../suite/choose-cells.ts";
import { acceptedBy, assertSameHarness, baselineText, readBaseline, updatedBaseline, type Baseline } from "../../suite/baseline.ts";
import { codeDigest } from "../../suite/code-digest.ts";
import { mergeSuites } from "../../suite/merge.ts";
import { assertOwnDirectories, checkPair, onePerPair } from "../../suite/check-cell.ts";
import { assertWritable, writeOut } from "../../out-file.ts";
import { playCells } from "../../suite/play-cells.ts";
import { directoryName } from "../../suite/play-virtual.ts";
import { playLive } from "../../suite/play-live.ts";
import { nothingAccepted, standingOf, suiteExitCode, type Standing } from "../../suite/standing.ts";
import { suiteOf, type PlayedSuite, type Suite } from "../../suite/suite.ts";
import { claimSuiteDirectory, readSuite, writeSuite } from "../../suite/suite-files.ts";
import { compareWithBaseline } from "../../suite/regressions.ts";
import { assertLiveFlags } from "../arguments.ts";
import type { Io } from "../io.ts";
import { assertReportFiles } from "../reports.ts";
import { suiteProgress } from "../suite-progress.ts";
import { reportSuite, suiteReportFiles, type ReportFlags } from "../suite-reports.ts";

export interface SuiteFlags extends ReportFlags {
  readonly tag: readonly string[];
  readonly stack?: readonly string[];
  /** Such as `5`, which is `1..5`. */
  readonly seeds: string;
  readonly set: readonly string[];
  readonly live?: boolean;
  readonly allowTargets?: string;
  readonly allowCommands?: boolean;
  /** Such as `1/4`. */
  readonly shard?: string;
  readonly merge?: readonly string[];
  readonly out?: string;
  readonly keep?: boolean;
  readonly baseline?: string;
  readonly update?: boolean;
}

/**
 * `blastlab suite`: resolves to the exit code, that of the first present of failed, unknown, deviated, held; 130 when
 * it was interrupted.
 */
export async function suiteCommand(names: readonly string[], flags: SuiteFlags, io: Io): Promise<number> {
  const { update = false, baseline: file } = flags;
  if (update && file === undefined) throw badOption("--update needs a file", "Add --baseline FILE");
  if (flags.merge !== undefined && names.length > 0) throw badOption("--merge plays nothing, so it takes no names", "Leave the names out");
  assertLiveFlags(flags.live === true || flags.merge !== undefined, { "--allow-commands": flags.allowCommands === true, "--allow-targets": flags.allowTargets !== undefined });
  const before = file === undefined || (update && !existsSync(file)) ? null : readBaseline(file);
  assertReportFiles(suiteReportFiles(flags));
  if (update) assertWritable(file!);
  using interrupt = listenForInterrupt();
  const mergedSuite = flags.merge === undefined ? null : mergeSuites(flags.merge.map(readSuite));
  if (before !== null) assertSameHarness(file!, before, mergedSuite?.suite.harness ?? (flags.live === true ? "live" : "virtual"));
  const played = mergedSuite === null ? await play(names, flags, { signal: interrupt.signal, io }) : kept(mergedSuite, flags.out);
  const expected = expectedCells(played.suite, flags);
  const isIncomplete = played.suite.results.length < expected;
  if (update && isIncomplete) io.stderr.write(`"${file!}" is not updated: ${expected - played.suite.results.length} of ${expected} cells were not played\n`);
  const baseline = update && !isIncomplete ? accept(file!, before, played.suite) : before;
  const accepted = baseline === null ? nothingAccepted : acceptedBy(baseline);
  const comparison = before === null || update ? null : compareWithBaseline(played.suite.results, before);
  reportSuite(played, { accepted, comparison, expected }, flags, io);
  if (interrupt.signal.aborted) return exitCodes.interrupted;
  const worse: readonly Standing[] = comparison !== null && comparison.worse.length > 0 ? ["deviated"] : [];
  return suiteExitCode([...played.suite.results.map((result) => standingOf(result, accepted)), ...worse, ...(isIncomplete ? (["unknown"] as const) : [])]);
}

/** How many cells there should be: all of the suite, or those of the shard. */
function expectedCells({ of }: Suite, { shard }: SuiteFlags): number {
  const part = shard === undefined ? { index: 1, count: 1 } : shardOf(shard)!;
  return Math.ceil((of - part.index + 1) / part.count);
}

function kept(suite: PlayedSuite, out: string | undefined): PlayedSuite {
  if (out !== undefined) {
    claimSuiteDirectory(out);
    writeSuite(out, suite);
  }
  return suite;
}

/** The baseline with what was played in it, written. What the file had of other cells stays. */
function accept(file: string, before: Baseline | null, { results, harness }: Suite): Baseline {
  const baseline = updatedBaseline(before, results, harness);
  writeOut(file, baselineText(baseline));
  return baseline;
}

async function play(names: readonly string[], flags: SuiteFlags, { signal, io }: { readonly signal: AbortSignal; readonly io: Io }): Promise<PlayedSuite> {
  const { live = false, keep = false, shard, allowTargets, allowCommands = false } = flags;
  const part = shard === undefined ? null : partOf(shard);
  const all = cellsOf(names, flags);
  const cells = part === null ? all : inShard(all, part);
  if (live || keep) assertOwnDirectories(all.map(directoryName));
  if (live) for (const cell of onePerPair(cells)) await checkPair(cell, { load: "embedded", allowCommands, ...(allowTargets !== undefined && { allowTargets }) });
  const code = codeDigest(all);
  const out = flags.out ?? newDirectory();
  if (flags.out !== undefined) claimSuiteDirectory(out);
  using progress = suiteProgress(io.stderr, cells.length);
  const onPlayed = (played: PlayedCell) => progress.add(played);
  const parts = { load: "embedded", network: "auto", onProgress: () => {}, signal, allowCommands, ...(allowTargets !== undefined && { allowTargets }) } as const;
  const played = live ? await playLive(cells, { ...parts, keepIn: out, onPlayed }) : await playCells(cells, { keepIn: keep ? out : null, signal, onPlayed });
  const suite = suiteOf(all, played, { harness: live ? "live" : "virtual", code });
  writeSuite(out, suite);
  return suite;
}

/** Suites that may begin in one second. */
const suitesPerSecond = 100;

/**
 * `runs/20261129-131502-suite`, or with a number behind it where other suites began in the same second. It is claimed.
 */
function newDirectory(): string {
  const first = path.join("runs", `${new Date().toISOString().replaceAll(/[-:]|\..*/g, "").replace("T", "-")}-suite`);
  for (let number = 1; ; number++) {
    const directory = number === 1 ? first : `${first}-${number}`;
    try {
      claimSuiteDirectory(directory);
      return directory;
    } catch (error) {
      if (!(error instanceof LabError && error.code === "out_not_empty") || number === suitesPerSecond) throw error;
    }
  }
}

function cellsOf(names: readonly string[], { tag, stack = ["hardened"], seeds, set, live = false }: SuiteFlags): readonly Cell[] {
  const listed = stack.flatMap((names) => names.split(",")).filter((name) => name !== "");
  if (listed.length === 0) throw badOption("--stack names no stack", "Write --stack naive hardened, or leave it out for hardened");
  if (listed.length > 1 && listed.includes("every")) throw badOption("--stack every is each stack of the library, so it stands alone", "Write --stack every, or name the stacks");
  const stacks = listed[0] === "every" ? "every" : listed;
  return chooseCells({ names, tags: tag, stacks, seeds: seedsOf(seeds), sets: set, live });
}

function partOf(shard: string) {
  const part = shardOf(shard);
  if (part === null) throw badOption(`Cannot read --shard "${shard}"`, "Write --shard 1/4: the first of four parts");
  return part;
}

const badOption = (message: string, hint: string) => new LabError({ exit: "refused", code: "bad_option", message, hint });
