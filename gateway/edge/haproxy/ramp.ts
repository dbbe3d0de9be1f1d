import type { RampSettings } from "../core/settings.ts";
import type { RuntimeSocket, ServerStat } from "./runtime.ts";

interface Ramping {
  /** Of `steps`; null: all of its traffic. */
  step: number | null;
  sinceMs: number;
  isUp: boolean;
  isDraining: boolean;
  percent: number;
}

/**
 * The ramp of servers that return, by weights over the runtime socket. HAProxy does not read the answers, so each step
 * lasts `stepMsMax`, whatever the cache and the providers do. The weight is lowered while the server is out.
 */
export class WeightRamp {
  readonly #socket: RuntimeSocket;
  readonly #settings: RampSettings;
  readonly #servers = new Map<string, Ramping>();

  constructor(socket: RuntimeSocket, settings: RampSettings) {
    this.#socket = socket;
    this.#settings = settings;
  }

  /** The share of its traffic that a server may get. */
  share(id: string): number {
    const step = this.#servers.get(id)?.step ?? null;
    return step === null ? 1 : this.#settings.steps[step]!;
  }

  percent(id: string): number {
    return this.#servers.get(id)?.percent ?? 100;
  }

  async setPercent(id: string, percent: number): Promise<void> {
    this.#of(id).percent = percent;
    await this.#apply(id);
  }

  /** Called at every look at the servers. */
  async review(servers: readonly ServerStat[], nowMs: number): Promise<void> {
    for (const { id, isUp, isDraining } of servers) {
      const known = this.#of(id);
      const wasOut = !known.isUp || known.isDraining;
      const isOut = !isUp || isDraining;
      Object.assign(known, { isUp, isDraining });
      if (isOut && !wasOut) await this.#set(id, 0, nowMs);
      else if (wasOut && !isOut) known.sinceMs = nowMs;
      else if (!isOut && known.step !== null && nowMs - known.sinceMs >= this.#settings.stepMsMax) await this.#set(id, known.step + 1, nowMs);
    }
  }

  #of(id: string): Ramping {
    const known = this.#servers.get(id) ?? { step: null, sinceMs: 0, isUp: true, isDraining: false, percent: 100 };
    this.#servers.set(id, known);
    return known;
  }

  async #set(id: string, step: number, nowMs: number): Promise<void> {
    const isLast = step >= this.#settings.steps.length - 1;
    Object.assign(this.#of(id), { step: isLast ? null : step, sinceMs: nowMs });
    await this.#apply(id);
  }

  async #apply(id: string): Promise<void> {
    const percent = Math.round(this.share(id) * this.percent(id));
    await this.#socket.order(`set weight replicas/${id} ${percent}%`);
  }
}
