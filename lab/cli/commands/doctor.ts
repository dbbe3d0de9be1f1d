import { accessSync, constants, existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import { exitCodes, messageOf } from "../../../kernel/errors.ts";
import { paintFor } from "../../board/paint.ts";
import { bypass, installationFolder } from "../../break-glass/bypass.ts";
import { freePort } from "../../live/free-port.ts";
import { toolsEnvironment } from "../../tools/environment.ts";
import { findTool } from "../../tools/find.ts";
import { hasGo } from "../../tools/go-build.ts";
import { toolPins, type ToolName } from "../../tools/pins.ts";
import { writeJson, writeLines, type Io } from "../io.ts";
import { measureLoad, type MachineLoad } from "../machine-load.ts";

/**
 * The result of one check. `advice` is empty where there is nothing to do. `tight`: a live run may be void. `problem`:
 * no run until it is fixed.
 */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "default" | "tight" | "problem";
  readonly detail: string;
  readonly advice: string;
}

/** What a run needs, as measured of this machine. */
export interface Needs {
  readonly cores: number;
  readonly load: MachineLoad;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Null: the lab can listen. Else what the system says. */
  readonly portError: string | null;
}

const measureForMs = 1_500;

/**
 * `blastlab doctor`: what is installed, whether this machine can carry a run, what to do about it. Resolves to 1 when
 * something must be fixed, else to 0.
 */
export async function doctorCommand({ json = false }: { readonly json?: boolean }, io: Io): Promise<number> {
  const findings = [node(), ...needFindings(await measureNeeds()), await tool("k6"), await tool("toxiproxy"), await go(), runs(), ...(await breakGlass())];
  const exitCode = findings.some(({ state }) => state === "problem") ? exitCodes.deviated : exitCodes.held;
  if (json) {
    writeJson(io, findings);
    return exitCode;
  }
  const paint = paintFor(io.stdout);
  const mark = { ok: paint.green("ok     "), default: paint.yellow("default"), tight: paint.yellow("tight  "), problem: paint.red("problem") };
  writeLines(
    io,
    findings.flatMap(({ name, state, detail, advice }) => [`${mark[state]}  ${name.padEnd(10)} ${detail}`, ...(advice === "" ? [] : [`${" ".repeat(20)}${paint.dim(advice)}`])]),
  );
  return exitCode;
}

function node(): Finding {
  return { name: "node", state: "ok", detail: `${process.version}, ${process.execPath}`, advice: "" };
}

async function measureNeeds(): Promise<Needs> {
  const load = await measureLoad(measureForMs);
  const { bavail, bsize } = await statfs(process.cwd());
  const limit = process.constrainedMemory();
  const memoryBytes = Math.min(freemem(), limit > 0 && limit < totalmem() ? process.availableMemory() : Infinity);
  return { cores: availableParallelism(), load, memoryBytes, diskBytes: bavail * bsize, portError: await freePort().then(() => null, messageOf) };
}

/**
 * The processes of a live `smoke` hold 481 MiB together (peak PSS, `npm run memory`, 29 November 2026), and 40 MiB more
 * under an older Node that hands over.
 */
const liveBytesMin = 550 * 2 ** 20;
/** Those of a virtual `smoke` hold 248 to 258 MiB. */
const virtualBytesMin = 270 * 2 ** 20;
/** A run is ended when less than 4 MiB are left; a `smoke` writes 1.5 MiB. */
const diskBytesMin = 32 * 2 ** 20;
/** Above it a run is void, unless --tolerate-lag allows more. */
const lagMsMax = 50;
const virtualAdvice = "end other work, ask for fewer requests a second (--set workload.requestsPerSecond=…), or add --virtual, which needs no time of its own";

