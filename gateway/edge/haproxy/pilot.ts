import { liveClock } from "../../../kernel/clock-live.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { haproxyMetricNames } from "../../../kernel/metric-names.ts";
import { UndiciTransport } from "../../http/transport.ts";
import { edgeSettings, type EdgeFile } from "../config.ts";
import { ClockWatch } from "../core/clock-watch.ts";
import type { EdgeEvent } from "../core/events.ts";
import { Fleet } from "../core/fleet.ts";
import { startChecks } from "../core/health-checks.ts";
import { drainNamed, weighNamed, type Change } from "../core/operator.ts";
import { stateOf } from "../core/state.ts";
import type { EngineOptions, EngineState } from "../engine.ts";
import { EdgeCounters, stateMetrics } from "../metrics.ts";
import { requestOf } from "./request-log.ts";
import type { RuntimeSocket, ServerStat } from "./runtime.ts";
import { Steering } from "./steering.ts";

const pollMs = 100;

/**
 * Decides who is in HAProxy's rotation, by the fleet that the embedded engine has: its checks, its limit on removals,
 * its ejection and its ramp. HAProxy forwards, retries and logs; its log and its counters are what the fleet observes.
 */
export class Pilot {
  readonly #file: EdgeFile;
  readonly #socket: RuntimeSocket;
  readonly #log: (line: string) => void;
  readonly #clock = liveClock();
  readonly #transport: UndiciTransport;
  readonly #counters: EdgeCounters;
  readonly #fleet: Fleet;
  readonly #steering: Steering;
  readonly #broken = new Map<string, number>();
  readonly #gatewayKey: string | null;
  #clockJumps = () => 0;
  #ends: (() => void)[] = [];

  constructor(file: EdgeFile, socket: RuntimeSocket, { log, gatewayKey }: EngineOptions) {
    this.#gatewayKey = gatewayKey;
    this.#file = file;
    this.#counters = new EdgeCounters(file.regions.flatMap(({ replicas }) => replicas.map(({ id }) => id)));
    this.#socket = socket;
    this.#log = log;
    this.#transport = new UndiciTransport(() => file.retry.connectMs);
    this.#fleet = new Fleet({ settings: edgeSettings(file), clock: this.#clock, emit: (event) => this.#emit(event) });
    this.#steering = new Steering(socket, this.#fleet, (error) => this.#report(error));
  }

  /** HAProxy runs. */
  start(): void {
    const watch = new ClockWatch(this.#clock, (ms) => this.#emit({ kind: "clock_jump", ms }));
    this.#clockJumps = () => watch.jumps;
    const stopChecks = startChecks({ fleet: this.#fleet, settings: this.#file.health, region: this.#file.region, gatewayKey: this.#gatewayKey, clock: this.#clock, transport: this.#transport, watch });
    const poll = setInterval(() => void this.#poll().catch((error: unknown) => this.#report(error)), pollMs);
    this.#ends = [() => watch.stop(), stopChecks, () => clearInterval(poll)];
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) end();
    await this.#transport[Symbol.asyncDispose]();
  }

  /** A line of HAProxy's log. */
  logged(line: string): void {
    const seen = requestOf(line);
    if (seen === null) return;
    this.#counters.emit(seen.event);
    const replica = this.#fleet.replicas.find(({ id }) => id === seen.answer?.replica);
    if (replica !== undefined) this.#fleet.observed(replica, { kind: "answer", ...seen.answer! });
  }

  async state(): Promise<EngineState> {
    return this.#stateWith(await this.#socket.servers());
  }

  async setDraining(name: string, isDraining: boolean): Promise<Change> {
    const change = drainNamed(this.#fleet, name, isDraining);
    await this.#steering.review();
    return change;
  }

  async setWeight(name: string, percent: number): Promise<Change> {
    const change = weighNamed(this.#fleet, name, percent);
    await this.#steering.review();
    return change;
  }

  async metrics(): Promise<string> {
    const servers = await this.#socket.servers();
    const counter = (name: string, valueOf: (server: ServerStat) => number) => `# TYPE ${name} counter\n${servers.map((server) => `${name}{replica="${server.id}"} ${valueOf(server)}\n`).join("")}`;
    const ofHaproxy = counter(haproxyMetricNames.requests, ({ requests }) => requests) + counter(haproxyMetricNames.retries, ({ retries }) => retries);
    return this.#counters.text() + ofHaproxy + stateMetrics(this.#stateWith(servers));
  }

  #stateWith(servers: readonly ServerStat[]): EngineState {
    const inFlight = servers.reduce((sum, server) => sum + server.inFlight, 0);
    const own = stateOf(this.#fleet, { settings: edgeSettings(this.#file), inFlight, isDraining: false, clockJumps: this.#clockJumps() });
    return { engine: "haproxy", ...own, replicas: own.replicas.map((replica) => ({ ...replica, inFlight: servers.find(({ id }) => id === replica.id)?.inFlight ?? 0 })) };
  }

  /** Attempts that failed are in no line of the log where another one succeeded. */
  async #poll(): Promise<void> {
    for (const { id, broken } of await this.#socket.servers()) {
      const replica = this.#fleet.replicas.find((candidate) => candidate.id === id)!;
      for (let known = this.#broken.get(id) ?? 0; known < broken; known++) this.#fleet.observed(replica, { kind: "broken" });
      this.#broken.set(id, broken);
    }
    await this.#steering.review();
  }

  #emit(event: EdgeEvent): void {
    this.#counters.emit(event);
    this.#log(JSON.stringify({ at: new Date().toISOString(), event: event.kind, ...event }));
    // After the fleet's own turn, in which the replica is changed.
    queueMicrotask(() => void this.#steering.review());
  }

  #report(error: unknown): void {
    this.#log(JSON.stringify({ event: "runtime_socket_failed", message: messageOf(error) }));
  }
}
