import { readSettings } from "../http/settings-file.ts";
import { resolveEdgeConfig, type EdgeFile } from "./config.ts";

const hint = "correct the config; docs/edge.md describes each setting";

/**
 * Reads the file of an edge, YAML or JSON. Throws `LabError` `config_unreadable` or `config_invalid`:
 * `file:line:col path: message`, one line a problem.
 */
export function readEdgeFile(file: string): EdgeFile {
  return readSettings(file, resolveEdgeConfig, { code: "config", named: (name) => `the config "${name}"`, hint });
}
