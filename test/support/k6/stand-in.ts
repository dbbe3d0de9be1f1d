/**
 * A stand-in for k6, which is not to be had on the machines that build the lab: k6's command line, environment, console
 * output, exit codes, and habits, for the part of k6 that the lab uses. It plays the lab's own script (scenarios/k6) by
 * the shared-iterations executor.
 */
import { Agent } from "node:http";
import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { iterations, loadScript, type Script } from "./modules.ts";

const exitCodes = { ok: 0, usage: 255, invalidConfig: 104, stopped: 105, scriptException: 107 } as const;

const options = {
  quiet: { type: "boolean" },
  "no-color": { type: "boolean" },
  "no-usage-report": { type: "boolean" },
  "summary-mode": { type: "string" },
  "console-output": { type: "string" },
  "log-format": { type: "string" },
} as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true, strict: true });
  const [command, file] = positionals;
  if (command === "version") {
    process.stdout.write(`k6 v2.3.0 (stand-in, ${process.version}, ${process.platform}/${process.arch})\n`);
    return exitCodes.ok;
  }
  if (command !== "run" || file === undefined) throw new Error(`unknown command "${positionals.join(" ")}" for "k6"`);
  redirectConsole(values["console-output"]);
  let script: Script;
  try {
    script = await loadScript(file);
  } catch (error) {
    process.stderr.write(`level=error msg="${String(error)}"\n`);
    return exitCodes.scriptException;
  }
  return run(script);
}

/** `console.log` goes to the file as it is, as with `--log-format=raw`. */
function redirectConsole(file: string | undefined): void {
  if (file === undefined) return;
  writeFileSync(file, "");
  console.log = (line: string) => appendFileSync(file, `${line}\n`);
}

async function run(script: Script): Promise<number> {
  const [scenario] = Object.values(script.options.scenarios);
  if (scenario?.executor !== "shared-iterations" || !/^\d+s$/.test(scenario.maxDuration)) return exitCodes.invalidConfig;
  const { vus, iterations: count, maxDuration } = scenario;
  const over = new AbortController();
  let stopped = false;
  const onSignal = () => {
    if (stopped) process.exit(exitCodes.stopped);
    stopped = true;
    over.abort();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  const timer = setTimeout(() => over.abort(), Number.parseInt(maxDuration, 10) * 1_000);
  let next = 0;
  const user = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
    while (next < count && !over.signal.aborted) await iterations.run({ number: next++, agent, signal: over.signal }, () => script.default()).catch(logException);
    agent.destroy();
  };
  await Promise.all(Array.from({ length: vus }, user));
  clearTimeout(timer);
  return stopped ? exitCodes.stopped : exitCodes.ok;
}

/** An exception ends its iteration and nothing else. */
function logException(error: unknown): void {
  process.stderr.write(`level=error msg="${String(error)}"\n`);
}

process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`level=error msg="${String(error)}"\n`);
    return exitCodes.usage;
  }),
);
