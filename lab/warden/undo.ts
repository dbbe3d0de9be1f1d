/**
 * One step that undoes part of a fault, as plain JSON: the warden runs it after a crash of the conductor. The warden
 * knows no kind of fault. Running a step twice, or running it before its fault is injected, must be harmless.
 */
export type UndoStep =
  | {
      readonly kind: "http";
      readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      readonly url: string;
      /** Sent as `application/json`. */
      readonly body?: string;
      /** Sent besides. */
      readonly headers?: Readonly<Record<string, string>>;
      /** Statuses, besides 2xx, that mean there was nothing to undo. */
      readonly gone: readonly number[];
      /** Whether a refused connection means so too: the state is in the memory of the process that serves the URL. */
      readonly goneIfRefused: boolean;
      readonly timeoutMs: number;
    }
  /** To a child's whole process group. A child that has ended needs none. */
  | { readonly kind: "signal"; readonly child: string; readonly signal: "SIGCONT" }
  /** The child runs by its original command afterwards; one that does so already is left alone. */
  | { readonly kind: "respawn"; readonly child: string };

/** What undoes one fault. Take it before the fault is injected. */
export interface Lease {
  /** For logs and messages: `toxic "brownout" on proxy "primary"`. */
  readonly description: string;
  /** Run in order. A step that fails does not keep the next from running. */
  readonly steps: readonly UndoStep[];
}
