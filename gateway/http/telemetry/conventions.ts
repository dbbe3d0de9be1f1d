import type { DeploymentConfig } from "../../core/config.ts";

/** OpenTelemetry's well-known values of `gen_ai.provider.name`, where there is one. */
export const providerNames: Readonly<Record<DeploymentConfig["dialect"], string>> = {
  openai: "openai",
  openai_compatible: "openai_compatible",
  anthropic: "anthropic",
  gemini: "gcp.gemini",
};

/** `server.address` and `server.port` of a deployment. */
export function serverOf({ baseUrl }: DeploymentConfig): { readonly address: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(baseUrl);
  return { address: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) };
}
