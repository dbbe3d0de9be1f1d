import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../../kernel/errors.ts";
import type { ToolPin } from "./pins.ts";

const execute = promisify(execFile);
const probeTimeoutMs = 10_000;

/** The version of a usable executable, or its problem, which continues a sentence that begins with "it". */
export type Probe = { readonly version: string } | { readonly problem: string };

/**
 * Runs the executable and reads its version. A Go build of Toxiproxy prints `git`. Its version is then the `recorded`
 * one, else the module version in the binary, where Go is installed.
 */
export async function probeTool(pin: ToolPin, bin: string, recorded?: string): Promise<Probe> {
  let output: string;
  try {
    const { stdout, stderr } = await execute(bin, [...pin.versionArguments], { timeout: probeTimeoutMs });
    output = stdout + stderr;
  } catch (error) {
    return { problem: `does not run (${firstLine(messageOf(error))})` };
  }
  const printed = pin.versionPattern.exec(output)?.[1];
  if (printed === undefined) return { problem: `is not ${pin.executable}: it prints no version` };
  const version = printed === "git" ? (recorded ?? (await moduleVersion(pin, bin)) ?? "git") : printed;
  if (pin.versions.includes(version)) return { version };
  return { problem: `found version ${version}, want ${pin.versions.join(" or ")}` };
}

/** Version of the Go module that the binary was built from, by `go version -m`; null without Go. */
async function moduleVersion({ goModule }: ToolPin, bin: string): Promise<string | null> {
  if (goModule === undefined) return null;
  const listing = await execute("go", ["version", "-m", bin], { timeout: probeTimeoutMs }).catch(() => null);
  const line = listing?.stdout.split("\n").find((text) => text.includes(`\tmod\t${goModule.path}\t`));
  return /\tv(\d\S*)/.exec(line ?? "")?.[1] ?? null;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}
