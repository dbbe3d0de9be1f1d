import type { Fault } from "../../kernel/fault.ts";
import type { ProcessSettings } from "../../scenarios/faults/process.ts";
import type { World } from "../conductor/core/world.ts";
import { needAt, onEach, type FaultAct } from "../conductor/core/fault-act.ts";

const abilities = { kill: "restart", restart: "restart", pause: "pause", memory_limit: "memory", roll: "restart" } as const;

/**
 * A restart is a kill whose cause is gone at once: it is lifted as soon as it is injected. A deploy lets the process
 * finish first.
 */
export const process: FaultAct<ProcessSettings> = {
  inject: (fault, world) => onEach(fault.target.components, (component) => strike(fault, component, world)),
  lift: (fault, world) => onEach(fault.target.components, (component) => relieve(fault, component, world)),
  needs: (fault) => needAt(fault, abilities[fault.settings.action]),
  impossibleVirtually: ({ settings }) => (settings.action === "memory_limit" ? "memory is not simulated" : null),
};

async function strike({ settings }: Fault<ProcessSettings>, component: string, world: World): Promise<void> {
  if (settings.action === "pause") return world.pause(component);
  if (settings.action === "roll") return world.stop(component);
  await world.kill(component);
  if (settings.memoryMb !== undefined) await world.start(component, { memoryMb: settings.memoryMb });
}

async function relieve({ settings }: Fault<ProcessSettings>, component: string, world: World): Promise<void> {
  if (settings.action === "pause") return world.resume(component);
  if (settings.memoryMb !== undefined) await world.kill(component);
  await world.start(component);
}
