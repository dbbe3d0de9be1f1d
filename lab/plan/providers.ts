import type { Topology } from "../../kernel/topology.ts";

/** The component that serves a deployment. */
export function providerOf({ components }: Pick<Topology, "components">, deployment: string): string {
  return components.find((component) => component.deployment === deployment)!.id;
}
