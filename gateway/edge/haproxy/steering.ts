import type { Fleet } from "../core/fleet.ts";
import type { Replica } from "../core/replica.ts";
import type { RuntimeSocket } from "./runtime.ts";

/**
 * Makes HAProxy send requests as the fleet decides, by the state and the weight of its servers. A server that goes to
 * `maint` loses its sessions: HAProxy sends those without an answer elsewhere.
 */
export class Steering {
  readonly #socket: RuntimeSocket;
  readonly #fleet: Fleet;
  readonly #applied = new Map<string, string>();
  readonly #onTrouble: (error: unknown) => void;
  #running: Promise<void> | null = null;
  #isStale = false;

  constructor(socket: RuntimeSocket, fleet: Fleet, onTrouble: (error: unknown) => void) {
    this.#socket = socket;
    this.#fleet = fleet;
    this.#onTrouble = onTrouble;
  }

  /**
   * Sends what differs from what was sent before, those that return first. Resolves when it is in effect; what fails is
   * sent again at the next call.
   */
  review(): Promise<void> {
    this.#isStale = true;
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        for (const replica of this.#fleet.replicas.toSorted((a, b) => Number(b.isIn) - Number(a.isIn))) await this.#steer(replica);
      } catch (error) {
        this.#onTrouble(error);
      }
    }
  }

  async #steer(replica: Replica): Promise<void> {
    const server = `replicas/${replica.id}`;
    const orders = `set weight ${server} ${Math.round(100 * this.#fleet.rampShare(replica) * replica.factor)}%; set server ${server} state ${stateOf(replica)}`;
    if (this.#applied.get(replica.id) === orders) return;
    await this.#socket.order(orders);
    this.#applied.set(replica.id, orders);
  }
}

/** An ejected replica still answers, so what is open there may finish. */
function stateOf(replica: Replica): "ready" | "drain" | "maint" {
  if (replica.out?.reason === "down") return "maint";
  return replica.isIn ? "ready" : "drain";
}
