import { LabError, messageOf } from "../kernel/errors.ts";

const printLine = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

/**
 * Follows the child-process conventions in docs/ARCHITECTURE.md, "Processes of a live run": prints a line when it
 * serves or why it cannot (exit 3), closes on SIGTERM and when its stdin ends (exit 0, or 1 when closing fails), and
 * ignores Ctrl-C, which the conductor handles.
 */
export async function runChild(start: () => Promise<{ readonly url: string; close(): Promise<unknown> }>): Promise<void> {
  try {
    const server = await start();
    let closing = false;
    const close = () => {
      if (closing) return;
      closing = true;
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    };
    process.on("SIGTERM", close);
    process.on("SIGINT", () => {});
    process.stdin.on("end", close).on("error", close).resume();
    printLine({ ready: true, url: server.url });
  } catch (error) {
    reportFailure(error);
    process.exitCode = 3;
  }
}

function reportFailure(error: unknown): void {
  const known = error instanceof LabError ? error : null;
  printLine({ ready: false, code: known?.code ?? "start_failed", message: messageOf(error), hint: known?.hint ?? "See this process's log." });
  if (known === null) console.error(error);
}
