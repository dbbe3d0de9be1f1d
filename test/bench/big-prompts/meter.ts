/**
 * Loaded into each process of the bench (`node --import`): what that process itself measures of its event loop, its
 * collector and its CPU time. `reset` by IPC starts a measurement, `read` returns it.
 */
import diagnostics from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";

export interface Measured {
  /**
   * How late the process served a timer, ms: at most, and at the 99th percentile of its readings, one a millisecond.
   */
  readonly loopMaxMs: number;
  readonly loopP99Ms: number;
  /** Pauses of the collector, ms, and how many of them collected the old space. */
  readonly collectorMaxMs: number;
  readonly collectorMs: number;
  readonly oldSpaceCollections: number;
  readonly cpuMs: number;
  /** Small requests that this process served: from the head of the request to the end of the answer, ms. */
  readonly servedMs: readonly number[];
}

const SMALL_BYTES = 64 * 1024;
const RESOLUTION_MS = 1;
const OLD_SPACE = 4;

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();

let pauses: { readonly ms: number; readonly isOldSpace: boolean }[] = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) pauses.push({ ms: entry.duration, isOldSpace: (entry as unknown as { detail: { kind: number } }).detail.kind === OLD_SPACE });
}).observe({ entryTypes: ["gc"] });

let servedMs: number[] = [];
const begun = new WeakMap<IncomingMessage, number>();
diagnostics.subscribe("http.server.request.start", (message) => void begun.set((message as { request: IncomingMessage }).request, performance.now()));
diagnostics.subscribe("http.server.response.finish", (message) => {
  const { request } = message as { request: IncomingMessage };
  if (Number(request.headers["content-length"]) < SMALL_BYTES) servedMs.push(performance.now() - begun.get(request)!);
});

let cpu = process.cpuUsage();

process.on("message", (message) => {
  if (message === "reset") {
    loop.reset();
    [pauses, servedMs, cpu] = [[], [], process.cpuUsage()];
  }
  if (message === "read") process.send!(measured());
});
/** The process ends as it would without this. */
process.channel?.unref();

function measured(): Measured {
  const { user, system } = process.cpuUsage(cpu);
  const lateMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    loopMaxMs: lateMs(loop.max),
    loopP99Ms: lateMs(loop.percentile(99)),
    collectorMaxMs: Math.max(0, ...pauses.map(({ ms }) => ms)),
    collectorMs: pauses.reduce((total, { ms }) => total + ms, 0),
    oldSpaceCollections: pauses.filter(({ isOldSpace }) => isOldSpace).length,
    cpuMs: (user + system) / 1_000,
    servedMs,
  };
}
