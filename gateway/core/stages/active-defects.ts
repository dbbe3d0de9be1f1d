import { Canceller } from "../../../kernel/signal.ts";
import type { Handle, Stage } from "../call.ts";
import { compose } from "../call.ts";
import type { DefectConfig } from "../config.ts";
import { isReadyUnder } from "./readiness-flap.ts";
import { defectStage, type DefectSeams } from "./defects.ts";

interface ActiveDefect {
  readonly settings: DefectConfig;
  readonly sinceMs: number;
  readonly stage: Stage;
  readonly lifted: Canceller;
}

/**
 * Defects that are planted and lifted while the gateway runs, each under its own id. Which requests a defect touches
 * depends only on its id and theirs, not on other active defects. Once lifted, it touches no further request. A request
 * that it had already touched ends as planned: a delay runs out, a corrupted stream stays corrupted. An answer that
 * `mix_up` still holds goes to its owner at once.
 */
export class ActiveDefects {
  readonly #seams: DefectSeams;
  readonly #active = new Map<string, ActiveDefect>();
  #revision = 0;

  constructor(seams: DefectSeams) {
    this.#seams = seams;
  }

  get ids(): readonly string[] {
    return [...this.#active.keys()];
  }

  /** Plants a defect. One of the same id is lifted first. */
  apply(id: string, settings: DefectConfig): void {
    this.lift(id);
    const lifted = new Canceller();
    this.#active.set(id, { settings, sinceMs: this.#seams.clock.nowMs(), stage: defectStage(settings, id, { ...this.#seams, lifted: lifted.signal }), lifted });
    this.#revision++;
  }

  /** Returns whether it was active. */
  lift(id: string): boolean {
    const defect = this.#active.get(id);
    if (defect === undefined) return false;
    this.#active.delete(id);
    this.#revision++;
    defect.lifted.cancel("lifted");
    return true;
  }

  /** False while one of them makes the gateway's readiness check fail. */
  isReady(): boolean {
    const nowMs = this.#seams.clock.nowMs();
    return [...this.#active.values()].every(({ settings, sinceMs }) => isReadyUnder(settings, sinceMs, nowMs));
  }

  liftAll(): void {
    for (const id of this.ids) this.lift(id);
  }

  /**
   * The active defects as one stage, in the order in which they were planted. Each keeps its state (an answer that it
   * holds) while others are planted and lifted.
   */
  readonly stage: Stage = (next) => {
    let composed: { readonly revision: number; readonly handle: Handle } | null = null;
    return (call) => {
      if (composed?.revision !== this.#revision) {
        const stages = [...this.#active.values()].map(({ stage }) => stage);
        composed = { revision: this.#revision, handle: compose(stages, next) };
      }
      return composed.handle(call);
    };
  };
}
