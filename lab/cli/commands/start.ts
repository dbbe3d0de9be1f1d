import { exitCodes } from "../../../kernel/errors.ts";
import type { Io } from "../io.ts";
import { exhibitCommand } from "./exhibit.ts";
import { runCommand } from "./run.ts";

/**
 * `blastlab start`, which is `npm start`: the flagship live, then the exhibit. Resolves to the flagship's exit code.
 */
export async function startCommand(io: Io): Promise<number> {
  const exitCode = await runCommand("flagship", { set: [], load: "embedded", network: "auto" }, io);
  if (exitCode !== exitCodes.interrupted) await exhibitCommand({}, io);
  return exitCode;
}
