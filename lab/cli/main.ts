import { Socket } from "node:net";
import { runCli } from "./program.ts";

/** The whole command: the only place that ends the process. */
export async function main(): Promise<void> {
  holdLifeline();
  const code = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}

/** Under another Node (blastlab.mjs), its death must be ours, as if the signal had been sent here: the warden does the rest. */
function holdLifeline(): void {
  const fd = Number.parseInt(process.env["BLASTLAB_LIFELINE_FD"] ?? "", 10);
  delete process.env["BLASTLAB_LIFELINE_FD"];
  if (Number.isNaN(fd)) return;
  const lifeline = new Socket({ fd, readable: true, writable: false });
  lifeline.on("error", () => {});
  lifeline.on("close", () => process.kill(process.pid, "SIGKILL"));
  lifeline.resume();
  lifeline.unref();
}

if (import.meta.main) await main();
