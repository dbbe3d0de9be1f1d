import { Canceller } from "../../../kernel/signal.ts";
import type { Handle, Stage } from "../call.ts";
import { compose } from "../call.ts";
import type { DefectConfig } from "../config.ts";
import { defectStage, type DefectSeams } from "./defects.ts";

interface ActiveDefect {
  readonly stage: Stage;
  readonly lifted: Canceller;
}

/**
 * Defects that are planted and lifted while the gateway runs, each under an id of its own. Which requests one touches depends on its id and theirs alone,
 * not on what else is active. From the moment it is lifted it touches no further request; a request that it had touched by then ends as it was going to:
 * a delay runs out, a corrupted stream stays corrupted. An answer that `mix_up` still holds goes to its owner at once.
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
    this.#active.set(id, { stage: defectStage(settings, id, { ...this.#seams, lifted: lifted.signal }), lifted });
    this.#revision++;
  }

  /** Whether it was active. */
  lift(id: string): boolean {
    const defect = this.#active.get(id);
    if (defect === undefined) return false;
    this.#active.delete(id);
    this.#revision++;
    defect.lifted.cancel("lifted");
    return true;
  }

  liftAll(): void {
    for (const id of this.ids) this.lift(id);
  }

  /** The active defects as one stage, in the order in which they were planted. Each keeps its state (an answer that is held) while others come and go. */
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
