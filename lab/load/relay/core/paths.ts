import { bodyOf, type TransportRequest, type WireRequest, type WireResponse } from "../../../../kernel/transport.ts";
import { utf8Bytes } from "../../../../kernel/utf8.ts";
import type { Entries } from "../../core/entries.ts";

export interface Refusal {
  readonly status: 404 | 405;
  readonly message: string;
}

export interface Route {
  readonly method: TransportRequest["method"];
  readonly region: string;
  /** Behind the target's base URL. */
  readonly path: string;
}

/** The path of a region at the relay. Clients use the relay's origin with this path as their base URL. */
export const regionPath = (region: string): string => `/${encodeURIComponent(region)}`;

/** Where a request goes by its path, `/REGION/v1/…`, or why it is refused. */
export function routeOf({ method, path }: Pick<WireRequest, "method" | "path">, targets: Entries): Route | { readonly refused: Refusal } {
  const regions = Object.keys(targets);
  const region = regions.find((name) => path.startsWith(`${regionPath(name)}/`));
  if (region === undefined) {
    const paths = regions.map((name) => `${regionPath(name)}/v1`).join(", ");
    return { refused: { status: 404, message: `The relay has no region for "${path}": a client's base URL ends in one of ${paths}` } };
  }
  if (method !== "POST" && method !== "GET") return { refused: { status: 405, message: `The relay forwards POST and GET, not ${method}` } };
  return { method, region, path: path.slice(regionPath(region).length) };
}

/** The relay's own answer to what it cannot forward, in the error shape of chat completions. */
export function refusal({ status, message }: Refusal): WireResponse {
  const body = utf8Bytes(JSON.stringify({ error: { message, type: "invalid_request_error", code: "relay_refused" } }));
  return { status, headers: { "content-type": "application/json", "content-length": String(body.length) }, body: bodyOf(body) };
}
