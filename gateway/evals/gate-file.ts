import path from "node:path";
import type { z } from "zod";
import { bySchema, readSettings } from "../http/settings-file.ts";
import { gateFileSchema, type askedSchema } from "./gate-schema.ts";

export type GateFile = z.output<typeof gateFileSchema>;
export type Asked = z.output<typeof askedSchema>;

/**
 * Reads the file of a gate; its corpus is found from the file's own folder. Throws `LabError` (`gate_file_unreadable`,
 * `gate_file_invalid`).
 */
export function readGateFile(file: string): GateFile {
  const hint = "correct the file; docs/eval-gate.md describes it";
  const read = readSettings(file, bySchema(gateFileSchema), { code: "gate_file", named: (name) => `"${name}"`, hint });
  return { ...read, corpus: path.resolve(path.dirname(file), read.corpus) };
}
