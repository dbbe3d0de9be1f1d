import type { Json } from "../../kernel/chat.ts";
import type { Endpoint } from "../../kernel/endpoints.ts";
import { matchesAny } from "../../kernel/glob.ts";
import { hashUnit } from "../../kernel/hash.ts";
import type { RequestSelector } from "../../kernel/plan.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { identify } from "./identity.ts";

/** The properties of a request that a selector can match. */
export interface RequestFacts {
  readonly model: string | null;
  readonly endpoint: Endpoint | null;
  readonly key: string;
  readonly tier: string;
  readonly stream: boolean;
  readonly newConnection: boolean;
  /**
   * The end user that the request names, else its own id: each request without a name counts as a client of its own.
   */
  readonly client: string;
}

/** The context in which a selector is matched. */
export interface SelectionScene {
  readonly seed: number;
  readonly incident: string;
  readonly region: string | undefined;
}

/** Whether `select` matches a request. Without a selector every request matches. */
export function selects(select: RequestSelector | undefined, scene: SelectionScene, facts: () => RequestFacts): boolean {
  if (select === undefined) return true;
  const { models, endpoints, regions, keys, tiers, stream, newConnectionsOnly = false, clientShare } = select;
  if (regions !== undefined && !matchesAny(regions, scene.region ?? null)) return false;
  const { model, endpoint, key, tier, newConnection, client, stream: streams } = facts();
  if (models !== undefined && !matchesAny(models, model)) return false;
  if (endpoints !== undefined && (endpoint === null || !endpoints.includes(endpoint))) return false;
  if (keys !== undefined && !matchesAny(keys, key)) return false;
  if (tiers !== undefined && !matchesAny(tiers, tier)) return false;
  if (stream !== undefined && stream !== streams) return false;
  if (newConnectionsOnly && !newConnection) return false;
  return clientShare === undefined || hashUnit(scene.seed, scene.incident, "client", client) < clientShare;
}

/** Reads the properties of a request in any dialect. A property that cannot be read is absent. */
export function factsOf(request: WireRequest): RequestFacts {
  const fields = fieldsOf(request.body);
  const path = request.path.split("?")[0]!;
  const text = (value: Json | undefined) => (typeof value === "string" && value !== "" ? value : null);
  const metadata = objectOf(fields["metadata"]);
  return {
    model: modelInPath(path) ?? text(fields["model"]),
    endpoint: endpointOf(path),
    key: keyOf(request.headers),
    tier: text(fields["service_tier"]) ?? "default",
    stream: fields["stream"] === true || /stream(GenerateContent)?$/i.test(path),
    newConnection: (request.onConnection ?? 0) === 0,
    client: text(fields["safety_identifier"]) ?? text(fields["user"]) ?? text(metadata["user_id"]) ?? identify(request).requestId,
  };
}

const endpointPaths: readonly (readonly [RegExp, Endpoint])[] = [
  [/\/(chat\/completions|messages|converse(-stream)?)$|:(stream)?generateContent$/i, "chat"],
  [/\/responses$/, "responses"],
  [/\/embeddings$|:(batch)?embedContents?$/i, "embeddings"],
  [/\/completions$/, "completions"],
  [/\/images\//, "images"],
  [/\/audio\//, "audio"],
  [/\/videos(\/|$)/, "video"],
  [/\/(files|uploads)(\/|$)/, "files"],
  [/\/(assistants|threads)(\/|$)/, "assistants"],
  [/\/realtime(\/|$)/, "realtime"],
  [/\/batches(\/|$)/, "batch"],
];

/** The endpoint of a path (without its query) of any provider. Null for an unknown path. */
export function endpointOf(path: string): Endpoint | null {
  return endpointPaths.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

/** Azure, Gemini and Bedrock name the model (or the deployment that stands for it) in the path. */
function modelInPath(path: string): string | null {
  const found = /\/models?\/([^/:]+(?::\d+)?)(?::[a-z]|\/)/i.exec(path) ?? /\/deployments\/([^/]+)\//.exec(path);
  return found === null ? null : decodeSafely(found[1]!);
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function keyOf(headers: WireRequest["headers"]): string {
  const named = headers["x-api-key"] ?? headers["api-key"] ?? headers["x-goog-api-key"];
  return named ?? (headers["authorization"] ?? "").replace(/^Bearer\s+/i, "");
}

function fieldsOf(body: Uint8Array): Readonly<Record<string, Json | undefined>> {
  try {
    return objectOf(JSON.parse(utf8Text(body)) as Json);
  } catch {
    return {};
  }
}

function objectOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : {};
}
