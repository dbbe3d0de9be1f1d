import { type Clock, type Draw, type Drawn, type EventSink, type Reservation, type Store, StoreError } from "../../../kernel/seams.ts";
import type { GatewayEvent } from "../events.ts";
import { Circuit } from "./circuit.ts";

interface Parts {
  /** May be slow or down. Each call rejects with `StoreError` by its deadline. */
  readonly shared: Store;
  /** In this process: always answers. */
  readonly local: Store;
  /** This process's share of every allowance while the shared store does not answer, 0..1. With n gateways, 1/n. */
  readonly localShare: number;
}

/** What a window had left, as the shared store last reported. */
interface KnownWindow {
  readonly left: number;
  readonly untilMs: number;
  /**
   * Recoveries until then. The local share of a window is new once the shared store has recovered and reported that
   * window again.
   */
  readonly recoveries: number;
}

type Settle = (deadlineMs: number) => Promise<void>;

/** What was used from the local share and must be reported to the shared store. */
interface LocalUse {
  amount: number;
  readonly windowMs: number;
  readonly untilMs: number;
}

const ENTRIES_MAX = 10_000;

/** How long a settlement, or a probe, may take: no request waits for it. */
const SETTLE_MS = 250;

/** A write that changes nothing: a store that can only be read, such as a replica or a full one, has not recovered. */
const PROBE = { key: "limit:probe", delta: 0, windowMs: 10_000 } as const;

/**
 * The shared store while it answers. When it does not, a few requests wait for their deadline, a circuit opens, and
 * this process draws on its share of what each window last had left, so that n processes with 1/n each cannot spend
 * much more than all of it. Local use is reported to the shared store when it answers again, at most once.
 */
export class FallbackStore implements Store {
  readonly #clock: Clock;
  readonly #parts: Parts;
  readonly #circuit: Circuit;
  readonly #windows = new Map<string, KnownWindow>();
  readonly #localUse = new Map<string, LocalUse>();
  readonly #unsettled: Settle[] = [];
  #recoveries = 0;

