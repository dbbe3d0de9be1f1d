/**
 * The process of the embedded network proxy: `main.ts --config FILE`. Follows the child-process conventions in
 * docs/ARCHITECTURE.md.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { ApiError } from "./api-error.ts";
import { configBytesMax, readJson } from "../files.ts";
import { runChild } from "../child.ts";
import { startNetwork, type NetworkServer } from "./server.ts";

const config = z.object({
  listen: z.object({ host: z.string().default("127.0.0.1"), port: z.int().min(0).max(65_535).default(0) }).prefault({}),
  seed: z.number(),
});

async function start(): Promise<NetworkServer> {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  if (values.config === undefined) throw failure("config_missing", "Cannot start: --config is missing", "Pass --config FILE.");
  const settings = readConfig(values.config);
  try {
    return await startNetwork(settings);
  } catch (error) {
    const { host, port } = settings.listen;
    if (error instanceof ApiError) throw failure("listen_refused", `Cannot start the network proxy: ${error.message}`, "Listen on 127.0.0.1.");
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw failure("port_in_use", `Cannot start the network proxy: port ${port} of ${host} is in use`, "Free the port, or configure 0 for any.");
  }
}

function readConfig(path: string): z.infer<typeof config> {
  try {
    return config.parse(readJson(path, configBytesMax));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw failure("config_invalid", `Cannot use config "${path}": ${why}`, "It holds listen {host, port} and seed.");
  }
}

function failure(code: string, message: string, hint: string): LabError {
  return new LabError({ exit: "failed", code, message, hint });
}

await runChild(start);
