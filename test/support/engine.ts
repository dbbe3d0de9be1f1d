import { execFile, spawnSync } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Why nothing is tested on an engine here; null where it is. */
export function engineMissing(): string | null {
  if (process.env["BLASTLAB_ENGINE"] !== "1") return "`npm run compose` plays it, on a Docker engine";
  const answers = (...args: string[]) => spawnSync("docker", args, { stdio: "ignore" }).status === 0;
  if (!answers("info")) return "no Docker engine answers";
  return answers("compose", "version") ? null : "Docker has no Compose plugin";
}

/** A project of docker-compose.yml on ports of its own. */
export class ComposeProject implements AsyncDisposable {
  readonly #name: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(name: string, environment: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#environment = { ...process.env, ...environment };
  }

  /** Resolves to its stdout. Rejects with what it printed on stderr. */
  async compose(...args: readonly string[]): Promise<string> {
    return (await run("docker", ["compose", "--project-name", this.#name, ...args], { cwd: root, env: this.#environment, maxBuffer: 2 ** 24 })).stdout;
  }

  /** By service, of every container that is there. */
  async containers(): Promise<ReadonlyMap<string, ContainerState>> {
    const ids = (await this.compose("ps", "--all", "--quiet")).trim().split("\n");
    const { stdout } = await run("docker", ["inspect", ...ids], { maxBuffer: 2 ** 24 });
    return new Map((JSON.parse(stdout) as readonly ContainerState[]).map((state) => [state.Config.Labels["com.docker.compose.service"]!, state]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose("down", "--volumes", "--timeout", "2");
  }
}

/** What `docker inspect` says of a container. */
export interface ContainerState {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } };
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: {
    readonly Memory: number;
    readonly PidsLimit: number;
    readonly ReadonlyRootfs: boolean;
    readonly LogConfig: { readonly Config: Readonly<Record<string, string>> };
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string }[]>> | null;
  };
}

export async function docker(...args: readonly string[]): Promise<void> {
  await run("docker", args);
}
