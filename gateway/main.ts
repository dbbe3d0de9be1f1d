/**
 * The process of the gateway: `main.ts --config FILE`. Follows the child-process conventions in docs/ARCHITECTURE.md,
 * "Processes of a live run".
 */
import { Console } from "node:console";
import { fstatSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { exitCodes, LabError, messageOf } from "../kernel/errors.ts";
import { configFileOf, printLine, programArguments } from "./http/child-process.ts";
import { setCollectorFlags } from "./http/collector-flags.ts";
import { LogLines } from "./http/log-lines.ts";
import type { GatewayProcess } from "./http/process.ts";

const usage = `Usage: node gateway/main.ts --config FILE | --check FILE

The reference gateway: chat completions, responses, messages and embeddings in front of OpenAI, Anthropic, Gemini and compatible servers.

  --config FILE  JSON or YAML: keys, deployments, routes, policy, listen
  --check FILE   print the configuration that --config FILE would run, defaults filled in and virtual keys redacted; exit 0, or 4 if it is refused
  --help         display help

GET /health/live, /health/ready, /admin/state, /metrics. SIGHUP reloads the file; SIGTERM, or the end of a piped stdin, ends the process: new requests
get 503, and open ones may finish for drainMs (30 s). A second Ctrl-C cuts them at once.
Credentials are references such as env:OPENAI_API_KEY. OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT enables traces.
`;

/** Standard output is reserved for the ready line: OpenTelemetry's debug log, for one, writes to the console. */
globalThis.console = new Console(process.stderr, process.stderr);

const logLines = new LogLines(process.stderr);
const log = logLines.write;
process.on("exit", logLines.flush);
/** The parent process may have stopped reading. */
process.stdout.on("error", () => {});

/** For people and for the control plane: unlike a start, a refusal exits 4, with its problems on stderr, one a line. */
async function check(file: string): Promise<void> {
  const { checkedConfig } = await import("./http/check.ts");
  try {
    process.stdout.write(checkedConfig(file));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    process.stderr.write(`${error.message}\nhint: ${error.hint}\n`);
    process.exitCode = error.exitCode;
  }
}

async function run(config: string): Promise<void> {
  setCollectorFlags();
  let gateway: GatewayProcess | null = null;
  let isReloadDue = false;
  /** Without a listener a SIGHUP ends the process, so the slow start comes after this. */
  process.on("SIGHUP", () => {
    isReloadDue = gateway === null;
    if (gateway !== null) reload(gateway);
  });
  const { startGateway } = await import("./http/process.ts");
  gateway = await startGateway({ configFile: config, environment: process.env, writeLine: log });
  handleSignals(gateway);
  if (isReloadDue) reload(gateway);
  // Where NODE_COMPILE_CACHE is set, a start after a kill reads what this one compiled. Node itself writes it only at a
  // graceful end.
  flushCompileCache();
  printLine({ ready: true, url: gateway.url });
}

function handleSignals(gateway: GatewayProcess): void {
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    void gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log(JSON.stringify({ event: "close_failed", message: messageOf(error) }));
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", close);
  /**
   * Under the lab, stdin is the lifeline and Ctrl-C is the conductor's. Run by hand, stdin is a terminal or nothing,
   * and Ctrl-C is for this process.
   */
  const piped = isPiped();
  process.on("SIGINT", piped ? () => {} : () => (closing ? gateway.endDrain() : close()));
  if (piped) process.stdin.on("end", close).on("error", close).resume();
}

function reload(gateway: GatewayProcess): void {
  const error = gateway.reload();
  log(JSON.stringify(error === null ? { event: "config_reloaded", needsRestart: gateway.needsRestart() } : { event: "config_refused", message: error.message, hint: error.hint }));
}

function isPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isSocket();
  } catch {
    return false;
  }
}

function printFailure(error: unknown): void {
  const known = error instanceof LabError ? error : null;
  printLine({ ready: false, code: known?.code ?? "start_failed", message: messageOf(error), hint: known?.hint ?? "see this process's log" });
  if (known === null) log(JSON.stringify({ event: "bug", message: messageOf(error), stack: error instanceof Error ? error.stack : null }));
}

/** A diagnostic report, such as Node writes when it crashes, would list the environment, where credentials are. */
process.report.excludeEnv = true;

try {
  const given = programArguments({ hasCheck: true });
  if (given.help) process.stdout.write(usage);
  else if (given.check !== undefined) await check(given.check);
  else await run(configFileOf(given, "start the gateway"));
} catch (error) {
  printFailure(error);
  process.exitCode = exitCodes.failed;
}
