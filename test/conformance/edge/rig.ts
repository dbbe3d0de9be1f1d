import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { EngineState } from "../../../gateway/edge/engine.ts";
import { freePort } from "../../../lab/live/free-port.ts";

const root = path.resolve(import.meta.dirname, "../../..");

export type Engine = "embedded" | "haproxy";

export interface Answer {
  readonly status: number;
  readonly replica: string | null;
  readonly isWhole: boolean;
  readonly tookMs: number;
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Replicas, in processes of their own, and one edge before them. Ends all of it when disposed. */
export class EdgeRig {
  readonly #children: ChildProcess[] = [];
  readonly #replicas = new Map<string, ChildProcess>();
  readonly ports = new Map<string, number>();
  url = "";
  adminUrl = "";

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGCONT");
    if (this.#children.length > 0) this.signalEdge("SIGCONT");
    this.#children.at(0)?.kill("SIGTERM");
    for (const child of this.#children.slice(1)) child.kill("SIGKILL");
    await Promise.all(this.#children.map(exited));
  }

  async start(engine: Engine, settings: object, live: readonly string[] = ["a1", "b1"]): Promise<void> {
    for (const id of ["a1", "b1"]) this.ports.set(id, this.ports.get(id) ?? (await freePort()));
    const regions = [...this.ports].map(([id, port]) => ({ name: id[0]!.toUpperCase(), replicas: [{ id, url: `http://127.0.0.1:${port}` }] }));
    const file = path.join(mkdtempSync(path.join(tmpdir(), "blastlab-edge-")), "edge.json");
    const health = { intervalMs: 300, timeoutMs: 300 };
    writeFileSync(file, JSON.stringify({ engine, regions, health, drainMs: 0, admin: { open: true }, ...settings }));
    const [edge] = await Promise.all([this.#spawn(["gateway/edge/main.ts", "--config", file], true), ...live.map((id) => this.startReplica(id))]);
    ({ url: this.url, adminUrl: this.adminUrl } = JSON.parse(edge.line) as { url: string; adminUrl: string });
    this.#children.sort((a) => (a === edge.child ? -1 : 0));
    // Two checks each, so that a replica that was late counts as up.
    await this.until((state) => live.every((id) => shareOf(state, id) === 1));
  }

  async startReplica(id: string): Promise<void> {
    const { child } = await this.#spawn(["test/conformance/edge/replica.ts", id, String(this.ports.get(id))]);
    this.#replicas.set(id, child);
  }

  signal(id: string, signal: NodeJS.Signals): void {
    this.#replicas.get(id)!.kill(signal);
  }

  async state(): Promise<EngineState> {
    return (await (await fetch(`${this.adminUrl}/admin/state`)).json()) as EngineState;
  }

  /** False: not within 90 s. */
  async until(isReached: (state: EngineState) => boolean): Promise<boolean> {
    const endMs = performance.now() + 90_000;
    while (performance.now() < endMs) {
      if (isReached(await this.state())) return true;
      await sleep(20);
    }
    return false;
  }

  post(action: "drain" | "weight", body: object): Promise<Response> {
    return fetch(`${this.adminUrl}/admin/${action}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }

  /** Turns what a replica does, past the edge (replica.ts). */
  async turn(id: string, turn: "fail" | "pass" | "well" | "err" | "undelivered" | "429"): Promise<void> {
    await fetch(`http://127.0.0.1:${this.ports.get(id)}/${turn}`);
  }

  /** The edge's process group, HAProxy included. */
  signalEdge(signal: NodeJS.Signals): void {
    process.kill(-this.#children[0]!.pid!, signal);
  }

  /** Requests with `x-left` that any replica got. */
  async leftRequests(): Promise<number> {
    const counts = [...this.ports.values()].map(async (port) => Number(await (await fetch(`http://127.0.0.1:${port}/left`)).text()));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async ask(headers: Record<string, string> = {}, body = "{}", leavesMs = 120_000): Promise<Answer> {
    return (await this.begin(headers, body, leavesMs)).answer;
  }

  /** Resolves with the headers of an answer, whose rest is to come. `leavesMs`: its client leaves after so long. */
  async begin(headers: Record<string, string> = {}, body = "{}", leavesMs = 120_000): Promise<{ readonly replica: string | null; readonly answer: Promise<Answer> }> {
    const startMs = performance.now();
    const took = () => performance.now() - startMs;
    try {
      const response = await fetch(`${this.url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body, signal: AbortSignal.timeout(leavesMs) });
      const replica = response.headers.get("x-blastlab-replica");
      const text = response.text().catch(() => "");
      return { replica, answer: text.then((whole) => ({ status: response.status, replica, isWhole: whole.endsWith("[DONE]\n\n"), tookMs: took() })) };
    } catch {
      return { replica: null, answer: Promise.resolve({ status: 0, replica: null, isWhole: false, tookMs: took() }) };
    }
  }

  /** `count` requests, one each 20 ms; `at` is called before the middle one. */
  async load(count: number, at: () => unknown = () => {}, body = "{}"): Promise<readonly Answer[]> {
    const answers: Promise<Answer>[] = [];
    for (let sent = 0; sent < count; sent++) {
      if (sent === count >> 1) await at();
      answers.push(this.ask({ "x-part-ms": "60" }, body));
      await sleep(20);
    }
    return Promise.all(answers);
  }

  /** `isGroup`: it leads a process group of its own. */
  async #spawn(args: readonly string[], isGroup = false): Promise<{ readonly child: ChildProcess; readonly line: string }> {
    const child = spawn(process.execPath, [...args], { cwd: root, stdio: ["pipe", "pipe", "ignore"], detached: isGroup });
    this.#children.push(child);
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return { child, line };
  }
}

export function shareOf(state: EngineState, id: string): number {
  return state.replicas.find((replica) => replica.id === id)!.share;
}
