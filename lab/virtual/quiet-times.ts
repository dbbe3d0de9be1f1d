import type { PlannedAction } from "../../kernel/action.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultAct } from "../conductor/core/fault-act.ts";
import type { World } from "../conductor/core/world.ts";

type ActOf = (fault: Fault) => FaultAct<unknown>;
type Act = (action: PlannedAction, world: World) => Promise<void>;

export interface QuietTimesOptions {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly actOf: ActOf;
  readonly act: Act;
  /** How often the stop condition of a plan that has one is looked at. */
  readonly lookEveryMs: number;
}

/**
 * When nothing of the plan acts on the world: no fault is in force but those that providers play by themselves, none comes, none before
 * has started what outlasts it, and the operator has not begun to take steps. `actOf` and `act` are the given ones, and keep the account.
 */
export class QuietTimes {
  readonly #clock: Clock;
  readonly #lookEveryMs: number | null;
  /** Ascending; those before `#next` have passed. */
  readonly #boundariesMs: readonly number[];
  #next = 0;
  readonly #underWay = new Set<Fault>();
  #isOperated = false;
  #lastActMs = -Infinity;
  readonly actOf: ActOf;
  readonly act: Act;

  constructor({ plan, clock, actOf, act, lookEveryMs }: QuietTimesOptions) {
    this.#clock = clock;
    this.#lookEveryMs = plan.stopWhen === undefined ? null : lookEveryMs;
    /** Played by providers, it begins with the attempts that arrive and ends none. */
    const isOutside = (fault: Fault) => actOf(fault).phases === undefined;
    const faults = plan.faults.filter(isOutside);
    this.#boundariesMs = [...faults.flatMap(({ fromMs, toMs }) => [fromMs, toMs]), ...(plan.actions ?? []).map(({ atMs }) => atMs)].toSorted((a, b) => a - b);
    this.actOf = (fault) => (isOutside(fault) ? this.#watched(fault, actOf(fault)) : actOf(fault));
    this.act = (action, world) => {
      this.#isOperated = true;
      return act(action, world);
    };
  }

  /** Until when it is quiet: the present time, or an earlier one, where it is not. */
  untilMs(): number {
    const nowMs = this.#clock.nowMs();
    if (this.#isOperated || this.#underWay.size > 0) return nowMs;
    while (this.#next < this.#boundariesMs.length && this.#boundariesMs[this.#next]! < nowMs) this.#next++;
    const boundaryMs = this.#boundariesMs[this.#next] ?? Infinity;
    if (this.#lookEveryMs === null) return boundaryMs;
    return Math.min(boundaryMs, Math.ceil(nowMs / this.#lookEveryMs) * this.#lookEveryMs);
  }

  /** When something last acted on the world. What a gateway began before may still be changed by it. */
  get sinceMs(): number {
    return this.#lastActMs;
  }

  /** The act of a fault that is under way from the moment it is injected until it is lifted. */
  #watched(fault: Fault, act: FaultAct<unknown>): FaultAct<unknown> {
    return {
      ...act,
      inject: (injected, world) => {
        this.#underWay.add(fault);
        this.#isOperated ||= act.outlasts === true;
        return act.inject(injected, world);
      },
      lift: (lifted, world) =>
        act.lift(lifted, world).finally(() => {
          this.#underWay.delete(fault);
          this.#lastActMs = this.#clock.nowMs();
        }),
    };
  }
}
