import type { ConfigSource } from "../../../kernel/seams.ts";
import type { DeploymentConfig, GatewayConfig } from "../../core/config.ts";

/** What the names in events stand for by the config that is current. */
export interface KnownNames {
  /** Keeps names that clients made up out of labels. */
  readonly hasRoute: (name: string) => boolean;
  readonly deployment: (name: string) => DeploymentConfig | undefined;
}

export function knownNames(config: ConfigSource<GatewayConfig>): KnownNames {
  return {
    hasRoute: (name) => config.current().routes.some((route) => route.name === name),
    deployment: (name) => config.current().deployments.find((deployment) => deployment.name === name),
  };
}
