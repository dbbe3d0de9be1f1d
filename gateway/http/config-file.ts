import { LabError, messageOf } from "../../kernel/errors.ts";
import type { StoreConfig } from "../config/governance-schema.ts";
import { resolveGatewayConfig, type ResolvedConfig } from "../config/resolve.ts";
import { configBytesMax, readText } from "./files.ts";
import { readPriceList } from "./price-list.ts";
import { parseSource } from "./source-text.ts";

/** Problems that are printed. A file that is not a config at all has thousands. */
const PROBLEMS_MAX = 50;

/**
 * Reads and validates the gateway's config. Throws `LabError` (`config_unreadable`, `config_invalid`), one line a
 * problem. `store`: the store that is open already, whatever the file names.
 */
export function readConfigFile(file: string, store?: StoreConfig): ResolvedConfig {
  let source: string;
  try {
    source = readText(file, configBytesMax);
  } catch (error) {
    throw refused("config_unreadable", `Cannot read the config "${file}": ${messageOf(error)}`, "name a file that can be read: --config FILE");
  }
  return parseConfig(source, file, store);
}

/**
 * Parses a config, JSON by the extension `.json` and YAML by any other, defaults filled in. Throws `LabError`
 * `config_invalid`: `file:line:col path: message`, one line a problem.
 */
export function parseConfig(text: string, file: string, storeInUse?: StoreConfig): ResolvedConfig {
  const source = parseSource(text, file);
  if ("problems" in source) throw invalid(source.problems);
  const resolved = resolveGatewayConfig(source.value, readPriceList(), storeInUse);
  if ("ok" in resolved) return resolved.ok;
  throw invalid(source.located(resolved.problems));
}

function invalid(problems: readonly string[]): LabError {
  const rest = problems.length - PROBLEMS_MAX;
  const printed = rest > 0 ? [...problems.slice(0, PROBLEMS_MAX), `and ${rest} more`] : problems;
  return refused("config_invalid", printed.join("\n"), "correct the config; gateway/core/config.ts describes each setting");
}

function refused(code: string, message: string, hint: string): LabError {
  return new LabError({ exit: "refused", code, message, hint });
}
