import type { ClientDialect, GatewaySeams } from "./contracts.ts";

/** The client dialect of an endpoint's path. */
export function dialectAt(path: string, { client, clients = {} }: Pick<GatewaySeams, "client" | "clients">): ClientDialect {
  return Object.hasOwn(clients, path) ? clients[path]! : client;
}

/** The dialect of what is refused at a path below an endpoint's, such as `/v1/messages/count_tokens`. */
export function refusalDialectAt(path: string, seams: Pick<GatewaySeams, "client" | "clients">): ClientDialect {
  const [, endpoint = path] = /^(\/v1\/[a-z]+)\//.exec(path) ?? [];
  return dialectAt(endpoint, seams);
}
