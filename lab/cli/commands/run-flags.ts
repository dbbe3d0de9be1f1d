import type { RunOptions } from "../../live/options.ts";

/** The options of `blastlab run`, as they are given. */
export interface RunFlags extends Omit<RunOptions, "scenario" | "sets" | "onProgress" | "hand"> {
  readonly set: readonly string[];
  /** Times every estimated level. */
  readonly level?: number;
  /** Ms. */
  readonly tolerateLag?: number;
  readonly json?: boolean;
  /** Without progress. */
  readonly quiet?: boolean;
  readonly virtual?: boolean;
  /** Such as `20`, which is `1..20`; virtual runs alone. */
  readonly seeds?: string;
  /** Live: so many times, one after the other. */
  readonly repeat?: number;
  readonly dryRun?: boolean;
  /** Serve a live page. */
  readonly ui?: boolean;
  /** 0: any that is free. */
  readonly uiPort?: number;
}
