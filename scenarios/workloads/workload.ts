import type { ClientBehaviour } from "../../kernel/client-behaviour.ts";

/** What the generators need of a scenario's workload; a parsed scenario's `workload` is one. */
export interface WorkloadShape {
  /** All cells together, on average. */
  readonly requestsPerSecond: number;
  /** During the warm-up; absent: the same. */
  readonly warmupRequestsPerSecond?: number | undefined;
  /** `cv`: coefficient of variation of the gaps of one client. */
  readonly arrivals: { readonly cv: number };
  readonly clientsPerCell: number;
  /** Groups of the clients of each cell, one after the other, by share; those of no group send once. */
  readonly clients: readonly (ClientBehaviour & { readonly share: number })[];
  readonly streamShare: number;
  /**
   * `distinct` prompts of each team, popular by Zipf's law with exponent `zipf`; a share of the requests, `unique`,
   * asks what nobody asked before.
   */
  readonly prompts: { readonly distinct: number; readonly zipf: number; readonly unique: number; readonly prefixes?: SharedPrefixes | undefined };
  /** Words asked for: log-normal over prompts, cut to `min`..`max`. */
  readonly maxTokens: { readonly median: number; readonly sigma: number; readonly min: number; readonly max: number };
  readonly cells: readonly WorkloadCell[];
}

/** Long texts with which a share of the requests of all teams begin, whatever they ask. */
export interface SharedPrefixes {
  readonly share: number;
  readonly distinct: number;
  /** Of each. Four characters are a token. */
  readonly tokens: number;
}

export interface WorkloadCell {
  readonly team: string;
  readonly feature: string;
  readonly region: string;
  /** Weight among the cells. */
  readonly share: number;
  readonly route: string;
  readonly systemPrompt?: string | undefined;
}
