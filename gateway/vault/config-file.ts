import { parse } from "yaml";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { readText } from "../http/files.ts";
import { vaultFileSchema, type VaultFile } from "./config.ts";

const bytesMax = 64 * 1024;

/**
 * Reads the file of a vault's process, YAML or JSON. Throws `LabError` `config_unreadable` or `config_invalid`, one
 * line a problem; none quotes a value.
 */
export function parseVaultFile(file: string): VaultFile {
  let input: unknown;
  try {
    input = parse(readText(file, bytesMax), { prettyErrors: false });
  } catch (error) {
    throw refused("config_unreadable", `Cannot read the config "${file}": ${messageOf(error)}`);
  }
  const parsed = vaultFileSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refused("config_invalid", parsed.error.issues.map(({ path, message }) => `${file} ${path.join(".") || "(root)"}: ${message}`).join("\n"));
}

function refused(code: string, message: string): LabError {
  return new LabError({ exit: "refused", code, message, hint: "correct the config; docs/vault.md describes each setting" });
}
