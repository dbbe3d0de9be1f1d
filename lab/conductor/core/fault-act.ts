import type { Fault } from "../../../kernel/fault.ts";
import type { PlannedPhase } from "../../../kernel/plan.ts";
import type { World } from "./world.ts";

/** What a world must be able to do with a component, to have a fault there. */
export interface Need {
  readonly component: string;
  /**
   * `pause`: stop and continue its process; `restart`: kill and start it; `memory`: limit its heap; `admin`: change its
   * settings while it runs; `configure`: give it another configuration.
   */
  readonly ability: "pause" | "restart" | "memory" | "admin" | "configure";
}

/**
 * What a kind of fault does to the world, in both harnesses. Pure: the world undoes by itself what is in force when a
 * conductor dies. Faults that are in force are applied again to a component that starts (`reapply`).
 */
export interface FaultAct<Settings> {
  /** Resolves when the fault is in force. */
  inject(fault: Fault<Settings>, world: World): Promise<void>;
  /** Resolves when its cause is removed: a process serves again. */
  lift(fault: Fault<Settings>, world: World): Promise<void>;
  /**
   * Puts the fault in force again at a component of its target that has just started; absent where a start changes
   * nothing.
   */
  reapply?(fault: Fault<Settings>, component: string, world: World): Promise<void>;
  /** Phases that the providers of the target play by themselves: their configuration has them. */
  phases?(fault: Fault<Settings>): readonly PlannedPhase[];
  /** What it starts goes on after it is lifted. Absent: it does not. */
  readonly outlasts?: true;
  /** What the world must be able to do besides changing the target's links; absent: nothing. */
  needs?(fault: Fault<Settings>): readonly Need[];
  /** Why the virtual harness cannot have it; null: it can. Absent: it can. */
  impossibleVirtually?(fault: Fault<Settings>): string | null;
}

/** The same need at every component of the target. */
export const needAt = ({ target }: Fault, ability: Need["ability"]): readonly Need[] => target.components.map((component) => ({ component, ability }));

/** Does nothing to the world. */
export const nothing = () => Promise.resolve();

/** The same for every one of the fault's links, or components. */
export async function onEach<Id extends string>(ids: readonly Id[], act: (id: Id) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(ids.map(act));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
