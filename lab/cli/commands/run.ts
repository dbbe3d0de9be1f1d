import { LabError } from "../../../kernel/errors.ts";
import { startBoard } from "../../board/board.ts";
import { viewOf } from "../../../observer/view/view-of.ts";
import { paintFor } from "../../board/paint.ts";
import type { LoadKind, NetworkKind } from "../../board/progress.ts";
import { runLive } from "../../live/run.ts";
import type { RunInputs } from "../../plan/resolve-run.ts";
import { terminalReporter } from "../../report/terminal.ts";
import { writeJson, type Io } from "../io.ts";

export interface RunFlags {
  readonly stack?: string;
  readonly seed?: number;
  readonly speed?: number;
  /** Times every estimated level. */
  readonly level?: number;
  readonly set: readonly string[];
  readonly out?: string;
  readonly load: LoadKind;
  readonly network: NetworkKind | "auto";
  readonly toxiproxyUrl?: string;
  readonly allowTargets?: string;
  readonly allowCommands?: boolean;
  readonly json?: boolean;
  readonly virtual?: boolean;
  /** Such as `1..20`; virtual runs alone. */
  readonly seeds?: string;
}

/** `blastlab run`: resolves to the run's exit code. */
export async function runCommand(scenario: string, flags: RunFlags, io: Io): Promise<number> {
  const { out, load, network, toxiproxyUrl, allowTargets, allowCommands = false, json = false, virtual = false, seeds } = flags;
  const inputs = inputsOf(scenario, flags);
  if (virtual) return (await import("./run-virtual.ts")).runVirtualCommand(inputs, flags, io);
  if (seeds !== undefined) throw new LabError({ exit: "refused", code: "bad_option", message: "Cannot run several seeds live", hint: "Add --virtual, or give one --seed" });
  const board = startBoard(json ? io.stderr : io.stdout);
  try {
    const { plan, verdict, directory, replay, exitCode } = await runLive({
      ...inputs,
      load,
      network,
      allowCommands,
      onProgress: board.onProgress,
      ...(out === undefined ? {} : { out }),
      ...(toxiproxyUrl === undefined ? {} : { toxiproxyUrl }),
      ...(allowTargets === undefined ? {} : { allowTargets }),
    });
    board.close();
    if (json) writeJson(io, { exitCode, directory, verdict });
    else {
      io.stdout.write("\n");
      terminalReporter(io.stdout, { directory, replay }, paintFor(io.stdout)).report(viewOf({ plan, verdict }));
    }
    return exitCode;
  } finally {
    board.close();
  }
}

function inputsOf(scenario: string, { stack, seed, speed, level, set: sets }: RunFlags): RunInputs {
  return {
    scenario,
    sets: level === undefined ? sets : [...sets, `level=${level}`],
    ...(stack === undefined ? {} : { stack }),
    ...(seed === undefined ? {} : { seed }),
    ...(speed === undefined ? {} : { speed }),
  };
}
