import { ControlRefusal } from "../../gateway/control/core/control-refusal.ts";
import type { Region } from "../../gateway/control/region.ts";
import type { PushedConfig } from "../../scenarios/faults/config-change.ts";
import { ConfigPushes } from "../conductor/core/config-pushes.ts";
import type { VirtualComponent } from "./component.ts";
import type { ControlProgram } from "./control.ts";

const by = { who: "lab", why: "a fault of the scenario" };

/** A virtual control plane as its operator pushes to it. */
export function controlPushes(control: VirtualComponent<ControlProgram>, first: PushedConfig): ConfigPushes {
  const region = () => regionOf(control);
  return new ConfigPushes(first, {
    standing: async () => {
      const { active, rollout } = region().plane.state;
      return { active, rollout: rollout?.hash ?? null };
    },
    push: async (push) => unlessRefused(() => region().push({ ...by, ...push, receipt: null }).hash),
    rollback: async () => void unlessRefused(() => region().rollback(null, by)),
  });
}

/** Throws while its process is dead or paused: then its operator has no answer. */
function regionOf(control: VirtualComponent<ControlProgram>): Region {
  const { program } = control;
  if (program === null || !control.responsive) throw new Error(`The control plane "${control.id}" does not answer`);
  return program.region;
}

/** Null: refused. */
function unlessRefused<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof ControlRefusal) return null;
    throw error;
  }
}
