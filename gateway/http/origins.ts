import type { GatewayConfig } from "../core/config.ts";
import { reachedUrl, type Egress } from "../core/egress.ts";

/** The origins that a gateway with this config may connect to, except its store. */
export function originsOf({ deployments, cache, guards }: GatewayConfig, egress: Egress = {}): ReadonlySet<string> {
  const embedder = cache?.semantic?.embedder;
  const inspector = guards?.injection?.inspector;
  const urls = deployments.map(({ baseUrl }) => baseUrl);
  if (embedder?.kind === "openai") urls.push(embedder.baseUrl);
  if (inspector?.kind === "http") urls.push(inspector.url);
  return new Set(urls.map((url) => new URL(reachedUrl(url, egress)).origin));
}
