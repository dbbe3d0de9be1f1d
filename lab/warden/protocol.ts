import type { Lease } from "../faults/lease.ts";

/** What the conductor tells the warden: one JSON object a line on the warden's stdin. */
export type WardenCommand =
  | {
      readonly op: "spawn";
      readonly id: string;
      readonly command: string;
      readonly args: readonly string[];
      /** Added to the warden's own environment. */
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
      /** Path of the file that gets the child's stdout and stderr. */
      readonly log: string;
    }
  | { readonly op: "beat" }
  /** `expiresInMs`: the dead-man limit, after which the warden lifts the fault although the conductor lives. */
  | { readonly op: "lease"; readonly id: string; readonly lease: Lease; readonly expiresInMs: number }
  /** The conductor has lifted the fault itself. */
  | { readonly op: "release"; readonly id: string }
  /** SIGTERM to the child's group, SIGKILL after `graceMs`. */
  | { readonly op: "stop"; readonly id: string; readonly graceMs: number }
  | { readonly op: "shutdown"; readonly graceMs: number };

/** What the warden tells the conductor: one JSON object a line on the warden's stdout. */
export type WardenEvent =
  | { readonly event: "spawned"; readonly id: string; readonly pid: number }
  /** One line of the child's stdout. */
  | { readonly event: "line"; readonly id: string; readonly line: string }
  | { readonly event: "exit"; readonly id: string; readonly code: number | null; readonly signal: string | null }
  /** The lease is held: the fault may now be injected. */
  | { readonly event: "leased"; readonly id: string }
  | { readonly event: "expired"; readonly id: string }
  | { readonly event: "error"; readonly id: string; readonly code: "spawn_failed" | "lift_failed" | "bad_command"; readonly message: string };

/** The conductor's beats come this often. */
export const beatEveryMs = 1_000;
/** So long without one, and the conductor counts as dead. */
export const beatLimitMs = 3_000;
/** From the conductor's death as the warden sees it to the warden's own end. With `beatLimitMs` it stays under the design's 5 s. */
export const lastRitesMs = 1_800;

export function encodeLine(message: WardenCommand | WardenEvent): string {
  return `${JSON.stringify(message)}\n`;
}
