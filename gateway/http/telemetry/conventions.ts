import type { DeploymentConfig } from "../../core/config.ts";

/** OpenTelemetry's well-known values of `gen_ai.provider.name`, by the end of the provider's host. */
const providersByHost = {
  "api.openai.com": "openai",
  "api.anthropic.com": "anthropic",
  "generativelanguage.googleapis.com": "gcp.gemini",
  "aiplatform.googleapis.com": "gcp.vertex_ai",
  "openai.azure.com": "azure.ai.openai",
  "services.ai.azure.com": "azure.ai.inference",
  "inference.ai.azure.com": "azure.ai.inference",
  "api.cohere.com": "cohere",
  "api.deepseek.com": "deepseek",
  "api.groq.com": "groq",
  "api.mistral.ai": "mistral_ai",
  "api.moonshot.ai": "moonshot_ai",
  "api.perplexity.ai": "perplexity",
  "api.x.ai": "x_ai",
} as const;

/** Of a host that nobody knows, such as a proxy: the provider whose wire format it is. */
const providersByDialect: Readonly<Record<DeploymentConfig["dialect"], string>> = {
  openai: "openai",
  openai_responses: "openai",
  openai_compatible: "openai_compatible",
  anthropic: "anthropic",
  gemini: "gcp.gemini",
};

/** `gen_ai.provider.name` of a deployment. */
export function providerNameOf({ baseUrl, dialect }: Pick<DeploymentConfig, "baseUrl" | "dialect">): string {
  const { hostname } = new URL(baseUrl);
  if (/^bedrock-runtime\..*\.amazonaws\.com$/.test(hostname)) return "aws.bedrock";
  /** `europe-west1-aiplatform.googleapis.com` has its region before a hyphen. */
  const known = Object.entries(providersByHost).find(([host]) => hostname === host || hostname.endsWith(`.${host}`) || hostname.endsWith(`-${host}`));
  return known?.[1] ?? providersByDialect[dialect];
}

/** `server.address` and `server.port` of a deployment. */
export function serverOf({ baseUrl }: DeploymentConfig): { readonly address: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(baseUrl);
  return { address: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) };
}
