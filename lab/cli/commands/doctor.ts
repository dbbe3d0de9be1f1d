import { accessSync, constants } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import { messageOf } from "../../../kernel/errors.ts";
import { paintFor } from "../../board/paint.ts";
import { toolsEnvironment } from "../../tools/environment.ts";
import { findTool } from "../../tools/find.ts";
import { hasGo } from "../../tools/go-build.ts";
import { toolPins, type ToolName } from "../../tools/pins.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

/** The result of one check. `advice` is empty where there is nothing to do. */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "default" | "problem";
  readonly detail: string;
  readonly advice: string;
}

/** `blastlab doctor`: what is installed, what a run would use, what to do about it. */
export async function doctorCommand({ json = false }: { readonly json?: boolean }, io: Io): Promise<void> {
  const findings = [node(), machine(), await tool("k6"), await tool("toxiproxy"), await go(), runs()];
  if (json) return writeJson(io, findings);
  const paint = paintFor(io.stdout);
  const mark = { ok: paint.green("ok     "), default: paint.yellow("default"), problem: paint.red("problem") };
  writeLines(
    io,
    findings.flatMap(({ name, state, detail, advice }) => [`${mark[state]}  ${name.padEnd(10)} ${detail}`, ...(advice === "" ? [] : [`${" ".repeat(20)}${paint.dim(advice)}`])]),
  );
}

function node(): Finding {
  return { name: "node", state: "ok", detail: `${process.version}, ${process.execPath}`, advice: "" };
}

function machine(): Finding {
  const cores = availableParallelism();
  const detail = `${cores} cores, ${(freemem() / 2 ** 30).toFixed(1)} GiB free`;
  if (cores >= 2) return { name: "machine", state: "ok", detail, advice: "" };
  return { name: "machine", state: "problem", detail, advice: "A live run needs 2 cores; on fewer its load generator may lag, which voids the run" };
}

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
