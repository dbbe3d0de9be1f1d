import { LabError, messageOf } from "../../../kernel/errors.ts";
import type { Fault } from "../../../kernel/fault.ts";
import type { FaultRecord } from "../../../kernel/records.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { type PlayOptions, reached } from "./play-faults.ts";

export interface HandPlayOptions extends Omit<PlayOptions, "signal"> {
  /** Called with each fault before it is injected, its times and its name on the timeline of the run. */
  readonly onFault: (fault: Fault) => void;
}

const faultsMax = 20;
/** What a lifted fault needs until its site is as it was: a process has to start. */
const settledMs = 5_000;
const lengthMsMin = 1_000;

interface Played {
  /** As it is meant to be; until it is lifted before its time. */
  fault: Fault;
  readonly lift: Canceller;
  readonly done: Promise<void>;
}

/**
 * Faults that a person injects and lifts while a run goes on. Each is lifted at its end all the same, and at the end of
 * the run.
 */
export class HandPlay {
  readonly #options: HandPlayOptions;
  readonly #played: Played[] = [];
  #isOver = false;

  constructor(options: HandPlayOptions) {
    this.#options = options;
  }

  /**
   * Injects it now. Throws LabError `refused` `not_now` where it could not be judged, or would meet another fault at
   * its site.
   */
  inject(offered: Fault, lengthMs: number): Fault {
    const fromMs = Math.round(this.#options.clock.nowMs());
    const isMomentary = offered.toMs === offered.fromMs;
    const fault = { ...offered, id: `hand-${this.#played.length + 1}`, title: `By hand: ${offered.title}`, fromMs, toMs: isMomentary ? fromMs : fromMs + lengthMs };
    const reason = this.#reasonAgainst(fault, isMomentary ? lengthMsMin : lengthMs);
    if (reason !== null) throw notNow(offered.title, ...reason);
    const lift = new Canceller();
    this.#options.onFault(fault);
    this.#played.push({ fault, lift, done: this.#play(fault, lift) });
    return fault;
  }

  /** Lifts it before its time. Throws LabError `refused` `not_in_force`. */
  lift(id: string): void {
    const found = this.#played.find(({ fault }) => fault.id === id);
    if (found === undefined || found.lift.signal.aborted) throw new LabError({ exit: "refused", code: "not_in_force", message: `Cannot lift "${id}": no fault of that name is in force by hand`, hint: "Faults of the plan end at their time; the stop button lifts all" });
    found.fault = { ...found.fault, toMs: Math.min(found.fault.toMs, this.#options.clock.nowMs()) };
    found.lift.cancel("by hand");
  }

  /** Lifts all that are in force; resolves when they are lifted. No other is injected from now on. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (const { lift } of this.#played) lift.cancel("the run is over");
    await Promise.all(this.#played.map(({ done }) => done));
  }

  async #play(fault: Fault, lift: Canceller): Promise<void> {
    const { clock, world, actOf } = this.#options;
    const act = actOf(fault);
    await this.#attempt(fault, "injected", fault.fromMs, () => act.inject(fault, world));
    await reached(fault.toMs, clock, lift.signal);
    const plannedMs = Math.min(fault.toMs, Math.round(clock.nowMs()));
    // From now on it cannot be lifted again.
    lift.cancel("its time is over");
    await this.#attempt(fault, "lifted", plannedMs, () => act.lift(fault, world));
  }

  async #attempt({ id: fault, title }: Fault, action: "injected" | "lifted", plannedMs: number, change: () => Promise<void>): Promise<void> {
    const { clock, emit } = this.#options;
    const begunMs = clock.nowMs();
    const record = (how: FaultRecord["action"], detail: string) => emit({ fault, action: how, plannedMs, begunMs, atMs: clock.nowMs(), detail });
    try {
      await change();
      record(action, title);
    } catch (error) {
      record("failed", `${action === "injected" ? "inject" : "lift"}: ${messageOf(error)}`);
    }
  }

  /** What speaks against it, and what to do instead; null: nothing. */
  #reasonAgainst(fault: Fault, lengthMs: number): readonly [why: string, hint: string] | null {
    const { timeline, measure, faults } = this.#options.plan;
    const { faultFromMs, endMs, cut } = timeline;
    const lastMs = endMs - measure.recovery.holdMs;
    if (this.#isOver) return ["the run is ending", "Start another run"];
    if (cut !== undefined) return ["the load of this run is cut and restored, which no other fault may disturb", "Choose a scenario without timeline.cut"];
    if (fault.fromMs < faultFromMs) return [`the steady state goes on until ${seconds(faultFromMs)}, and nothing may be wrong in it`, "Wait until then"];
    if (!Number.isInteger(lengthMs) || lengthMs < lengthMsMin) return ["it is to last less than a second", "Give whole seconds, at least 1"];
    if (fault.toMs > lastMs) return [`it would last until ${seconds(fault.toMs)}, and the recovery is watched from ${seconds(lastMs)} on at the latest`, "Give it less time, or choose a longer recovery with --set timeline.recoveryMs"];
    if (this.#played.length >= faultsMax) return [`${faultsMax} faults were injected already`, "Start another run"];
    const met = [...faults, ...this.#played.map((one) => one.fault)].find((other) => meetsAtSite(fault, other));
    return met === undefined ? null : [`"${met.title}" acts at the same place in that time`, "Choose another place or another time"];
  }
}

function meetsAtSite(a: Fault, b: Fault): boolean {
  const sites = [...b.target.components, ...b.target.links];
  const isShared = [...a.target.components, ...a.target.links].some((site) => sites.includes(site));
  return isShared && (b.always || (a.fromMs < b.toMs + settledMs && b.fromMs < a.toMs + settledMs));
}

const seconds = (ms: number) => `${Number((ms / 1_000).toFixed(1))} s`;

function notNow(title: string, why: string, hint: string): LabError {
  return new LabError({ exit: "refused", code: "not_now", message: `Cannot inject "${title}" now: ${why}`, hint });
}
