import { messageOf } from "../../kernel/errors.ts";
import { liftLease, type Lease } from "../faults/lease.ts";
import type { WardenEvent } from "./protocol.ts";

/** A request of a dying conductor may still be on its way to the API when its fault is lifted: so lift once more, this much later. */
const secondPassAfterMs = 300;
const liftTimeoutMs = 700;

interface Held {
  readonly lease: Lease;
  readonly expiry: NodeJS.Timeout;
}

/** Faults in force, each with what lifts it and a dead-man limit. */
export class Leases {
  readonly #tell: (event: WardenEvent) => void;
  readonly #held = new Map<string, Held>();

  constructor(tell: (event: WardenEvent) => void) {
    this.#tell = tell;
  }

  hold(id: string, lease: Lease, expiresInMs: number): void {
    this.release(id);
    this.#held.set(id, { lease, expiry: setTimeout(() => void this.#expire(id), expiresInMs) });
    this.#tell({ event: "leased", id });
  }

  release(id: string): void {
    clearTimeout(this.#held.get(id)?.expiry);
    this.#held.delete(id);
  }

  /** Lifts every fault at the same time, twice; tells of those that it cannot lift. */
  async liftAll(): Promise<void> {
    if (this.#held.size === 0) return;
    await Promise.all([...this.#held.keys()].map((id) => this.#lift(id)));
    await new Promise((resolve) => setTimeout(resolve, secondPassAfterMs));
    await Promise.all([...this.#held.keys()].map((id) => this.#lift(id)));
    for (const id of this.#held.keys()) this.release(id);
  }

  async #expire(id: string): Promise<void> {
    await this.#lift(id);
    this.#held.delete(id);
    this.#tell({ event: "expired", id });
  }

  async #lift(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    try {
      await liftLease(held.lease, liftTimeoutMs);
    } catch (error) {
      this.#tell({ event: "error", id, code: "lift_failed", message: messageOf(error) });
    }
  }
}
