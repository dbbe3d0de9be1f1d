/**
 * How a run was made: what its report shows besides plan and records. `made.json` of a run directory; no verdict rests
 * on it. A virtual run depends on no machine and no time of day, so those are null there.
 */
export interface RunMade {
  readonly schema: "blastlab.made/1";
  readonly harness: "live" | "virtual";
  /** Version of the lab. */
  readonly blastlab: string;
  readonly node: string;
  readonly machine: Machine | null;
  /** UTC, when the run directory was made. */
  readonly startedAt: string | null;
  /** The system under test, in words. */
  readonly system: string;
  /** What offered the load and played network faults. */
  readonly parts: { readonly load: string; readonly network: string };
  /** The command that plays the same run again. Absent: it is not known. */
  readonly replay?: string | undefined;
  /**
   * What the stack sets of the gateway, by dotted path: `policy.retry.attemptsMax`. The rest are the gateway's
   * defaults.
   */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  /** Of the minute before the run. */
  readonly loadAverage: number;
}
