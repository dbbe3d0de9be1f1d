import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { variablesOf } from "../child-environment.ts";
import { regionPath } from "../load/relay/core/paths.ts";
import type { Warden } from "../warden/client.ts";
import { clientSettings, type ClientContext } from "./client-settings.ts";
import type { RunPorts } from "./run-ports.ts";
import { startLimitMs } from "./start-limit.ts";
import { partOptions } from "../node-options.ts";

const relayMain = fileURLToPath(new URL("../load/relay/main.ts", import.meta.url));

export interface RelayContext extends ClientContext {
  readonly warden: Warden;
  readonly ports: RunPorts;
  readonly epochMs: number;
}

/** The measuring relay between a load tool and the system under test. Its process writes the client tap. */
export interface RunningRelay {
  /** Base URL by region, for the load tool. */
  readonly targets: Readonly<Record<string, string>>;
  /** Ends it and its tap. Harmless when called twice. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts the relay in front of the system. Rejects with LabError when it does not start. Its death voids the run
 * (part-watch.ts).
 */
export async function startRelay(
  context: RelayContext,
  { generator, timeoutMs }: { readonly generator: string; readonly timeoutMs: number },
): Promise<RunningRelay> {
  const { warden, directory, system, ports, epochMs } = context;
  const config = {
    ...clientSettings(context),
    epochMs,
    timeoutMs,
    listen: { host: "127.0.0.1", port: ports.get("relay") ?? 0 },
    generator,
  };
  await writeFile(directory.config("relay"), `${JSON.stringify(config, null, 1)}\n`);
  const child = await warden.spawn({ id: "relay", command: process.execPath, args: [...partOptions, relayMain, "--config", directory.config("relay")], variables: variablesOf.caller, log: directory.log("relay") });
  const { url } = await child.ready(startLimitMs);
  return {
    targets: Object.fromEntries(Object.keys(system.targets).map((region) => [region, `${url}${regionPath(region)}`])),
    stop: async (graceMs) => void (await child.stop(graceMs)),
  };
}
