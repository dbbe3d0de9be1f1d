/**
 * The process of an edge: `main.ts --config FILE`. Follows the child-process conventions in docs/ARCHITECTURE.md,
 * "Processes of a live run".
 */
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError } from "../../kernel/errors.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { adminAccess } from "../http/admin-access.ts";
import { LogLines } from "../http/log-lines.ts";
import { closeOnSignals, configFileOf, printLine, programArguments, reportFailedStart } from "../http/child-process.ts";
import { liveSecrets } from "../http/secrets.ts";
import { adminServer } from "./admin.ts";
import type { EdgeFile } from "./config.ts";
import { readEdgeFile } from "./config-file.ts";
import { startEmbedded } from "./embedded.ts";
import type { EdgeEngine } from "./engine.ts";
import { listening } from "../http/listening.ts";

const usage = `Usage: node gateway/edge/main.ts --config FILE | --check FILE

An edge: sends clients' requests to the gateways of several regions, and survives the loss of a region.

  --config FILE  JSON or YAML: regions, listen, admin, health, ejection, ramp, retry, sticky, engine
  --check FILE   print the configuration that --config FILE would run, defaults filled in; exit 0, or 4 if it is refused
  --help         display help

The admin port has /admin/state, /metrics, POST /admin/drain and POST /admin/weight. docs/edge.md describes the settings.
`;

const logLines = new LogLines(process.stderr);
process.on("exit", logLines.flush);
process.stdout.on("error", () => {});
/** A diagnostic report would list the environment, where credentials are. */
process.report.excludeEnv = true;

async function gatewayKeyOf({ gatewayKey }: EdgeFile): Promise<string | null> {
  return gatewayKey === undefined ? null : liveSecrets(process.env, liveClock()).read(gatewayKey, neverSignal);
}

/** HAProxy's code is loaded only where it is the engine. */
async function startEngine(file: EdgeFile): Promise<EdgeEngine> {
  const options = { log: logLines.write, gatewayKey: await gatewayKeyOf(file) };
  if (file.engine === "embedded") return startEmbedded(file, options);
  const { startHaproxy } = await import("./haproxy/start.ts");
  return startHaproxy(file, process.env, options);
}

async function run(config: string): Promise<void> {
  const file = readEdgeFile(config);
  const engine = await startEngine(file);
  const admin = adminServer(engine, adminAccess(file.admin, liveSecrets(process.env, liveClock())));
  try {
    const adminUrl = await listening(admin, file.admin.listen, { part: "the edge", setting: "admin.listen" });
    closeOnSignals(() => Promise.all([engine.close(), admin.close()]));
    printLine({ ready: true, url: engine.url, adminUrl });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** For people: unlike a start, a refusal exits 4, with its problems on stderr, one a line. */
function check(file: string): void {
  try {
    printLine(readEdgeFile(file));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    process.stderr.write(`${error.message}\nhint: ${error.hint}\n`);
    process.exitCode = error.exitCode;
  }
}

try {
  const given = programArguments({ hasCheck: true });
  if (given.help) process.stdout.write(usage);
  else if (given.check !== undefined) check(given.check);
  else await run(configFileOf(given, "start the edge"));
} catch (error) {
  reportFailedStart(error);
}
