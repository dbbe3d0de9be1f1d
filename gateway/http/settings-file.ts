import { LabError, messageOf } from "../../kernel/errors.ts";
import type { z } from "zod";
import { problemsOf, type Resolution } from "../config/problem.ts";
import { configBytesMax, readText } from "./files.ts";
import { parseSource } from "./source-text.ts";

/** A kind of file of settings, for its errors. */
export interface SettingsKind {
  /** The codes of its errors are `CODE_unreadable` and `CODE_invalid`. */
  readonly code: string;
  /** For "Cannot read …": `the config "edge.yaml"`. */
  readonly named: (file: string) => string;
  readonly hint: string;
}

/**
 * Reads a file of settings, JSON or YAML. Throws `LabError` of its kind: `file:line:col path: message`, one line a
 * problem.
 */
export function readSettings<T>(file: string, resolve: (value: unknown) => Resolution<T>, { code, named, hint }: SettingsKind): T {
  const refused = (what: "unreadable" | "invalid", message: string) => new LabError({ exit: "refused", code: `${code}_${what}`, message, hint });
  let text: string;
  try {
    text = readText(file, configBytesMax);
  } catch (error) {
    throw refused("unreadable", `Cannot read ${named(file)}: ${messageOf(error)}`);
  }
  const source = parseSource(text, file);
  if ("problems" in source) throw refused("invalid", source.problems.join("\n"));
  const resolved = resolve(source.value);
  if ("ok" in resolved) return resolved.ok;
  throw refused("invalid", source.located(resolved.problems).join("\n"));
}

/** Settings that their schema alone decides. */
export function bySchema<T extends z.ZodType>(schema: T): (value: unknown) => Resolution<z.output<T>> {
  return (value) => {
    const result = schema.safeParse(value);
    return result.success ? { ok: result.data } : { problems: result.error.issues.flatMap(problemsOf) };
  };
}
