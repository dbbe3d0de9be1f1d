import type { DeploymentConfig } from "../config.ts";

/** The provider of each deployment: as its config names it, else what its URL leads to. */
export function providersOf(deployments: readonly DeploymentConfig[]): Readonly<Record<string, string>> {
  return Object.fromEntries(deployments.map(({ name, provider, baseUrl }) => [name, provider ?? baseUrl]));
}
