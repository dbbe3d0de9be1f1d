/**
 * The process of a region's control plane: `main.ts --config FILE`. Follows the child-process conventions in
 * docs/ARCHITECTURE.md, "Processes of a live run".
 */
import { closeOnSignals, configFileOf, printLine, programArguments, reportFailedStart } from "../http/child-process.ts";
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
  const given = programArguments({ hasCheck: false });
  if (given.help) return void process.stdout.write(usage);
  const config = configFileOf(given, "start the control plane");
  const control = await startControl(readControlFile(config), process.env, (event) => log(JSON.stringify(event)));
  closeOnSignals(() => control.close());
  printLine({ ready: true, url: control.url });
}

try {
  await run();
} catch (error) {
  reportFailedStart(error);
}