  constructor(seams: { clock: Clock; events: EventSink<GatewayEvent> }, parts: Parts) {
    this.#clock = seams.clock;
    this.#parts = parts;
    const { key, ...nothing } = PROBE;
    const probe = () => parts.shared.settle(key, { ...nothing, deadlineMs: seams.clock.nowMs() + SETTLE_MS });
    this.#circuit = new Circuit(seams.clock, probe, (change) => {
      if (change.to === "shared") {
        this.#recoveries++;
        this.#reportLocalUse();
      }
      seams.events.emit({ type: "store_changed", ...change, atMs: seams.clock.nowMs() });
    });
  }

  /** For display: which store decides, and why. */
  get state(): { readonly from: "shared" | "local"; readonly reason: string } {
    return { from: this.#circuit.isClosed ? "shared" : "local", reason: this.#circuit.reason };
  }

  get(key: string, deadlineMs: number): Promise<string | null> {
    return this.#circuit.run(() => this.#parts.shared.get(key, deadlineMs));
  }

  set(key: string, value: string, options: { ttlMs: number; deadlineMs: number }): Promise<void> {
    return this.#circuit.run(() => this.#parts.shared.set(key, value, options));
  }

  async reserve(key: string, request: { amount: number; limit: number; windowMs: number; deadlineMs: number }): Promise<number | null> {
    const { deadlineMs, ...draw } = request;
    const drawn = await this.reserveAll([{ key, ...draw }], deadlineMs);
    return drawn.ok ? drawn.reservation.left[0]! : null;
  }

  async settle(key: string, request: { delta: number; windowMs: number; deadlineMs: number }): Promise<void> {
    await this.#settleInBackground((deadlineMs) => this.#parts.shared.settle(key, { ...request, deadlineMs }));
  }

  async reserveAll(draws: readonly Draw[], deadlineMs: number): Promise<Drawn> {
    try {
      const drawn = await this.#circuit.run(() => this.#parts.shared.reserveAll(draws, deadlineMs), (late) => this.#returnLateDraw(draws, late));
      this.#recordWindows(draws, drawn);
      this.#reportLocalUse();
      return drawn.ok ? { ok: true, reservation: this.#sharedReservation(drawn.reservation) } : drawn;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return this.#drawLocally(draws);
    }
  }

  /** Returns a late reservation whose request was rejected and drew on the local share. */
  #returnLateDraw(draws: readonly Draw[], late: Drawn): void {
    if (!late.ok) return;
    const none = draws.map(() => 0);
    void this.#settleInBackground((deadlineMs) => late.reservation.settle(none, deadlineMs));
  }

  #sharedReservation(reservation: Reservation): Reservation {
    return {
      left: reservation.left,
      from: "shared",
      settle: (used) => this.#settleInBackground((deadlineMs) => reservation.settle(used, deadlineMs)),
    };
  }

  /**
   * Settles at the shared store. A settlement that was not sent because the circuit is open is sent once it closes. One
   * that was sent without an answer is not sent again.
   */
  async #settleInBackground(settle: Settle): Promise<void> {
    let isSent = false;
    await this.#circuit
      .run(() => {
        isSent = true;
        return settle(this.#clock.nowMs() + SETTLE_MS);
      })
      .catch((error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        if (!isSent && this.#unsettled.length < ENTRIES_MAX) this.#unsettled.push(settle);
      });
  }

  async #drawLocally(draws: readonly Draw[]): Promise<Drawn> {
    const nowMs = this.#clock.nowMs();
    const local = draws.map((draw) => this.#localDraw(draw, nowMs));
    const drawn = await this.#parts.local.reserveAll(local, Infinity);
    if (!drawn.ok) return drawn;
    const { reservation } = drawn;
    const settle: Reservation["settle"] = (used, deadlineMs) => this.#settleLocally(draws, used, () => reservation.settle(used, deadlineMs));
    return { ok: true, reservation: { left: reservation.left, from: "local", settle } };
  }

  #localDraw(draw: Draw, nowMs: number): Draw {
    const found = this.#windows.get(draw.key);
    const known = found !== undefined && found.untilMs > nowMs ? found : { left: draw.limit, recoveries: 0 };
    return { ...draw, key: `${draw.key}#${known.recoveries}`, limit: Math.floor(this.#parts.localShare * known.left) };
  }

  async #settleLocally(draws: readonly Draw[], used: readonly number[], settle: () => Promise<void>): Promise<void> {
    await settle();
    const nowMs = this.#clock.nowMs();
    for (const [index, { key, windowMs }] of draws.entries()) {
      const use = this.#localUse.get(key) ?? { amount: 0, windowMs, untilMs: nowMs + windowMs };
      use.amount += used[index]!;
      putNewest(this.#localUse, key, use);
    }
  }

  #recordWindows(draws: readonly Draw[], drawn: Drawn): void {
    const nowMs = this.#clock.nowMs();
    for (const [index, { key, windowMs }] of draws.entries()) {
      const left = drawn.ok ? drawn.reservation.left[index]! : index === drawn.at ? drawn.left : undefined;
      if (left !== undefined) putNewest(this.#windows, key, { left, untilMs: nowMs + windowMs, recoveries: this.#recoveries });
    }
  }

  /** Reports local use to the shared store, in the background. */
  #reportLocalUse(): void {
    if (!this.#circuit.isClosed || this.#localUse.size + this.#unsettled.length === 0) return;
    const nowMs = this.#clock.nowMs();
    const settles = this.#unsettled.splice(0);
    for (const [key, { amount, windowMs, untilMs }] of this.#localUse) {
      if (untilMs > nowMs && amount > 0) settles.push((deadlineMs) => this.#parts.shared.settle(key, { delta: amount, windowMs, deadlineMs }));
    }
    this.#localUse.clear();
    for (const settle of settles) this.#circuit.run(() => settle(nowMs + SETTLE_MS)).catch(() => {});
  }
}

/** Adds an entry and drops the oldest above the bound: keys name their windows, so the oldest have ended. */
function putNewest<T>(entries: Map<string, T>, key: string, entry: T): void {
  entries.delete(key);
  entries.set(key, entry);
  if (entries.size > ENTRIES_MAX) entries.delete(entries.keys().next().value!);
}
