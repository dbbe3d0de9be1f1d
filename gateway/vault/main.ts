/**
 * The process of a region's vault: `main.ts --config FILE`. Follows the child-process conventions in
 * docs/ARCHITECTURE.md, "Processes of a live run".
 */
import { runKeeper } from "../http/child-process.ts";
import { parseVaultFile } from "./config-file.ts";
import { startVault } from "./server.ts";

const usage = `Usage: node gateway/vault/main.ts --config FILE

A region's vault: secrets under envelope encryption, leased to data planes.

  --config FILE  JSON or YAML: region, folder, masterKey, planeKey, operatorKey, listen
  --help         display help

Keys are references, env:NAME or file:PATH. docs/vault.md describes the settings and the API.
`;

await runKeeper({ usage, action: "start the vault", start: (file, log) => startVault(parseVaultFile(file), process.env, log) });
