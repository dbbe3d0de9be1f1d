/**
 * The process of a region's control plane: `main.ts --config FILE`. Follows the child-process conventions in
 * docs/ARCHITECTURE.md, "Processes of a live run".
 */
import { runKeeper } from "../http/child-process.ts";
import { readControlFile } from "./config-file.ts";
import { startControl } from "./server.ts";

const usage = `Usage: node gateway/control/main.ts --config FILE

A region's control plane: stages, checks and rolls out configuration packages to its data planes.

  --config FILE  JSON or YAML: region, folder, folderKey, planeKey, operatorKey, steps, listen
  --help         display help

Keys are references, env:NAME or file:PATH. docs/control-plane.md describes the settings and the API.
`;

await runKeeper({ usage, action: "start the control plane", start: (file, log) => startControl(readControlFile(file), process.env, (event) => log(JSON.stringify(event))) });
