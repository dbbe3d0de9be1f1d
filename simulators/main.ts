/**
 * The process of one simulator: `main.ts --config FILE`. Follows the child-process conventions in docs/ARCHITECTURE.md.
 */
import { parseArgs } from "node:util";
import { LabError } from "../kernel/errors.ts";
import { runChild } from "./child.ts";
import { readProviderConfig } from "./http/config-file.ts";
import { startProvider, type Provider } from "./http/provider.ts";

async function start(): Promise<Provider> {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  if (values.config === undefined) {
    throw new LabError({ exit: "failed", code: "config_missing", message: "Cannot start: --config is missing", hint: "Pass --config FILE." });
  }
  return startProvider(readProviderConfig(values.config));
}

await runChild(start);
