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
 * When nothing of the plan acts on streams: no fault is in force but those that providers play by themselves, none comes, none before has started
 * what outlasts it, and the operator has not begun to take steps. A fault of links to providers alone acts on no stream that comes by another
 * such link: each of them has an account of its own. `actOf` and `act` are the given ones, and keep the accounts.
 */
export class QuietTimes {
  readonly #clock: Clock;
  readonly #lookEveryMs: number | null;
  readonly #accounts: ReadonlyMap<string | undefined, Account>;
  #isOperated = false;
  readonly actOf: ActOf;
  readonly act: Act;

  constructor({ plan, clock, actOf, act, lookEveryMs }: QuietTimesOptions) {
    this.#clock = clock;
    this.#lookEveryMs = plan.stopWhen === undefined ? null : lookEveryMs;
    /** Played by providers, it begins with the attempts that arrive and ends none. */
    const isOutside = (fault: Fault) => actOf(fault).phases === undefined;
    const faults = plan.faults.filter(isOutside);
    const actionsMs = (plan.actions ?? []).map(({ atMs }) => atMs);
    const providerLinks = providerLinksOf(plan);
    const mayActOn = (link: string | undefined) => (fault: Fault) => !isElsewhere(fault, link, providerLinks);
    this.#accounts = new Map([undefined, ...providerLinks].map((link) => [link, new Account(faults.filter(mayActOn(link)), actionsMs)]));
    this.actOf = (fault) => (isOutside(fault) ? this.#watched(fault, actOf(fault)) : actOf(fault));
    this.act = (action, world) => {
      this.#isOperated = true;
      return act(action, world);
    };
  }

  /** Until when it is quiet for streams that come by the link (undefined: by any): the present time, or an earlier one, where it is not. */
  untilMs(link: string | undefined): number {
    const nowMs = this.#clock.nowMs();
    if (this.#isOperated) return nowMs;
    const untilMs = this.#accountOf(link).quietUntilMs(nowMs);
    if (this.#lookEveryMs === null) return untilMs;
    return Math.min(untilMs, Math.ceil(nowMs / this.#lookEveryMs) * this.#lookEveryMs);
  }

  /** When something last acted on such streams. What a gateway began before may still be changed by it. */
  sinceMs(link: string | undefined): number {
    return this.#accountOf(link).lastActMs;
  }

  #accountOf(link: string | undefined): Account {
    return this.#accounts.get(link) ?? this.#accounts.get(undefined)!;
  }

  /** The act of a fault that is under way from the moment it is injected until it is lifted. */
  #watched(fault: Fault, act: FaultAct<unknown>): FaultAct<unknown> {
    return {
      ...act,
      inject: (injected, world) => {
        for (const account of this.#accounts.values()) account.begin(fault);
        this.#isOperated ||= act.outlasts === true;
        return act.inject(injected, world);
      },
      lift: (lifted, world) =>
        act.lift(lifted, world).finally(() => {
          const nowMs = this.#clock.nowMs();
          for (const account of this.#accounts.values()) account.end(fault, nowMs);
        }),
    };
  }
}

/** The faults that may act on the streams of one link, or of any. */
class Account {
  readonly #faults: ReadonlySet<Fault>;
  /** Ascending; those before `#next` have passed. */
  readonly #boundariesMs: readonly number[];
  #next = 0;
  readonly #underWay = new Set<Fault>();
  lastActMs = -Infinity;

  constructor(faults: readonly Fault[], actionsMs: readonly number[]) {
    this.#faults = new Set(faults);
    this.#boundariesMs = [...faults.flatMap(({ fromMs, toMs }) => [fromMs, toMs]), ...actionsMs].toSorted((a, b) => a - b);
  }

  begin(fault: Fault): void {
    if (this.#faults.has(fault)) this.#underWay.add(fault);
  }

  end(fault: Fault, nowMs: number): void {
    if (!this.#faults.has(fault)) return;
    this.#underWay.delete(fault);
    this.lastActMs = nowMs;
  }

  quietUntilMs(nowMs: number): number {
    if (this.#underWay.size > 0) return nowMs;
    while (this.#next < this.#boundariesMs.length && this.#boundariesMs[this.#next]! < nowMs) this.#next++;
    return this.#boundariesMs[this.#next] ?? Infinity;
  }
}

function providerLinksOf({ components, links }: Plan): ReadonlySet<string> {
  const providers = new Set(components.flatMap(({ id, role }) => (role === "provider" ? [id] : [])));
  return new Set(links.flatMap(({ id, to }) => (providers.has(to) ? [id] : [])));
}

/** Whether a fault acts on links to providers alone, and the given one is another of them. */
function isElsewhere({ target: { components, links } }: Fault, link: string | undefined, providerLinks: ReadonlySet<string>): boolean {
  return link !== undefined && components.length === 0 && links.length > 0 && links.every((one) => one !== link && providerLinks.has(one));
}
