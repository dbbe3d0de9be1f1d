import type { Evaluation } from "./evaluation.ts";
import type { StepEvidence, Tally } from "./evidence.ts";
import type { ExpectedIdentity, IdentityResult } from "./identity.ts";

/** What the control plane goes by about a package; the package itself is kept beside. */
export interface PackageFacts {
  readonly version: number;
  readonly hash: string;
  readonly parent: string | null;
  /** Hash of the configuration alone. */
  readonly content: string;
  /** Hash of what decides its answers: deployments, routes, prompts and tools, guards. */
  readonly answers: string;
  readonly bytes: number;
  /** It has no route and no deployment. */
  readonly isEmpty: boolean;
}

/** `unjudged`: refused without a verdict about it, because the eval gate could not give one. */
export type EntryState = "staged" | "active" | "superseded" | "refused" | "unjudged" | "rolled_back" | "cancelled";

/** One package that this region was given. */
export interface HistoryEntry {
  readonly package: PackageFacts;
  readonly who: string;
  readonly why: string;
  /** What force overrode. */
  readonly forced: readonly string[];
  readonly state: EntryState;
  /** Share of the requests that it was given. */
  readonly reached: number;
  readonly stagedAtMs: number;
  readonly activeAtMs: number | null;
  readonly reason: string | null;
  /** The eval gate's last result; null: it was not asked. */
  readonly evaluation: Evaluation | null;
}

export type Phase =
  | { readonly name: "waiting" }
  | { readonly name: "checking" }
  | { readonly name: "identity" }
  | { readonly name: "evaluating" }
  | { readonly name: "undecided" }
  | { readonly name: "step"; readonly index: number; readonly sinceMs: number; readonly baseline: Tally };

export interface Rollout {
  readonly hash: string;
  readonly phase: Phase;
  /** Counts when its first step began. */
  readonly baseline: Tally;
}

/** All that a region's control plane knows and must not forget. */
export interface ControlState {
  readonly history: readonly HistoryEntry[];
  readonly active: string | null;
  readonly rollout: Rollout | null;
  readonly identities: Readonly<Record<string, ExpectedIdentity>>;
  /** Planes that run a package, by its hash; and those that refuse it, with their reason. */
  readonly accepted: Readonly<Record<string, readonly string[]>>;
  readonly refusals: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const emptyState: ControlState = { history: [], active: null, rollout: null, identities: {}, accepted: {}, refusals: {} };

/** One change. A journal of these is the state, and the audit log. */
export type ControlEvent =
  | { readonly type: "push_refused"; readonly hash: string; readonly why: string; readonly code: string }
  | { readonly type: "staged"; readonly package: PackageFacts; readonly why: string; readonly forced: readonly string[]; readonly waits: boolean }
  | { readonly type: "checking"; readonly hash: string }
  | { readonly type: "checked"; readonly hash: string }
  | { readonly type: "identified"; readonly hash: string; readonly results: readonly IdentityResult[] }
  | { readonly type: "evaluating"; readonly hash: string; readonly why: string }
  | { readonly type: "evaluated"; readonly hash: string; readonly evaluation: Evaluation }
  | { readonly type: "step"; readonly hash: string; readonly index: number; readonly share: number; readonly baseline: Tally; readonly evidence: StepEvidence | null }
  | { readonly type: "activated"; readonly hash: string; readonly evidence: StepEvidence | null }
  | { readonly type: "ended"; readonly hash: string; readonly as: "refused" | "unjudged" | "rolled_back" | "cancelled"; readonly reason: string }
  | { readonly type: "restored"; readonly package: PackageFacts; readonly from: string; readonly why: string }
  | { readonly type: "accepted"; readonly hash: string; readonly plane: string }
  | { readonly type: "plane_refused"; readonly hash: string; readonly plane: string; readonly reason: string }
  | { readonly type: "identity_set"; readonly deployment: string; readonly expected: ExpectedIdentity | null; readonly why: string };

export const entryOf = (state: ControlState, hash: string | null): HistoryEntry | undefined => state.history.findLast((entry) => entry.package.hash === hash);

/** Never falls: also packages that were refused count. */
export const versionMaxOf = (state: ControlState): number => state.history.reduce((max, entry) => Math.max(max, entry.package.version), 0);
