import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { ToolName } from "./pins.ts";

/** The environment variables about tools, read here and nowhere else. */
export interface ToolsEnvironment {
  readonly explicit: Readonly<Record<ToolName, string | null>>;
  /** Directories of the PATH, in order. */
  readonly path: readonly string[];
  readonly cacheDirectory: string;
  /** URL of a directory with the releases' files. Null: they are fetched from where they were published. */
  readonly mirror: string | null;
  /** Nothing may be fetched. */
  readonly offline: boolean;
  /** `process.platform-process.arch`. */
  readonly platform: string;
}

export function toolsEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): ToolsEnvironment {
  const cacheHome = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return {
    explicit: { k6: env["BLASTLAB_K6_BIN"] || null, toxiproxy: env["BLASTLAB_TOXIPROXY_BIN"] || null },
    path: (env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== ""),
    cacheDirectory: env["BLASTLAB_TOOLS_DIR"] || join(cacheHome, "blastlab", "tools"),
    mirror: env["BLASTLAB_MIRROR"]?.replace(/\/$/, "") || null,
    offline: env["BLASTLAB_OFFLINE"] === "1",
    platform: `${process.platform}-${process.arch}`,
  };
}
