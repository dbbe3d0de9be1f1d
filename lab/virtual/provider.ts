import type { Component } from "../../kernel/topology.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { createSimulator } from "../../simulators/core/simulator.ts";
import { providerDialects } from "../../simulators/dialects/dialects.ts";
import { playedAt } from "../faults/index.ts";
import type { WordBatching } from "../../simulators/core/contracts.ts";
import type { Program } from "./component.ts";
import type { VirtualProcess } from "./process.ts";

export interface ProviderOptions {
  readonly plan: Plan;
  readonly component: Component;
  readonly emit: (record: WireRecord) => void;
  readonly batching: WordBatching | undefined;
}

/**
 * The program of one provider's process. Attempts that its end breaks off are in the wire log, which is the lab's and
 * survives.
 */
export function providerProgram(process: VirtualProcess, { plan, component, emit, batching }: ProviderOptions): Program {
  const deployment = plan.deployments.find(({ name }) => name === component.deployment)!;
  const others = plan.deployments.filter(({ model }) => model !== deployment.model);
  const config = {
    seed: plan.seed,
    deployment,
    otherModel: others[0]?.model ?? `${deployment.model}-legacy`,
    markKey: plan.markKey,
    incidents: playedAt(deployment.name, plan.faults),
  };
  const simulator = createSimulator({ clock: process.clock, config, tap: { emit }, dialect: providerDialects[deployment.dialect], batching });
  return { handler: simulator.handle, onKill: () => simulator.stop() };
}
