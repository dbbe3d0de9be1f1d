import type { ConfigSource } from "../../../kernel/seams.ts";
import type { DeploymentConfig, GatewayConfig } from "../../core/config.ts";

/** Looks up the names in events in the current config. */
export interface KnownNames {
  /** Keeps route names that clients invented out of labels. */
  readonly hasRoute: (name: string) => boolean;
  readonly deployment: (name: string) => DeploymentConfig | undefined;
}

export function knownNames(config: ConfigSource<GatewayConfig>): KnownNames {
  return {
    hasRoute: (name) => config.current().routes.some((route) => route.name === name),
    deployment: (name) => config.current().deployments.find((deployment) => deployment.name === name),
  };
}
