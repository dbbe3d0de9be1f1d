import path from "node:path";
import { exitCodes, LabError } from "../../../kernel/errors.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import { cellName, type Cell, type PlayedCell } from "../../suite/cell.ts";
import { chooseCells, inShard, shardOf } from "../../suite/choose-cells.ts";
import { playCells } from "../../suite/play-cells.ts";
import { playLive } from "../../suite/play-live.ts";
import { standingOf, suiteExitCode } from "../../suite/standing.ts";
import { summaryOf, summaryText } from "../../suite/summary.ts";
import { writeLines, type Io } from "../io.ts";
import { suiteProgress } from "../suite-progress.ts";

export interface SuiteFlags {
  readonly tag: readonly string[];
  readonly stack?: readonly string[];
  readonly seeds: number;
  readonly live?: boolean;
  /** Such as `1/4`. */
  readonly shard?: string;
  readonly out?: string;
}

/** `blastlab suite`: resolves to the exit code, that of the first present of failed, unknown, deviated, held. */
export async function suiteCommand(names: readonly string[], flags: SuiteFlags, io: Io): Promise<number> {
  const cells = cellsOf(names, flags);
  using interrupt = listenForInterrupt();
  const played = await play(cells, flags, interrupt.signal, io);
  const results = played.map(({ result }) => result);
  const off = results.filter((result) => standingOf(result) !== "held");
  writeLines(io, [
    ...off.map(({ cell, end, meant, reasons }) => `${cellName(cell)}: ${end.replace("_", " ")}${meant === null ? "" : `, meant ${meant.replace("_", " ")}`}. ${reasons[0] ?? ""}`),
    summaryText(summaryOf(results, { of: cells.length, playedAt: played.map(({ effort }) => effort.playedAt), nowMs: Date.now() })),
  ]);
  return interrupt.signal.aborted ? exitCodes.interrupted : suiteExitCode(results.map(standingOf));
}

function cellsOf(names: readonly string[], { tag, stack = ["hardened"], seeds, shard }: SuiteFlags): readonly Cell[] {
  const stacks = stack.length === 1 && stack[0] === "every" ? "every" : stack;
  const cells = chooseCells({ names, tags: tag, stacks, seeds: Array.from({ length: seeds }, (_, index) => index + 1) });
  if (shard === undefined) return cells;
  const part = shardOf(shard);
  if (part === null) throw new LabError({ exit: "refused", code: "bad_option", message: `Cannot read --shard "${shard}"`, hint: "Write --shard 1/4: the first of four parts" });
  return inShard(cells, part);
}

async function play(cells: readonly Cell[], { live = false, out }: SuiteFlags, signal: AbortSignal, io: Io): Promise<readonly PlayedCell[]> {
  using progress = suiteProgress(io.stderr, cells.length);
  const onPlayed = (played: PlayedCell) => progress.add(played);
  if (!live) return playCells(cells, { keepIn: out ?? null, signal, onPlayed });
  return playLive(cells, { keepIn: out ?? path.join("runs", `suite-${new Date().toISOString().replaceAll(/[-:]|\..*/g, "").replace("T", "-")}`), load: "embedded", network: "auto", onProgress: () => {}, onPlayed });
}
