import { LabError, messageOf } from "../../kernel/errors.ts";
import { configBytesMax, readText } from "../http/files.ts";
import { parseSource } from "../http/source-text.ts";
import { resolveEdgeConfig, type EdgeFile } from "./config.ts";

/** Reads the file of an edge, YAML or JSON. Throws `LabError` `config_unreadable` or `config_invalid`: `file:line:col path: message`, one line a problem. */
export function readEdgeFile(file: string): EdgeFile {
  let text: string;
  try {
    text = readText(file, configBytesMax);
  } catch (error) {
    throw refused("config_unreadable", `Cannot read the config "${file}": ${messageOf(error)}`);
  }
  const source = parseSource(text, file);
  if ("problems" in source) throw refused("config_invalid", source.problems.join("\n"));
  const resolved = resolveEdgeConfig(source.value);
  if ("ok" in resolved) return resolved.ok;
  throw refused("config_invalid", source.located(resolved.problems).join("\n"));
}

function refused(code: string, message: string): LabError {
  return new LabError({ exit: "refused", code, message, hint: "correct the config; docs/edge.md describes each setting" });
}
