import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { exitCodes } from "../../kernel/errors.ts";
import { runCli } from "./program.ts";
import { reportTrouble, troubleOf } from "./trouble.ts";

/** The whole command: the only place that ends the process. */
export async function main(): Promise<void> {
  holdLifeline();
  // A closed reader (`| head`, a closed terminal) must not break off a run.
  let unwritten: NodeJS.ErrnoException | null = null;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => void (unwritten = error));
  process.stderr.on("error", () => {});
  process.on("uncaughtException", endByFault);
  const code = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
  // An error of the last write is emitted in a later turn.
  process.stdout.write("", () => process.stderr.write("", () => setImmediate(() => process.exit(unwritten === null ? code : unwrittenCode(unwritten, code)))));
}

/** Nobody misses what a closed reader did not take. A full disk leaves a file that is cut short. */
function unwrittenCode({ code, message }: NodeJS.ErrnoException, ended: number): number {
  if (code === "EPIPE" || code === "EIO") return ended;
  writeSync(2, `error: Cannot write to standard output: ${message}\nhint: What is there is cut short; send it elsewhere\n`);
  return exitCodes.failed;
}

/** Reports a failure that nothing awaited like any fault of the lab's own, never with the exit code of a verdict. */
function endByFault(error: unknown): void {
  if (process.env["BLASTLAB_DEBUG"] === "1" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  const trouble = troubleOf(error);
  if (trouble !== null) reportTrouble({ stdout: process.stdout, stderr: process.stderr }, trouble, process.argv.includes("--json"));
  process.exit(trouble?.exitCode ?? 3);
}

/**
 * Under another Node (blastlab.mjs), its death must be ours, as if the signal had been sent here: the warden does the
 * rest.
 */
function holdLifeline(): void {
  const fd = Number.parseInt(process.env["BLASTLAB_LIFELINE_FD"] ?? "", 10);
  delete process.env["BLASTLAB_LIFELINE_FD"];
  if (Number.isNaN(fd)) return;
  const lifeline = new Socket({ fd, readable: true, writable: false });
  // Any error closes it, which is what counts.
  lifeline.on("error", () => {});
  lifeline.on("close", () => process.kill(process.pid, "SIGKILL"));
  lifeline.resume();
  lifeline.unref();
}

if (import.meta.main) await main();
