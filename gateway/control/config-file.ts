import path from "node:path";
import { bySchema, readSettings } from "../http/settings-file.ts";
import { controlFileSchema, type ControlFile } from "./config.ts";

const hint = "correct the config; docs/control-plane.md describes each setting";

/**
 * Reads the file of a control plane, JSON or YAML. The corpora of its eval gate are found from the file's own folder.
 * Throws `LabError` `config_unreadable` or `config_invalid`, one line a problem.
 */
export function readControlFile(file: string): ControlFile {
  const read = readSettings(file, bySchema(controlFileSchema), { code: "config", named: (name) => `the config "${name}"`, hint });
  return { ...read, evals: read.evals.map((gate) => ({ ...gate, corpus: path.resolve(path.dirname(file), gate.corpus) })) };
}
