/** Why a replica is out of the rotation. */
export type OutReason = "down" | "ejected";

/** Why a replica that should be out is kept: nothing else is in, or the limit on removed capacity is reached. */
export type KeptReason = "last" | "limit";

/**
 * How an attempt at a replica ended. `moved`: it was cancelled, because the replica went silent before any content.
 * `undelivered`: its gateway delivered nothing, and another region was asked.
 */
export type AttemptEnd = "ok" | "error" | "undelivered" | "failed" | "moved" | "cut" | "client_gone";

export type EdgeEvent =
  | { readonly kind: "removed"; readonly replica: string; readonly reason: OutReason; readonly capacity: number }
  | { readonly kind: "kept"; readonly replica: string; readonly reason: KeptReason }
  | { readonly kind: "ramp"; readonly replica: string; readonly share: number; readonly why: "returned" | "forward" | "back" }
  | { readonly kind: "draining"; readonly replica: string; readonly isDraining: boolean }
  | { readonly kind: "attempt"; readonly replica: string; readonly end: AttemptEnd }
  | { readonly kind: "request"; readonly outcome: "answered" | "cut" | "unavailable" | "client_gone" | "refused"; readonly attempts: number }
  | { readonly kind: "clock_jump"; readonly ms: number };
