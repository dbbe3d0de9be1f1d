import type { BypassRoute, BypassTeam } from "./map.ts";
import type { TokenClaims } from "./token.ts";

export interface ClientRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Forward {
  readonly route: string;
  readonly target: BypassRoute;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface ShimView {
  readonly claims: TokenClaims;
  readonly team: BypassTeam;
  readonly credentials: Readonly<Record<string, string>>;
  readonly nowMs: number;
  /** SHA-256 in hex. */
  readonly digest: (text: string) => string;
}

/** What the shim sends on: formats of clients that a provider speaks itself. Nothing is translated. */
const paths = ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"];
const passedHeaders = ["content-type", "accept", "x-client-request-id", "anthropic-version", "anthropic-beta"];

/** Where a request of a client goes, or why it does not. */
export function forwardOf(request: ClientRequest, { claims, team, credentials, nowMs, digest }: ShimView): Forward | Refusal {
  if (nowMs >= claims.notAfterMs) return { status: 503, code: "break_glass_ended", message: "The break-glass window has ended" };
  if (!isLoopback(request.headers["host"]) || request.headers["origin"] !== undefined) return { status: 403, code: "foreign_request", message: "Requests by another name or from a page are refused" };
  const key = /^bearer +(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1] ?? request.headers["x-api-key"];
  if (key === undefined || !team.clientKeys.includes(digest(key))) return { status: 401, code: "invalid_api_key", message: `This key is not one of team "${claims.team}"` };
  const path = request.path.replace(/\?.*$/s, "");
  if (request.method !== "POST" || !paths.includes(path)) return { status: 404, code: "path_unknown", message: `Break-glass serves POST ${paths.join(", ")}` };
  const body = objectOf(request.body);
  const route = body?.["model"];
  if (body === null || typeof route !== "string") return { status: 400, code: "bad_request", message: "Expected a JSON object with a model" };
  const target = Object.hasOwn(team.routes, route) ? team.routes[route]! : undefined;
  if (target === undefined) return { status: 404, code: "model_not_found", message: `Break-glass has no route "${route}" for team "${claims.team}"` };
  if (!claims.providers.includes(target.provider)) return { status: 403, code: "provider_not_allowed", message: `The token does not allow provider "${target.provider}"` };
  const credential = credentials[target.credential];
  if (credential === undefined) return { status: 503, code: "credential_missing", message: `There is no credential "${target.credential}"` };
  const passed = passedHeaders.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]] as const]));
  const headers = { ...Object.fromEntries(passed), [target.header]: target.header === "authorization" ? `Bearer ${credential}` : credential };
  return { route, target, url: target.url + path.slice("/v1".length), headers, body: JSON.stringify({ ...body, model: target.model }) };
}

function isLoopback(host = ""): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/i.test(host);
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/** What the gateway does for a request and the bypass does not. */
export const protectionsOff = ["scan for personal data and prompt injection", "limits and budgets", "cost accounting", "cache", "failover and breakers", "prompt registry", "contract check", "traces and metrics"] as const;
