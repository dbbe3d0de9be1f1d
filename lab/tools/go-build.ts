import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../kernel/errors.ts";
import type { ToolPin } from "./pins.ts";

const execute = promisify(execFile);
const buildTimeoutMs = 15 * 60_000;
const outputMax = 16 << 20;

/** A tool that the lab may build. */
export type BuiltPin = ToolPin & Required<Pick<ToolPin, "goModule">>;

export const isBuilt = (pin: ToolPin): pin is BuiltPin => pin.goModule !== undefined;

/** Whether a `go` is on the PATH. */
export async function hasGo(): Promise<boolean> {
  return execute("go", ["version"], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

/**
 * Builds a pinned module version from source, in a throw-away module inside `directory`: unlike `go install
 * PACKAGE@VERSION` this fetches only modules. Go's checksum database verifies them and all their dependencies. Resolves
 * to the executable's path.
 */
export async function buildWithGo({ executable: name, goModule }: BuiltPin, version: string, directory: string): Promise<string> {
  const source = join(directory, "source");
  const executable = join(directory, name);
  await mkdir(source);
  await writeFile(join(source, "go.mod"), `module blastlab.invalid/tool\n\nrequire ${goModule.path} v${version}\n`);
  await writeFile(join(source, "tools.go"), `//go:build tools\n\npackage tool\n\nimport _ "${goModule.main}"\n`);
  await go(source, ["mod", "tidy"]);
  await go(source, ["build", "-mod=mod", "-trimpath", "-o", executable, goModule.main]);
  return executable;
}

async function go(cwd: string, args: readonly string[]): Promise<void> {
  try {
    await execute("go", [...args], { cwd, timeout: buildTimeoutMs, maxBuffer: outputMax });
  } catch (error) {
    const lines = messageOf(error).trim().split("\n");
    throw new Error(`go ${args[0]} ${args[1]}: ${lines.at(-1)}`, { cause: error });
  }
}
