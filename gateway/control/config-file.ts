import { LabError, messageOf } from "../../kernel/errors.ts";
import { problemsOf } from "../config/problem.ts";
import { configBytesMax, readText } from "../http/files.ts";
import { parseSource } from "../http/source-text.ts";
import { controlFileSchema, type ControlFile } from "./config.ts";

/** Reads the file of a control plane, JSON or YAML. Throws `LabError` `config_unreadable` or `config_invalid`, one line a problem. */
export function readControlFile(file: string): ControlFile {
  let text: string;
  try {
    text = readText(file, configBytesMax);
  } catch (error) {
    throw refused("config_unreadable", `Cannot read the config "${file}": ${messageOf(error)}`);
  }
  const source = parseSource(text, file);
  if ("problems" in source) throw refused("config_invalid", source.problems.join("\n"));
  const result = controlFileSchema.safeParse(source.value);
  if (!result.success) throw refused("config_invalid", source.located(result.error.issues.flatMap(problemsOf)).join("\n"));
  return result.data;
}

function refused(code: string, message: string): LabError {
  return new LabError({ exit: "refused", code, message, hint: "correct the config; docs/control-plane.md describes each setting" });
}
