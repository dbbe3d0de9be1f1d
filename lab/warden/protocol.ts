import type { StillInForce } from "../../kernel/records.ts";
import type { Lease } from "./undo.ts";

/** Signals that the conductor may send to a child's process group. */
export type ChildSignal = "SIGSTOP" | "SIGCONT" | "SIGTERM" | "SIGKILL";

/** How a child is started and reached where its process only stands for another, such as one in a container. */
export interface ChildProxy {
  /** The command that carries out each signal. */
  readonly signals: Readonly<Record<ChildSignal, readonly [string, ...string[]]>>;
  /** Where in its arguments `argsBefore` of a respawn go. */
  readonly argsBeforeAt: number;
}

/**
 * From the conductor to the warden: one JSON object a line on the warden's stdin. One with a `request` is answered by
 * `done` or `failed`.
 */
export type WardenCommand =
  | {
      readonly op: "spawn";
      readonly request: number;
      readonly id: string;
      readonly command: string;
      readonly args: readonly string[];
      /** All of its environment. */
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
      /** Path of the file that gets the child's stdout and stderr. */
      readonly log: string;
      /** Absent: the process is the child itself. */
      readonly proxy?: ChildProxy;
    }
  /** Kills the child if it runs, and starts it by its first command with `argsBefore` put before its arguments. */
  | { readonly op: "respawn"; readonly request: number; readonly id: string; readonly argsBefore: readonly string[] }
  /** SIGTERM and SIGKILL mark the exit that follows as ordered. */
  | { readonly op: "signal"; readonly request: number; readonly id: string; readonly signal: ChildSignal }
  /** Unix ms of the run's zero, for the end that the warden writes when the conductor cannot. */
  | { readonly op: "begin"; readonly epochMs: number }
  /** A line for the child's stdin; to one that has ended, nothing. */
  | { readonly op: "input"; readonly id: string; readonly line: string }
  /** SIGTERM and SIGCONT to the child's group, SIGKILL after `graceMs`. */
  | { readonly op: "stop"; readonly id: string; readonly graceMs: number }
  /** `expiresInMs`: the dead-man limit, after which the warden undoes the fault although the conductor lives. */
  | { readonly op: "lease"; readonly request: number; readonly id: string; readonly lease: Lease; readonly expiresInMs: number }
  /** The conductor has undone the fault itself. */
  | { readonly op: "release"; readonly id: string }
  /** The conductor lives and holds these leases; the warden undoes all others. */
  | { readonly op: "renew"; readonly request: number; readonly ids: readonly string[] }
  /** Undoes what is leased; `done` lists what could not be undone, which stays leased. */
  | { readonly op: "undo_all"; readonly request: number }
  /** Undoes what is leased, then stops the children, then ends. */
  | { readonly op: "shutdown"; readonly request: number; readonly graceMs: number };

/** From the warden to the conductor: one JSON object a line on the warden's stdout. */
export type WardenEvent =
  | { readonly event: "done"; readonly request: number; readonly stillInForce: readonly StillInForce[] }
  | { readonly event: "failed"; readonly request: number; readonly reason: string }
  /** At each start of a child, before its lines. */
  | { readonly event: "spawned"; readonly id: string; readonly pid: number }
  /** One line of the child's stdout. */
  | { readonly event: "line"; readonly id: string; readonly line: string }
  /** `ordered`: the conductor or the warden ended it. */
  | { readonly event: "exit"; readonly id: string; readonly code: number | null; readonly signal: string | null; readonly ordered: boolean }
  | Trouble;

/** What the conductor must record: the run may not be what its plan says. */
export type Trouble =
  /** A fault could not be undone; the warden tries again at the end. */
  | { readonly event: "undo_failed"; readonly id: string; readonly description: string; readonly reason: string }
  /** A fault was still leased at its dead-man limit, or no longer renewed: the warden undoes it. */
  | { readonly event: "expired"; readonly id: string; readonly description: string }
  | { readonly event: "signal_failed"; readonly id: string; readonly description: string; readonly reason: string }
  | { readonly event: "bad_command"; readonly id: string; readonly description: string; readonly reason: string };

/** The conductor renews its leases this often. */
export const renewEveryMs = 1_000;
/**
 * After this long without a sign of life (`Silence`) the conductor counts as dead for the warden, and the warden for
 * the conductor. Either one that is killed is noticed at once: this is for one that is stopped, and a busy machine is
 * not taken for that.
 */
export const silentMsMax = 15_000;
/** From the conductor's death, as the warden sees it, to the warden's own end: under 5 s (README, "Safety"). */
export const orphanedLimitMs = 4_800;

export function encodeLine(message: WardenCommand | WardenEvent): string {
  return `${JSON.stringify(message)}\n`;
}
