/** What an operator can do in a run. */
export type ActionKind = "break_glass";

/**
 * One step of the operator, at a fixed time. `settings` belong to the kind: `scenarios/actions` makes them,
 * `lab/actions` acts on them.
 */
export interface PlannedAction<Settings = unknown> {
  /** Unique in the plan. */
  readonly id: string;
  readonly kind: ActionKind;
  /** For people: `break-glass on for team support`. */
  readonly title: string;
  /** On the run's timeline. */
  readonly atMs: number;
  /** Why the stack cannot have it; null: it can. What it cannot is recorded at its time, and the run goes on. */
  readonly lacking: string | null;
  readonly settings: Settings;
}

/** What a person gives as the terms of a window, as the command line's break-glass asks for them. */
export interface BreakGlassWindow {
  readonly minutes: number;
  readonly reason: string;
  readonly operator: string;
}

/** Which deployment serves each route of a team while its clients go past the gateways. */
export interface BreakGlassSettings {
  readonly turn: "on" | "off";
  readonly team: string;
  readonly routes: Readonly<Record<string, string>>;
  /**
   * Of a window that a person opens from the live page; absent: a step of the scenario, whose window lasts until its
   * other step.
   */
  readonly window?: BreakGlassWindow;
}
