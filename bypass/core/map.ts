/** Where a route leads without the gateway. */
export interface BypassRoute {
  readonly provider: string;
  /** Up to and without the path that clients append: `https://api.openai.com/v1`. */
  readonly url: string;
  /** What the provider calls the model. */
  readonly model: string;
  /** The name of its key among the credentials. */
  readonly credential: string;
  /** The header that carries it; with `authorization` as a bearer token. */
  readonly header: "authorization" | "x-api-key" | "api-key";
}

export interface BypassTeam {
  /** SHA-256, in hex, of the keys that the team's clients send. */
  readonly clientKeys: readonly string[];
  readonly port: number;
  readonly routes: Readonly<Record<string, BypassRoute>>;
}

/** The installation's own map: it shares nothing with the gateway's configuration. */
export interface BypassMap {
  /** The file from which clients read their team's base URL. */
  readonly targetFile: string;
  readonly teams: Readonly<Record<string, BypassTeam>>;
}

/** Reads a map. All problems at once, each with its place. */
export function mapOf(value: unknown): { readonly map: BypassMap } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const { targetFile, teams, ...others } = objectAt(value, "(root)", problems);
  unknownKeys(others, "(root)", problems);
  if (typeof targetFile !== "string" || targetFile === "") problems.push("targetFile: Expected a path");
  const read = Object.entries(objectAt(teams, "teams", problems)).map(([name, team]) => [name, teamOf(team, `teams.${name}`, problems)] as const);
  if (problems.length > 0) return { problems };
  return { map: { targetFile: targetFile as string, teams: Object.fromEntries(read) } };
}

function teamOf(value: unknown, place: string, problems: string[]): BypassTeam {
  const { clientKeys, port = 0, routes, ...others } = objectAt(value, place, problems);
  unknownKeys(others, place, problems);
  if (!Array.isArray(clientKeys) || clientKeys.length === 0 || !clientKeys.every((key) => typeof key === "string" && /^[0-9a-f]{64}$/.test(key))) problems.push(`${place}.clientKeys: Expected SHA-256 digests, 64 hex digits each`);
  if (!Number.isInteger(port) || (port as number) < 0 || (port as number) > 65_535) problems.push(`${place}.port: Expected a port, or 0 for any`);
  const read = Object.entries(objectAt(routes, `${place}.routes`, problems)).map(([name, route]) => [name, routeOf(route, `${place}.routes.${name}`, problems)] as const);
  return { clientKeys: clientKeys as string[], port: port as number, routes: Object.fromEntries(read) };
}

function routeOf(value: unknown, place: string, problems: string[]): BypassRoute {
  const { provider, url, model, credential, header = "authorization", ...others } = objectAt(value, place, problems);
  unknownKeys(others, place, problems);
  for (const [name, text] of Object.entries({ provider, model, credential })) if (typeof text !== "string" || text === "") problems.push(`${place}.${name}: Expected a text`);
  if (typeof url !== "string" || !/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*[^/?#\s])?$/.test(url)) problems.push(`${place}.url: Expected an http or https URL without user, query and trailing slash`);
  if (!["authorization", "x-api-key", "api-key"].includes(header as string)) problems.push(`${place}.header: Expected authorization, x-api-key or api-key`);
  return { provider, url, model, credential, header } as BypassRoute;
}

function objectAt(value: unknown, place: string, problems: string[]): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  problems.push(`${place}: Expected an object`);
  return {};
}

function unknownKeys(others: object, place: string, problems: string[]): void {
  for (const key of Object.keys(others)) problems.push(`${place}: Unknown key "${key}"`);
}
