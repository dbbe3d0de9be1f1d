import { createWriteStream, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { once } from "node:events";
import { LabError } from "../../kernel/errors.ts";

/** What a process holds right after a full collection. Bytes. */
export interface Sample {
  readonly atMs: number;
  readonly heap: number;
  /** Of the heap: compiled code, which grows for as long as functions get hot for the first time, and bytecode. */
  readonly code: number;
  /** Array buffers and what they stand on, outside the heap. */
  readonly buffers: number;
  readonly resident: number;
  readonly sockets: number;
  /** What keeps its event loop busy, by type (`process.getActiveResourcesInfo`). */
  readonly active: Readonly<Record<string, number>>;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly result?: object;
  readonly error?: { readonly message: string };
}

/** Node's option for it: any free port, which `inspectorUrl` finds in the process's log. */
export const inspectOption = "--inspect=127.0.0.1:0";
export const inspectorUrl = (line: string) => /^Debugger listening on (ws:\/\/\S+)/.exec(line)?.[1] ?? null;

/** What only the process itself can tell. */
const script = `(() => {
  const { code_and_metadata_size, bytecode_and_metadata_size } = process.getBuiltinModule("node:v8").getHeapCodeStatistics();
  return { code: code_and_metadata_size + bytecode_and_metadata_size, types: process.getActiveResourcesInfo() };
})()`;

/**
 * A Node process seen through its inspector, so that it needs no hook of its own. One connection for all samples, and
 * no domain is enabled: nothing is kept in the process on the inspector's behalf.
 */
export class Inspected implements Disposable {
  readonly #socket: WebSocket;
  readonly #pid: number;
  readonly #waiting = new Map<number, PromiseWithResolvers<object>>();
  #onChunk: (chunk: string) => void = () => {};
  #id = 0;

  private constructor(socket: WebSocket, pid: number) {
    this.#socket = socket;
    this.#pid = pid;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Answer));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(lost());
    });
  }

  /** Rejects with `LabError` when nothing answers there. */
  static async connect(url: string, pid: number): Promise<Inspected> {
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(lost()), { once: true });
    await promise;
    return new Inspected(socket, pid);
  }

  /** Collects all that can be collected, and reads what is left. */
  async sample(atMs: number): Promise<Sample> {
    await this.#ask("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize } = (await this.#ask("Runtime.getHeapUsage")) as { usedSize: number; backingStorageSize: number };
    const { result } = (await this.#ask("Runtime.evaluate", { expression: script, returnByValue: true })) as { result: { value: { code: number; types: string[] } } };
    const { code, types } = result.value;
    const active: Record<string, number> = {};
    for (const type of types) active[type] = (active[type] ?? 0) + 1;
    return { atMs, heap: usedSize, code, buffers: backingStorageSize, resident: residentBytes(this.#pid), sockets: socketsOf(this.#pid), active };
  }

  /**
   * Writes what the heap holds to a file that Chrome's developer tools and heap-diff.ts read. The process stands still
   * meanwhile.
   */
  async snapshot(file: string): Promise<void> {
    const out = createWriteStream(file);
    this.#onChunk = (chunk) => void out.write(chunk);
    await this.#ask("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    this.#onChunk = () => {};
    out.end();
    await once(out, "finish");
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #ask(method: string, params: object = {}): Promise<object> {
    if (this.#socket.readyState !== WebSocket.OPEN) throw lost();
    const id = ++this.#id;
    const waiting = Promise.withResolvers<object>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  #take({ id, method, params, result, error }: Answer): void {
    if (method === "HeapProfiler.addHeapSnapshotChunk") this.#onChunk(params?.chunk ?? "");
    const waiting = this.#waiting.get(id ?? 0);
    if (waiting === undefined) return;
    this.#waiting.delete(id!);
    if (error === undefined) waiting.resolve(result ?? {});
    else waiting.reject(new Error(`The inspector refused: ${error.message}`));
  }
}

function lost(): LabError {
  return new LabError({ exit: "failed", code: "inspector_lost", message: "The gateway's inspector does not answer", hint: "the process has ended, or was started without --inspect" });
}

/** Linux: /proc. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) * 1_024;
}

function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => isSocket(`/proc/${pid}/fd/${descriptor}`)).length;
}

/** One that was closed since it was listed is none. */
function isSocket(link: string): boolean {
  try {
    return readlinkSync(link).startsWith("socket:");
  } catch {
    return false;
  }
}