/** What these figures mean for a run. */
export function needFindings({ cores, load, memoryBytes, diskBytes, portError }: Needs): readonly Finding[] {
  const { timerLagMsP99: lag, spareCores } = load;
  const busy = lag > lagMsMax / 2 || spareCores < 0.5;
  return [
    cores >= 2
      ? finding("cores", "ok", `${cores}`)
      : finding("cores", "tight", `${cores}`, `A live run has some seven processes: on one core its load may lag, which voids it; ${virtualAdvice}`),
    finding(
      "load",
      busy ? "tight" : "ok",
      `${spareCores.toFixed(1)} cores spare, timers ${lag.toFixed(0)} ms late (p99): ${busy ? `a live run may be void, as 99 % of its requests must leave within ${lagMsMax} ms of their time` : "a live run will be in time"}`,
      busy ? `To be sure: ${virtualAdvice}` : "",
    ),
    memoryFinding(memoryBytes),
    diskBytes >= diskBytesMin
      ? finding("disk", "ok", `${mebibytes(diskBytes)} free`)
      : finding("disk", "problem", `${mebibytes(diskBytes)} free`, `A run needs ${mebibytes(diskBytesMin)}: free some space, or give a directory on another disk with --out DIR`),
    portError === null ? finding("ports", "ok", "127.0.0.1 can be listened at") : finding("ports", "problem", portError, "The lab serves at ports 20000 to 29999 of 127.0.0.1: free some, or allow them"),
  ];
}

const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;

function memoryFinding(bytes: number): Finding {
  const detail = `${mebibytes(bytes)} free`;
  if (bytes >= liveBytesMin) return finding("memory", "ok", detail);
  const killed = "where it runs out, the system kills the largest part: a gateway that it kills counts as dead, anything else ends the run, which says so";
  if (bytes >= virtualBytesMin) return finding("memory", "tight", detail, `A live run needs ${mebibytes(liveBytesMin)} to be sure: ${killed}. --virtual needs ${mebibytes(virtualBytesMin)}`);
  return finding("memory", "problem", detail, `A run with --virtual needs ${mebibytes(virtualBytesMin)}, a live one ${mebibytes(liveBytesMin)}`);
}

const finding = (name: string, state: Finding["state"], detail: string, advice = ""): Finding => ({ name, state, detail, advice });

async function tool(name: ToolName): Promise<Finding> {
  const { executable, embedded } = toolPins[name];
  try {
    const found = await findTool(name);
    if ("bin" in found) return { name, state: "ok", detail: `${executable} ${found.version}, ${found.bin} (${found.via}): ${usedWhen[name]}`, advice: "" };
    return { name, state: "default", detail: `not found (${found.tried.join("; ")}): a run uses ${embedded}`, advice: `For the real one: npx blastlab tools install ${name}` };
  } catch (error) {
    return { name, state: "problem", detail: messageOf(error), advice: `Correct or unset ${toolPins[name].variable}` };
  }
}

/** When a run uses a tool that is installed. */
const usedWhen: Readonly<Record<ToolName, string>> = { k6: "a run uses it with --load k6", toxiproxy: "a run uses it unless --network embedded" };

async function go(): Promise<Finding> {
  if (await hasGo()) return { name: "go", state: "ok", detail: "there: tools install can build a toxiproxy-server that it cannot fetch", advice: "" };
  return { name: "go", state: "default", detail: "not found: tools install can only fetch releases", advice: "" };
}

/** Credentials and maps that nobody tries go stale: quarterly. */
const drillAgeMsMax = 90 * 24 * 3_600_000;

/** Nothing where there is no installation: not everybody needs one. */
async function breakGlass(): Promise<readonly Finding[]> {
  const folder = installationFolder();
  if (!existsSync(folder)) return [];
  const name = "drill";
  try {
    const { lastDrillMs } = await bypass<{ lastDrillMs: number | null }>("status", { folder });
    return [drillFinding(lastDrillMs, Date.now())];
  } catch (error) {
    return [finding(name, "problem", messageOf(error), "docs/break-glass.md describes the installation")];
  }
}

/** What the last drill of the break-glass installation says today. */
export function drillFinding(lastDrillMs: number | null, nowMs: number): Finding {
  const advice = "Drill it: npx blastlab break-glass drill --help";
  if (lastDrillMs === null) return finding("drill", "tight", "break-glass was never drilled", advice);
  const days = Math.floor((nowMs - lastDrillMs) / (24 * 3_600_000));
  return nowMs - lastDrillMs > drillAgeMsMax ? finding("drill", "tight", `break-glass was drilled last ${days} days ago`, advice) : finding("drill", "ok", `break-glass was drilled ${days} days ago`);
}

function runs(): Finding {
  const { cacheDirectory } = toolsEnvironment();
  const detail = `runs go to ${process.cwd()}/runs, tools to ${cacheDirectory}`;
  try {
    accessSync(process.cwd(), constants.W_OK);
    return { name: "folders", state: "ok", detail, advice: "" };
  } catch {
    return { name: "folders", state: "problem", detail: `${process.cwd()} cannot be written to`, advice: "Give a run directory with --out DIR" };
  }
}
