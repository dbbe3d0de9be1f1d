import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import { childEnvironment } from "../child-environment.ts";
import { partOptions } from "../node-options.ts";

const gatewayMain = fileURLToPath(new URL("../../gateway/main.ts", import.meta.url));
const gatewayCount = 2;

/** A route of the installation's map. */
export interface DrillRoute {
  readonly url: string;
  readonly model: string;
  /** The name of its key among the credentials. */
  readonly credential: string;
}

export interface DrillStackOptions {
  readonly team: string;
  readonly clientKey: string;
  readonly routes: Readonly<Record<string, DrillRoute>>;
  readonly credentials: Readonly<Record<string, string>>;
}

/**
 * Two gateways of the drill's own on loopback, before the same providers as the team's bypass. None outlives the drill:
 * each ends when its stdin closes.
 */
export class DrillStack implements AsyncDisposable {
  readonly #options: DrillStackOptions;
  #gateways: readonly { readonly child: ChildProcess; readonly url: string }[] = [];

  constructor(options: DrillStackOptions) {
    this.#options = options;
  }

  get urls(): readonly string[] {
    return this.#gateways.map(({ url }) => url);
  }

  /** Resolves when all serve. Rejects with LabError `failed` `drill_stack_failed`. */
  async start(): Promise<void> {
    // The file holds a client's key: it is gone once the gateways have read it.
    const folder = await mkdtemp(path.join(tmpdir(), "blastlab-drill-"));
    try {
      const file = path.join(folder, "gateway.json");
      await writeFile(file, JSON.stringify(configOf(this.#options)), { mode: 0o600 });
      this.#gateways = await Promise.all(Array.from({ length: gatewayCount }, () => startGateway(file, environmentOf(this.#options))));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** SIGKILL to every gateway. Resolves to how many there were, when the last is gone. */
  async kill(): Promise<number> {
    const killed = this.#gateways;
    const gone = killed.filter(({ child }) => child.exitCode === null && child.signalCode === null).map(({ child }) => once(child, "exit"));
    for (const { child } of killed) child.kill("SIGKILL");
    await Promise.all(gone);
    return killed.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function configOf({ team, clientKey, routes }: DrillStackOptions): object {
  const deployments = Object.entries(routes).map(([name, { url, model, credential }]) => ({ name, dialect: "openai_compatible", model, baseUrl: url, credential: `env:${variableOf(credential)}` }));
  return { listen: { host: "127.0.0.1", port: 0 }, keys: [{ key: clientKey, team, feature: "drill" }], deployments, routes: deployments.map(({ name }) => ({ name, deployments: [name] })) };
}

const variableOf = (credential: string) => `BLASTLAB_DRILL_${credential.replace(/\W/g, "_")}`;
const environmentOf = ({ credentials }: DrillStackOptions) => Object.fromEntries(Object.entries(credentials).map(([name, value]) => [variableOf(name), value]));

async function startGateway(file: string, credentials: Readonly<Record<string, string>>): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  // In a group of its own: Ctrl-C is the drill's.
  const child = spawn(process.execPath, [...partOptions, gatewayMain, "--config", file], { detached: true, stdio: ["pipe", "pipe", "ignore"], env: childEnvironment([], credentials) });
  const lines = createInterface({ input: child.stdout! });
  const line = await Promise.race([once(lines, "line").then(([text]) => JSON.parse(text as string) as { ready: boolean; url: string; message: string }), once(child, "exit").then(() => null)]);
  child.stdout!.resume();
  if (line?.ready === true) return { child, url: line.url };
  child.kill("SIGKILL");
  throw new LabError({ exit: "failed", code: "drill_stack_failed", message: `A gateway of the drill did not start: ${line?.message ?? "it ended"}`, hint: "the routes of break-glass.json are what it was started with" });
}
