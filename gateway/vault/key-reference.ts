import { readFileSync } from "node:fs";
import { LabError } from "../../kernel/errors.ts";

/**
 * The text that `env:NAME` or `file:PATH` names, read now. Throws `LabError`, which names the reference and no value.
 */
export function readKey(reference: string, environment: Readonly<Record<string, string | undefined>>): string {
  const text = reference.startsWith("env:") ? environment[reference.slice("env:".length)] : fileText(reference);
  if (text === undefined || text.trim() === "") throw unreadable(reference, "it is not set");
  return text.trim();
}

function fileText(reference: string): string {
  try {
    return readFileSync(reference.slice("file:".length), "utf8");
  } catch (error) {
    throw unreadable(reference, (error as NodeJS.ErrnoException).code ?? "unreadable");
  }
}

function unreadable(reference: string, why: string): LabError {
  return new LabError({ exit: "refused", code: "key_unreadable", message: `Cannot read the key "${reference}": ${why}`, hint: "set the variable or write the file before the process starts" });
}
