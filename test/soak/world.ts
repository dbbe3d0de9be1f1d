import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import { type Child, startChild } from "./child.ts";
import { gatewayFile, type ProviderName, providers, simulatorFile } from "./configs.ts";
import { Inspected, inspectOption, inspectorUrl } from "./inspected.ts";
import { add } from "./load.ts";
import { startCollector } from "./traces.ts";

/**
 * Node's options for the gateway's process. Forced collections come far more often than V8's own, and each lets
 * bytecode age that was not run since: it would be dropped and compiled anew all the time, which is a saw-tooth of the
 * measurement's own making.
 */
const nodeOptions = [inspectOption, "--no-flush-bytecode"];

/** The gateway and all that it talks to, each a process of its own on loopback. */
export interface World extends AsyncDisposable {
  readonly gateway: Child;
  readonly inspected: Inspected;
  /** Why attempts were sent, from the gateway's spans. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Lines of the gateway's log by `event`. */
  readonly logged: ReadonlyMap<string, number>;
  /** The first lines that tell of a bug, and those that are no JSON. */
  readonly complaints: readonly string[];
  /**
   * Writes another config and tells the gateway: in turn one with changes, the first one again, and one that cannot be
   * used.
   */
  reload(): Promise<void>;
}

const COMPLAINTS_MAX = 20;

/** `forMs` is how long the providers' trouble goes on. Rejects with `LabError` where a process does not get ready. */
export async function startWorld({ seed, forMs }: { seed: number; forMs: number }): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-soak-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const write = async (name: string, value: object) => {
    const file = path.join(folder, name);
    await writeFile(file, JSON.stringify(value));
    return file;
  };
  const urls = {} as Record<ProviderName, string>;
  for (const name of Object.keys(providers) as ProviderName[]) {
    const config = await write(`${name}.json`, simulatorFile(name, { seed, forMs, tap: path.join(folder, `${name}.ndjson`) }));
    urls[name] = stack.use(await startChild("simulators/main.ts", { config })).url;
  }
  const collector = stack.use(await startCollector());
  const log = new Log();
  const gateway = stack.use(
    await startChild("gateway/main.ts", {
      config: await write("gateway.json", gatewayFile(urls, 0)),
      nodeOptions,
      environment: { SOAK_KEY: "sk-soak", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      onLog: (line) => log.take(line),
    }),
  );
  const inspected = stack.use(await Inspected.connect(log.inspectorUrl, gateway.pid));
  await Promise.all(Object.values(urls).map(begin));
  let reloads = 0;
  const running = stack.move();
  return {
    gateway,
    inspected,
    reasons: collector.reasons,
    logged: log.events,
    complaints: log.complaints,
    reload: async () => {
      reloads++;
      await write("gateway.json", reloads % 3 === 0 ? { keys: [] } : gatewayFile(urls, reloads % 3 === 1 ? 1 : 0));
      process.kill(gateway.pid, "SIGHUP");
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What the gateway says on stderr. */
class Log {
  readonly events = new Map<string, number>();
  readonly complaints: string[] = [];
  #inspectorUrl: string | null = null;

  get inspectorUrl(): string {
    if (this.#inspectorUrl === null) throw new LabError({ exit: "failed", code: "inspector_lost", message: "The gateway's process did not say where its inspector listens", hint: "is NODE_OPTIONS set?" });
    return this.#inspectorUrl;
  }

  take(line: string): void {
    this.#inspectorUrl ??= inspectorUrl(line);
    if (/^(Debugger |For help, see)/.test(line)) return;
    const event = eventOf(line);
    add(this.events, event);
    if ((event === "bug" || event === "unreadable") && this.complaints.length < COMPLAINTS_MAX) this.complaints.push(line);
  }
}

function eventOf(line: string): string {
  try {
    return (JSON.parse(line) as { event?: string }).event ?? "unreadable";
  } catch {
    return "unreadable";
  }
}

/** From here on the provider's trouble is in force. */
async function begin(url: string): Promise<void> {
  const response = await fetch(`${url}/control/begin`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ epochMs: Date.now() }) });
  if (!response.ok) throw new LabError({ exit: "failed", code: "simulator_refused", message: `A simulator did not begin: ${response.status}`, hint: "see simulators/http/provider.ts" });
}
