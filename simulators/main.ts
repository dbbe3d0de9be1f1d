/** The process of one simulator: `main.ts --config FILE`. Its manners are those of docs/ARCHITECTURE.md, "Processes of a live run". */
import { parseArgs } from "node:util";
import { LabError, messageOf } from "../kernel/errors.ts";
import { readProviderConfig } from "./http/config-file.ts";
import { startProvider, type Provider } from "./http/provider.ts";

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function start(): Promise<Provider> {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  if (values.config === undefined) {
    throw new LabError({ exit: "failed", code: "config_missing", message: "Cannot start: --config is missing", hint: "Pass --config FILE." });
  }
  return startProvider(readProviderConfig(values.config));
}

function sayFailure(error: unknown): void {
  const known = error instanceof LabError ? error : null;
  say({ ready: false, code: known?.code ?? "start_failed", message: messageOf(error), hint: known?.hint ?? "See this process's log." });
  if (known === null) console.error(error);
}

try {
  const provider = await start();
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    provider.close().then(
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
  say({ ready: true, url: provider.url });
} catch (error) {
  sayFailure(error);
  process.exitCode = 3;
}
