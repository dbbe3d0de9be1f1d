import path from "node:path";
import { exitCodes } from "../../../kernel/errors.ts";
import { parseStack } from "../../../scenarios/parse.ts";
import { paintFor } from "../../board/paint.ts";
import type { LoadKind, NetworkKind } from "../../board/progress.ts";
import { comparisonOf, type LabelledResult } from "../../compare/comparison.ts";
import { contestantsOf, type Contestant } from "../../compare/contestants.ts";
import { comparisonPage } from "../../compare/page.ts";
import { comparisonMarkdown } from "../../compare/markdown.ts";
import { cellsOf, directoriesOf, playForReal, playVirtually } from "../../compare/play.ts";
import { comparisonText } from "../../compare/text.ts";
import { seedsOf } from "../../conductor/virtual/seeds.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import type { RunOptions } from "../../live/options.ts";
import { openStack } from "../../plan/library.ts";
import type { PlayedCell } from "../../suite/cell.ts";
import { assertOwnDirectories, checkPair } from "../../suite/check-cell.ts";
import { fitColumns } from "../../report/fit-columns.ts";
import { assertLiveFlags } from "../arguments.ts";
import type { Io } from "../io.ts";
import { assertReportFiles, besideReports, doAll, writeReport, type Report } from "../reports.ts";
import { suiteProgress } from "../suite-progress.ts";

export interface CompareFlags {
  /** `naive,hardened`. */
  readonly stacks: string;
  readonly set: readonly string[];
  /** Such as `5`, which is `1..5`. */
  readonly seeds?: string;
  readonly live?: boolean;
  readonly out?: string;
  /** A file, `-` for standard output, as are the two below. */
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly load: LoadKind;
  readonly network: NetworkKind | "auto";
  readonly allowCommands?: boolean;
  readonly allowTargets?: string;
}

/** A live run takes minutes, and one after the other. */
const seedsVirtual = "20";
const seedsLive = "3";

/**
 * `blastlab compare`: resolves to 0 when every run was a run, 3 when one failed, 130 when it was interrupted: what was
 * played by then is compared. A difference is no failure.
 */
export async function compareCommand(scenarios: readonly string[], flags: CompareFlags, io: Io): Promise<number> {
  assertLiveFlags(flags.live === true, {
    "--out": flags.out !== undefined,
    "--allow-commands": flags.allowCommands === true,
    "--allow-targets": flags.allowTargets !== undefined,
    "--load": flags.load !== "embedded",
    "--network": flags.network !== "auto",
  });
  const contestants = contestantsOf(flags.stacks, flags.set);
  const seeds = seedsOf(flags.seeds ?? (flags.live === true ? seedsLive : seedsVirtual));
  const live = flags.live === true ? { load: flags.load, ...allowedBy(flags) } : null;
  for (const scenario of new Set(scenarios)) for (const contestant of contestants) await checkPair({ scenario, ...contestant }, live);
  const files = [flags.json, flags.markdown, flags.html];
  assertReportFiles(files);
  const cells = cellsOf([...new Set(scenarios)], contestants, seeds);
  if (flags.live === true) assertOwnDirectories(directoriesOf(cells));
  using interrupt = listenForInterrupt();
  const results = await play(cells, flags, { io, signal: interrupt.signal });
  if (results.length === 0) {
    io.stderr.write("Interrupted: nothing is compared\n");
    return exitCodes.interrupted;
  }
  const comparison = comparisonOf(contestants, results, cells.length);
  const { stdout } = besideReports(files, io);
  stdout.write(fitColumns(comparisonText(comparison, paintFor(stdout), stdout.columns), stdout.columns));
  const page = { command: commandOf(scenarios, flags), notExpressed: notExpressed(contestants) };
  const reports: readonly Report[] = [
    { file: flags.json, textOf: () => `${JSON.stringify({ ...comparison, results }, null, 2)}\n` },
    { file: flags.markdown, textOf: () => comparisonMarkdown(comparison, page) },
    { file: flags.html, textOf: () => comparisonPage(comparison, page) },
  ];
  doAll(reports.map((report) => () => writeReport(report, io)));
  if (results.length < cells.length) return exitCodes.interrupted;
  return results.some(({ result }) => result.end === "failed") ? exitCodes.failed : exitCodes.held;
}

/** What the user has allowed, without what was not given. */
function allowedBy({ allowCommands, allowTargets }: Pick<CompareFlags, "allowCommands" | "allowTargets">): Pick<RunOptions, "allowCommands" | "allowTargets"> {
  return { ...(allowCommands === undefined ? {} : { allowCommands }), ...(allowTargets === undefined ? {} : { allowTargets }) };
}

async function play(cells: ReturnType<typeof cellsOf>, flags: CompareFlags, { io, signal }: { readonly io: Io; readonly signal: AbortSignal }): Promise<readonly LabelledResult[]> {
  const { live = false, load, network, out } = flags;
  using progress = suiteProgress(io.stderr, cells.length, { what: "compare" });
  const onPlayed = (played: PlayedCell) => progress.add(played);
  if (!live) return await playVirtually(cells, { keepIn: null, signal, onPlayed });
  const keepIn = out ?? path.join("runs", `compare-${new Date().toISOString().replaceAll(/[-:]|\..*/g, "").replace("T", "-")}`);
  return await playForReal(cells, { keepIn, load, network, signal, onProgress: () => {}, onPlayed, ...allowedBy(flags) });
}

/** What each policy set among them says that it cannot do. */
function notExpressed(contestants: readonly Contestant[]): readonly (readonly [string, readonly string[]])[] {
  return contestants.flatMap(({ label, stack }) => {
    const { text, shown } = openStack(stack);
    const { follows } = parseStack(text, shown);
    return follows === undefined ? [] : [[label, follows.notExpressed] as const];
  });
}

/** The command that plays it again, for a shell. */
function commandOf(scenarios: readonly string[], { stacks, set, seeds, live, allowCommands }: CompareFlags): string {
  const quoted = (text: string) => (/^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const switches = [...(live === true ? ["--live"] : []), ...(allowCommands === true ? ["--allow-commands"] : [])];
  const words = [...scenarios, "--stacks", stacks, ...set.flatMap((each) => ["--set", each]), ...(seeds === undefined ? [] : ["--seeds", seeds]), ...switches];
  return ["npx blastlab compare", ...words.map(quoted)].join(" ");
}
