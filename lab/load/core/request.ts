import type { Arrival } from "../../../kernel/plan.ts";
import type { Headers, TransportRequest } from "../../../kernel/transport.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import type { Entries } from "./entries.ts";
import { entriesOfClient } from "./entry-call.ts";

/** Where requests go, and the virtual key of each `team/feature`. */
export interface Destination {
  readonly targets: Entries;
  /** A client whose entry does not answer tries the others; else it keeps to one. */
  readonly tryOthers: boolean;
  readonly keys: Readonly<Record<string, string>>;
  /** Sent with every request; they replace the client's own. */
  readonly headers?: Headers | undefined;
  /** The base URL of a team that does not go to the targets now; undefined: it does. Read for each request. */
  readonly teamTarget?: ((team: string) => string | undefined) | undefined;
}

/** Where an arrival's client may send its request, in its order. */
export function entriesAt({ targets, tryOthers, teamTarget }: Destination, { region, client, team }: Arrival): readonly string[] {
  const own = teamTarget?.(team);
  return own === undefined ? entriesOfClient(targets[region]!, client, tryOthers) : [own];
}

/**
 * The request that an arrival's client sends (docs/ARCHITECTURE.md, "A request on the wire"). Faults that hit a share
 * of the clients choose by `user`.
 */
export function requestOf(arrival: Arrival, { keys, headers }: Pick<Destination, "keys" | "headers">, entry: string): TransportRequest {
  const body = {
    model: arrival.route,
    messages: [{ role: "user", content: arrival.prompt }],
    max_tokens: arrival.maxTokens,
    ...(arrival.systemPrompt !== undefined && { prompt: { id: arrival.systemPrompt } }),
    stream: arrival.stream,
    user: arrival.client,
    ...(arrival.stream ? { stream_options: { include_usage: true } } : {}),
  };
  return {
    method: "POST",
    url: `${entry}/v1/chat/completions`,
    headers: {
      authorization: `Bearer ${keys[`${arrival.team}/${arrival.feature}`]}`,
      "content-type": "application/json",
      "x-client-request-id": arrival.requestId,
      ...headers,
    },
    body: utf8Bytes(JSON.stringify(body)),
  };
}

/** The targets and keys that these arrivals need and the destination lacks, each as a phrase. */
export function missingFrom({ targets, keys }: Pick<Destination, "targets" | "keys">, arrivals: readonly Arrival[]): readonly string[] {
  const regions = arrivals.filter((arrival) => targets[arrival.region] === undefined).map((arrival) => `target of region "${arrival.region}"`);
  const teams = arrivals.map((arrival) => `${arrival.team}/${arrival.feature}`).filter((name) => keys[name] === undefined);
  return [...new Set([...regions, ...teams.map((name) => `key of "${name}"`)])];
}
