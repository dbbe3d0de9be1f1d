import type { ClientDialect, GatewaySeams } from "./contracts.ts";

/** The client dialect of an endpoint's path. */
export function dialectAt(path: string, { client, clients = {} }: Pick<GatewaySeams, "client" | "clients">): ClientDialect {
  return Object.hasOwn(clients, path) ? clients[path]! : client;
}
