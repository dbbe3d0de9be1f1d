import type { GatewayEvent } from "../events.ts";
import { isCallerFault } from "../policies/failures.ts";

/** Requests that ended on a package in this life of the process. */
export interface PackageCounts {
  readonly hash: string;
  /** Unix ms since when it is counted. */
  readonly sinceMs: number;
  readonly requests: number;
  /** Failed for a reason that is not the caller's. */
  readonly bad: number;
  /** Refused by the gateway itself with a status under 500: unknown keys or routes, limits, guards. */
  readonly rejected: number;
}

/** Packages that are counted: those that run and those that ran last. */
const packagesMax = 16;

/** Counts for the steps of a rollout, from the gateway's own events. */
export class PackageEvidence {
  readonly #byHash = new Map<string, { hash: string; sinceMs: number; requests: number; bad: number; rejected: number }>();
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  record(event: GatewayEvent): void {
    if (event.type !== "finished" || event.package === undefined || event.outcome.kind === "cancelled") return;
    const counts = this.#counts(event.package.slice(event.package.indexOf("@") + 1));
    counts.requests++;
    if (isBad(event)) counts.bad++;
    else if (event.outcome.kind === "rejected") counts.rejected++;
  }

  counts(): readonly PackageCounts[] {
    return [...this.#byHash.values()].map((counts) => ({ ...counts }));
  }

  #counts(hash: string) {
    const known = this.#byHash.get(hash);
    if (known !== undefined) return known;
    const counts = { hash, sinceMs: this.#wallMs(), requests: 0, bad: 0, rejected: 0 };
    this.#byHash.set(hash, counts);
    if (this.#byHash.size > packagesMax) this.#byHash.delete(this.#byHash.keys().next().value!);
    return counts;
  }
}

function isBad({ outcome, status }: Extract<GatewayEvent, { type: "finished" }>): boolean {
  if (outcome.kind === "failure") return !isCallerFault(outcome.failure);
  return outcome.kind === "rejected" && status >= 500;
}
