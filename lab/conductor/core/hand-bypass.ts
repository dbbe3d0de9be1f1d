import type { BreakGlassSettings, BreakGlassWindow, PlannedAction } from "../../../kernel/action.ts";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import type { ActionRecord } from "../../../kernel/records.ts";
import { Canceller } from "../../../kernel/signal.ts";
import type { ActionOptions } from "./play-actions.ts";
import { reached } from "./play-faults.ts";

export type BypassStep = PlannedAction<BreakGlassSettings>;

/** What a person may do for a team, in times that count from the command. */
export interface OfferedBypass {
  readonly on: BypassStep;
  readonly off: BypassStep;
}

export interface HandBypassOptions extends Omit<ActionOptions, "signal"> {
  readonly offered: readonly OfferedBypass[];
  /** Called with each step before it is taken, its time and its name on the timeline of the run. */
  readonly onStep: (step: PlannedAction) => void;
}

/** The rules of the command line's break-glass (docs/break-glass.md), checked before a window is asked for. */
const minutesMax = 240;
const reasonCharacters = { min: 10, max: 500 };
const operatorName = /^[A-Za-z0-9][\w.-]{0,63}$/;

interface Window {
  readonly team: string;
  readonly closing: Canceller;
  readonly done: Promise<void>;
}

/**
 * Break-glass from the live page: leads a team past the gateways for some minutes, or until a person leads it back. A
 * team has one window a run, as 15 minutes must lie between two.
 */
export class HandBypass {
  readonly #options: HandBypassOptions;
  readonly #windows: Window[] = [];
  readonly #over = new Canceller();
  #steps = 0;

  constructor(options: HandBypassOptions) {
    this.#options = options;
  }

  /** Whom a person may lead past the gateways. */
  get teams(): readonly string[] {
    const opened = this.#windows.map(({ team }) => team);
    return this.#over.signal.aborted ? [] : this.#options.offered.map(({ on }) => on.settings.team).filter((team) => !opened.includes(team));
  }

  /** Opens a team's window now. Throws LabError `refused`: `not_offered`, `not_now`, `bad_window`. */
  open(team: string, asked: BreakGlassWindow): PlannedAction {
    const offered = this.#options.offered.find(({ on }) => on.settings.team === team);
    if (offered === undefined || !this.teams.includes(team)) throw refused("not_offered", team, "this run does not offer it, or did already", "A team has one window a run; the stack needs a bypass");
    const { faultFromMs } = this.#options.plan.timeline;
    if (this.#options.clock.nowMs() < faultFromMs) throw refused("not_now", team, `the steady state goes on until ${Number((faultFromMs / 1_000).toFixed(1))} s`, "Wait until then");
    const window = checked(team, asked);
    const on = this.#announced(offered.on, `By hand: break-glass on for team ${team}, ${window.minutes} min, by ${window.operator}: ${window.reason}`, { window });
    const closing = new Canceller(this.#over.signal);
    this.#windows.push({ team, closing, done: this.#play(on, offered.off, closing) });
    return on;
  }

  /** Leads the team back before its time. Throws LabError `refused` `not_in_force`. */
  close(team: string): void {
    const window = this.#windows.find((each) => each.team === team);
    if (window === undefined || window.closing.signal.aborted) throw new LabError({ exit: "refused", code: "not_in_force", message: `Cannot lead team "${team}" back: no window of it is open by hand`, hint: "See what is open on the page" });
    window.closing.cancel("by hand");
  }

  /**
   * The run is over: nothing is opened any more, and what is open ends with the run. Resolves when no step is under
   * way.
   */
  async end(): Promise<void> {
    this.#over.cancel("the run is over");
    await Promise.all(this.#windows.map(({ done }) => done));
  }

  async #play(on: BypassStep, offeredOff: BypassStep, closing: Canceller): Promise<void> {
    const { team, window } = on.settings;
    if (!(await this.#take(on))) return closing.cancel("it did not open");
    const isItsTime = await reached(on.atMs + window!.minutes * 60_000, this.#options.clock, closing.signal);
    if (this.#over.signal.aborted) return;
    closing.cancel("its time is over");
    const why = isItsTime ? "its time is over" : "by a person";
    await this.#take(this.#announced(offeredOff, `By hand: break-glass off for team ${team}, ${why}`));
  }

  #announced(offered: BypassStep, title: string, more: Partial<BreakGlassSettings> = {}): BypassStep {
    const step = { ...offered, id: `hand-step-${++this.#steps}`, title, atMs: Math.round(this.#options.clock.nowMs()), settings: { ...offered.settings, ...more } };
    this.#options.onStep(step);
    return step;
  }

  /** Resolves to whether it was done. */
  async #take(step: BypassStep): Promise<boolean> {
    const { world, act, clock, emitAction } = this.#options;
    const begunMs = clock.nowMs();
    const record = (outcome: ActionRecord["outcome"], detail: string) => emitAction({ action: step.id, outcome, plannedMs: step.atMs, begunMs, atMs: clock.nowMs(), detail });
    try {
      await act(step, world);
      record("done", step.title);
      return true;
    } catch (error) {
      record("failed", messageOf(error));
      return false;
    }
  }
}

function checked(team: string, { minutes, reason, operator }: BreakGlassWindow): BreakGlassWindow {
  const text = reason.trim();
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > minutesMax) throw refused("bad_window", team, `${minutes} minutes are not 1 to ${minutesMax}`, "Give whole minutes");
  if (text.length < reasonCharacters.min || text.length > reasonCharacters.max) throw refused("bad_window", team, `the reason has ${text.length} characters`, `Write ${reasonCharacters.min} to ${reasonCharacters.max}`);
  if (!operatorName.test(operator)) throw refused("bad_window", team, "the operator's name has other characters than letters, digits, _ . and -", "Write a name such as ann");
  return { minutes, reason: text, operator };
}

function refused(code: string, team: string, why: string, hint: string): LabError {
  return new LabError({ exit: "refused", code, message: `Cannot break the glass for team "${team}": ${why}`, hint });
}
