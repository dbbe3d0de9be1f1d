import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Deployment, Plan } from "../../kernel/plan.ts";
import type { LiveComponent } from "../conductor/live/live-component.ts";
import { playedAt } from "../faults/index.ts";
import { isRedirect } from "../outgoing.ts";
import { providerOf } from "../plan/providers.ts";
import type { Child, Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import type { RunPorts } from "./run-ports.ts";
import { startLimitMs } from "./start-limit.ts";
import { partOptions } from "../node-options.ts";

const simulatorMain = fileURLToPath(new URL("../../simulators/main.ts", import.meta.url));
/** Of a provider that the user has started. */
const externalTimeoutMs = 5_000;

/** The mock providers of a run, one process a deployment. */
export interface SimulatorFleet {
  /** Base URL of each provider, by its component's id, without a path. */
  readonly urls: ReadonlyMap<string, string>;
  /** By the plan's id of the provider. */
  readonly components: ReadonlyMap<string, LiveComponent>;
  /** Sets every timeline's zero. */
  begin(epochMs: number): Promise<void>;
  /** Closes every wire tap with its trailer. */
  end(): Promise<void>;
}

/** Of the process that plays that deployment. */
export const simulatorId = (deployment: string): string => `simulator-${deployment}`;

export async function startSimulators(context: { warden: Warden; directory: RunDirectory; plan: Plan; ports: RunPorts }): Promise<SimulatorFleet> {
  const { deployments } = context.plan;
  const external = deployments.flatMap(({ name, url }) => (url === undefined ? [] : [{ name, url: url.replace(/\/$/, "") }]));
  await Promise.all(external.map(({ name, url }) => checkProvider(name, url)));
  const started = await Promise.all(deployments.filter(({ url }) => url === undefined).map((deployment) => startSimulator(context, deployment)));
  const control = (action: string, body: object) => Promise.all(started.map(({ name, url }) => callControl(name, `${url}/control/${action}`, body)));
  return {
    urls: new Map([...started, ...external].map(({ name, url }) => [providerOf(context.plan, name), url])),
    components: new Map(started.map(({ name, child }) => [providerOf(context.plan, name), { child, adminUrl: null, ready: serves }])),
    begin: async (epochMs) => void (await control("begin", { epochMs })),
    end: async () => void (await control("end", {})),
  };
}

/** The content of a simulator's file but for where it listens. */
export function simulatorConfig(plan: Plan, deployment: Deployment, tap: string) {
  const other = plan.deployments.find(({ model }) => model !== deployment.model);
  return {
    run: plan.run,
    seed: plan.seed,
    deployment,
    otherModel: other?.model ?? `${deployment.model}-legacy`,
    markKey: plan.markKey,
    incidents: playedAt(deployment.name, plan.faults),
    tap,
  };
}

async function startSimulator({ warden, directory, plan, ports }: Parameters<typeof startSimulators>[0], deployment: Deployment) {
  const id = simulatorId(deployment.name);
  const config = { ...simulatorConfig(plan, deployment, directory.tap(`wire-${deployment.name}`)), listen: { host: "127.0.0.1", port: ports.get(providerOf(plan, deployment.name)) ?? 0 } };
  await writeFile(directory.config(id), `${JSON.stringify(config, null, 1)}\n`);
  const child = await warden.spawn({ id, command: process.execPath, args: [...partOptions, simulatorMain, "--config", directory.config(id)], log: directory.log(id) });
  const { url } = await child.ready(startLimitMs);
  return { name: deployment.name, url, child: id };
}

async function serves(child: Child): Promise<void> {
  await child.ready(startLimitMs);
}

/** Any answer at all will do. */
async function checkProvider(name: string, url: string): Promise<void> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(externalTimeoutMs), redirect: "manual" });
    await response.body?.cancel();
  } catch (error) {
    if (isRedirect(error)) return;
    throw new LabError({
      exit: "failed",
      code: "provider_unreachable",
      message: `Cannot reach the provider of deployment "${name}" at ${url}: ${messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error)}`,
      hint: "Start it, or leave its url out of the scenario to have it simulated",
      cause: error,
    });
  }
}

async function callControl(name: string, url: string, body: object): Promise<void> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(startLimitMs),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}: ${await response.text()}`);
  } catch (error) {
    throw new LabError({
      exit: "failed",
      code: "provider_unreachable",
      message: `Cannot reach the simulator of "${name}" at ${url}: ${messageOf(error)}`,
      hint: `Read logs/simulator-${name}.log in the run directory`,
      cause: error,
    });
  }
}
