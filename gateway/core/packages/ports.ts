import type { Signal } from "../../../kernel/signal.ts";
import type { GatewayConfig } from "../config.ts";
import type { PackageCounts } from "./evidence.ts";
import type { PackageId } from "./running.ts";

/**
 * A package in the feed: whole, or its hash alone where the data plane has it. What it holds is checked before it is
 * used.
 */
export type OfferedPackage = { readonly hash: string; readonly config?: unknown };

export interface FeedAnswer {
  readonly revision: string;
  readonly current: OfferedPackage | null;
  readonly candidate: { readonly package: OfferedPackage; readonly share: number } | null;
}

export interface PackageReport {
  readonly hash: string;
  readonly version: number;
  readonly state: "current" | "candidate" | "refused";
  readonly reason?: string;
}

export interface PlaneState {
  readonly current: string | null;
  readonly candidate: { readonly hash: string; readonly share: number } | null;
  readonly packages: readonly PackageReport[];
  readonly evidence: readonly PackageCounts[];
  readonly diskTrouble: string | null;
}

/** The control plane, as a data plane reaches it. Each call rejects where it does not answer in time. */
export interface ControlPort {
  feed(query: { readonly have: readonly string[]; readonly seen: string | null }, signal: Signal): Promise<FeedAnswer>;
  ack(ack: { readonly hash: string; readonly accepted: boolean; readonly reason?: string }, signal: Signal): Promise<void>;
  report(state: PlaneState, signal: Signal): Promise<void>;
}

export type KeptFile = "current" | "candidate" | "last-good" | "last-good-previous";

/**
 * The data plane's own folder. A write resolves once the file is on the disk, whole, and rejects where it cannot be.
 */
export interface PackageDisk {
  /** Null: there is none, or it cannot be read. */
  read(file: KeptFile): Promise<string | null>;
  write(file: KeptFile, text: string): Promise<void>;
}

/** Whether this data plane can run a package. */
export type CheckedOffer = { readonly ok: { readonly id: PackageId; readonly config: GatewayConfig } } | { readonly reason: string };

/** What leaves a data plane for logs and metrics. */
export type PackageEvent =
  | { readonly type: "package_acknowledged"; readonly package: string }
  | { readonly type: "package_refused"; readonly package: string; readonly reason: string }
  | { readonly type: "package_running"; readonly package: string; readonly role: "current" | "candidate"; readonly share: number }
  | { readonly type: "package_not_kept"; readonly reason: string }
  | { readonly type: "control_changed"; readonly to: "connected" | "lost"; readonly reason: string };
