import { existsSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../../kernel/errors.ts";
import { buildRecord, cachePlace } from "./cache.ts";
import { toolsEnvironment, type ToolsEnvironment } from "./environment.ts";
import { toolPins, type ToolName, type ToolPin } from "./pins.ts";
import { probeTool } from "./probe.ts";
import { isExecutable } from "./executable.ts";

export interface FoundTool {
  readonly bin: string;
  readonly version: string;
  /** Where it was found: the variable's name, `PATH`, `cache`. */
  readonly via: string;
}

/** No usable executable: each place that was searched, and what is wrong there. */
export interface MissingTool {
  readonly missing: ToolName;
  readonly tried: readonly string[];
}

/**
 * Finds the tool on this machine in an accepted version: at the path that the environment names, on the PATH, in the
 * cache, in this order. Fetches nothing. Rejects with LabError `refused` `tool_unusable` when the environment names an
 * executable that cannot be used, instead of going on to the PATH.
 */
export async function findTool(
  name: ToolName,
  environment: ToolsEnvironment = toolsEnvironment(),
  pin: ToolPin = toolPins[name],
): Promise<FoundTool | MissingTool> {
  const explicit = environment.explicit[name];
  if (explicit !== null) return findExplicit(pin, explicit);
  const tried: string[] = [];
  for (const directory of environment.path) {
    const bin = join(directory, pin.executable);
    if (!isExecutable(bin)) continue;
    const probe = await probeTool(pin, bin);
    if ("version" in probe) return { bin, version: probe.version, via: "PATH" };
    tried.push(`${bin}: ${probe.problem}`);
  }
  if (tried.length === 0) tried.push(`PATH: no ${pin.executable}`);
  const cached = await findCached(pin, environment);
  return "bin" in cached ? cached : { missing: name, tried: [...tried, ...cached.tried] };
}

/** The tool in the cache, or why there is none. */
export async function findCached(pin: ToolPin, environment: ToolsEnvironment): Promise<FoundTool | { readonly tried: readonly string[] }> {
  const tried: string[] = [];
  for (const version of pin.versions) {
    const place = cachePlace(pin, version, environment);
    if (!existsSync(place.executable)) continue;
    const record = await buildRecord(place);
    const probe = await probeTool(pin, place.executable, record?.version);
    if ("version" in probe) return { bin: place.executable, version: probe.version, via: "cache" };
    tried.push(`${place.executable}: ${probe.problem}`);
  }
  return { tried: tried.length > 0 ? tried : [`cache ${environment.cacheDirectory}: no ${pin.executable}`] };
}

/** The user named this file, so a build that does not print its version counts as the preferred one. */
async function findExplicit(pin: ToolPin, bin: string): Promise<FoundTool> {
  const probe = await probeTool(pin, bin, pin.versions[0]);
  if ("version" in probe) return { bin, version: probe.version, via: pin.variable };
  throw new LabError({
    exit: "refused",
    code: "tool_unusable",
    message: `Cannot use ${pin.variable}=${bin}: it ${probe.problem}`,
    hint: `Point it at ${pin.executable} ${pin.versions.join(" or ")}, or unset it to use the PATH, the cache or ${pin.embedded}`,
  });
}
