import { regionShareHeader } from "../../core/limits/region-share.ts";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { seededRng } from "../../../kernel/rng.ts";
import { Canceller, Cancelled, orAborted, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Headers, type Transport, type TransportRequest, type TransportResponse } from "../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import { resolveEdgeConfig, edgeSettings, type EdgeFile } from "../config.ts";
import { createEdge } from "../core/edge.ts";
import type { EdgeEvent } from "../core/events.ts";

/**
 * What a scripted replica does: `silent` accepts and says nothing, open answers included; `sick` fails its checks and
 * serves; `erring` answers 500.
 */
export type Mode = "up" | "dead" | "silent" | "sick" | "erring";

interface Script {
  mode: Mode;
  /** From the request to the first content. */
  firstMs: number;
  /** Comments of an event stream before the parts, one each `partMs`. */
  comments: number;
  parts: number;
  partMs: number;
  headers: Headers;
  changed: Canceller;
}

const firstMs = 50;

/** Replicas in memory, told apart by the host of their URL. */
export class ScriptedReplicas implements Transport {
  readonly scripts = new Map<string, Script>();
  /** What the last check of each one reported of its region's share. */
  readonly reported = new Map<string, string | undefined>();
  /** Requests that each one got, checks excluded. */
  readonly requests: { readonly replica: string; readonly atMs: number; readonly id: string }[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  script(replica: string): Script {
    const known = this.scripts.get(replica);
    if (known !== undefined) return known;
    const script = { mode: "up" as Mode, firstMs, comments: 0, parts: 1, partMs: 100, headers: {}, changed: new Canceller() };
    this.scripts.set(replica, script);
    return script;
  }

  set(replica: string, mode: Mode): void {
    const script = this.script(replica);
    script.mode = mode;
    script.changed.cancel(mode);
    script.changed = new Canceller();
  }

  async open({ url, headers }: TransportRequest, signal: Signal): Promise<TransportResponse> {
    const [, replica, path] = /^http:\/\/([^/]+)(.*)$/.exec(url)!;
    const script = this.script(replica!);
    const isCheck = path === "/health/ready";
    if (isCheck) this.reported.set(replica!, headers[regionShareHeader]);
    if (!isCheck) this.requests.push({ replica: replica!, atMs: this.#clock.nowMs(), id: headers["x-client-request-id"] ?? "" });
    if (isCheck && script.mode === "sick") return { status: 503, headers: {}, body: this.#body({ ...script, comments: 0, parts: 0 }, signal) };
    await this.#wait(script, isCheck ? 1 : script.firstMs, signal);
    const status = script.mode === "erring" && !isCheck ? 500 : 200;
    return { status, headers: script.headers, body: this.#body(isCheck ? { ...script, comments: 0, parts: 0 } : script, signal) };
  }

  async *#body(script: Script, signal: Signal): AsyncGenerator<Uint8Array> {
    for (let comment = 0; comment < script.comments; comment++) {
      yield utf8Bytes(": ping\n\n");
      await this.#wait(script, script.partMs, signal);
    }
    for (let part = 0; part < script.parts; part++) {
      if (part > 0) await this.#wait(script, script.partMs, signal);
      yield utf8Bytes(`part ${part};`);
    }
  }

  /** A death resets what is open; silence holds it until the replica is no longer silent. */
  async #wait(script: Script, ms: number, signal: Signal): Promise<void> {
    const untilMs = this.#clock.nowMs() + ms;
    for (;;) {
      if (script.mode === "dead") throw new TransportError("refused");
      const leftMs = untilMs - this.#clock.nowMs();
      if (leftMs <= 0 && script.mode !== "silent") return;
      const waiting = script.mode === "silent" ? new Promise<never>(() => {}) : this.#clock.sleep(leftMs, script.changed.signal);
      try {
        await orAborted(orAborted(waiting, script.changed.signal), signal);
      } catch (error) {
        if (signal.aborted) throw new TransportError("aborted");
        if (!(error instanceof Cancelled)) throw error;
        // The mode has changed: look again.
      }
    }
  }
}

export interface Received {
  readonly id: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly isWhole: boolean;
  readonly tookMs: number;
}

/** Two regions of two replicas, or others, under a virtual clock. */
export function rig(settings: Partial<EdgeFile> = {}, regions = { A: ["a1", "a2"], B: ["b1", "b2"] } as Readonly<Record<string, readonly string[]>>) {
  const clock = new VirtualClock();
  const replicas = new ScriptedReplicas(clock);
  const resolved = resolveEdgeConfig({ regions: Object.entries(regions).map(([name, ids]) => ({ name, replicas: ids.map((id) => ({ id, url: `http://${id}` })) })), ...settings });
  if ("problems" in resolved) throw new Error(JSON.stringify(resolved.problems));
  const events: (EdgeEvent & { readonly atMs: number })[] = [];
  let jumpedMs = 0;
  const jumpingClock = {
    wallMs: () => clock.wallMs(),
    sleep: (ms: number, signal?: Signal) => clock.sleep(ms, signal),
    at: (atMs: number, fn: () => void) => clock.at(atMs - jumpedMs, fn),
  };
  const edge = createEdge({
    settings: edgeSettings(resolved.ok),
    clock: { ...jumpingClock, nowMs: () => clock.nowMs() + jumpedMs },
    rng: seededRng(1),
    transport: replicas,
    gatewayKey: null,
    emit: (event) => events.push({ ...event, atMs: clock.nowMs() }),
  });
  let sent = 0;
  const send = async (headers: Headers = {}, client = new Canceller()): Promise<Received> => {
    const id = `r${++sent}`;
    const startMs = clock.nowMs();
    const answer = await edge.handle({ method: "POST", path: "/v1/chat/completions", headers: { "x-client-request-id": id, ...headers }, body: utf8Bytes("{}") }, client.signal);
    let text = "";
    let isWhole = true;
    try {
      for await (const part of answer.body) text += utf8Text(part);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      isWhole = false;
    }
    return { id, status: answer.status, headers: answer.headers, text, isWhole, tookMs: clock.nowMs() - startMs };
  };
  /** One request each `everyMs` until `untilMs`. */
  const load = (untilMs: number, everyMs = 20): Promise<Received>[] => {
    const results: Promise<Received>[] = [];
    const next = (atMs: number): void => {
      if (atMs >= untilMs) return;
      clock.at(atMs, () => {
        results.push(send());
        next(atMs + everyMs);
      });
    };
    next(clock.nowMs());
    return results;
  };
  const stateOf = (id: string) => edge.state().replicas.find((replica) => replica.id === id)!;
  /** The edge's process stood still for so long: its own clock alone jumps. */
  const jump = (ms: number) => void (jumpedMs += ms);
  return { clock, replicas, edge, jump, events, send, load, stateOf };
}
