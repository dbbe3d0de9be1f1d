/**
 * Which configuration packages answered, as the answers name them: `version@hash`, with version 0 for a gateway's own
 * file.
 */
export interface Packages {
  /** In the order of their first answers. */
  readonly answering: readonly AnsweringPackage[];
  /** Of each fault that pushes a package, in the plan's order. */
  readonly pushed: readonly PushedPackage[];
}

export interface AnsweringPackage {
  readonly package: string;
  readonly requests: number;
  /** Of the requests whose answer names a package. */
  readonly share: number;
  /** How many there are. Null: `arrivals.ndjson`, which names the clients, was not given. */
  readonly clients: number | null;
  /** Intended sends of its first and its last request. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** By the clients' region; the share is of the region's requests whose answer names a package. */
  readonly regions: readonly { readonly region: string; readonly requests: number; readonly share: number }[];
}

export interface PushedPackage {
  readonly fault: string;
  /**
   * The first that is new since the push, and others that are new with the same version. Empty: no answer names a new
   * one.
   */
  readonly packages: readonly string[];
  /** Whose answer names one of them. */
  readonly requests: number;
  readonly clients: number | null;
  /**
   * Whose answer names another package, or none, and is wrong in a way in which only this fault makes answers wrong.
   */
  readonly disguised: number;
  /** Requests offered while the push was in force. */
  readonly demand: number;
  /** `requests / demand`; the high end also counts those disguised. */
  readonly share: readonly [low: number, high: number];
}
