import type { GatewayConfig } from "../core/config.ts";

/** Where a gateway with this config may connect to, its store apart. */
export function originsOf({ deployments, cache, guards }: GatewayConfig): ReadonlySet<string> {
  const embedder = cache?.semantic?.embedder;
  const inspector = guards?.injection?.inspector;
  const urls = deployments.map(({ baseUrl }) => baseUrl);
  if (embedder?.kind === "openai") urls.push(embedder.baseUrl);
  if (inspector?.kind === "http") urls.push(inspector.url);
  return new Set(urls.map((url) => new URL(url).origin));
}
