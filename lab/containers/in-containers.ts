import path from "node:path";
import type { Plan } from "../../kernel/plan.ts";
import { variablesOf } from "../child-environment.ts";
import type { RunDirectory } from "../live/directory.ts";
import { simulatorId } from "../live/simulators.ts";
import type { ChildPlace, SpawnOptions } from "../warden/client.ts";
import type { ChildProxy } from "../warden/protocol.ts";
import { composeArguments, engineUser, productRoot } from "./engine.ts";

/** Where the image has what the clone has (deploy/Dockerfile). */
const imageRoot = "/app";

/**
 * The components of the plan and the network proxy each in a container of docker-compose.yml, on the machine's own
 * network, with the run directory at its own path. Observer and load stay on the machine: they measure.
 */
export function inContainers(plan: Pick<Plan, "run" | "components" | "deployments">, directory: Pick<RunDirectory, "path">): ChildPlace {
  const ids = new Set([...plan.components.map(({ id }) => id), ...plan.deployments.map(({ name }) => simulatorId(name)), "network"]);
  const placed = (options: SpawnOptions): SpawnOptions => (ids.has(options.id) ? inContainer(options, { name: `${plan.run}-${options.id}`, directory: directory.path }) : options);
  return { variables: variablesOf.engine, placed };
}

function inContainer(options: SpawnOptions, { name, directory }: { readonly name: string; readonly directory: string }): SpawnOptions {
  const program = programOf(options.command);
  // Values stay in the environment of the client: arguments are in the process list.
  const variables = Object.keys(options.env ?? {}).flatMap((variable) => ["--env", variable]);
  const client = ["run", "--rm", "--no-TTY", "--no-deps", "--quiet-pull", "--name", name, "--user", engineUser(), "--volume", `${directory}:${directory}`, ...variables];
  const before = [...composeArguments, ...client, program.service, program.command];
  return {
    ...options,
    command: "docker",
    args: [...before, ...options.args.map(inImage)],
    cwd: productRoot,
    variables: [...(options.variables ?? []), ...variablesOf.engine],
    proxy: { signals: signalsOf(name), argsBeforeAt: before.length },
  };
}

function signalsOf(name: string): ChildProxy["signals"] {
  return {
    SIGSTOP: ["docker", "pause", name],
    SIGCONT: ["docker", "unpause", name],
    SIGTERM: ["docker", "kill", "--signal", "TERM", name],
    SIGKILL: ["docker", "kill", name],
  };
}

/** By which service of docker-compose.yml a program of the lab runs, and what it is called there. */
function programOf(command: string): { readonly service: string; readonly command: string } {
  if (path.basename(command).startsWith("redis-server")) return { service: "game-day-store", command: "redis-server" };
  return { service: "game-day", command: command === process.execPath ? "node" : "toxiproxy-server" };
}

/** A source file of the clone is in the image too; all else is in the run directory, or no path. */
const inImage = (argument: string) => (argument.endsWith(".ts") && argument.startsWith(productRoot + path.sep) ? imageRoot + argument.slice(productRoot.length) : argument);
