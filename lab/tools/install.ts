import { LabError, messageOf } from "../../kernel/errors.ts";
import { cachePlace, storeInCache } from "./cache.ts";
import { downloadRelease } from "./download.ts";
import { toolsEnvironment, type ToolsEnvironment } from "./environment.ts";
import { findCached, findTool, type FoundTool } from "./find.ts";
import { buildWithGo, hasGo, isBuilt, type BuiltPin } from "./go-build.ts";
import { toolPins, type ToolName, type ToolPin } from "./pins.ts";

export interface InstallOptions {
  readonly environment?: ToolsEnvironment;
  /** Called with one line of text at the start of each step. */
  readonly onStep?: (line: string) => void;
  /** For tests: another tool's pin under this name. */
  readonly pin?: ToolPin;
  readonly build?: (pin: BuiltPin, version: string, directory: string) => Promise<string>;
  readonly canBuild?: () => Promise<boolean>;
}

type Attempt = (FoundTool & { readonly problem?: never }) | { readonly problem: string };

/**
 * Makes the tool available: the one that `findTool` finds, else the official release by checksum, else, where the pin
 * has a Go module, a build of it. Rejects with LabError `failed` `tool_unavailable`, whose message lists what was
 * tried, and as `findTool` does.
 */
export async function installTool(name: ToolName, options: InstallOptions = {}): Promise<FoundTool> {
  const { environment = toolsEnvironment(), pin = toolPins[name] } = options;
  const found = await findTool(name, environment, pin);
  if ("bin" in found) return found;
  if (environment.offline) throw unavailable(pin, ["BLASTLAB_OFFLINE=1 forbids downloads"]);
  const released = await installRelease(pin, environment, options);
  if (released.problem === undefined) return released;
  const built = await installFromSource(pin, environment, options);
  if (built.problem === undefined) return built;
  throw unavailable(pin, [released.problem, built.problem]);
}

async function installRelease(pin: ToolPin, environment: ToolsEnvironment, { onStep }: InstallOptions): Promise<Attempt> {
  const { version, assets, baseUrl, bytesMax } = pin.releases;
  const asset = assets[environment.platform];
  if (asset === undefined) return { problem: `no release for ${environment.platform} is pinned` };
  onStep?.(`${pin.name}: fetching release ${version}`);
  const make = (directory: string) => downloadRelease(asset, { baseUrl: environment.mirror ?? baseUrl, bytesMax }, directory);
  return attempt(pin, environment, { version, source: "release", make });
}

async function installFromSource(pin: ToolPin, environment: ToolsEnvironment, options: InstallOptions): Promise<Attempt> {
  const { onStep, build = buildWithGo, canBuild = hasGo } = options;
  if (!isBuilt(pin)) return { problem: "the lab does not build it from source" };
  if (!(await canBuild())) return { problem: "Go is not installed" };
  const problems: string[] = [];
  for (const version of pin.versions) {
    onStep?.(`${pin.name}: building ${pin.goModule.path} v${version} with Go, which takes a minute or two`);
    const result = await attempt(pin, environment, { version, source: "go", make: (directory) => build(pin, version, directory) });
    if (result.problem === undefined) return result;
    problems.push(result.problem);
  }
  return { problem: problems.join("; ") };
}

interface Origin {
  readonly version: string;
  readonly source: "release" | "go";
  readonly make: (directory: string) => Promise<string>;
}

async function attempt(pin: ToolPin, environment: ToolsEnvironment, { version, source, make }: Origin): Promise<Attempt> {
  try {
    await storeInCache(cachePlace(pin, version, environment), { version, source }, make);
  } catch (error) {
    return { problem: messageOf(error) };
  }
  const cached = await findCached(pin, environment);
  if ("bin" in cached) return { ...cached, via: source === "go" ? "Go build" : "release" };
  return { problem: cached.tried.join("; ") };
}

function unavailable(pin: ToolPin, problems: readonly string[]): LabError {
  return new LabError({
    exit: "failed",
    code: "tool_unavailable",
    message: `${pin.executable} ${pin.versions[0]} cannot be installed (${problems.join("; ")})`,
    hint: `Runs use ${pin.embedded} instead. To use your own executable, set ${pin.variable}`,
  });
}
