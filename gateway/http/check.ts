import { withoutKeys } from "../config/without-keys.ts";
import { readConfigFile } from "./config-file.ts";

/**
 * What `--check FILE` prints: the configuration that the process would run, as JSON, every default and built-in price
 * filled in. It is a config file itself, but for the virtual keys, which are secrets: each is replaced by its number.
 * Credentials are references and stay. Throws `LabError` where `--config FILE` would refuse the file. Credentials are
 * not read, and no port is opened.
 */
export function checkedConfig(file: string): string {
  return `${JSON.stringify(withoutKeys(readConfigFile(file).file), null, 2)}\n`;
}
