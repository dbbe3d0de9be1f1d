import { messageOf } from "../../kernel/errors.ts";
import type { StillInForce } from "../../kernel/records.ts";
import type { Trouble } from "./protocol.ts";
import type { Lease, UndoStep } from "./undo.ts";

/**
 * A request of a dying conductor may still be on its way when its fault is undone: so all is undone once more, this
 * much later.
 */
const secondPassAfterMs = 300;

interface Held {
  readonly lease: Lease;
  /** Null: the warden took the lease over. */
  expiry: NodeJS.Timeout | null;
}

/** Faults in force, each with what undoes it and a dead-man limit. */
export class Leases {
  readonly #emit: (trouble: Trouble) => void;
  readonly #undoStep: (step: UndoStep) => Promise<void>;
  readonly #held = new Map<string, Held>();

  constructor(options: { emit: (trouble: Trouble) => void; undoStep: (step: UndoStep) => Promise<void> }) {
    this.#emit = options.emit;
    this.#undoStep = options.undoStep;
  }

  hold(id: string, lease: Lease, expiresInMs: number): void {
    this.release(id);
    this.#held.set(id, { lease, expiry: setTimeout(() => void this.#expire(id), expiresInMs) });
  }

  release(id: string): void {
    clearTimeout(this.#held.get(id)?.expiry ?? undefined);
    this.#held.delete(id);
  }

  /** Undoes every lease that the conductor no longer names. */
  renew(ids: readonly string[]): void {
    const named = new Set(ids);
    for (const [id, { expiry }] of this.#held) if (expiry !== null && !named.has(id)) void this.#expire(id);
  }

  /**
   * Undoes every fault at the same time, twice. Resolves to those that the second pass could not undo; they stay
   * leased.
   */
  async undoAll(): Promise<readonly StillInForce[]> {
    if (this.#held.size === 0) return [];
    const held = [...this.#held];
    await Promise.all(held.map(([, { lease }]) => this.#undo(lease)));
    await new Promise((resolve) => setTimeout(resolve, secondPassAfterMs));
    const results = await Promise.all(held.map(async ([id, { lease }]) => ({ id, description: lease.description, reason: await this.#undo(lease) })));
    for (const { id, reason } of results) if (reason === "") this.release(id);
    return results.filter(({ reason }) => reason !== "");
  }

  async #expire(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    clearTimeout(held.expiry ?? undefined);
    held.expiry = null;
    const { description } = held.lease;
    this.#emit({ event: "expired", id, description });
    const reason = await this.#undo(held.lease);
    if (this.#held.get(id) !== held) return;
    if (reason === "") this.release(id);
    else this.#emit({ event: "undo_failed", id, description, reason });
  }

  /** Runs all steps in order. Resolves to why it failed, empty when it did not. */
  async #undo(lease: Lease): Promise<string> {
    const reasons: string[] = [];
    for (const step of lease.steps) {
      try {
        await this.#undoStep(step);
      } catch (error) {
        reasons.push(messageOf(error));
      }
    }
    return reasons.join("; ");
  }
}
