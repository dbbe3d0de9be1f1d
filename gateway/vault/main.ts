/**
 * The process of a region's vault: `main.ts --config FILE`. Follows the child-process conventions in
 * docs/ARCHITECTURE.md, "Processes of a live run".
 */
import { closeOnSignals, configFileOf, printLine, programArguments, reportFailedStart } from "../http/child-process.ts";
import { withoutDumps } from "../http/no-dumps.ts";
import { parseVaultFile } from "./config-file.ts";
import { startVault } from "./server.ts";

const usage = `Usage: node gateway/vault/main.ts --config FILE

A region's vault: secrets under envelope encryption, leased to data planes.

  --config FILE  JSON or YAML: region, folder, masterKey, planeKey, operatorKey, listen
  --help         display help

Keys are references, env:NAME or file:PATH. docs/vault.md describes the settings and the API.
`;

const log = (line: string) => void process.stderr.write(`${line}\n`);
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

async function run(): Promise<void> {
  withoutDumps();
  const given = programArguments({ hasCheck: false });
  if (given.help) return void process.stdout.write(usage);
  const config = configFileOf(given, "start the vault");
  const vault = await startVault(parseVaultFile(config), process.env, log);
  closeOnSignals(() => vault.close());
  printLine({ ready: true, url: vault.url });
}

try {
  await run();
} catch (error) {
  reportFailedStart(error);
}
