import type { PlannedAction } from "../../kernel/action.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultAct } from "../conductor/core/fault-act.ts";
import type { World } from "../conductor/core/world.ts";
import { mayReach } from "./fault-reach.ts";

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

/** When nothing acts from outside on some streams. */
export interface Quiet {
  /** Until when nothing does: the present time, or an earlier one, where something may now. */
  untilMs(): number;
  /** When something last did. What a gateway began before may still be changed by it. */
  sinceMs(): number;
}

/** A fault that acts on the world from outside. */
interface Watched {
  readonly fault: Fault;
  isUnderWay: boolean;
  lastActMs: number;
}

/**
 * When nothing of the plan acts on streams: no fault is in force that may reach them but those that providers play by
 * themselves, none comes, none before has started what outlasts it, and the operator has not begun to take steps.
 * `actOf` and `act` are the given ones, and keep the account.
 */
export class QuietTimes {
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #lookEveryMs: number | null;
  readonly #watched: readonly Watched[];
  /** By the links that a request has passed. */
  readonly #byPath = new Map<string, Quiet>();
  #isOperated = false;
  readonly actOf: ActOf;
  readonly act: Act;

  constructor({ plan, clock, actOf, act, lookEveryMs }: QuietTimesOptions) {
    this.#plan = plan;
    this.#clock = clock;
    this.#lookEveryMs = plan.stopWhen === undefined ? null : lookEveryMs;
    /** Played by providers, it begins with the attempts that arrive and ends none. */
    const isOutside = (fault: Fault) => actOf(fault).phases === undefined;
    this.#watched = plan.faults.filter(isOutside).map((fault) => ({ fault, isUnderWay: false, lastActMs: -Infinity }));
    this.actOf = (fault) => {
      const watched = this.#watched.find((one) => one.fault === fault);
      return watched === undefined ? actOf(fault) : this.#watch(watched, actOf(fault));
    };
    this.act = (action, world) => {
      this.#isOperated = true;
      return act(action, world);
    };
  }

  /** Of the streams that answer a request which has passed these links. */
  of(passed: readonly string[]): Quiet {
    const key = passed.join(" ");
    const known = this.#byPath.get(key);
    if (known !== undefined) return known;
    const quiet = this.#quietWith(this.#watched.filter(({ fault }) => mayReach(fault, passed, this.#plan)));
    this.#byPath.set(key, quiet);
    return quiet;
  }

  /** What is quiet where these faults alone act. */
  #quietWith(faults: readonly Watched[]): Quiet {
    const boundaries = faults.flatMap(({ fault: { fromMs, toMs } }) => [fromMs, toMs]).concat((this.#plan.actions ?? []).map(({ atMs }) => atMs));
    const boundariesMs = boundaries.toSorted((a, b) => a - b);
    /** Those before it have passed. */
    let next = 0;
    const untilMs = () => {
      const nowMs = this.#clock.nowMs();
      if (this.#isOperated || faults.some(({ isUnderWay }) => isUnderWay)) return nowMs;
      while (next < boundariesMs.length && boundariesMs[next]! < nowMs) next++;
      const boundaryMs = boundariesMs[next] ?? Infinity;
      if (this.#lookEveryMs === null) return boundaryMs;
      return Math.min(boundaryMs, Math.ceil(nowMs / this.#lookEveryMs) * this.#lookEveryMs);
    };
    return { untilMs, sinceMs: () => faults.reduce((latest, { lastActMs }) => Math.max(latest, lastActMs), -Infinity) };
  }

  /** The act of a fault that is under way from the moment it is injected until it is lifted. */
  #watch(watched: Watched, act: FaultAct<unknown>): FaultAct<unknown> {
    return {
      ...act,
      inject: (injected, world) => {
        watched.isUnderWay = true;
        this.#isOperated ||= act.outlasts === true;
        return act.inject(injected, world);
      },
      lift: (lifted, world) =>
        act.lift(lifted, world).finally(() => {
          watched.isUnderWay = false;
          watched.lastActMs = this.#clock.nowMs();
        }),
    };
  }
}
