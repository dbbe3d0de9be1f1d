import { viewOf } from "../../../observer/view/view-of.ts";
import { paintFor } from "../../board/paint.ts";
import { readPlan, readVerdict } from "../../files.ts";
import { judgeDirectory } from "../../report/judge-directory.ts";
import { terminalReporter } from "../../report/terminal.ts";
import { writeJson, type Io } from "../io.ts";

export interface VerdictFlags {
  readonly json?: boolean;
  readonly acceptVersion?: boolean;
}

/** `blastlab verdict`: the observer judges a run directory again. Resolves to the verdict's exit code. */
export async function verdictCommand(directory: string, { json = false, acceptVersion = false }: VerdictFlags, io: Io): Promise<number> {
  const exitCode = await judgeDirectory(directory, { acceptVersion });
  const verdict = readVerdict(directory);
  if (json) writeJson(io, { exitCode, directory, verdict });
  else terminalReporter(io.stdout, { directory, replay: null }, paintFor(io.stdout)).report(viewOf({ plan: readPlan(directory), verdict }));
  return exitCode;
}
