import path from "node:path";
import { exitCodes, LabError } from "../../../kernel/errors.ts";
import { noBoard, startBoard, startJsonBoard, writeProgressLine } from "../../board/board.ts";
import { viewOf } from "../../../observer/view/view-of.ts";
import { paintFor } from "../../board/paint.ts";
import type { ProgressEvent } from "../../board/progress.ts";
import type { RunHand } from "../../live/hand.ts";
import type { RunResult } from "../../live/options.ts";
import { exitCodeOf, runLive } from "../../live/run-live.ts";
import type { RunInputs } from "../../plan/resolve-run.ts";
import { seedsText, worstOf } from "../../report/seeds-text.ts";
import { terminalReporter } from "../../report/terminal.ts";
import { writeJson, type Io } from "../io.ts";
import type { RunFlags } from "./run-flags.ts";

/**
 * `blastlab run`: resolves to the run's exit code; of several, to that of the first present of failed, unknown,
 * deviated, held.
 */
export async function runCommand(scenario: string, flags: RunFlags, io: Io): Promise<number> {
  const { json = false, virtual = false, seeds, repeat = 1, dryRun = false } = flags;
  const inputs = inputsOf(scenario, flags);
  if (dryRun) {
    await (await import("./run-dry.ts")).dryRunCommand(inputs, flags, io);
    return exitCodes.held;
  }
  if (virtual) return (await import("./run-virtual.ts")).runVirtualCommand(inputs, flags, io);
  if (seeds !== undefined) throw new LabError({ exit: "refused", code: "bad_option", message: "Cannot run several seeds live", hint: "Add --virtual, or give one --seed" });
  if (flags.ui === true) return playOnPage(inputs, flags, io);
  const results: RunResult[] = [];
  for (let time = 1; time <= repeat; time++) results.push(await playLive(inputs, outOf(flags, time), io));
  const exitCode = exitCodeOf(worstOf(results.map(({ verdict }) => verdict)));
  if (repeat === 1) showOne(results[0]!, json, io);
  else if (json) writeJson(io, { exitCode, runs: results.map(({ exitCode: own, directory, verdict }) => ({ exitCode: own, directory, verdict })) });
  else io.stdout.write(`\n${seedsText(results.map(({ plan, verdict }) => viewOf({ plan, verdict })), paintFor(io.stdout))}`);
  return exitCode;
}

/** Of several runs with `--out` each has a directory in it. */
function outOf(flags: RunFlags, time: number): RunFlags {
  const { out, repeat = 1 } = flags;
  return out === undefined || repeat === 1 ? flags : { ...flags, out: path.join(out, `run-${time}`) };
}

/** With a live page, which is served until it is closed. */
async function playOnPage(inputs: RunInputs, flags: RunFlags, io: Io): Promise<number> {
  const { json = false, uiPort = 0 } = flags;
  const { shownOn, startRunUi } = await import("../../ui/run-ui.ts");
  await using ui = await startRunUi(uiPort);
  const isForProgram = json && !io.stderr.isTTY;
  const say = (line: string) => void (isForProgram || (json ? io.stderr : io.stdout).write(`${line}\n`));
  if (isForProgram) writeProgressLine(io.stderr, { type: "page", url: ui.url });
  say(`live page: ${ui.url}`);
  const { hand, onProgress } = ui.session;
  try {
    const result = await shownOn(ui.session, () => playLive(inputs, flags, io, { hand, onProgress }));
    showOne(result, json, io);
    return result.exitCode;
  } finally {
    if (ui.isSeen) {
      say("The live page stays until it is closed, or Ctrl-C");
      await ui.left();
    }
  }
}

/** Whoever looks at a run besides the board. */
interface Onlooker {
  readonly hand: RunHand;
  readonly onProgress: (event: ProgressEvent) => void;
}

async function playLive(inputs: RunInputs, flags: RunFlags, io: Io, onlooker?: Onlooker): Promise<RunResult> {
  const { out, force = false, load, network, toxiproxyUrl, allowTargets, observerOtlp, allowCommands = false, control, ports, json = false, quiet = false } = flags;
  const board = quiet ? noBoard : json ? startJsonBoard(io.stderr) : startBoard(io.stdout);
  try {
    return await runLive({
      ...inputs,
      load,
      network,
      allowCommands,
      force,
      onProgress: (event) => {
        board.onProgress(event);
        onlooker?.onProgress(event);
      },
      ...(onlooker === undefined ? {} : { hand: onlooker.hand }),
      ...(out === undefined ? {} : { out }),
      ...(control === undefined ? {} : { control }),
      ...(ports === undefined ? {} : { ports }),
      ...(toxiproxyUrl === undefined ? {} : { toxiproxyUrl }),
      ...(allowTargets === undefined ? {} : { allowTargets }),
      ...(observerOtlp === undefined ? {} : { observerOtlp }),
    });
  } finally {
    board.close();
  }
}

function showOne({ plan, verdict, directory, replay, exitCode }: RunResult, json: boolean, io: Io): void {
  if (json) return writeJson(io, { exitCode, directory, verdict });
  io.stdout.write("\n");
  terminalReporter(io.stdout, { directory, replay }, paintFor(io.stdout)).report(viewOf({ plan, verdict }));
}

function inputsOf(scenario: string, { stack, seed, speed, level, control, tolerateLag, set: sets }: RunFlags): RunInputs {
  const lag = tolerateLag === undefined ? [] : [`measure.lagMsMax=${tolerateLag}`];
  return {
    scenario,
    sets: [...sets, ...(level === undefined ? [] : [`level=${level}`]), ...(control === undefined ? [] : ["measure.control=paired"]), ...lag],
    ...(stack === undefined ? {} : { stack }),
    ...(seed === undefined ? {} : { seed }),
    ...(speed === undefined ? {} : { speed }),
  };
}
