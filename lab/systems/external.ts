import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { componentsOf } from "../../kernel/topology.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { ExternalGateway } from "../../scenarios/stack-schema.ts";
import { variablesOf } from "../child-environment.ts";
import { isRedirect } from "../outgoing.ts";
import { portOwner } from "../live/port-owner.ts";
import type { Child } from "../warden/client.ts";
import type { SystemContext, SystemUnderTest } from "./system.ts";

const timeoutMs = 5_000;
const pollMs = 100;
const anyKey = "sk-blastlab";

/**
 * The user's own gateway: one that runs already, or one that the lab starts. Its providers are the links of the run, at
 * the ports that the stack names.
 */
export function externalSystem(settings: ExternalGateway): SystemUnderTest {
  const url = baseOf(settings.url);
  return {
    name: `external gateway at ${url}`,
    linkPorts: settings.linkPorts,
    async start(context) {
      const { plan } = context;
      const gateways = componentsOf(plan, "gateway").map(({ id }) => id);
      const { command } = settings;
      const ready = (child: Child) => untilServing(child, url, command?.readyWithinMs ?? timeoutMs);
      if (command === undefined) await checkReachable(url);
      else {
        await checkUnused(url);
        for (const id of gateways) await ready(await startCommand(context, id, command));
      }
      const owners = plan.cells.map(({ team, feature }) => `${team}/${feature}`);
      return {
        urls: new Map(gateways.map((id) => [id, url])),
        components: new Map(command === undefined ? [] : gateways.map((id) => [id, { child: id, adminUrl: null, ready }])),
        keys: Object.fromEntries(owners.map((owner) => [owner, settings.keys[owner] ?? anyKey])),
        headers: settings.headers,
        metricsUrls: settings.metricsUrl === null ? [] : [settings.metricsUrl],
      };
    },
  };
}

/** Many gateways print their address with `/v1`, which the lab adds itself. */
const baseOf = (url: string): string => url.replace(/\/+$/, "").replace(/\/v1$/, "");

type Command = NonNullable<ExternalGateway["command"]>;

async function startCommand({ warden, directory }: SystemContext, id: string, { program, passEnv, cwd, files, ...command }: Command): Promise<Child> {
  const folder = path.join(path.dirname(directory.config(id)), id);
  if (Object.keys(files).length > 0) await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const filled = (text: string) => text.replaceAll("{files}", folder);
  const args = command.args.map(filled);
  const env = Object.fromEntries(Object.entries(command.env).map(([name, value]) => [name, filled(value)]));
  return warden.spawn({ id, command: program, args, env, variables: [...variablesOf.program, ...passEnv], ...(cwd === undefined ? {} : { cwd }), log: directory.log(id) });
}

/** Else a gateway that runs there already would be taken for the one that is started. */
async function checkUnused(url: string): Promise<void> {
  if ((await askOnce(url)) !== null) return;
  throw new LabError({ exit: "failed", code: "port_in_use", message: `Cannot start your gateway: ${ownerText(url)} answers at ${url} already`, hint: "Stop it, or leave external.command out to use it" });
}

function ownerText(url: string): string {
  const port = Number(new URL(url).port || (url.startsWith("https:") ? 443 : 80));
  return portOwner(port) ?? "something";
}

/** Any answer at all will do. */
async function untilServing(child: Child, url: string, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (child.isRunning && performance.now() < giveUpAt) {
    if ((await askOnce(url)) === null) return;
    await sleep(pollMs);
  }
  const detail = child.isRunning ? `it does not answer at ${url} within ${withinMs} ms` : "it has ended";
  throw new LabError({ exit: "failed", code: "child_not_ready", message: `Cannot start your gateway: ${detail}`, hint: `Read ${child.log}; external.command in the stack file starts it` });
}

async function checkReachable(url: string): Promise<void> {
  const error = await askOnce(url);
  if (error === null) return;
  throw new LabError({
    exit: "failed",
    code: "system_unreachable",
    message: `Cannot reach the system under test at ${url}: ${messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error)}`,
    hint: "Start your gateway first; docs/own-gateway.md shows how it reaches the simulated providers",
    cause: error,
  });
}

/** Null when it answered; else what was thrown. */
async function askOnce(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
    await response.body?.cancel();
    return null;
  } catch (error) {
    return isRedirect(error) ? null : error;
  }
}
