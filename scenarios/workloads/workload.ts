import type { ClientBehaviour } from "../../kernel/client-behaviour.ts";

/** What the generators need of a scenario's workload; a parsed scenario's `workload` is one. */
export interface WorkloadShape {
  /** All cells together, on average. */
  readonly requestsPerSecond: number;
  /** `cv`: coefficient of variation of the gaps of one client. */
  readonly arrivals: { readonly cv: number };
  readonly clientsPerCell: number;
  /** Groups of the clients of each cell, one after the other, by share; those of no group send once. */
  readonly clients: readonly (ClientBehaviour & { readonly share: number })[];
  readonly streamShare: number;
  /** `distinct` prompts of each team, popular by Zipf's law with exponent `zipf`; a share of the requests, `unique`, asks what nobody asked before. */
  readonly prompts: { readonly distinct: number; readonly zipf: number; readonly unique: number };
  /** Words asked for: log-normal over prompts, cut to `min`..`max`. */
  readonly maxTokens: { readonly median: number; readonly sigma: number; readonly min: number; readonly max: number };
  readonly cells: readonly WorkloadCell[];
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
