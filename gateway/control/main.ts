/**
 * The process of a region's control plane: `main.ts --config FILE`. Follows the child-process conventions in docs/ARCHITECTURE.md, "Processes of a live run".
 */
import { parseArgs } from "node:util";
import { LabError } from "../../kernel/errors.ts";
import { closeOnSignals, printLine, reportFailedStart } from "../http/child-process.ts";
import { withoutDumps } from "../http/no-dumps.ts";
import { readControlFile } from "./config-file.ts";
import { startControl } from "./server.ts";

const usage = `Usage: node gateway/control/main.ts --config FILE

A region's control plane: stages, checks and rolls out configuration packages to its data planes.

  --config FILE  JSON or YAML: region, folder, folderKey, planeKey, operatorKey, steps, listen
  --help         display help

Keys are references, env:NAME or file:PATH. docs/control-plane.md describes the settings and the API.
`;

const log = (line: string) => void process.stderr.write(`${line}\n`);
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

async function run(): Promise<void> {
  withoutDumps();
  const { values } = parseArgs({ options: { config: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) return void process.stdout.write(usage);
  if (values.config === undefined) throw new LabError({ exit: "refused", code: "arguments_invalid", message: "Cannot start the control plane: --config is missing", hint: "see --help" });
  const control = await startControl(readControlFile(values.config), process.env, (event) => log(JSON.stringify(event)));
  closeOnSignals(() => control.close());
  printLine({ ready: true, url: control.url });
}

try {
  await run();
} catch (error) {
  reportFailedStart(error);
}
